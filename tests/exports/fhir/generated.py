"""Records made at random from a number: every kind of row, every choice, bad manners.

The same number gives the same record, so a finding can be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.utils import timezone

from diary.causes import CAUSES, M_PROTEINS
from diary.models import (
    CheckIn,
    Comment,
    CustomSymptom,
    Measurement,
    Profile,
    Symptom,
    Tag,
    Usual,
)
from diary.quantities import QUANTITIES, from_canonical, to_canonical
from diary.vocabulary import SYMPTOMS
from sharing.models import EmergencyContact, Grant, Patient, User, hash_token
from tests.exports.fhir.drawn import ZONES
from tests.exports.fhir.generated_attacks import Attacks
from tests.exports.fhir.generated_care import Care


class Maker(Attacks, Care):
    """One record, made from one number."""

    def make(self) -> Patient:
        """The record, as its owner opens it."""
        owner = self._user("owner")
        whose = Patient.objects.create(
            owner=owner,
            public_id=self.uuid(),
            name=f"P{self.number} {self.words()}"[:80],
            born_on=self.maybe(date(1960, 2, 29)),
            zone=self.zone,
            plan_text=self.words(),
        )
        self.whose, self.owner = whose, owner
        self.authors = [owner, None, *self._others()]
        if not self.random.random() < 0.1:  # some records are empty
            for fill in (
                self._diagnosis,
                self._diary,
                self._attacks,
                self._plans,
                self._infusions,
                self._flags,
            ):
                fill()
        return Patient.objects.visible_to(owner).get(pk=whose.pk)

    def _user(self, who: str) -> User:
        name = f"{who} {self.words()}"[:80]
        user: User = User.objects.create(
            email=f"{who}{self.number}@example.org", name=self.one([name, ""])
        )
        return user

    def _others(self) -> Iterator[User]:
        EmergencyContact.objects.create(
            patient=self.whose, name=self.name(), phone="+49 123", role=self.words()
        )
        for kind in self.some([Grant.Kind.CAREGIVER, Grant.Kind.CLINICIAN]):
            user = self._user(kind)
            Grant.objects.create(
                patient=self.whose,
                user=user,
                kind=kind,
                permissions=["view", "log"],
                accepted_at=timezone.now(),
                invitation_expires_at=timezone.now(),
                token_hash=hash_token(f"{self.number}{kind}"),
            )
            yield user

    def _diagnosis(self) -> None:
        Profile.objects.create(
            patient=self.whose,
            form=self.one(["", *Profile.Form.values]),
            cause=self.one(["", *CAUSES]),
            cause_text=self.name(),
            diagnosed_on=self.maybe(date(2019, 5, 6)),
            m_protein=self.one(["", *M_PROTEINS]),
        )
        for key in self.some(list(QUANTITIES)):
            known = QUANTITIES[key]
            Usual.objects.create(
                patient=self.whose,
                quantity=key,
                value=known.low,
                typed_value=known.low,
                typed_unit=known.canonical_unit,
                measured_on=self.maybe(date(2024, 1, 2)),
            )

    def _diary(self) -> None:
        own = [
            CustomSymptom.objects.create(
                patient=self.whose,
                public_id=self.uuid(),
                label=f"{place} {self.name()}",
                key=self.one(["", "fatigue", "numbness"]),
            )
            for place in range(2)
        ]
        for _each in range(self.random.randint(1, 5)):
            self._checkin(own)
        for _each in range(self.random.randint(0, 3)):
            self._measure(None, self.ago(), self.uuid())
        Comment.objects.create(
            client_id=self.uuid(),
            patient=self.whose,
            day=self.ago().date(),
            text=self.name(),
            author=self.one(self.authors),
            author_name=self.name(),
        )

    def _checkin(self, own: Sequence[CustomSymptom]) -> None:
        at, symptoms = self.ago(), self.some(list(SYMPTOMS))
        checkin = CheckIn(
            patient=self.whose,
            client_id=self.uuid(),
            no_symptoms=not symptoms,
            note=self.words(),
            tags=self.some(Tag.values),
            vaccine=self.words()[:80],
            entered_by=self.one(self.authors),
            recorded_at=at,
        )
        checkin.set_moment(at, self.one([self.zone, *ZONES]))
        checkin.save()
        grades = (None, 0, 1, 2, 3)
        said: list[dict[str, Any]] = [{"code": code} for code in symptoms]
        said += [{"custom": custom} for custom in self.some(own)]
        Symptom.objects.bulk_create(
            Symptom(checkin=checkin, severity=self.one(grades), **each) for each in said
        )
        if self.random.random() < 0.7:
            self._measure(checkin, at, checkin.client_id)

    def _measure(self, checkin: CheckIn | None, at: datetime, client_id: UUID) -> None:
        keys = ["systolic", "diastolic", *self.some(list(QUANTITIES), most=6)]
        if self.random.random() < 0.3:
            keys.remove("diastolic")
        posture = self.one(["", *Measurement.Posture.values])
        rows = []
        for key in dict.fromkeys(keys):
            known, unit = QUANTITIES[key], self.one(list(QUANTITIES[key].units))
            share = Decimal(self.random.randrange(101)) / 100
            middle = known.low + (known.high - known.low) * share
            typed = from_canonical(key, middle, unit)
            row = Measurement(
                client_id=client_id,
                patient=self.whose,
                checkin=checkin,
                quantity=key,
                value=to_canonical(key, typed, unit),
                typed_value=typed,
                typed_unit=unit,
                posture=posture if key in {"systolic", "diastolic"} else "",
                site=self.words()[:40] if key == "limb_girth" else "",
                device=self.words()[:80],
                entered_by=self.one(self.authors),
                recorded_at=at,
            )
            row.set_moment(at, self.zone)
            rows.append(row)
        Measurement.objects.bulk_create(rows)
