"""Closing a record after a death, and opening it again if that was a mistake.

Nothing that was written is changed. From then on the record is read only (see
sharing.closed), nothing is reminded of, no flag is open, and its numbers are those of
the day on which it was closed.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from diary import flags
from diary.models import ImportRun
from diary.models.flags import Closed
from notifications.quiet import fall_silent, speak_again
from prophylaxis.medicines import remind_again
from prophylaxis.services import replan
from sharing import hand_over, managers
from sharing.authority import managed
from sharing.mails import tell_change
from sharing.models import Patient, User


class OwnRecord(Exception):
    """Nobody closes their own record; what they want is to delete it."""


def close(patient: Patient, memorial: str, *, by: User) -> bool:
    """Close a record; whether this call did. Closed twice, the first time stands.

    Everybody else who may manage it is told by mail, its owner first: a record that is
    closed by mistake or in bad faith gives no alarm any more. OwnRecord for one's own;
    PermissionDenied if `by` does not manage it without an end.
    """
    if patient.owner_id == by.pk:
        raise OwnRecord
    now = timezone.now()
    with Patient.objects.writing(patient):
        if not managed(patient, by).runs_for_good:
            raise PermissionDenied
        waiting = Patient.objects.filter(pk=patient.pk, closed_at=None)
        if not waiting.update(closed_at=now, closed_by=by, memorial=memorial):
            return False
        flags.close(flags.standing_flag(patient), now, Closed.RECORD)
        fall_silent(patient, now, by=by)
        _forget_files(patient)
        hand_over.take_back(patient)
        transaction.on_commit(lambda: _tell(patient, by, closed=True), robust=True)
    patient.refresh_from_db(fields=["closed_at", "closed_by", "memorial"])
    return True


def reopen(patient: Patient, *, by: User) -> bool:
    """Open a closed record again; whether this call did. The words in memory stay."""
    now = timezone.now()
    with Patient.objects.writing(patient):
        closed = Patient.objects.filter(pk=patient.pk, closed_at__isnull=False)
        if not closed.update(closed_at=None, closed_by=None):
            return False
        patient.refresh_from_db(fields=["closed_at", "closed_by"])
        speak_again(patient, now)
        replan(patient)
        remind_again(patient)
        flags.reassess(patient, now)
        transaction.on_commit(lambda: _tell(patient, by, closed=False), robust=True)
    return True


def write_memorial(patient: Patient, words: str) -> None:
    """Change the words that stand over a closed record."""
    with Patient.objects.writing(patient):
        Patient.objects.filter(pk=patient.pk).update(memorial=words)


def _forget_files(patient: Patient) -> None:
    """Give up files that were to be brought in, and what they held."""
    unfinished = [ImportRun.State.PREVIEW, ImportRun.State.QUEUED]
    waiting = patient.imports.filter(state__in=unfinished)
    waiting.update(state=ImportRun.State.FAILED, content="", options={})


def _tell(patient: Patient, by: User, *, closed: bool) -> None:
    """Tell whoever can undo it."""
    context = {"by": by, "patient": patient, "closed": closed}
    tell_change(managers.told(patient, besides=by), "capleak/mail/closed.txt", context)
