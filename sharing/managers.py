"""Who runs a record that has no user of its own, and that somebody always does.

The database refuses what leaves nobody, see sharing.models.keeping. Services ask here
first, so that a page can say it kindly.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from sharing.models import (
    KEEPS_A_MANAGER,
    Grant,
    Patient,
    Permission,
    User,
    hash_token,
)

MOST_RUN = 20  # records of others that one account starts; a design choice


class LastManager(Exception):
    """Nobody would be left who can open and run the record; nothing was stored."""


class TooMany(Exception):
    """This account has started as many records for others as it may."""


@contextmanager
def kept(patient: Patient) -> Iterator[None]:
    """LastManager if what is done inside takes the last lasting manager away.

    Inside `Patient.objects.writing`, so that nobody else does the same meanwhile.
    """
    run_before = _is_run(patient)
    yield
    if run_before and not _is_run(patient):
        raise LastManager


def _is_run(patient: Patient) -> bool:
    owned = Patient.objects.filter(pk=patient.pk, owner__isnull=False)
    return owned.exists() or Grant.objects.lasting().filter(patient=patient).exists()


def told(patient: Patient, *, besides: User) -> QuerySet[User]:
    """Whom to tell what somebody did with a record: its owner and all who manage it."""
    managing = Grant.objects.managing().filter(patient=patient)
    people = Q(grants__in=managing) | Q(own_record=patient)
    found = User.objects.filter(people, is_active=True).exclude(pk=besides.pk)
    return found.order_by("pk").distinct()


def says_so(error: IntegrityError) -> bool:
    """Whether the database refused because nobody would be left."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None) == KEEPS_A_MANAGER


def start_for(
    user: User, client_id: UUID, *, name: str, zone: str, **fields: object
) -> tuple[Patient, bool]:
    """Make a record for somebody else, run by `user`; whether it is new.

    A form sent twice, which has the same `client_id`, makes one. TooMany beyond what
    one account needs.
    """
    # The grant of a record that somebody makes for another is no invitation: nobody
    # has a token with this digest. That it is unique makes the record once.
    mark = hash_token(f"start {user.pk} {client_id}")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        made = Grant.objects.filter(token_hash=mark).select_related("patient").first()
        if made is not None:
            return made.patient, False
        started = Grant.objects.filter(user=user, invited_by=user, revoked_at=None)
        if started.filter(patient__owner=None).count() >= MOST_RUN:
            raise TooMany
        patient = Patient.objects.create(name=name, zone=zone, **fields)
        Grant.objects.create(
            patient=patient,
            user=user,
            kind=Grant.Kind.CAREGIVER,
            permissions=list(Permission.values),
            invited_email=user.email,
            invited_by=user,
            invitation_expires_at=Now(),
            accepted_at=Now(),
            token_hash=mark,
        )
    return patient, True
