"""What a record says of how its plans were kept, for the pure rules of adherence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise

from prophylaxis.adherence import Dose, Period, Planned, periods
from prophylaxis.models import Appointment, Infusion, Plan
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Kept:
    """The periods of a record, oldest first, and the plans by their key."""

    periods: list[Period]
    plans: dict[int, Plan]

    def plan_of(self, period: Period) -> Plan | None:
        return self.plans[period.planned.key] if period.planned else None

    @property
    def current(self) -> Period | None:
        """The period of the plan that is in force."""
        last = self.periods[-1] if self.periods else None
        return last if last and last.planned and last.planned.until is None else None

    @property
    def in_all(self) -> Period | None:
        """Everything as one period; None when there is but one or none."""
        if len(self.periods) < 2:
            return None
        return Period(
            None,
            self.periods[0].since,
            self.periods[-1].until,
            tuple(course for period in self.periods for course in period.courses),
            tuple(due for period in self.periods for due in period.dues),
        )


def kept(patient: Patient, now: datetime) -> Kept:
    """How the plans of an opened record were kept until now; three queries."""
    plans = list(Plan.objects.filter(patient=patient).order_by("began_at", "pk"))
    begun = Infusion.objects.readable(patient).order_by("started_at", "pk")
    doses = [
        Dose(day, None if dose is None or not kg else dose / kg)
        for day, dose, kg in begun.values_list("day", "dose_g", "weight_kg")
    ]
    status = Appointment.Status
    fates = Appointment.objects.filter(patient=patient).exclude(status=status.PLANNED)
    said = list(fates.values_list("day", "status"))
    found = periods(
        planned(plans),
        doses,
        patient.until(now).astimezone(patient.tz).date(),
        skipped=[day for day, fate in said if fate == status.SKIPPED],
        missed=[day for day, fate in said if fate == status.MISSED],
    )
    return Kept(found, {plan.pk: plan for plan in plans})


def planned(plans: Sequence[Plan]) -> list[Planned]:
    """The plans with the days on which each was in force, one at a time.

    Given oldest first by when they were entered. A later one wins on the days for
    which both say that they are valid; one that was replaced goes on until then.
    """
    replaced = {a.pk for a, b in pairwise(plans) if a.ended_at == b.began_at}
    found: list[Planned] = []
    limit: date | None = None  # from here on a later plan is in force
    for plan in reversed(plans):
        since = plan.valid_from
        ended = plan.ended_at.astimezone(plan.tz).date() if plan.ended_at else None
        ends = [day for day in (limit, ended) if day]
        until = limit if plan.pk in replaced and limit else min(ends, default=None)
        if until is None or since < until:
            found.append(
                Planned(plan.pk, since, until, plan.dose_g_per_kg, _due_after(plan))
            )
            limit = since
    return found[::-1]


def _due_after(plan: Plan) -> Callable[[date | None], date]:
    def due_after(last: date | None) -> date:
        start = datetime.combine(last, time(12), plan.tz) if last else None
        return plan.next_due(start).astimezone(plan.tz).date()

    return due_after
