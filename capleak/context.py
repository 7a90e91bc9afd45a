"""What the frame of every record page shows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from attacks.models import Attack
from capleak.sign_in import SignIn
from diary.flag_words import shown
from diary.flags import standing_flag
from diary.models import Profile
from notifications.addresses import troubled
from notifications.notices import open_notices, stay_of
from prophylaxis.services import Standing, standing
from sharing.models import Patient

TABS = {
    "today": "today",
    "diary:checkin_new": "today",
    "diary:sick": "today",
    "diary:measure": "today",
    "diary:labs": "today",
    "timeline": "timeline",
    "search": "timeline",
    "year": "timeline",
    "flags": "timeline",
    "report": "attacks",
    "report_questions": "attacks",
    "attacks": "attacks",
    "prophylaxis": "ivig",
    "sharing": "sharing",
}


def own(request: HttpRequest) -> Patient | None:
    """The record of whoever is signed in: "attack starting" is on their every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    sign_in: SignIn | None = getattr(request, "sign_in", None)
    if sign_in is not None and (sign_in.lacks_factor or sign_in.must_agree):
        return None  # no record opens before that is done, not even around a page
    return Patient.objects.visible_to(user).filter(owner=user).first()


def offers_ivig(patient: Patient, ivig: Standing) -> bool:
    """Whether the menu has IVIG: not for the secondary form, if there is none of it.

    It prevents attacks of the primary form (domain sheet, section 8). The pages stay
    where they are for whoever opens them.
    """
    secondary = Profile.objects.filter(patient=patient, form=Profile.Form.SECONDARY)
    used = ivig.plan is not None or ivig.days_since is not None
    return used or not secondary.exists()


def mail(request: HttpRequest) -> dict[str, Any]:
    """What mail does not reach whoever is signed in: their every page says so."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"mail_trouble": troubled(user)}


def record(request: HttpRequest) -> dict[str, Any]:
    """The opened record and its state; nothing when no record is open."""
    patient: Patient | None = getattr(request, "record", None) or own(request)
    if patient is None:
        return {}
    match = request.resolver_match
    view = match.view_name if match else ""
    ivig = standing(patient, timezone.now())
    flag = standing_flag(patient)
    if patient.is_closed:  # nothing of it asks for anything any more
        return {
            "patient": patient,
            "is_owner": patient.is_own,
            "is_demo": patient.is_demo,
            "nav": TABS.get(view) or TABS.get(view.split(":")[0]),
            "offers_ivig": offers_ivig(patient, ivig),
        }
    return {
        "patient": patient,
        "is_owner": patient.is_own,
        "is_demo": patient.is_demo,
        "nav": TABS.get(view) or TABS.get(view.split(":")[0]),
        "open_flag": flag and shown(flag, patient),
        "ongoing_attack": Attack.objects.filter(patient=patient, ongoing=True).first(),
        "ivig": ivig,
        "offers_ivig": offers_ivig(patient, ivig),
        "notices": open_notices(patient, timezone.now()),
        "hospital_stay": stay_of(patient),
    }
