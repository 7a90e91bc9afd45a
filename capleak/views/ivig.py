"""The IVIG page: what is due, how the plan was kept, and what happened meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from capleak import ivig as infusions
from capleak import year as twelve
from capleak.cache import cached_chart
from capleak.charts.cycle import cycle_chart
from capleak.charts.infusions import infusion_chart
from capleak.views.year import last_month
from capleak.weights import latest_weight_kg
from prophylaxis.adherence import (
    LEAST_COURSES,
    LEAST_DAYS,
    TOLERANCE_DAYS,
    Outcome,
    Period,
)
from prophylaxis.cycle import LEAST_OBSERVED
from prophylaxis.kept import Kept, kept
from prophylaxis.models import Plan
from prophylaxis.views import overview
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_safe
def ivig(request: UserRequest, patient: UUID) -> HttpResponse:
    """The months up to the month `to`, or up to this one, under what is due."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    today = now.astimezone(record.tz).date()
    newest = twelve.month(today)
    last = last_month(request.GET.get("to", ""), newest)
    found, attacks = kept(record, now), infusions.attack_days(record, now)
    shown = infusions.window(found, attacks, last, today)
    cycle = infusions.cycle(record, shown, attacks)
    later = min(twelve.month(last, infusions.MONTHS), newest)
    context = overview(request, record, latest_weight_kg(record)) | {
        "kept": lines(found),
        "current": found.current,
        "tolerance": TOLERANCE_DAYS,
        "least_days": LEAST_DAYS,
        "least_courses": LEAST_COURSES,
        "least_observed": LEAST_OBSERVED,
        "window": shown,
        "rows": infusions.rows(shown),
        "strips": strips(record, shown),
        "strips_say": infusions.strip_sentence(shown),
        "cycle": cycle,
        "cycle_chart": drawn_cycle(record, shown, cycle),
        "cycle_says": infusions.cycle_sentence(cycle),
        "earlier": earlier(found, shown),
        "later": later if later > last else None,
    }
    return render(request, "capleak/ivig.html", context)


def earlier(found: Kept, shown: infusions.Window) -> date | None:
    """The last month of what lies before, if there is a plan or an infusion."""
    if found.periods and found.periods[0].since < shown.first:
        return twelve.month(shown.first, -1)
    return None


@dataclass(frozen=True, slots=True)
class Line:
    """One period in the table; `plan` is None where there was none, or for all."""

    period: Period
    plan: Plan | None
    whole: bool = False

    @property
    def counts(self) -> list[int]:
        return [self.period.count(outcome) for outcome in Outcome]


def lines(found: Kept) -> list[Line]:
    """The periods, newest first, then all of them together."""
    told = [Line(p, found.plan_of(p)) for p in reversed(found.periods)]
    whole = found.in_all
    return [*told, Line(whole, None, whole=True)] if whole else told


def strips(record: Patient, shown: infusions.Window) -> SafeString:
    """The strips for a desk and for a phone; the stylesheet shows one of them."""

    def draw() -> str:
        drawing = infusions.strip_chart(shown)
        return "".join(
            infusion_chart(drawing, key="strips", width=width)
            for width in ("phone", "desk")
        )

    return cached_chart(record, f"strips:{shown.last}:{shown.today}", draw)


def drawn_cycle(
    record: Patient, shown: infusions.Window, cycle: infusions.Cycle
) -> SafeString:
    """The chart of the cycle in both layouts."""

    def draw() -> str:
        drawing = infusions.cycle_drawing(cycle)
        return "".join(
            cycle_chart(drawing, key="cycle", width=width)
            for width in ("phone", "desk")
        )

    return cached_chart(record, f"cycle:{shown.last}:{shown.today}", draw)
