"""Erases what came due: rows, history, files and what the cache holds of them.

Queued tasks hold the ids of rows only, and do nothing for rows that are gone. The rows
of one record or account go in one transaction; a file or a cached chart that outlives a
crash right after it is found by the next run, or ends within the hour.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from capleak import cache
from capleak.exports import many, store
from diary.models import Comment, FlagAnswer
from sharing import deletion as deletions
from sharing.erasure import erase_account, erase_record
from sharing.models import Correction, Deletion, Patient, User

log = logging.getLogger(__name__)


def erase_due() -> int:
    """Erase every record and account whose time has come; how many there were.

    Any number of workers may do it at once: each takes what nobody else holds.
    """
    deletions.remind(timezone.now())
    pks = list(Deletion.objects.due().values_list("pk", flat=True))
    return sum(_erase(pk) for pk in pks)


def _erase(pk: int) -> bool:
    """Erase one; False if it was kept, is another worker's or cannot go yet."""
    try:
        return _erase_whole(pk)
    except IntegrityError:  # the database says that something would be left alone
        log.warning("erasure waits", extra={"deletion": pk})
        return False


def _erase_whole(pk: int) -> bool:
    with transaction.atomic():
        rows = Deletion.objects.due().select_for_update(skip_locked=True)
        deletion = rows.filter(pk=pk).first()
        if deletion is None:
            return False
        if deletion.user is not None:
            return forget_account(deletion.user, asked_at=deletion.asked_at)
        assert deletion.patient is not None
        forget_record(
            deletion.patient, asked_at=deletion.asked_at, by=deletion.asked_by_id
        )
    return True


@transaction.atomic
def forget_record(patient: Patient, *, asked_at: datetime, by: int | None) -> None:
    """Erase a record, now; its files and cached charts once that holds."""
    number = patient.pk
    remove_copies(patient)
    erase_record(patient, asked_at=asked_at, by=by)
    log.info("erased", extra={"record": number})


def remove_copies(patient: Patient) -> None:
    """Remove a record's files and cached charts once this transaction holds.

    To be called before its rows go: they name the files.
    """
    number, files = patient.pk, many.files_of(patient)
    transaction.on_commit(lambda: store.remove(files))
    transaction.on_commit(lambda: cache.forget_record(number))


@transaction.atomic
def forget_account(user: User, *, asked_at: datetime) -> bool:
    """Erase an account, now, with what was to go with it.

    False, and nothing is erased, while it is the only one to run a record of which
    nobody said that it may go. What somebody else runs by now stays.
    """
    alone = deletions.run_alone_by(user, others_may_leave=True)
    if deletions.left_alone(user).exists():
        log.warning("erasure waits", extra={"user": user.pk})
        return False
    number, email = user.pk, user.email
    going = Q(owner=user) | Q(pk__in=alone.values("pk"))
    for patient in Patient.objects.filter(going).order_by("pk"):
        forget_record(patient, asked_at=asked_at, by=number)
    files = many.folders_of(user)
    # What was said in the diaries of others stays theirs, without a name.
    Comment.objects.filter(author=user).update(author_name="")
    FlagAnswer.objects.filter(by=user).update(by_name="")
    Correction.objects.filter(asked_by=user).update(asked_by_name="")
    Correction.objects.filter(decided_by=user).update(decided_by_name="")
    erase_account(user, asked_at=asked_at)
    transaction.on_commit(lambda: store.remove(files))
    transaction.on_commit(lambda: deletions.tell_done(email), robust=True)
    log.info("erased", extra={"user": number})
    return True
