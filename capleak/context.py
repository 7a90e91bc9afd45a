"""What the frame of every record page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from attacks.models import Attack
from prophylaxis import schedule
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient

TABS = {
    "today": "today",
    "diary:checkin_new": "today",
    "timeline": "timeline",
    "attacks": "attacks",
    "prophylaxis": "ivig",
    "sharing": "sharing",
}


@dataclass(frozen=True, slots=True)
class IvigStatus:
    """Where a patient stands between two infusions. Days are the patient's own."""

    next_due: datetime
    days_since: int | None
    days_until: int
    overdue_days: int


def ivig_status(patient: Patient, now: datetime) -> IvigStatus | None:
    """None while there is no plan: nothing is due that nobody planned."""
    plan = Plan.objects.current(patient)
    if plan is None:
        return None
    last = Infusion.objects.last_start(patient)
    due = plan.next_due(last)
    status = schedule.due_status(due, now, patient.tz)
    return IvigStatus(
        next_due=due.astimezone(patient.tz),
        days_since=None if last is None else schedule.days_since(last, now, patient.tz),
        days_until=status.days_until,
        overdue_days=status.overdue_days,
    )


def record(request: HttpRequest) -> dict[str, Any]:
    """The opened record and its state; nothing when no record is open."""
    patient: Patient | None = getattr(request, "record", None)
    if patient is None:
        return {}
    match = request.resolver_match
    view = match.view_name if match else ""
    return {
        "patient": patient,
        "is_owner": patient.is_own,
        "is_demo": patient.is_demo,
        "nav": TABS.get(view) or TABS.get(view.split(":")[0]),
        "ongoing_attack": Attack.objects.filter(patient=patient, ongoing=True).first(),
        "ivig_status": ivig_status(patient, timezone.now()),
    }
