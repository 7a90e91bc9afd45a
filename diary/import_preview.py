"""What bringing a file in would do: what is new, what is there, what cannot be read."""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from diary import history, importing
from diary.forms.own import MOST_OWN
from diary.importing import Entry, Marked, Plan, Read, Refusal, Refused, Setting, Table
from diary.models import ImportRun, Measurement, Tag
from diary.plausible import Weighed
from diary.services import red_flags_in
from sharing.models import Patient
from sharing.zones import zone_names

HELP_WITHIN: Final = timedelta(hours=24)  # older signs call for no help now
MINUTE: Final = timedelta(minutes=1)

Pairs = frozenset[tuple[str, Decimal]]  # quantities with their canonical values


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Doubled(NamedTuple):
    """An entry that is not stored because it is there, and where."""

    entry: Entry
    why: Refusal


@dataclass(frozen=True, slots=True)
class Preview:
    """Every entry and every refused line of a file, in the order of the file."""

    new: list[Entry]
    doubled: list[Doubled]
    refused: list[Refused]
    unusual: Mapping[int, list[Marked]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return len(self.new) + len(self.doubled) + len(self.refused)

    def chosen(self, *, keep_unusual: bool) -> list[Entry]:
        """What is to be stored: all that is new, or all of it but the unusual."""
        if not keep_unusual:
            return [entry for entry in self.new if entry.line not in self.unusual]
        return [
            importing.confirmed(entry, self.unusual[entry.line])
            if entry.line in self.unusual
            else entry
            for entry in self.new
        ]


def words(why: Refusal) -> str:
    """A reason in the reader's language."""
    ours = {"quantity", "what"}
    values = {k: gettext(v) if k in ours else v for k, v in why.values.items()}
    return gettext(why.text) % values


def table_of(run: ImportRun) -> Table:
    """The file of a run. Refusal if it is no table."""
    return importing.table(importing.lines(run.content))


def plan_of(run: ImportRun) -> Plan:
    """How the file of a run is to be read, as far as that was found or answered."""
    said = run.options
    return Plan(
        layout=run.layout,
        columns=said.get("columns", {}),
        order=said.get("order") or None,
        units=said.get("units", {}),
        clock=said.get("clock", ""),
    )


def read_file(patient: Patient, run: ImportRun) -> Read:
    """What stands in the file, whatever the record holds."""
    setting = Setting(
        record=patient.public_id,
        zone=run.zone,
        now=timezone.now(),
        zones=frozenset(zone_names()),
        tags=Tag.values,
    )
    with _uncollected():
        return importing.read(table_of(run), plan_of(run), setting)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cycles of garbage meanwhile.

    50,000 lines are a million objects and not one cycle; to walk over all of them
    again and again took a third of the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def preview(patient: Patient, found: Read) -> Preview:
    """Compare a file with the record; a constant number of queries."""
    weights = Measurement.objects.readable(patient).filter(quantity="weight")
    with _uncollected():
        new, doubled = _sorted_out(patient, found.entries)
        new, refused = _with_own_words(patient, new)
        marked = importing.unusual(
            new, (Weighed(kg, at) for kg, at in weights.values_list("value", "at"))
        )
    lines = sorted([*found.refused, *refused], key=lambda refusal: refusal.line)
    return Preview(new, doubled, lines, marked)


def calls_for_help(patient: Patient, entries: Iterable[Entry]) -> bool:
    """Whether any entry of the last 24 hours holds a red flag."""
    now = timezone.now()
    recent = (e.draft for e in entries if now - e.draft.at <= HELP_WITHIN)
    return any(red_flags_in(draft, patient, now) for draft in recent)


# --- What is there already ------------------------------------------------------------


def _sorted_out(
    patient: Patient, entries: list[Entry]
) -> tuple[list[Entry], list[Doubled]]:
    known = _Known.around(patient, entries)
    new: list[Entry] = []
    doubled: list[Doubled] = []
    lines: dict[UUID, int] = {}
    for entry in entries:
        client_id = entry.draft.client_id
        if client_id in lines:
            why = Refusal(_("The same as line %(line)s."), line=str(lines[client_id]))
            doubled.append(Doubled(entry, why))
        elif there := known.has(entry):
            doubled.append(Doubled(entry, there))
        else:
            lines[client_id] = entry.line
            new.append(entry)
    return new, doubled


@dataclass(frozen=True, slots=True)
class _Known:
    """What the record holds, as far as a file could double it."""

    stored: set[UUID]
    deleted: set[UUID]
    values: Mapping[datetime, list[Pairs]]  # by minute: each entry's

    @classmethod
    def around(cls, patient: Patient, entries: list[Entry]) -> _Known:
        if not entries:
            return cls(set(), set(), {})
        stored = set(patient.checkins.values_list("client_id", flat=True))
        moments = [e.draft.at for e in entries]
        measured = Measurement.objects.readable(patient).filter(
            at__range=(min(moments) - MINUTE, max(moments) + MINUTE)
        )
        together: dict[tuple[datetime, UUID], set[tuple[str, Decimal]]]
        together = defaultdict(set)
        rows = measured.values_list("at", "client_id", "quantity", "value")
        for at, client_id, quantity, value in rows:
            together[_minute(at), client_id].add((quantity, value))
        values: dict[datetime, list[Pairs]] = defaultdict(list)
        for (minute, _id), pairs in together.items():
            values[minute].append(frozenset(pairs))
        deleted = set(history.gone(patient)) - history.taken_out(patient).keys()
        return cls(stored, deleted, values)

    def has(self, entry: Entry) -> Refusal | None:
        """Why an entry is not new; None if it is."""
        draft = entry.draft
        if draft.client_id in self.stored:
            return Refusal(_("It is in the diary already."))
        if draft.client_id in self.deleted:
            return Refusal(
                _("It was deleted from the diary. It can be restored there.")
            )
        said = frozenset((r.quantity, r.value) for r in draft.readings)
        if _only_values(entry) and any(
            said <= values for values in self.values.get(_minute(draft.at), ())
        ):
            return Refusal(_("The same values were entered for this minute already."))
        return None


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _only_values(entry: Entry) -> bool:
    """Whether nothing but measured values, and what a device says of them, is said."""
    draft = entry.draft
    others = draft.symptoms, entry.own, draft.no_symptoms, draft.tags, draft.vaccine
    return bool(draft.readings) and not any(others)


# --- Symptoms in own words ------------------------------------------------------------


def _with_own_words(
    patient: Patient, entries: list[Entry]
) -> tuple[list[Entry], list[Refused]]:
    """The entries, without those whose words are more than a diary takes."""
    if not any(entry.own for entry in entries):
        return entries, []
    labels = patient.custom_symptoms.values_list("label", flat=True)
    known = {label.lower() for label in labels}
    kept: list[Entry] = []
    refused: list[Refused] = []
    for entry in entries:
        more = {word.label.lower() for word in entry.own} - known
        if len(known) + len(more) > MOST_OWN:
            why = Refusal(
                _("There are more than %(most)s symptoms in own words."),
                most=str(MOST_OWN),
            )
            refused.append(Refused(entry.line, why))
        else:
            known |= more
            kept.append(entry)
    return kept, refused
