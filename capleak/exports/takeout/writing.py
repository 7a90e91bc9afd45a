"""The ZIP of a take-out, written while it is sent.

Nothing in it is of the moment, the site or the account: keys of the database become
numbers in the order of the rows, and people become a list of names. So a record that is
brought in again gives the same bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db.models import ForeignKey, Model, Q
from pghistory.models import Context

from capleak.exports import csv_zip
from capleak.exports.moment import one_moment
from capleak.exports.takeout.columns import as_json
from capleak.exports.takeout.inventory import MADE_ANEW, ROWS, Kept
from capleak.exports.takeout.told import told_lines
from capleak.exports.zipped import Member, zipped
from capleak.period import Period
from diary.models import CustomSymptom, ImportRun
from diary.models.entries import OWN
from sharing.masking import masked
from sharing.models import AccessEvent, Patient, User

FORMAT: Final = {"format": "capleak-takeout", "version": 1}
AT_ONCE: Final = 1000
OWNER: Final = "owner"
_OWN_KEY: Final = re.compile(rf"{OWN}(\d+)")

ABOUT: Final = """CapLeak: everything of one record

record/  all that the diary holds, earlier versions and deleted entries included, as one
         JSON object a line. CapLeak reads it back: sign up, and instead of starting a
         diary bring this file in. Brought in and taken out again it is the same file.
csv/     the same as tables, for a spreadsheet; csv/dictionary.csv says what is what.

Who had access, who looked, and what was sent is told in record/told.jsonl. Bringing the
file in gives nobody access: invite people again.

CapLeak keeps a diary that its patient writes. It is not a medical device and gives no
diagnosis. That nothing unusual is shown does not mean that all is well.
"""


def takeout(patient: Patient, line: AccessEvent | None = None) -> Iterator[bytes]:
    """Everything of a record, piece by piece, as it is at one moment.

    Without the line that this very take-out left in the access log, so that the file of
    a record that was brought over is the one that was brought. It reads inside a
    transaction of its own: write nothing between two pieces.
    """
    with one_moment():
        yield from zipped(members(whole(patient), line))


def whole(patient: Patient) -> Patient:
    """The record as its owner sees it, whoever takes it out."""
    seen = Patient.objects.get(pk=patient.pk)
    seen.is_own, seen.hidden, seen.grant_kind = True, None, None
    return seen


def members(patient: Patient, line: AccessEvent | None = None) -> Iterator[Member]:
    """Each file of the ZIP. People and contexts are known once all rows are written."""
    always = Period(None, None, patient.tz)
    yield "README.txt", [ABOUT.encode()]
    for name, pieces in csv_zip.members(patient, always):
        yield f"csv/{name}", pieces
    rows = _Rows(patient)
    yield "record/format.json", [_packed(FORMAT).encode()]
    for kept in ROWS:
        yield f"record/{kept.name}.jsonl", _lines(rows.live(kept))
    for kept in ROWS:
        if kept.events:
            yield f"record/{kept.name}.earlier.jsonl", _lines(rows.earlier(kept))
    yield "record/changes.jsonl", _lines(rows.changes())
    yield "record/told.jsonl", _lines(told_lines(patient, line))
    yield "record/people.jsonl", _lines({"name": name} for name in rows.people())


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    waiting = iter(rows)
    while several := list(islice(waiting, csv_zip.AT_ONCE)):
        yield "".join(f"{_packed(row)}\n" for row in several).encode()


def _packed(row: Any) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


class _Rows:
    """The rows of one record, with what was numbered so far."""

    def __init__(self, patient: Patient) -> None:
        self.patient = patient
        self.numbers: dict[type[Model], dict[Any, int]] = {}
        self.known_people: dict[int, int] = {}
        self.contexts: dict[UUID, int] = {}

    def live(self, kept: Kept) -> Iterator[dict[str, Any]]:
        """The rows of a table as they are, in the order in which they were made."""
        numbers = self.numbers.setdefault(kept.model, {})
        found = kept.manager.filter(**{kept.path: self.patient.pk})
        if kept.model is ImportRun:
            found = found.exclude(state__in=UNFINISHED)
        for pk, row in self._read(kept, kept.model, found):
            numbers[pk] = len(numbers) + 1
            yield row

    def earlier(self, kept: Kept) -> Iterator[dict[str, Any]]:
        """The events of a table, oldest first; each names the row that it was of."""
        events = kept.events
        found = events.objects.filter(_of_record(kept, self.patient))
        for _pk, row in self._read(kept, events, found):
            yield row

    def changes(self) -> Iterator[dict[str, Any]]:
        """Who made each change that events belong to, and what it was."""
        found = Context.objects.in_bulk(list(self.contexts))
        for pk in self.contexts:
            context = found[pk]
            about = dict(context.metadata)
            if "by" in about:
                about["by"] = self._person(about["by"])
            if "run" in about:
                about["run"] = self._number(ImportRun, about["run"])
            yield {
                "created_at": as_json(context.created_at),
                "updated_at": as_json(context.updated_at),
                "metadata": about,
            }

    def people(self) -> Iterator[str]:
        """The names of those who were named, in the order of their numbers."""
        found = User.objects.in_bulk(list(self.known_people))
        for pk in self.known_people:
            yield called(found.get(pk))

    def _read(
        self, kept: Kept, model: Any, found: Any
    ) -> Iterator[tuple[Any, dict[str, Any]]]:
        fields = columns(model, kept)
        attributes = [field.attname for field in fields]
        encoders = [self._encoder(field) for field in fields]
        rows = found.order_by("pk").values_list("pk", *attributes)
        for pk, *values in rows.iterator(AT_ONCE):
            yield (
                pk,
                {
                    field.name: encode(value)
                    for field, encode, value in zip(
                        fields, encoders, values, strict=True
                    )
                },
            )

    def _encoder(self, field: Any) -> Callable[[Any], Any]:
        if isinstance(field, ForeignKey):
            target: Any = field.related_model
            if target is User:
                return self._person
            if target is Context:
                return self._context
            return lambda pk: self._number(target, pk)
        if field.name in HOLDS_OWN:
            return self._with_own
        return as_json

    def _number(self, model: type[Model], pk: Any) -> int | None:
        """The number of a row; what is gone gets the next one when it is named."""
        if pk is None:
            return None
        numbers = self.numbers.setdefault(model, {})
        return numbers.setdefault(pk, len(numbers) + 1)

    def _person(self, pk: int | None) -> str | int | None:
        if pk is None or pk == self.patient.owner_id:
            return None if pk is None else OWNER
        return self.known_people.setdefault(pk, len(self.known_people) + 1)

    def _context(self, pk: UUID | None) -> int | None:
        if pk is None:
            return None
        return self.contexts.setdefault(pk, len(self.contexts) + 1)

    def _with_own(self, value: Any) -> Any:
        """The value, with own symptoms by their numbers instead of their keys."""

        def renamed(found: re.Match[str]) -> str:
            return f"{OWN}{self._number(CustomSymptom, int(found[1]))}"

        return each_text(as_json(value), lambda text: _OWN_KEY.sub(renamed, text))


UNFINISHED: Final = (ImportRun.State.PREVIEW, ImportRun.State.QUEUED)
HOLDS_OWN: Final = frozenset({"pinned", "reasons"})  # name own symptoms by `OWN`


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """A list of texts, or the codes in a list of reasons, each changed."""
    if not isinstance(value, list):
        return value
    return [
        {**each, "code": change(str(each.get("code", "")))}
        if isinstance(each, dict)
        else change(each)
        for each in value
    ]


def columns(model: Any, kept: Kept) -> list[Any]:
    """The columns of a table that come along: not its key, not whose record it is."""
    left = {*kept.leave, MADE_ANEW, "pgh_id", "id"}
    return [
        field
        for field in model._meta.concrete_fields
        if (
            field.name not in left
            and not (isinstance(field, ForeignKey) and field.related_model is Patient)
        )
        or field.name == "pgh_obj"
    ]


def called(user: User | None) -> str:
    """What somebody is called who is named; as long as a name may be."""
    return (user.name or masked(user.email))[:80] if user else ""


def _of_record(kept: Kept, patient: Patient) -> Q:
    """The events of one table that are of this record, of rows that are gone too."""
    model, _slash, rest = kept.path.partition("__")
    if not rest:
        return Q(patient=patient.pk)
    parent: Any = kept.model._meta.get_field(model).related_model
    live = parent.objects.filter(patient=patient.pk).values("pk")
    gone = parent.pgh_event_model.objects.filter(patient=patient.pk)
    return Q(**{f"{model}__in": live}) | Q(
        **{f"{model}__in": gone.values("pgh_obj_id")}
    )
