"""The time around an attack, and what was usual for this person before it."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from statistics import median
from typing import Final

from attacks.models import Attack
from attacks.phases import phase_at
from diary.models import Measurement
from diary.personal import usual_values
from sharing.models import Patient

AROUND: Final = timedelta(days=3)  # shown before and after (design choice)
BASELINE: Final = timedelta(days=60)
LEAST_USUAL: Final = 5
QUANTITIES_WITH_USUAL: Final = ("systolic", "pulse", "weight")


def usual(patient: Patient, attack: Attack, now: datetime) -> dict[str, Decimal]:
    """What was usual for this person by quantity, canonical, in three queries.

    The median of the 60 days before the page's own window, outside other attacks,
    where there are five values or more (design choice; domain sheet, section 16). Else
    what the profile says.
    """
    until, _end = window(attack, now)
    since = until - BASELINE
    others = [
        other.clock
        for other in Attack.objects.readable(patient).overlapping(since, until)
        if other.pk != attack.pk
    ]
    values: dict[str, list[Decimal]] = {}
    measured = (
        Measurement.objects.readable(patient)
        .filter(at__gte=since, at__lt=until, quantity__in=QUANTITIES_WITH_USUAL)
        .exclude(posture=Measurement.Posture.STANDING)
    )
    for quantity, at, value in measured.values_list("quantity", "at", "value"):
        if all(phase_at(clock, at) is None for clock in others):
            values.setdefault(quantity, []).append(value)
    return usual_values(patient) | {
        quantity: median(of_quantity)
        for quantity, of_quantity in values.items()
        if len(of_quantity) >= LEAST_USUAL
    }


def window(attack: Attack, now: datetime) -> tuple[datetime, datetime]:
    """The time around an attack that its page shows."""
    known = [at for at in attack.clock.boundaries if at]
    until = now if attack.ongoing else known[-1] + AROUND
    return known[0] - AROUND, max(until, known[-1])
