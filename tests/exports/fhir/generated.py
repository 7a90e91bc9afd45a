"""Records made at random from a number: every kind of row, every choice, bad manners.

The same number gives the same record, so a finding can be looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Final, TypeVar
from uuid import UUID

from django.utils import timezone

from attacks.models import (
    BOUNDARIES,
    Attack,
    Complication,
    Evidence,
    Facts,
    Grade,
    PastCount,
    Precision,
    Sequela,
    Site,
    Source,
    Stay,
    Treatment,
    Trigger,
    Unit,
)
from diary.causes import CAUSES, M_PROTEINS
from diary.models import (
    CheckIn,
    Comment,
    CustomSymptom,
    FlagAnswer,
    Measurement,
    ProdromeFlag,
    Profile,
    Symptom,
    Tag,
    Usual,
)
from diary.models.flags import Closed, Level
from diary.quantities import QUANTITIES, from_canonical, to_canonical
from diary.vocabulary import SYMPTOMS
from prophylaxis.models import (
    Appointment,
    Cadence,
    Infusion,
    Lot,
    MedicinePlan,
    Plan,
    RateStep,
    Reaction,
    Route,
)
from prophylaxis.models import Site as Place
from sharing.models import EmergencyContact, Grant, Patient, User, hash_token

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES: Final = (
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Monrovia",
    "UTC",
)
HOSTILE: Final = (
    "",
    "plain",
    "<script>alert(1)</script>",
    '"; DROP TABLE diary_checkin; --',
    "]]></div><p>&amp;&nbsp;</p>",
    "=cmd|' /C calc'!A0",
    "#set text(red) \\ $ { } [ ] @ref",
    "\u202eright to left\u202c and \u200dzero width",
    "control \x01 \x0b \x1f \x7f \x85 characters",
    "not a character: \ufffe \uffff",
    " \n\t leading and trailing \r\n ",
    " \u00a0\u2003 ",
    "\U0001f9e0\U0001f1fa\U0001f1f8 é ß 漢字",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    '{"resourceType": "Patient"}',
)

T = TypeVar("T")


class Maker:
    """One record, made from one number."""

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.number = number
        self.zone = ZONES[number % len(ZONES)]

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

    # What everything is drawn from.

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def one(self, of: Sequence[T]) -> T:
        return self.random.choice(of)

    def some(self, of: Sequence[T], most: int = 3) -> list[T]:
        return self.random.sample(list(of), self.random.randint(0, min(most, len(of))))

    def maybe(self, value: T) -> T | None:
        return self.one([value, None])

    def words(self) -> str:
        return self.one(HOSTILE)

    def name(self, most: int = 40) -> str:
        """Words that are not blank."""
        return (self.words().strip() or "something")[:most]

    def ago(self, days: int = 900) -> datetime:
        minutes = self.random.randrange(days * 24 * 60)
        return NOW - timedelta(minutes=minutes)

    # The parts of the record.

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
        for kind in self.some(Grant.Kind.values):
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
        for code in symptoms:
            Symptom.objects.create(
                checkin=checkin, code=code, severity=self.one(grades)
            )
        for custom in self.some(own):
            Symptom.objects.create(
                checkin=checkin, custom=custom, severity=self.one(grades)
            )
        if self.random.random() < 0.7:
            self._measure(checkin, at, checkin.client_id)

    def _measure(self, checkin: CheckIn | None, at: datetime, client_id: UUID) -> None:
        keys = ["systolic", "diastolic", *self.some(list(QUANTITIES), most=6)]
        if self.random.random() < 0.3:
            keys.remove("diastolic")
        posture = self.one(["", *Measurement.Posture.values])
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
            row.save()

    def _attacks(self) -> None:
        outcomes = Attack.Outcome
        for place in range(self.random.randint(0, 3)):
            start = datetime(2020 + place, 3, 4, 5, 6, tzinfo=UTC)
            outcome = self.one(list(outcomes))
            names: list[str] = self.some(BOUNDARIES, most=4) or ["leak_start"]
            ongoing = place == 2 and outcome != outcomes.ABORTED
            if outcome == outcomes.ABORTED:
                names = ["prodrome_start", *self.some(["end"])]
            elif ongoing:
                names = [n for n in names if n != "end"] or ["leak_start"]
            times: dict[str, Any] = {}
            for name in names:
                times[name] = start + timedelta(days=2 * BOUNDARIES.index(name))
                times[f"{name}_precision"] = self.one(Precision.values)
                times[f"{name}_source"] = self.one(Source.values)
            attack = Attack.objects.create(
                public_id=self.uuid(),
                patient=self.whose,
                zone=self.one(ZONES),
                outcome=outcome,
                ongoing=ongoing,
                certainty=self.one(["", *Attack.Certainty.values]),
                note=self.words(),
                entered_by=self.one(self.authors),
                **times,
            )
            self._facts(attack, start)
        PastCount.objects.create(
            client_id=self.uuid(),
            patient=self.whose,
            from_on=date(2001, 2, 3),
            until_on=date(2001, 2, 3) + timedelta(days=self.random.randint(0, 900)),
            count=self.random.randint(0, 9),
            precision=self.one(Precision.values),
            note=self.words(),
        )

    def _facts(self, attack: Attack, start: datetime) -> None:
        def common() -> dict[str, Any]:
            return {
                "client_id": self.uuid(),
                "attack": attack,
                "precision": self.one(Precision.values),
                "note": self.words(),
                "entered_by": self.one(self.authors),
            }

        for kind in self.some(Trigger.Kind.values):
            Trigger.objects.create(
                kind=kind,
                **({} if kind == "none" else self._how()),
                at=None if kind == "none" else self.maybe(start),
                **common(),
            )
        for kind in self.some(Complication.Kind.values):
            Complication.objects.create(
                kind=kind, detail=self.words(), at=self.maybe(start), **common()
            )
        for kind in self.some(Treatment.Kind.values, most=5):
            self._treatment(kind, start, common())
        for _each in range(self.random.randint(0, 2)):
            Stay.objects.create(
                arrived_at=self.maybe(start),
                icu_from=self.maybe(start + timedelta(days=1)),
                icu_until=self.maybe(start + timedelta(days=2)),
                discharged_at=self.maybe(start + timedelta(days=3)),
                first_called=self.name(),
                **common(),
            )
        Facts.objects.create(
            attack=attack,
            icu=self.one([True, False, None]),
            drank_at_home=self.one([True, False, None]),
            sequelae=self.some(Sequela.values),
            sequelae_note=self.words(),
        )
        Grade.objects.create(
            attack=attack,
            value=self.random.randint(1, 4),
            scale_name=self.name(),
            assigned_as=self.one(Source.values),
        )

    def _how(self) -> dict[str, str]:
        return {
            "evidence": self.one(["", *Evidence.values]),
            "detail": self.words(),
        }

    def _treatment(self, kind: str, start: datetime, common: dict[str, Any]) -> None:
        units = {"crystalloid": "L", "colloid": "mL", "albumin": "g", "ivig": "g"}
        amount = self.maybe(Decimal("2.5"))
        sites = self.some(Site.values) if kind == "decompression" else []
        Treatment.objects.create(
            kind=kind,
            detail=self.words(),
            at=self.maybe(start),
            until=self.maybe(start + timedelta(days=1)),
            amount=amount,
            unit=units.get(kind, self.one(Unit.values)) if amount else "",
            sites=sites,
            **common,
        )

    def _plans(self) -> None:
        for place in range(self.random.randint(0, 2)):
            cadence = self.one(Cadence.values)
            Plan.objects.create(
                patient=self.whose,
                product=self.name(),
                route=self.one(Route.values),
                dose_g_per_kg=Decimal("1.25"),
                cadence=cadence,
                interval_days=28,
                weekday=3 if cadence == Cadence.WEEKS else None,
                month_day=31 if cadence == Cadence.MONTH else None,
                course_days=self.random.randint(1, 3),
                first_on=date(2022, 1, 1),
                local_time=time(9, 30),
                zone=self.zone,
                premedication=self.words(),
                prescriber=self.words(),
                valid_from=self.one([date(2022, 1, 1), date(2030, 1, 1)]),
                began_at=self.ago(),
                ended_at=None if place else NOW,
                entered_by=self.one(self.authors),
            )
        MedicinePlan.objects.create(
            medicine=self.uuid(),
            client_id=self.uuid(),
            patient=self.whose,
            name=self.name(),
            dose=self.name(),
            times=[time(8), time(20, 15)],
            zone=self.zone,
            valid_from=date(2023, 4, 5),
            valid_until=self.maybe(date(2024, 4, 5)),
            prescriber=self.words(),
            entered_by=self.one(self.authors),
        )

    def _infusions(self) -> None:
        plan = Plan.objects.filter(patient=self.whose).first()
        for place in range(self.random.randint(0, 3)):
            start = self.ago()
            infusion = Infusion(
                client_id=self.uuid(),
                patient=self.whose,
                plan=self.maybe(plan),
                product=self.name(),
                dose_g=self.maybe(Decimal("80.50")),
                weight_kg=self.maybe(Decimal("72.25")),
                premedication=self.words(),
                hydration_ml=self.maybe(500),
                site=self.one(["", *Place.values]),
                given_by=self.words(),
                note=self.words(),
                course_day=self.random.randint(1, 2),
                entered_by=self.one(self.authors),
            )
            infusion.set_start(start, self.zone)
            infusion.finished_at = self.maybe(start + timedelta(hours=5))
            if place == 2:
                infusion.status, infusion.finished_at = "started", None
            infusion.save()
            self._details(infusion)
        for status in self.some(Appointment.Status.values):
            appointment = Appointment(
                client_id=self.uuid(),
                patient=self.whose,
                status=status,
                reason=self.name(),
                entered_by=self.one(self.authors),
            )
            appointment.set_moment(self.ago(), self.zone)
            if not self.whose.appointments.filter(day=appointment.day).exists():
                appointment.save()

    def _details(self, infusion: Infusion) -> None:
        for _each in range(self.random.randint(0, 3)):
            Lot.objects.create(
                infusion=infusion,
                number=self.one(["A1", "B2", "L <&> 3"]),
                product=self.words(),
                gtin=self.one(["", "04012345678901"]),
                vial_g=self.maybe(Decimal(20)),
                count=self.random.randint(1, 4),
                expires_on=self.maybe(date(2027, 1, 31)),
            )
        for place in range(self.random.randint(0, 2)):
            RateStep.objects.create(
                infusion=infusion,
                at=infusion.started_at + timedelta(minutes=30 * place),
                ml_per_h=Decimal("60.5"),
            )
        for kind in self.some(Reaction.Kind.values):
            Reaction.objects.create(
                infusion=infusion,
                kind=kind,
                other=self.name() if kind == "other" else "",
                onset_at=self.maybe(infusion.started_at),
                severity=self.one(Reaction.Severity.values),
                action=self.words(),
            )

    def _flags(self) -> None:
        reason = {
            "kind": "new",
            "code": "dizziness",
            "now": 2.0,
            "usual_days": 0,
            "of_days": 30,
        }
        for place in range(self.random.randint(0, 2)):
            opened = self.ago(100 * (place + 1))
            closed = opened + timedelta(days=1) if place else None
            flag = ProdromeFlag.objects.create(
                public_id=self.uuid(),
                patient=self.whose,
                level=self.one(Level.values),
                peak=self.one(Level.values),
                score=3.0,
                opened_at=opened,
                closed_at=closed,
                closed_why=self.one(Closed.values) if closed else "",
                rule_version="1",
                reasons=[reason],
                first_at=opened,
                last_at=opened,
            )
            FlagAnswer.objects.create(
                flag=flag,
                label=self.one(FlagAnswer.Label.values),
                words=self.words(),
                by_name=self.name(),
            )
