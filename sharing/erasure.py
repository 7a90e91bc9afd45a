"""A record or a person is deleted with all that was told in it, history included.

The events of django-pghistory are bound to nothing, so that they can outlive what was
deleted; deleting a record even writes one of each of its rows. They must not outlive
the patient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, ForeignKey, OuterRef
from pghistory.models import Context, Event

from sharing.models import Erasure, Grant, HandOver, Patient, User


@transaction.atomic
def erase_record(patient: Patient, *, asked_at: datetime, by: int | None) -> None:
    """Delete a record with its history; what stays is a line without a name."""
    number = patient.pk
    # Whoever is writing goes first, and nobody begins.
    Patient.objects.select_for_update().values_list("pk").get(pk=number)
    patient.delete()
    _note(Erasure.Kind.RECORD, number, asked_at, by)


@transaction.atomic
def erase_account(user: User, *, asked_at: datetime) -> None:
    """Delete an account, its sign-ins and what others typed to invite its address.

    Its own record and what it alone managed must be gone already.
    """
    number = user.pk
    addresses = {user.email, *_addresses(user)}
    keys = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    begun = _sign_ins_begun(user, addresses)
    Session.objects.filter(pk__in=[*keys, *begun]).delete()
    Grant.objects.filter(user=None, invited_email__in=addresses).delete()
    HandOver.objects.filter(email__in=addresses).delete()
    user.delete()
    _note(Erasure.Kind.ACCOUNT, number, asked_at, number)


def _addresses(user: User) -> list[str]:
    rows = EmailAddress.objects.filter(user=user)
    return [address.lower() for address in rows.values_list("email", flat=True)]


def _sign_ins_begun(user: User, addresses: set[str]) -> Iterator[str]:
    """Keys of sessions that stopped before the second step, or at an unread mail.

    No list knows them, and they hold the address: each is read.
    """
    number = user_pk_to_url_str(user)
    listed = UserSession.objects.filter(session_key=OuterRef("pk"))
    for session in Session.objects.exclude(Exists(listed)).iterator():
        begun = session.get_decoded().get("account_login") or {}  # of allauth
        email = (begun.get("email") or "").lower()
        if begun.get("user_pk") == number or email in addresses:
            yield session.pk


def _note(kind: Erasure.Kind, number: int, asked_at: datetime, by: int | None) -> None:
    Erasure.objects.create(kind=kind, number=number, asked_at=asked_at, asked_by_pk=by)


def forget_history(sender: Any, instance: Patient, **_: Any) -> None:
    """Delete every event of a record that was deleted; for the signal post_delete.

    Events name the patient, or what belonged to it by an event of its own: a stay
    names its attack, of which the deletion left an event that names the patient.
    """
    gone: dict[Any, set[int]] = defaultdict(set)
    gone[Patient].add(instance.pk)
    events: list[Any] = [
        model
        for model in apps.get_models()
        if issubclass(model, Event) and hasattr(model, "pgh_tracked_model")
    ]
    while True:
        found = sum(map(len, gone.values()))
        for event in events:
            of_record = _about(event, gone)
            gone[event.pgh_tracked_model].update(
                pk for name, pks in of_record for pk in _rows(event, name, pks)
            )
        if sum(map(len, gone.values())) == found:
            break
    told: set[Any] = set()  # in which request each was made
    for event in events:
        of_record = event.objects.filter(pgh_obj_id__in=gone[event.pgh_tracked_model])
        told.update(of_record.values_list("pgh_context", flat=True).distinct())
        of_record.delete()
    for event in events:  # an entry that was moved is told of in another record too
        others = event.objects.filter(pgh_context__in=told)
        told.difference_update(others.values_list("pgh_context", flat=True).distinct())
    Context.objects.filter(pk__in=told).delete()


def _about(event: Any, gone: dict[Any, set[int]]) -> list[tuple[str, set[int]]]:
    """The columns of an event that may name something that is gone."""
    return [
        (field.attname, gone[field.related_model])
        for field in event._meta.concrete_fields
        if isinstance(field, ForeignKey)
        and not field.name.startswith("pgh_")
        and gone.get(field.related_model)
    ]


def _rows(event: Any, name: str, pks: set[int]) -> Any:
    rows = event.objects.filter(**{f"{name}__in": pks})
    return rows.values_list("pgh_obj_id", flat=True).distinct()
