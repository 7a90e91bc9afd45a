"""What the next due day depends on, read for any number of records in one query."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Subquery
from django.db.models.expressions import Combinable

from prophylaxis.models import Appointment, Infusion
from prophylaxis.schedule import SoFar
from sharing.models import Patient

NAMES: Final = ("last_start", "last_course_day", "skipped_at", "planned_at")


def columns() -> dict[str, Combinable]:
    """The columns of NAMES, for a queryset of patients."""
    last = Infusion.objects.filter(patient=OuterRef("pk")).order_by(
        "-started_at", "-pk"
    )
    said = Appointment.objects.filter(patient=OuterRef("pk"))
    return {
        "last_start": Subquery(last.values("started_at")[:1]),
        "last_course_day": Subquery(last.values("course_day")[:1]),
        "skipped_at": ArraySubquery(said.filter(status="skipped").values("at")),
        "planned_at": Subquery(said.filter(status="planned").values("at")[:1]),
    }


def so_far(row: Sequence[Any]) -> SoFar:
    """The values of NAMES, as the schedule wants them."""
    last_start, course_day, skipped, planned_at = row
    return SoFar(last_start, course_day or 1, tuple(skipped), planned_at)


def of(patient: Patient) -> SoFar:
    """Where one record stands."""
    row = Patient.objects.filter(pk=patient.pk).annotate(**columns())
    return so_far(row.values_list(*NAMES).get())


def missed_at(patient: Patient) -> set[datetime]:
    """Due moments that somebody said were missed."""
    said = Appointment.objects.filter(patient=patient, status="missed")
    return set(said.values_list("at", flat=True))
