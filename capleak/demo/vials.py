"""The invented vials of the demo's infusions, a reaction, rates, and a medicine.

Pure but for the rows that it makes; nothing here is saved. Lot numbers are made up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final

from prophylaxis.models import (
    Infusion,
    Lot,
    MedicinePlan,
    RateStep,
    Reaction,
)
from sharing.models import Patient, User

_SIZES: Final = (Decimal(20), Decimal(10), Decimal(5))
_LASTS: Final = timedelta(hours=4, minutes=40)
_RATES: Final = ((0, 30), (30, 60), (60, 120), (120, 240))  # minutes, mL/h
_GTIN: Final = "04030539099998"  # of nobody's product
PREMEDICATION: Final = "Paracetamol 1 g, cetirizine 10 mg"


def complete(infusion: Infusion) -> None:
    """What else is said of an infusion of the demo."""
    infusion.finished_at = infusion.started_at + _LASTS
    infusion.premedication = PREMEDICATION
    infusion.hydration_ml = 500
    infusion.site = "clinic"
    infusion.given_by = "Infusion nurse"


def lots(infusions: Sequence[Infusion]) -> Iterator[Lot]:
    """Vials that add up to each dose; a delivery of a lot lasts for two infusions."""
    for number, infusion in enumerate(infusions):
        left = infusion.dose_g or Decimal(0)
        for size in _SIZES:
            count = int(left // size)
            left -= count * size
            if not count:
                continue
            # What does not come from one lot comes from two.
            parts = [count] if count < 4 else [count - 2, 2]
            for part, vials in enumerate(parts):
                batch = 4000 + 37 * (number // 2) + 7 * part + int(size)
                yield Lot(
                    infusion=infusion,
                    number=f"P100{batch:05d}",
                    product=infusion.product,
                    gtin=_GTIN if size == _SIZES[0] else "",
                    vial_g=size,
                    count=vials,
                    expires_on=_month_end(infusion.day, 14 + number % 8),
                )


def rates(infusion: Infusion) -> Iterator[RateStep]:
    """Slowly at first, as is usual."""
    for minutes, ml_per_h in _RATES:
        at = infusion.started_at + timedelta(minutes=minutes)
        yield RateStep(infusion=infusion, at=at, ml_per_h=Decimal(ml_per_h))


def reactions(infusions: Sequence[Infusion]) -> Iterator[Reaction]:
    """At the first infusion chills, and headaches after some of the latest ones."""
    for infusion, kind, severity, hours, action in (
        (
            infusions[0],
            "chills",
            "moderate",
            1,
            "Slowed down to 30 mL/h, then went on.",
        ),
        (infusions[-3], "headache", "mild", 9, "Drank more, paracetamol."),
        (infusions[-1], "headache", "mild", 6, "Paracetamol, gone by morning."),
    ):
        yield Reaction(
            infusion=infusion,
            kind=kind,
            severity=severity,
            onset_at=infusion.started_at + timedelta(hours=hours),
            action=action,
        )


def medicine(patient: Patient, by: User, since: date) -> MedicinePlan:
    """One that is taken daily, without reminders: the demo sends nobody mail."""
    return MedicinePlan(
        patient=patient,
        name="Montelukast",
        dose="10 mg",
        times=[time(21)],
        zone=patient.zone,
        valid_from=since,
        prescriber="Dr. Okafor",
        entered_by=by,
    )


def _month_end(day: date, months: int) -> date:
    """The last day of the month some months after a day."""
    month = day.year * 12 + day.month - 1 + months + 1
    return date(month // 12, month % 12 + 1, 1) - timedelta(days=1)
