"""Rows of a record as the matrix needs them, each with what no refusal may show."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone

from attacks.models import Attack, PastCount, Trigger
from diary.models import CheckIn, Comment, ImportRun, ProdromeFlag
from notifications.models import Occurrence
from prophylaxis.models import Appointment, Infusion, MedicinePlan
from sharing.models import Correction, Grant, Patient, User, hash_token, new_token

NOTE = "wrote-this-note"


def notice_of(patient: Patient) -> Occurrence:
    """Something that the circle was told."""
    now = timezone.now()
    return Occurrence.objects.create(
        patient=patient,
        kind=Occurrence.Kind.HELP,
        subject="help",
        key="help:1",
        due_at=now,
        expires_at=now + timedelta(days=1),
        about_at=now,
        zone="UTC",
        audience=Occurrence.Audience.CIRCLE,
        topic="help",
        state=Occurrence.State.DISPATCHED,
    )


def asked_about(attack: Attack, by: User) -> Correction:
    """What somebody asked to be corrected, with what nobody else may read."""
    return Correction.objects.create(
        patient=attack.patient,
        about="attack",
        target=attack.public_id,
        words=f"{NOTE} about an attack",
        asked_by=by,
        asked_by_name=str(by),
    )


def bare_infusion(patient: Patient) -> Infusion:
    infusion = Infusion(patient=patient, product="Panzyga")
    infusion.set_start(timezone.now() - timedelta(days=3), patient.zone)
    infusion.save()
    return infusion


def skipped(patient: Patient) -> Appointment:
    """A long time ago, for a reason that is a note."""
    row = Appointment(patient=patient, status="skipped", reason=f"{NOTE} why")
    row.set_moment(timezone.now() - timedelta(days=400), patient.zone)
    row.save()
    return row


def bare_medicine(patient: Patient) -> MedicinePlan:
    return MedicinePlan.objects.create(
        patient=patient,
        name="Theophylline",
        dose="200 mg",
        times=["08:00"],
        zone=patient.zone,
        valid_from="2020-02-03",
    )


def bare_checkin(patient: Patient) -> CheckIn:
    checkin = CheckIn(patient=patient, no_symptoms=True)
    checkin.set_moment(timezone.now(), patient.zone)
    checkin.save()
    return checkin


def closed_flag(patient: Patient) -> ProdromeFlag:
    at = timezone.now() - timedelta(days=3)
    return ProdromeFlag.objects.create(
        patient=patient,
        level="watch",
        peak="watch",
        score=4.0,
        opened_at=at,
        closed_at=at + timedelta(days=1),
        closed_why="entries",
        rule_version="test",
        reasons=[
            {"code": "dizziness", "kind": "new", "now": 2.0, "usual": None}
            | {"usual_days": 0, "of_days": 30, "hidden": "", "label": ""}
        ],
        first_at=at,
        last_at=at,
    )


def waiting_file(sender: User, patient: Patient) -> ImportRun:
    """A file that was handed to a worker."""
    return ImportRun.objects.create(
        patient=patient,
        by=sender,
        zone=patient.zone,
        layout="generic",
        content="Date,Pulse\n2020-02-03 08:00,61\n",
        options={
            "columns": {"date": 0, "pulse": 1},
            "keep_unusual": True,
            "queued_at": timezone.now().isoformat(),
        },
        state=ImportRun.State.QUEUED,
    )


def comment_by(author: User, patient: Patient) -> Comment:
    return Comment.objects.create(
        patient=patient,
        day=timezone.now().date(),
        text="A comment",
        author=author,
        author_name=str(author),
    )


def ongoing_attack(patient: Patient) -> Attack:
    began = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2)
    return Attack.objects.create(
        patient=patient,
        prodrome_start=began,
        ongoing=True,
        zone="Europe/Berlin",
        note=f"{NOTE} in an attack",
    )


def trigger_of(attack: Attack) -> Trigger:
    return Trigger.objects.create(
        attack=attack, kind="infection", note=f"{NOTE} about a trigger"
    )


def number_before(patient: Patient) -> PastCount:
    return PastCount.objects.create(
        patient=patient,
        from_on=date(1991, 1, 1),
        until_on=date(1994, 12, 31),
        count=2,
        note=f"{NOTE} about the nineties",
    )


def bare_grant(patient: Patient, **fields: Any) -> Grant:
    now = timezone.now()
    defaults = {
        "kind": "caregiver",
        "permissions": ["view"],
        "starts_at": now - timedelta(days=2),
        "invitation_expires_at": now + timedelta(days=12),
        "token_hash": hash_token(new_token()),
        "invited_email": f"{uuid4()}@example.org",
    }
    return Grant.objects.create(patient=patient, **defaults | fields)


def held_grant(patient: Patient) -> Grant:
    """Somebody who may look."""
    user = User.objects.create_user(f"{uuid4()}@example.org")
    return bare_grant(patient, user=user, accepted_at=timezone.now())
