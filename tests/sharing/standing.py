"""The record that everybody asks for in the matrix, and the browser of each role."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.utils import timezone

from diary.models import CheckIn, Measurement
from prophylaxis.models import Infusion, Plan
from sharing.models import (
    STAFF_LOOK,
    Category,
    EmergencyContact,
    Patient,
    Permission,
    User,
)
from tests.conftest import give_factor
from tests.sharing.asking import (
    OWN_WORD,
)
from tests.sharing.roles import ROLES, World
from tests.sharing.rows import (
    NOTE,
    asked_about,
    bare_checkin,
    bare_grant,
    bare_infusion,
    bare_medicine,
    closed_flag,
    comment_by,
    held_grant,
    notice_of,
    number_before,
    ongoing_attack,
    skipped,
    trigger_of,
    waiting_file,
)

PASSWORD = "a long enough secret 7"
SIGN_IN = "/accounts/login/"
TRADE = {"unready": "clinician", "clinician": "clinician", "glass": "staff"}
Browsers = dict[str, Client]


def world_of(patient: Patient, alice: User, eve: User) -> World:
    """Alice's record, with marks that no refusal may show; and things of Eve's."""
    Patient.objects.filter(pk=patient.pk).update(
        name="Amarantha", plan_text="plan-of-my-team"
    )
    patient.refresh_from_db()
    EmergencyContact.objects.create(
        patient=patient, name="Octavia", phone="+49 171 5550199"
    )
    now = timezone.now()
    checkin = CheckIn(
        patient=patient,
        note=f"I {NOTE} in a check-in",
        tags=["period"],
        entered_by=alice,
    )
    checkin.set_moment(now - timedelta(minutes=30), "Europe/Berlin")
    checkin.save()
    checkin.symptoms.create(code="fatigue", severity=2)
    own = patient.custom_symptoms.create(label=OWN_WORD)
    checkin.symptoms.create(custom=own, severity=1)
    weight = Measurement(
        patient=patient,
        checkin=checkin,
        quantity="weight",
        value=Decimal("61.7"),
        typed_value=Decimal("61.7"),
        typed_unit="kg",
    )
    weight.set_moment(checkin.at, checkin.zone)
    weight.save()
    attack = ongoing_attack(patient)
    Plan.objects.create(
        patient=patient,
        product="Gammaplex",
        dose_g_per_kg=Decimal(2),
        first_on=(now + timedelta(days=3)).date(),
        local_time="08:00",
        zone="Europe/Berlin",
    )
    infusion = Infusion(patient=patient, product="Gammaplex", note=f"{NOTE} about IVIG")
    infusion.set_start(now - timedelta(days=25), "Europe/Berlin")
    infusion.save()
    hers = eve.own_record
    beside = Patient.objects.create(name="Beside", zone="UTC")
    bare_grant(beside, user=alice, accepted_at=now, permissions=["view", "log"])
    return World(
        record=patient,
        beside=beside,
        attack=attack,
        ids={
            "patient": patient.public_id,
            "attack": attack.public_id,
            "grant": held_grant(patient).public_id,
            "symptom": own.public_id,
            "checkin": checkin.client_id,
            "comment": comment_by(alice, patient).public_id,
            "run": waiting_file(alice, patient).public_id,
            "occurrence": notice_of(patient).pk,
            "infusion": infusion.public_id,
            "appointment": skipped(patient).client_id,
            "medicine": bare_medicine(patient).medicine,
            "flag": closed_flag(patient).public_id,
            "fact": trigger_of(attack).client_id,
            "count": number_before(patient).client_id,
            "correction": asked_about(attack, alice).public_id,
        },
        foreign={
            "patient": hers.public_id,
            "attack": (hers_is_open := ongoing_attack(hers)).public_id,
            "grant": held_grant(hers).public_id,
            "symptom": hers.custom_symptoms.create(label="Cold feet").public_id,
            "checkin": bare_checkin(hers).client_id,
            "comment": comment_by(eve, hers).public_id,
            "run": waiting_file(eve, hers).public_id,
            "occurrence": notice_of(hers).pk,
            "infusion": bare_infusion(hers).public_id,
            "appointment": skipped(hers).client_id,
            "medicine": bare_medicine(hers).medicine,
            "flag": closed_flag(hers).public_id,
            "fact": trigger_of(hers_is_open).client_id,
            "count": number_before(hers).client_id,
            "correction": asked_about(hers_is_open, eve).public_id,
        },
    )


def browsers_of(
    world: World, alice: User, eve: User, sign_in: Callable[[User], Client]
) -> Browsers:
    """A browser for each role of the matrix, signed in but for the anonymous one."""
    now = timezone.now()
    day = timedelta(days=1)
    ended: dict[str, dict[str, Any]] = {
        "revoked": {"revoked_at": now - day},
        "expired": {"expires_at": now - day},
        "early": {"starts_at": now + day},
        "glass": {
            "starts_at": now,
            "expires_at": now + STAFF_LOOK,
            "reason": "cannot sign in",
        },
    }
    found = {"anonymous": Client(), "owner": sign_in(alice), "eve": sign_in(eve)}
    for role in ROLES:
        if role.name in found:
            continue
        user = User.objects.create_user(
            f"{role.name}@example.org", is_staff=role.name in {"glass", "staff"}
        )
        if role.name in {"pending", "clinician", "glass", "staff"}:
            give_factor(user)
        found[role.name] = half_way(user) if role.name == "pending" else sign_in(user)
        if role.name == "invited":
            bare_grant(world.record, invited_email=user.email)
        if role.name in {"invited", "staff"}:
            continue
        bare_grant(
            world.record,
            user=user,
            accepted_at=now - day,
            permissions=sorted(
                [*Permission] if role.permissions is None else role.permissions
            )
            or ["view"],
            kind=TRADE.get(role.name, "caregiver"),
            hidden=[] if role.sees_all else [*Category],
            **ended.get(role.name, {}),
        )
        if "log" in (role.permissions or ()):
            bare_grant(
                world.beside,
                user=user,
                accepted_at=now - day,
                permissions=["view", "log"],
            )
    return found


def half_way(user: User) -> Client:
    """A browser whose user gave the password and now is asked for a code."""
    user.set_password(PASSWORD)
    user.save()
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    browser = Client()
    answer = browser.post(SIGN_IN, {"login": user.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/accounts/security/authenticate/"
    return browser
