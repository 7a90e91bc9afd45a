"""Plans, infusions and flags at random, with every choice there is."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal

from diary.models import (
    FlagAnswer,
    ProdromeFlag,
)
from diary.models.flags import Closed, Level
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
from tests.exports.fhir.drawn import NOW, Drawn


class Care(Drawn):
    """The part of a record that is about prophylaxis and flags."""

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
