"""The latest weight that is known of a patient, from wherever it was written down."""

from __future__ import annotations

from decimal import Decimal

from diary.models import Measurement
from prophylaxis.models import Infusion
from sharing.models import Patient

_NONE = (None, None)


def latest_weight_kg(patient: Patient) -> Decimal | None:
    """The latest of what the diary and the infusions say; kilograms, to 10 g."""
    weighed = (
        Measurement.objects.readable(patient)
        .filter(quantity="weight")
        .order_by("-at", "-pk")
        .values_list("at", "value")
        .first()
    )
    dosed = (
        Infusion.objects.filter(patient=patient, weight_kg__isnull=False)
        .order_by("-started_at", "-pk")
        .values_list("started_at", "weight_kg")
        .first()
    )
    known = [(at, kg) for at, kg in (weighed or _NONE, dosed or _NONE) if at and kg]
    return round(max(known)[1], 2) if known else None
