"""What the history of a record keeps goes with the record.

The events of django-pghistory are bound to nothing, so that they can outlive what was
deleted; deleting a record even writes one of each of its rows. They must not outlive
the patient.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.apps import apps
from django.db.models import ForeignKey
from pghistory.models import Event

from sharing.models import Patient


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
    for event in events:
        event.objects.filter(pgh_obj_id__in=gone[event.pgh_tracked_model]).delete()


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
