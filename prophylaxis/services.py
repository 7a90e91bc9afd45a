"""Writes of the prophylaxis, and the reminders that follow from them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import F
from django.db.models.functions import Greatest, Now

import notifications.services as notifications
from notifications.models import Occurrence
from notifications.schedule import lead_times
from prophylaxis import schedule
from prophylaxis.drafts import InfusionDraft, PlanDraft
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient, User

SUBJECT: Final = "infusion"  # of the reminders: a record has one current plan
STILL_USEFUL: Final = timedelta(days=1)  # a reminder at the hour itself that came late


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands between two infusions, in days of the patient's own."""

    plan: Plan | None
    due: datetime | None
    status: schedule.Status | None
    days_since: int | None  # None: no infusion is recorded


def standing(patient: Patient, now: datetime) -> Standing:
    """The current plan, what is due by it, and how long the last infusion is ago."""
    plan = Plan.objects.current(patient)
    last = Infusion.objects.last_start(patient)
    due = plan.next_due(last) if plan else None
    return Standing(
        plan=plan,
        due=due,
        status=schedule.due_status(due, now, patient.tz) if due else None,
        days_since=schedule.days_since(last, now, patient.tz) if last else None,
    )


def save_plan(patient: Patient, draft: PlanDraft, *, by: User) -> tuple[Plan, bool]:
    """Make the draft the current plan; the plan, and whether anything changed.

    The plan before it is ended, not changed. A draft that says what the current plan
    says, such as one sent twice, stores nothing.
    """
    with Patient.objects.writing(patient):
        current = Plan.objects.current(patient)
        if current and _draft_of(current) == draft:
            return current, False
        _end_current(patient)
        fields = asdict(draft) | {"remind_days_before": list(draft.remind_days_before)}
        plan = Plan.objects.create(patient=patient, entered_by=by, **fields)
        replan(patient)
    return plan, True


def end_plan(patient: Patient, plan: int | None) -> bool:
    """End the plan of this key and whatever reminder was still to come.

    False if another plan is current by now: that one was not meant, and goes on. True
    for a plan that had ended already.
    """
    with Patient.objects.writing(patient):
        current = Plan.objects.current(patient)
        if current is not None and current.pk != plan:
            return False
        _end_current(patient)
        replan(patient)
    return True


def _end_current(patient: Patient) -> None:
    # Greatest: a clock that was set back must not leave a plan that cannot be ended.
    Plan.objects.filter(patient=patient, ended_at=None).update(
        ended_at=Greatest(Now(), F("began_at"))
    )


def _draft_of(plan: Plan) -> PlanDraft:
    return PlanDraft(
        product=plan.product,
        route=plan.route,
        dose_g_per_kg=plan.dose_g_per_kg,
        interval_days=plan.interval_days,
        first_on=plan.first_on,
        local_time=plan.local_time,
        zone=plan.zone,
        remind_days_before=tuple(plan.remind_days_before),
    )


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the stored infusion, and whether this call stored it."""

    infusion: Infusion
    is_new: bool


class AlreadySaved(Exception):
    """This client id was used before, for an infusion that says something else."""

    def __init__(self, infusion: Infusion) -> None:
        super().__init__("client id used before")
        self.infusion = infusion


def record_infusion(patient: Patient, draft: InfusionDraft, *, by: User) -> Saved:
    """Store the infusion once and plan the reminders of the next one.

    A draft sent twice returns the stored infusion. AlreadySaved if the client id is
    the same and the content is not: neither version may be lost silently.
    """
    with Patient.objects.writing(patient):
        stored = Infusion.objects.filter(
            patient=patient, client_id=draft.client_id
        ).first()
        if stored is not None:
            if not _same(stored, draft):
                raise AlreadySaved(stored)
            return Saved(stored, is_new=False)
        infusion = Infusion(
            patient=patient,
            client_id=draft.client_id,
            plan=Plan.objects.current(patient),
            product=draft.product,
            dose_g=draft.dose_g,
            weight_kg=draft.weight_kg,
            note=draft.note,
            entered_by=by,
        )
        infusion.set_start(draft.started_at, draft.zone)
        infusion.save()
        replan(patient)
    return Saved(infusion, is_new=True)


def _same(stored: Infusion, draft: InfusionDraft) -> bool:
    return (
        InfusionDraft(
            client_id=stored.client_id,
            started_at=stored.started_at,
            zone=stored.zone,
            product=stored.product,
            dose_g=stored.dose_g,
            weight_kg=stored.weight_kg,
            note=stored.note,
        )
        == draft
    )


def replan(patient: Patient) -> None:
    """Make the reminders to come those of the next due infusion.

    Call it inside `Patient.objects.writing` after anything that moves the due moment.
    What has passed is not begun anew, so an overdue plan raises no storm.
    """
    plan = Plan.objects.current(patient)
    last = Infusion.objects.last_start(patient)
    wanted = reminders(plan, last) if plan else []
    notifications.plan(patient, SUBJECT, Occurrence.Kind.INFUSION, wanted)
    due = plan.next_due(last) if plan else None
    notifications.plan_missed(patient, due, plan.zone if plan else "")


def reminders(plan: Plan, last_start: datetime | None) -> list[notifications.Due]:
    """The reminders of the infusion that is due after `last_start`, oldest first."""
    due = plan.next_due(last_start)
    leads = lead_times(due, plan.remind_days_before, plan.tz, plan.local_time)
    return [
        notifications.Due(
            key=f"{SUBJECT}:{due.astimezone(UTC):%Y%m%dT%H%MZ}:{lead.days}",
            due_at=lead.at,
            # Nobody needs to hear of it in advance once the hour has come.
            expires_at=due if lead.at < due else due + STILL_USEFUL,
            about_at=due,
            zone=plan.zone,
            urgency=Occurrence.Urgency.ASKED,
        )
        for lead in leads
    ]
