"""Who signs in to the demo, and the record that they share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password

from capleak import consent
from capleak.demo.parts import HOME_ZONE
from sharing.models import (
    INVITATION_LIFE,
    Consent,
    EmergencyContact,
    Grant,
    Patient,
    Permission,
    Topic,
    User,
    hash_token,
    new_token,
)

LOCAL_PASSWORD: Final = "demo-capleak-2026"  # noqa: S105 - printed, never in production


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who signs in, and what the demo shows through them."""

    email: str
    name: str
    role: str


OWNER: Final = Person("patient@example.org", "Ana", "her own diary")
CAREGIVER: Final = Person("caregiver@example.org", "Ben", "sees it and adds entries")
CLINICIAN: Final = Person("clinician@example.org", "Dr. Okafor", "sees it")
PEOPLE: Final = (OWNER, CAREGIVER, CLINICIAN)

# The numbers are from the ranges that Germany keeps free for films.
_CONTACTS: Final = (
    ("Ben", "+49 171 3920014", "partner, has a key"),
    ("Dr. Okafor", "+49 30 23125014", "specialist clinic, day and night"),
)

_PLAN_TEXT: Final = """\
DEMO TEXT, NOT MEDICAL ADVICE. Here stands what Ana’s own team wrote for her.

When I think an attack is starting
1. Sit or lie down. Write down how I feel and what I measure.
2. Tell Ben.
3. Call the clinic: “I have systemic capillary leak syndrome and I think an attack is \
starting.”

When I have a sign for which to get help at once
1. Call 112. Do not drive myself.
2. Take this diary and my papers along, and show them before anything else.

Signed: nobody. A real plan carries a name and a date."""


@dataclass(frozen=True, slots=True)
class Household:
    """The demo record and those who write in it."""

    patient: Patient
    owner: User
    caregiver: User


def demo_record() -> Patient | None:
    """The demo record, if it was made and is still here."""
    return Patient.objects.filter(owner__email=OWNER.email, is_demo=True).first()


def addresses_in_use() -> list[str]:
    """Those of the demo's addresses that somebody already has."""
    ours = [person.email for person in PEOPLE]
    users = User.objects.filter(email__in=ours).values_list("email", flat=True)
    others = EmailAddress.objects.filter(email__in=ours).values_list("email", flat=True)
    return sorted({*users, *others})


def move_in(began_at: datetime, password: str) -> Household:
    """Make the three accounts with one password, Ana's record, and her two grants."""
    hashed = make_password(password)  # once: it is slow on purpose
    owner, caregiver, clinician = (_sign_up(p, hashed, began_at) for p in PEOPLE)
    patient = Patient.objects.create(
        owner=owner,
        name=OWNER.name,
        born_on=date(1979, 4, 12),
        zone=HOME_ZONE,
        units={"weight": "kg", "temperature": "°C"},
        emergency_number="112",
        plan_text=_PLAN_TEXT,
        is_demo=True,
        created_at=began_at,
    )
    EmergencyContact.objects.bulk_create(
        EmergencyContact(
            patient=patient, name=name, phone=phone, role=role, position=position
        )
        for position, (name, phone, role) in enumerate(_CONTACTS)
    )
    kinds = Grant.Kind
    may = Permission
    ben = _grant(patient, caregiver, kinds.CAREGIVER, [may.VIEW, may.LOG], began_at)
    ben.told = [Topic.HELP]
    ben.save(update_fields=["told"])
    _grant(patient, clinician, kinds.CLINICIAN, [may.VIEW, may.EXPORT], began_at)
    return Household(patient, owner, caregiver)


def _sign_up(person: Person, hashed: str, at: datetime) -> User:
    user = User.objects.create(
        email=person.email, name=person.name, password=hashed, date_joined=at
    )
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    Consent.objects.create(user=user, version=consent.VERSION, given_at=at)
    return user


def _grant(
    patient: Patient,
    user: User,
    kind: Grant.Kind,
    permissions: list[Permission],
    at: datetime,
) -> Grant:
    return Grant.objects.create(
        patient=patient,
        user=user,
        kind=kind,
        permissions=permissions,
        starts_at=at,
        invited_email=user.email,
        invited_by=patient.owner,
        invitation_expires_at=at + INVITATION_LIFE,
        token_hash=hash_token(new_token()),
        created_at=at,
        accepted_at=at + timedelta(hours=2),
    )
