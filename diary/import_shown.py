"""The lines of a preview in words, as the page lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.drafts import CheckInDraft
from diary.import_preview import Doubled, Preview, words
from diary.importing import Entry, Refused
from diary.models import Measurement, Symptom
from diary.templatetags.readings import readings
from diary.vocabulary import Severity
from diary.words import tags_in_words

Listed = Entry | Doubled | Refused


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list; of a refused one nothing but its reason is known."""

    line: int
    at: datetime | None = None  # on the clock where it was lived
    zone: str = ""
    said: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class List:
    """One of the lists of a preview."""

    name: str  # in the address
    title: str | Promise
    is_open: bool
    entries: Callable[[Preview], Sequence[Listed]]


LISTS: Final[Mapping[str, List]] = MappingProxyType(
    {
        each.name: each
        for each in (
            List(
                "refused",
                gettext_lazy("Cannot be brought in"),
                True,
                lambda shown: shown.refused,
            ),
            List(
                "unusual",
                gettext_lazy("Unusual values"),
                True,
                lambda shown: [e for e in shown.new if e.line in shown.unusual],
            ),
            List("new", gettext_lazy("New"), False, lambda shown: shown.new),
            List(
                "doubled",
                gettext_lazy("There already"),
                False,
                lambda shown: shown.doubled,
            ),
        )
    }
)


def listed(some: Iterable[Listed], shown: Preview) -> list[Row]:
    """The rows of a list, or of a page of it."""
    return [_row(each, shown) for each in some]


def _row(each: Listed, shown: Preview) -> Row:
    if isinstance(each, Refused):
        return Row(each.line, why=(words(each.why),))
    if isinstance(each, Doubled):
        return _entry_row(each.entry, (words(each.why),))
    marks = shown.unusual.get(each.line, ())
    asked = tuple(_(mark.doubt.text) % mark.doubt.values for mark in marks)
    return _entry_row(each, asked)


def _entry_row(entry: Entry, why: tuple[str, ...]) -> Row:
    draft = entry.draft
    return Row(
        line=entry.line,
        at=draft.at.astimezone(ZoneInfo(draft.zone)),
        zone=draft.zone,
        said=", ".join(_said(entry)),
        why=why,
    )


def _said(entry: Entry) -> Iterable[str]:
    draft = entry.draft
    if draft.no_symptoms:
        yield _("no symptoms")
    for code, severity in draft.symptoms.items():
        yield _graded(Symptom(code=code).label, severity)
    for word, severity in entry.own.items():
        yield _graded(word.label, severity)
    for shown in readings(_measurements(draft)):
        yield f"{shown.label} {shown.text}"
    yield from tags_in_words(draft.tags, draft.vaccine)
    if draft.note:
        yield f"“{Truncator(draft.note).chars(60)}”"


def _graded(label: str, severity: int | None) -> str:
    if severity is None:
        return label
    return f"{label} ({_(Severity(severity).label).lower()})"


def _measurements(draft: CheckInDraft) -> list[Measurement]:
    return [
        Measurement(
            client_id=draft.client_id,
            quantity=reading.quantity,
            typed_value=reading.typed_value,
            typed_unit=reading.typed_unit,
            posture=reading.posture,
            site=reading.site,
        )
        for reading in draft.readings
    ]
