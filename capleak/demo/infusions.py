"""The invented immunoglobulin history: a first plan, a higher one, and every infusion.

Pure: counted back from today, so that the next one is due within two weeks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final
from uuid import UUID

from capleak.demo.parts import Window, at_local, client_id, spared

PRODUCT: Final = "Immunoglobulin 10 %"
INTERVAL_DAYS: Final = 28
LOCAL_TIME: Final = time(9)
_GAPS: Final = ((28, 29, 31, 35), (20, 2, 1, 2))  # days and weights: sometimes late
_WHY_LATE: Final = ("no chair free", "a cold first", "public holiday")
_NOTES: Final = ("No problems.", "Read a whole book.", "Left arm, second try.")
_WEDNESDAY, _SATURDAY = 2, 5
_VIAL_G: Final = 5  # doses are given in whole small vials


@dataclass(frozen=True, slots=True)
class PlanYears:
    """A plan, from its first infusion until the next plan begins."""

    dose_g_per_kg: Decimal
    first_on: date
    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class InfusionDay:
    """One infusion, and the position of the plan that it was given under."""

    client_id: UUID
    day: date
    started_at: datetime
    recorded_at: datetime
    plan: int
    weight_kg: Decimal
    dose_g: Decimal
    note: str


@dataclass(frozen=True, slots=True)
class Prophylaxis:
    plans: tuple[PlanYears, ...]
    infusions: tuple[InfusionDay, ...]


def tell(
    today: date, windows: Sequence[Window], weight_kg: Decimal, rng: Random
) -> Prophylaxis:
    """Infusions from soon after the second attack; the dose is doubled after the third.

    Oldest first. None lies in a window; the first one after it may be late.
    """
    since = windows[1].last + timedelta(days=30)
    days = _days(today, since=since, windows=windows, rng=rng)
    raised_on = next(d for d in days if d > windows[2].last + timedelta(days=14))
    plans = (
        _plan("1", days[0], until=raised_on),
        _plan("2", raised_on, until=None),
    )
    infusions = []
    for number, day in enumerate(days):
        plan = 0 if day < raised_on else 1
        started_at = at_local(day, time(9, rng.randrange(35)))
        weight = weight_kg + Decimal(rng.randint(-3, 3)) / 2
        waited = (day - days[number - 1]).days if number else INTERVAL_DAYS
        infusions.append(
            InfusionDay(
                client_id=client_id(f"infusion {number}"),
                day=day,
                started_at=started_at,
                recorded_at=started_at + timedelta(hours=rng.choice((4, 5, 6, 30))),
                plan=plan,
                weight_kg=weight,
                dose_g=_whole_vials(plans[plan].dose_g_per_kg * weight),
                note=_note(number, waited - INTERVAL_DAYS, rng),
            )
        )
    return Prophylaxis(plans, tuple(infusions))


def _days(
    today: date, *, since: date, windows: Sequence[Window], rng: Random
) -> list[date]:
    """Working days, oldest first; the last is 28 days before the next due Wednesday."""
    due = today + timedelta(days=8)  # later than its first reminder, a week before
    due += timedelta(days=(_WEDNESDAY - due.weekday()) % 7)
    day = due - timedelta(days=INTERVAL_DAYS)
    days = []
    while day >= since:
        days.append(day)
        gaps, weights = _GAPS
        gap = timedelta(days=rng.choices(gaps, weights)[0])
        if (day - gap).weekday() >= _SATURDAY or spared(day - gap, windows):
            gap = timedelta(days=INTERVAL_DAYS)
        day -= gap
        while spared(day, windows):
            day -= timedelta(days=7)
    return days[::-1]


def _plan(dose: str, first_on: date, *, until: date | None) -> PlanYears:
    return PlanYears(
        dose_g_per_kg=Decimal(dose),
        first_on=first_on,
        began_at=at_local(first_on, time(8)),
        ended_at=at_local(until, time(8)) if until else None,
    )


def _whole_vials(dose_g: Decimal) -> Decimal:
    return Decimal(round(dose_g / _VIAL_G) * _VIAL_G)


def _note(number: int, days_late: int, rng: Random) -> str:
    if number == 0:
        return "First infusion. Slow start, everything quiet."
    if days_late > 7:
        return f"{days_late} days late: had to get over the attack first."
    if days_late > 0:
        days = f"{days_late} days" if days_late > 1 else "A day"
        return f"{days} late: {rng.choice(_WHY_LATE)}."
    return rng.choice(_NOTES) if rng.random() < 0.35 else ""
