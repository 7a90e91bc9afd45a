"""Attacks at random, with every kind of fact that may be told of one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

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
from tests.exports.fhir.drawn import ZONES, Drawn


class Attacks(Drawn):
    """The part of a record that is about attacks."""

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
