"""The list of diaries: who comes first, and one line for each that is shown.

The order is found over all records that somebody may see, the lines are read for one
page of them: the number of queries is the same for two records and for a thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Case, DateTimeField, OuterRef, QuerySet, Subquery, When

from attacks.models import Attack
from attacks.phases import phase_at
from capleak.attention import Standing, place
from diary.models import CheckIn, ProdromeFlag
from diary.models.flags import Level
from diary.visible import hidden_of
from notifications.models import HospitalStay
from notifications.notices import asked_for_help
from prophylaxis import facts, schedule
from prophylaxis.models import Plan
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Ranking:
    """Keys of records, what needs attention first, and where each stands."""

    pks: list[int]
    standings: Mapping[int, Standing]

    @property
    def asking(self) -> int:
        """How many of them have something that asks for attention."""
        return sum(self.standings[pk].asks for pk in self.pks)


@dataclass(frozen=True, slots=True)
class Row:
    """One opened record in the list. Instants are on the clock of its patient."""

    record: Patient
    standing: Standing
    last_checkin_at: datetime | None

    @property
    def next_infusion_at(self) -> datetime | None:
        due = self.standing.due_at
        return due and due.astimezone(self.record.tz)

    @property
    def level(self) -> str:
        """The level of the open flag, in words; blank if there is none."""
        return str(Level(self.standing.level).label) if self.standing.level else ""


def rank(visible: QuerySet[Patient], now: datetime) -> Ranking:
    """The order in which records are listed; a constant query count.

    It tells nothing of a record but its place: to show one, open it.
    """
    people = list(visible.only("name", "zone", "closed_at"))
    observed = {person.pk: person.tz for person in people if not person.is_closed}
    standings = defaultdict(Standing, _standings(observed, now))
    people.sort(
        key=lambda person: (
            *place(standings[person.pk], is_own=person.is_own),
            person.name.casefold(),
            person.pk,
        )
    )
    return Ranking([person.pk for person in people], standings)


def rows(records: Iterable[Patient], ranking: Ranking) -> list[Row]:
    """A row for each opened record, in their order; one query however many."""
    records = list(records)
    last = Patient.objects.filter(pk__in=[record.pk for record in records])
    found = dict(last.values_list("pk", _last_checkin(records))) if records else {}
    return [
        Row(
            record=record,
            standing=ranking.standings[record.pk],
            last_checkin_at=(at := found.get(record.pk)) and at.astimezone(record.tz),
        )
        for record in records
    ]


def _standings(zones: Mapping[int, ZoneInfo], now: datetime) -> dict[int, Standing]:
    """Where each record stands, by its key; six queries however many."""
    pks = zones.keys()
    open_attacks = Attack.objects.filter(patient__in=pks, ongoing=True).defer("note")
    phases = {a.patient_id: phase_at(a.clock, now) for a in open_attacks}
    flags = ProdromeFlag.objects.standing().filter(patient__in=pks)
    levels = dict(flags.values_list("patient", "level"))
    stays = HospitalStay.objects.open().filter(patient__in=pks)
    in_hospital = set(stays.values_list("patient", flat=True))
    helped = asked_for_help(pks, now)
    due = _due(pks, now)
    return {
        pk: Standing(
            attack_open=pk in phases,
            phase=phases.get(pk),
            level=levels.get(pk, ""),
            asked_help=pk in helped,
            in_hospital=pk in in_hospital,
            due_at=due.get(pk),
            overdue_days=schedule.due_status(due[pk], now, zone).overdue_days
            if pk in due
            else 0,
        )
        for pk, zone in zones.items()
    }


def _due(pks: Collection[int], now: datetime) -> dict[int, datetime]:
    """When the next infusion of each record with a plan is due; two queries."""
    current = Plan.objects.filter(patient__in=pks, ended_at=None)
    plans = {plan.patient_id: plan for plan in current}
    found = Patient.objects.filter(pk__in=plans).annotate(**facts.columns())
    return {
        pk: schedule.next_due(plans[pk].rhythm, facts.so_far(row), now)
        for pk, *row in found.values_list("pk", *facts.NAMES)
    }


def _last_checkin(records: Iterable[Patient]) -> Case:
    """When somebody last checked in, as far as the reader of each record sees it."""
    alike: dict[frozenset[str], list[Patient]] = defaultdict(list)
    for record in records:
        alike[frozenset(hidden_of(record))].append(record)
    return Case(
        *(
            When(pk__in=[record.pk for record in same], then=_latest(same[0]))
            for same in alike.values()
        ),
        output_field=DateTimeField(),
    )


def _latest(as_seen_in: Patient) -> Subquery:
    seen = CheckIn.objects.seen_by(as_seen_in).filter(patient=OuterRef("pk"))
    return Subquery(seen.order_by("-at").values("at")[:1])
