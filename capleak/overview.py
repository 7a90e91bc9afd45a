"""One line for each record that somebody follows: what the list of diaries shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Case, DateTimeField, Exists, OuterRef, Subquery, When

from attacks.models import Attack
from diary.models import CheckIn, ProdromeFlag
from diary.models.flags import Level
from diary.visible import hidden_of
from prophylaxis import facts, schedule
from prophylaxis.models import Plan
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Row:
    """Where one record stands. Instants are on the clock of its patient."""

    record: Patient
    last_checkin_at: datetime | None
    attack_open: bool
    next_infusion_at: datetime | None
    overdue_days: int
    flag: str = ""  # the level of its open flag, in words


def flag_levels(records: Iterable[Patient]) -> dict[int, str]:
    """The level of the open flag of each record that has one, in words; one query."""
    found = ProdromeFlag.objects.standing().filter(patient__in=records)
    return {
        pk: str(Level(level).label)
        for pk, level in found.values_list("patient", "level")
    }


def rows(records: Iterable[Patient], now: datetime) -> list[Row]:
    """A row for each opened record, in their order; four queries however many."""
    records = list(records)
    known = {
        pk: (checkin_at, attack_open, facts.so_far(row))
        for pk, checkin_at, attack_open, *row in Patient.objects.filter(
            pk__in=[record.pk for record in records]
        )
        .annotate(**facts.columns())
        .values_list(
            "pk",
            _last_checkin(records),
            Exists(Attack.objects.filter(patient=OuterRef("pk"), ongoing=True)),
            *facts.NAMES,
        )
    }
    plans = {
        plan.patient_id: plan
        for plan in Plan.objects.filter(patient__in=records, ended_at=None)
    }
    flags = flag_levels(records)
    return [
        replace(_row(r, *known[r.pk], plans.get(r.pk), now), flag=flags.get(r.pk, ""))
        for r in records
    ]


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


def _row(
    record: Patient,
    checkin_at: datetime | None,
    attack_open: bool,
    so_far: schedule.SoFar,
    plan: Plan | None,
    now: datetime,
) -> Row:
    due = schedule.next_due(plan.rhythm, so_far, now) if plan else None
    return Row(
        record=record,
        last_checkin_at=checkin_at and checkin_at.astimezone(record.tz),
        attack_open=attack_open,
        next_infusion_at=due and due.astimezone(record.tz),
        overdue_days=schedule.due_status(due, now, record.tz).overdue_days
        if due
        else 0,
    )
