"""One line for each record that somebody follows: what the list of diaries shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Subquery

from attacks.models import Attack
from diary.models import CheckIn
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


def rows(records: Iterable[Patient], now: datetime) -> list[Row]:
    """A row for each opened record, in their order; three queries however many."""
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
    return [_row(r, *facts[r.pk], plans.get(r.pk), now) for r in records]


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
