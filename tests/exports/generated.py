"""Records made from a seed: everything that a record can hold, with hostile texts."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from attacks import models as attacks
from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn, Comment, Profile, Usual, VisitSheet
from diary.pins import pin
from diary.services import delete_checkin, edit_checkin, record_checkin, restore_checkin
from notifications.models import HospitalStay, Schedule, preferences_of
from prophylaxis.drafts import InfusionDraft, LotDraft, RateDraft, ReactionDraft
from prophylaxis.infusing import (
    delete_infusion,
    edit_infusion,
    record_infusion,
    restore_infusion,
)
from prophylaxis.models import Appointment, MedicinePlan, Plan, RecallConsent
from sharing.models import AccessEvent, EmergencyContact, Patient, User
from tests.sharing.rows import bare_grant, notice_of

ZONES: Final = ("Europe/Berlin", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC")
CODES: Final = ("fatigue", "myalgia", "dizziness", "edema_limbs", "nausea", "syncope")
PIECES: Final = (
    *("=cmd|'/c calc'!A1", "+1", "-2", "@SUM(A1)", "\t=1", "\r\n=2", "'", ' ";'),
    *("<script>alert(1)</script>", "\u202egnp.exe", "é\u0301", "\U0001f4a7", "\ufeff"),
    *(';=1+1;"', "a\u2028b", "\x1b[31m", "own:1", "{{ 7*7 }}", "%s%n", "\\u0000", "ẞß"),
)
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)


class Story:
    """A record of random things; the same seed makes the same."""

    def __init__(self, seed: int, owner: User, others: list[User]) -> None:
        self.dice = random.Random(seed)
        self.owner, self.others = owner, others
        self.patient = Patient.objects.create(
            owner=owner, name=self.text(40) or "Ada", zone="Europe/Berlin"
        )

    def text(self, longest: int) -> str:
        pieces = self.dice.choices(PIECES, k=self.dice.randint(0, 5))
        return "".join(pieces)[:longest]

    def anyone(self) -> User:
        return self.dice.choice([self.owner, *self.others])

    def uuid(self) -> UUID:
        return UUID(int=self.dice.getrandbits(128), version=4)

    def moment(self) -> datetime:
        minutes = self.dice.randint(60, 5_000_000)
        return NOW - timedelta(minutes=minutes, microseconds=self.dice.randint(0, 9))

    def tell(self) -> Patient:
        self.personal()
        self.visit()
        for _ in range(14):
            self.entry()
        self.attacks()
        for _ in range(4):
            self.infusion()
        self.plans()
        self.around()
        return self.patient

    def visit(self) -> None:
        sheet = VisitSheet.objects.create(
            patient=self.patient, questions=["Before?"], saved_by=self.anyone()
        )
        sheet.questions = [self.text(100) or "?", "And the rate?"]
        sheet.last_on = date(2026, 3, 14)
        sheet.save()

    # --- The diary ----------------------------------------------------------------

    def personal(self) -> None:
        self.words = [
            self.patient.custom_symptoms.create(
                label=f"{n} {self.text(30)}", key=self.dice.choice(["", *CODES])
            )
            for n in range(4)
        ]
        for word in self.words[:2]:
            pin(self.patient, f"own:{word.pk}")
        pin(self.patient, "fatigue")
        Profile.objects.filter(patient=self.patient).update(
            form="acute", usual_symptoms={"fatigue": 1}, cause_text=self.text(120)
        )
        Usual.objects.create(
            patient=self.patient,
            quantity="weight",
            value=Decimal("61.7"),
            typed_value=136,
            typed_unit="lb",
        )
        EmergencyContact.objects.create(
            patient=self.patient, name=self.text(80) or "B", phone="+49 171 5550199"
        )

    def draft(self) -> CheckInDraft:
        dice = self.dice
        return CheckInDraft(
            client_id=self.uuid(),
            at=self.moment(),
            zone=dice.choice(ZONES),
            symptoms={
                code: dice.choice([None, 0, 1, 2, 3])
                for code in dice.sample(CODES, dice.randint(0, 3))
            },
            own={w.pk: dice.choice([None, 2]) for w in dice.sample(self.words, 2)},
            note=self.text(200),
            tags=tuple(dice.sample(["travel", "period", "vaccine"], 2)),
            vaccine=self.text(80),
            readings=tuple(
                Reading("pulse", Decimal(n), Decimal(n), "/min", posture, device="=1")
                for posture, n in (("lying", 61), ("standing", 99))
            ),
        )

    def entry(self) -> None:
        """Saved, and perhaps changed, deleted and brought back, by anyone."""
        draft = self.draft()
        made = record_checkin(self.patient, draft, by=self.anyone()).checkin
        for _ in range(self.dice.choice([0, 0, 0, 1, 2])):
            new = replace(self.draft(), client_id=draft.client_id)
            edited = edit_checkin(
                self.patient, new, version=made.version, by=self.anyone()
            )
            made = CheckIn.objects.get(pk=edited.pk)
        if self.dice.random() < 0.3:
            delete_checkin(
                self.patient, draft.client_id, version=made.version, by=self.anyone()
            )
            if self.dice.random() < 0.5:
                number = made.version
                restore_checkin(
                    self.patient,
                    draft.client_id,
                    number,
                    version=number + 1,
                    by=self.anyone(),
                )
        if self.dice.random() < 0.3:
            Comment.objects.create(
                patient=self.patient,
                day=made.day,
                text=self.text(300),
                author=self.anyone(),
                author_name=self.text(80),
            )

    # --- Attacks and infusions ----------------------------------------------------

    def attacks(self) -> None:
        for n in range(3):
            minutes = self.dice.randint(0, 999)
            leak = NOW - timedelta(days=400 * (n + 1), minutes=minutes)
            attack = attacks.Attack.objects.create(
                patient=self.patient,
                zone=self.dice.choice(ZONES),
                leak_start=leak,
                end=leak + timedelta(days=5),
                note=self.text(300),
                entered_by=self.anyone(),
            )
            told = {"note": self.text(200), "entered_by": self.anyone()}
            attack.triggers.create(kind="infection", detail=self.text(120), **told)
            attack.stays.create(arrived_at=leak, **told)
            attack.treatments.create(
                kind="decompression", sites=["left_leg"], at=leak, **told
            )
            attack.complications.create(kind="stroke", **told)
            gone = attack.triggers.create(kind="other", **told)
            gone.delete()
            attack.grades.create(
                value=3, scale_name="S", assigned_as="patient", assigned_by=self.owner
            )
            facts = attacks.Facts.objects.create(attack=attack, icu=True, **_by(told))
            facts.sequelae = ["fatigue"]
            facts.save()
            attack.outcome = "self_limited"
            attack.save()
            if n == 2:
                attack.delete()
        attacks.PastCount.objects.create(
            patient=self.patient,
            from_on=date(1991, 1, 1),
            until_on=date(1994, 12, 31),
            count=2,
            note=self.text(200),
        )

    def infusion(self) -> None:
        at = self.moment()
        draft = InfusionDraft(
            client_id=self.uuid(),
            started_at=at,
            zone=self.dice.choice(ZONES),
            product=f"Ig {self.text(60)}",
            dose_g=Decimal("140.50"),
            note=self.text(200),
            lots=(LotDraft(f"L{self.text(30)}", vial_g=Decimal(20)), LotDraft("4711")),
            rate_steps=(RateDraft(at, Decimal("60.5")),),
            reactions=(ReactionDraft("headache", "mild", action=self.text(100)),),
        )
        made = record_infusion(self.patient, draft, by=self.owner).infusion
        if self.dice.random() < 0.7:
            new = replace(draft, product="Other", lots=(LotDraft("4712"),))
            edit_infusion(
                self.patient, made.public_id, new, version=1, by=self.anyone()
            )
        made.refresh_from_db()
        if self.dice.random() < 0.5:
            delete_infusion(
                self.patient, made.public_id, version=made.version, by=self.anyone()
            )
            if self.dice.random() < 0.5:
                restore_infusion(self.patient, made.public_id)

    def plans(self) -> None:
        Plan.objects.create(
            patient=self.patient,
            product=self.text(80) or "Ig",
            dose_g_per_kg=Decimal("1.25"),
            first_on=date(2025, 1, 2),
            local_time=time(8, 30),
            zone="Europe/Berlin",
            remind_days_before=[7, 1],
            entered_by=self.anyone(),
        )
        MedicinePlan.objects.create(
            patient=self.patient,
            name=self.text(80) or "Theophylline",
            dose="200 mg",
            times=[time(8), time(20, 15)],
            zone="UTC",
            valid_from=date(2025, 1, 2),
        )
        row = Appointment(
            patient=self.patient, status="skipped", reason=f"a {self.text(100)}"
        )
        row.set_moment(self.moment(), "UTC")
        row.save()
        row.reason = "another"
        row.save()

    # --- Who is told, and who looked ----------------------------------------------

    def around(self) -> None:
        choices = preferences_of(self.patient)
        choices.lead_days, choices.missed_circle_hours = [], [2, 24]
        choices.save()
        Schedule.objects.create(
            patient=self.patient,
            subject="checkin",
            kind="checkin",
            unit="day",
            first_on=date(2025, 1, 2),
            times=[time(19)],
            zone="Europe/Berlin",
            urgency="ordinary",
        )
        began = self.moment()
        HospitalStay.objects.create(
            patient=self.patient,
            began_at=began,
            began_by=self.anyone(),
            ended_at=began + timedelta(days=2),
            ended_by=self.owner,
        )
        other = self.others[0]
        bare_grant(self.patient, user=other, accepted_at=NOW, invited_by=self.owner)
        notice = notice_of(self.patient)
        notice.answers.create(user=other, what="seen", at=NOW)
        RecallConsent.objects.create(patient=self.patient, given_by=self.owner)
        AccessEvent.objects.create(
            patient_pk=self.patient.pk,
            actor_pk=other.pk,
            permission="view",
            route="today",
            method="GET",
            device="phone",
            allowed=True,
        )


def _by(told: dict[str, Any]) -> dict[str, Any]:
    return {"entered_by": told["entered_by"]}
