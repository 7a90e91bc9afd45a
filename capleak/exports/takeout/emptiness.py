"""Whether nothing was ever written in a record, so that another can take its place.

What is in doubt counts as written: the record that makes room is gone for good.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Model

from capleak.exports.takeout.inventory import MADE_ANEW, ROWS, TOLD, Kept
from capleak.exports.takeout.writing import of_record
from diary.models import FlagChoice
from notifications.models import Occurrence, Preferences
from sharing.models import AccessEvent, Patient

# What every record has from its first days on, and the columns of each that nobody
# chose after signing up. Anything else that differs from its default was written.
_NOT_WRITTEN: Final[dict[type[Model], frozenset[str]]] = {
    Patient: frozenset(
        {"id", MADE_ANEW, "owner", "name", "zone", "emergency_number"}
        | {"version", "created_at"}
    ),
    Preferences: frozenset(
        {"patient", "zone", "plan_text_mark", "plan_text_since", "keep_at"}
        | {"infusion_due_at", "infusion_zone"}
    ),
    FlagChoice: frozenset({"id", "patient", "since"}),
}
# Looks of others need a grant, one's own only take out; a plan of messages is made by
# itself, and what it rests on counts.
_BY_THEMSELVES: Final = (AccessEvent, Occurrence)


def is_empty(patient: Patient) -> bool:
    """Whether nothing stands in a record, was deleted from it, or lets others in."""
    return not (_anything_told(patient) or _anything_chosen(patient)) and not any(
        kept.manager.filter(**{kept.path: patient.pk}).exists()
        or (kept.events and _deleted(kept, patient))
        for kept in ROWS
        if kept.model not in _NOT_WRITTEN
    )


def _deleted(kept: Kept, patient: Patient) -> bool:
    """Whether something was written and deleted, which can still be put back."""
    return bool(kept.events.objects.filter(of_record(kept, patient)).exists())


def _anything_told(patient: Patient) -> bool:
    told: list[Any] = [model for models in TOLD.values() for model in models]
    return any(
        model.objects.filter(patient=patient.pk).exists()
        for model in told
        if model not in _BY_THEMSELVES
        and any(field.name == "patient" for field in model._meta.concrete_fields)
    )


def _anything_chosen(patient: Patient) -> bool:
    for kept in ROWS:
        if (left := _NOT_WRITTEN.get(kept.model)) is None:
            continue
        for row in kept.manager.filter(**{kept.path: patient.pk}):
            for field in kept.model._meta.concrete_fields:
                if field.name not in left and (
                    getattr(row, field.attname) != field.get_default()
                ):
                    return True
    return False
