"""The sheet for the next visit: reading it, and keeping what two people type."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from diary.models import VisitSheet
from diary.models.visits import MOST_QUESTIONS
from sharing import stale
from sharing.models import Patient, User

LAST: Final = "last_on"


class SheetChanged(Exception):
    """Somebody else changed parts of the sheet after the form was opened."""

    def __init__(self, stored: Mapping[str, Any]) -> None:
        super().__init__("changed meanwhile")
        self.stored = stored  # what the parts that were changed twice say by now


def sheet_of(patient: Patient) -> VisitSheet:
    """The stored sheet, or an empty one that is not stored."""
    stored = VisitSheet.objects.filter(patient=patient).first()
    return stored or VisitSheet(patient=patient)


def parts(sheet: VisitSheet) -> dict[str, Any]:
    """The sheet by the fields of its form."""
    questions = [*sheet.questions, *[""] * MOST_QUESTIONS][:MOST_QUESTIONS]
    return {f"question_{n}": q for n, q in enumerate(questions, 1)} | {
        LAST: sheet.last_on
    }


def save_sheet(
    patient: Patient, typed: Mapping[str, Any], *, seen: str, by: User
) -> None:
    """Store what was typed, and leave alone what nobody touched.

    `seen` are the marks of what the form showed. SheetChanged if somebody else changed
    a part of it that was changed here as well; nothing is stored then.
    """
    with Patient.objects.writing(patient):
        sheet = sheet_of(patient)
        stored = parts(sheet)
        found = stale.compare(typed, stored, seen)
        if found.taken:
            raise SheetChanged({part: stored[part] for part in found.taken})
        if not found.mine:
            return
        new = stored | {part: typed[part] for part in found.mine}
        last_on: date | None = new.pop(LAST)
        sheet.questions = [question for question in new.values() if question]
        sheet.last_on, sheet.saved_by = last_on, by
        sheet.save()
