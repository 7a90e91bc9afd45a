"""Whom to tell, asked anew at every sending: what was revoked is told nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from notifications.models import Occurrence
from sharing.models import Grant, Patient

Told = Mapping[int, set[int]]  # users by the key of an occurrence


def recipients(occurrences: Collection[Occurrence]) -> Told:
    """The users who are to be told of each occurrence now; at most three queries.

    Of a record that was closed nobody is told, whatever was on its way.
    """
    circle = {o for o in occurrences if o.audience == Occurrence.Audience.CIRCLE}
    patient = set(occurrences) - circle
    return _patients(patient) | _circles(circle)


def _patients(occurrences: Collection[Occurrence]) -> dict[int, set[int]]:
    """The owner, else all who may manage the record at this moment."""
    pks = {occurrence.patient_id for occurrence in occurrences}
    told: dict[int, set[int]] = defaultdict(set)
    if pks:
        owned = Patient.objects.filter(pk__in=pks, owner__isnull=False, closed_at=None)
        managers = Grant.objects.managing().filter(
            patient__in=pks, patient__owner=None, patient__closed_at=None
        )
        for rows in (
            owned.values_list("pk", "owner"),
            managers.values_list("patient", "user"),
        ):
            for record, user in rows:
                told[record].add(user)
    return {o.pk: told[o.patient_id] for o in occurrences}


def _circles(occurrences: Collection[Occurrence]) -> dict[int, set[int]]:
    """Everyone with a live grant that says that they are told of the topic."""
    told: dict[tuple[int, str], set[int]] = defaultdict(set)
    if occurrences:
        grants = Grant.objects.live().filter(
            patient__in={occurrence.patient_id for occurrence in occurrences},
            patient__closed_at=None,
            told__overlap=list({occurrence.topic for occurrence in occurrences}),
        )
        for record, user, topics in grants.values_list("patient", "user", "told"):
            for topic in topics:
                told[record, topic].add(user)
    return {o.pk: told[o.patient_id, o.topic] for o in occurrences}


def users(told: Told) -> set[int]:
    """Everyone who is told of anything."""
    return set().union(*told.values())


def patient_users(patient: Patient) -> set[int]:
    """Who is told what is for the patient."""
    return _patients({Occurrence(pk=0, patient=patient)})[0]
