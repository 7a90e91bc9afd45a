"""Deleting many entries at once, with the history that the triggers would write.

A trigger writes one event after the other, at more than a millisecond each; 10,000
entries with their measurements would take longer than a page may.
"""

from __future__ import annotations

from typing import Any

import pgtrigger
from django.db import connection
from django.db.models import Model, QuerySet

from diary.models import CheckIn, Measurement, Symptom


def delete_all(checkins: QuerySet[CheckIn]) -> int:
    """Delete entries with all that they say, keeping it as events; how many.

    In one change, see `diary.services.changing`.
    """
    pks = list(checkins.values_list("pk", flat=True))
    rows: list[tuple[type[Model], QuerySet[Any]]] = [
        (Symptom, Symptom.objects.filter(checkin__in=pks)),
        (Measurement, Measurement.objects.filter(checkin__in=pks)),
        (CheckIn, CheckIn.objects.filter(pk__in=pks)),
    ]
    for model, of_model in rows:
        _keep(model, of_model)
        with pgtrigger.ignore(f"{model._meta.label}:delete_delete"):
            of_model.delete()
    return len(pks)


def _keep(model: type[Model], rows: QuerySet[Any]) -> None:
    """Write what rows say as events of their deletion, in one statement."""
    event = model.pgh_event_model._meta  # type: ignore[attr-defined]  # of pghistory
    kept = [f for f in event.concrete_fields if not f.name.startswith("pgh_")]
    quote = connection.ops.quote_name
    names = [quote(field.column) for field in kept]
    found, params = rows.order_by().values_list("pk").query.sql_with_params()
    table = quote(model._meta.db_table)
    own = ("pgh_label", "pgh_created_at", "pgh_obj_id", "pgh_context_id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {quote(event.db_table)} ({', '.join([*names, *own])})"  # noqa: S608 - names of our own columns
            f" SELECT {', '.join(names)}, 'delete', now(), id,"
            f" (SELECT _pgh_attach_context()) FROM {table}"
            f" WHERE id IN ({found}) ORDER BY id",
            params,
        )
