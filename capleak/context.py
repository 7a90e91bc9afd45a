"""What the frame of every record page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from attacks.models import Attack
from prophylaxis.services import standing
from sharing.models import Patient

TABS = {
    "today": "today",
    "diary:checkin_new": "today",
    "timeline": "timeline",
    "attacks": "attacks",
    "prophylaxis": "ivig",
    "sharing": "sharing",
}


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
        "ivig": standing(patient, timezone.now()),
    }
