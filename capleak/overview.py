"""One line for each record that somebody follows: what the list of diaries shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from attacks.models import Attack
from diary.models import CheckIn, ProdromeFlag
from diary.models.flags import Level
from prophylaxis import schedule
from prophylaxis.models import Infusion, Plan
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
    facts = {
        pk: (checkin_at, infusion_at, attack_open)
        for pk, checkin_at, infusion_at, attack_open in Patient.objects.filter(
            pk__in=[record.pk for record in records]
        ).values_list(
            "pk",
            _latest(CheckIn, "at"),
            _latest(Infusion, "started_at"),
            Exists(Attack.objects.filter(patient=OuterRef("pk"), ongoing=True)),
        )
    }
    plans = {
        plan.patient_id: plan
        for plan in Plan.objects.filter(patient__in=records, ended_at=None)
    }
    flags = flag_levels(records)
    return [
        replace(_row(r, *facts[r.pk], plans.get(r.pk), now), flag=flags.get(r.pk, ""))
        for r in records
    ]


def _latest(model: type[CheckIn | Infusion], moment: str) -> Subquery:
    newest = model.objects.filter(patient=OuterRef("pk")).order_by(f"-{moment}")
    return Subquery(newest.values(moment)[:1])


def _row(
    record: Patient,
    checkin_at: datetime | None,
    infusion_at: datetime | None,
    attack_open: bool,
    plan: Plan | None,
    now: datetime,
) -> Row:
    due = plan.next_due(infusion_at) if plan else None
    return Row(
        record=record,
        last_checkin_at=checkin_at and checkin_at.astimezone(record.tz),
        attack_open=attack_open,
        next_infusion_at=due and due.astimezone(record.tz),
        overdue_days=schedule.due_status(due, now, record.tz).overdue_days
        if due
        else 0,
    )
