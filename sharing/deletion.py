"""Asking for a record or an account to be deleted, and taking that back.

Nothing is hidden or stopped in the meantime: a diary is needed most in the weeks in
which its patient cannot press a button.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from smtplib import SMTPException
from typing import Final

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing.authority import managed
from sharing.models import GRACE, Deletion, Grant, Patient, User

# How long before the end everyone who can keep it is told once more (design choice).
REMIND_BEFORE: Final = timedelta(days=3)

log = logging.getLogger(__name__)


class OnlyManager(Exception):
    """Records that nobody else runs, and of which nobody said that they may go."""

    def __init__(self, records: Collection[Patient]) -> None:
        super().__init__()
        self.records = records


# --- Who decides ----------------------------------------------------------------------


def decides(patient: Patient) -> bool:
    """Whether the user who opened this record may keep it from being deleted.

    The owner alone; of a record without one, whoever manages it. To have it deleted
    takes somebody who runs it for good as well.
    """
    return patient.is_own or (patient.owner_id is None and "manage" in patient.given)


def run_alone_by(user: User, *, others_may_leave: bool = False) -> QuerySet[Patient]:
    """Records without an owner that nobody else can be relied on to run, by name.

    Before an account goes, these go with it by its user's own word, or somebody else
    is made to manage them. Whoever asked for their own account to be deleted is not
    relied on, unless `others_may_leave`: then who is still there counts.
    """
    managing = Grant.objects.managing().filter(patient=OuterRef("pk"))
    others = Grant.objects.lasting().filter(patient=OuterRef("pk")).exclude(user=user)
    if not others_may_leave:
        others = others.filter(user__deletion=None)
    return Patient.objects.filter(
        Exists(managing.filter(user=user)), ~Exists(others), owner=None
    ).order_by("name", "pk")


def left_alone(user: User) -> QuerySet[Patient]:
    """Records that would have nobody without this user, and are not to go along.

    The deletion of the account waits for them, see capleak.erasing.
    """
    alone = run_alone_by(user, others_may_leave=True)
    return alone.exclude(deletion__part_of__user=user)


# --- Asking and taking back -----------------------------------------------------------


def ask_for_record(patient: Patient, *, by: User) -> Deletion:
    """Have a record deleted when the time of grace is over; asked twice is asked once.

    Everyone who could keep it gets a mail. PermissionDenied if `by` may not decide
    that, or manages it for a time.
    """
    with Patient.objects.writing(patient):
        record = managed(patient, by)
        if not (decides(record) and record.runs_for_good):
            raise PermissionDenied
        deletion, is_new = Deletion.objects.get_or_create(
            patient=patient,
            defaults={"asked_by": by, "due_at": timezone.now() + GRACE},
        )
    if is_new:
        _tell(who_keep(patient), "record", deletion.due_at)
        log.info("deletion asked", extra={"record": patient.pk, "user": by.pk})
    return deletion


def ask_for_account(user: User, *, along: Iterable[Patient] = ()) -> Deletion:
    """Have an account deleted, with the user's own record and those that go `along`.

    OnlyManager if a record that nobody else runs is not among them; then nothing has
    changed. Asked twice is asked once.
    """
    due_at = timezone.now() + GRACE
    allowed = {patient.pk for patient in along}
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        alone = list(run_alone_by(user))
        if left := [patient for patient in alone if patient.pk not in allowed]:
            raise OnlyManager(left)
        deletion, is_new = Deletion.objects.get_or_create(
            user=user, defaults={"asked_by": user, "due_at": due_at}
        )
        own = list(Patient.objects.filter(owner=user))
        for patient in sorted([*own, *alone], key=lambda patient: patient.pk):
            with Patient.objects.writing(patient):
                goes_along = {"due_at": deletion.due_at, "part_of": deletion}
                Deletion.objects.update_or_create(
                    patient=patient,
                    defaults=goes_along,
                    create_defaults=goes_along | {"asked_by": user},
                )
    if is_new:
        _tell([user], "account", deletion.due_at)
        for patient in alone:  # somebody may manage it until a day
            others = [one for one in who_keep(patient) if one.pk != user.pk]
            _tell(others, "record", deletion.due_at)
        log.info("deletion asked", extra={"user": user.pk})
    return deletion


def keep_record(patient: Patient) -> bool:
    """Take the deletion of a record back; False if there is none any more.

    If it was to go with the account of somebody without whom nobody runs it, that
    account is kept as well.
    """
    with Patient.objects.writing(patient):
        deletion = Deletion.objects.filter(patient=patient).first()
        if deletion is None:
            return False
        whole = deletion.part_of
        along = whole is not None and _needs(patient, whole.user)
        deletion.delete()
        if whole is not None and along:
            _keep_whole(whole)
    return True


def _needs(patient: Patient, user: User | None) -> bool:
    """Whether the record is this user's own, or nobody else can be relied on."""
    stored = Patient.objects.get(pk=patient.pk)
    if user is None or stored.owner_id is not None:
        return user is not None and stored.owner_id == user.pk
    return run_alone_by(user).filter(pk=patient.pk).exists()


def keep_account(user: User) -> bool:
    """Take the deletion of an account back, with what was to go with it.

    A record that was to be deleted before that still is.
    """
    with transaction.atomic():
        whole = Deletion.objects.select_for_update().filter(user=user).first()
        if whole is not None:
            _keep_whole(whole)
    return whole is not None


def _keep_whole(whole: Deletion) -> None:
    """Keep an account; what was asked for earlier, maybe by others, is its own again.

    It keeps the day of the account, of which everyone was told.
    """
    before = whole.parts.filter(asked_at__lt=whole.asked_at)
    before.update(part_of=None, reminded_at=None)
    whole.delete()


# --- Mail: no word of health ----------------------------------------------------------


def who_keep(patient: Patient) -> list[User]:
    """Who can keep a record: its owner, or else those who manage it."""
    if patient.owner is not None:
        return [patient.owner]
    managers = Grant.objects.managing().filter(patient=patient)
    return list(User.objects.filter(grants__in=managers).order_by("pk").distinct())


def remind(now: datetime) -> int:
    """Tell those whose time is nearly over, once each; how many were told of."""
    soon = Deletion.objects.filter(
        due_at__lte=now + REMIND_BEFORE,
        due_at__gt=now,
        part_of=None,
        reminded_at=None,
    ).select_related("user", "patient__owner")
    told = 0
    for deletion in soon:
        unclaimed = Deletion.objects.filter(pk=deletion.pk, reminded_at=None)
        if not unclaimed.update(reminded_at=now):
            continue  # another worker has
        if deletion.user is not None:
            _tell([deletion.user], "account", deletion.due_at)
        elif deletion.patient is not None:
            _tell(who_keep(deletion.patient), "record", deletion.due_at)
        told += 1
    return told


def tell_done(email: str) -> None:
    """Tell an address that its account is gone, as the last thing it gets from here."""
    _send(
        _("Your account is deleted"),
        render_to_string("sharing/mail/deleted.txt"),
        [email],
    )


def _tell(people: Iterable[User], what: str, due_at: datetime) -> None:
    """`what` is "account" or "record"; the day is that of UTC, as mail has no zone."""
    subjects = {
        "account": _("Your account will be deleted"),
        "record": _("A deletion that you can stop"),
    }
    context = {"what": what, "until": due_at.date(), "link": settings.BASE_URL}
    text = render_to_string("sharing/mail/deletion.txt", context)
    for person in people:
        _send(subjects[what], text, [person.email])


def _send(subject: str, text: str, to: list[str]) -> None:
    """A mail server that is away stops nothing: every page says the same."""
    try:
        send_mail(subject, text, None, to)
    except (SMTPException, OSError):
        log.exception("mail about a deletion not sent")
