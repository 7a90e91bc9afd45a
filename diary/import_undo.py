"""Taking a whole file out of the diary again: what it added and nobody changed."""

from __future__ import annotations

from dataclasses import dataclass

import pghistory

from diary import history
from diary.models import CheckIn, ImportRun
from diary.removal import delete_all
from diary.services import changing
from sharing.models import Category, Patient, User

State = ImportRun.State


@dataclass(frozen=True, slots=True)
class Left:
    """What of a file is in the diary now, and what undoing it would do."""

    unchanged: int  # would go
    changed: int  # would stay: somebody wrote in it since
    words: bool  # symptoms in own words came with it, perhaps


def left_of(record: Patient, run: ImportRun) -> Left:
    """As far as the reader of the opened record may know."""
    entries = run.entries.all()
    own_words = entries.filter(symptoms__custom__isnull=False)
    changed = history.edited(entries).count()
    return Left(
        unchanged=entries.count() - changed,
        changed=changed,
        words=not record.hides(Category.OWN_SYMPTOMS) and own_words.exists(),
    )


def undo_import(patient: Patient, run: ImportRun, *, by: User) -> int:
    """Delete the entries that a stored file added and nobody changed; how many.

    All of them or none. Their history stays, and the same file can be brought in
    again. Undoing twice is once.
    """
    with (
        changing(patient, by=by, what=history.DELETED),
        pghistory.context(run=run.pk),
    ):
        stored = patient.imports.filter(pk=run.pk, state=State.DONE)
        if not stored.exists():
            return 0
        entries = CheckIn.objects.filter(imported_in=run)
        changed = history.edited(entries).values("pk")
        removed = delete_all(entries.exclude(pk__in=changed))
        stored.update(state=State.UNDONE, rows_removed=removed)
        return removed
