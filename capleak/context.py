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


def own(request: HttpRequest) -> Patient | None:
    """The record of whoever is signed in: "attack starting" is on their every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    return Patient.objects.visible_to(user).filter(owner=user).first()


def record(request: HttpRequest) -> dict[str, Any]:
    """The opened record and its state; nothing when no record is open."""
    patient: Patient | None = getattr(request, "record", None) or own(request)
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
