"""Writes of the plan, where a patient stands by it, and the reminders that follow."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest, Now
from django.utils import timezone

import notifications.services as notifications
from notifications.models import Occurrence
from notifications.schedule import lead_times, local_day
from prophylaxis import facts, schedule
from prophylaxis.drafts import PlanDraft
from prophylaxis.models import Cadence, Plan
from sharing.models import Patient, User

SUBJECT: Final = "infusion"  # of the reminders: a record has one current plan
STILL_USEFUL: Final = timedelta(days=1)  # a reminder at the hour itself that came late
ANY_PLAN: Final = -1


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a patient stands between two infusions, in days of the patient's own."""

    plan: Plan | None
    due: datetime | None
    status: schedule.Status | None
    days_since: int | None  # None: no infusion is recorded
    so_far: schedule.SoFar = field(default_factory=schedule.SoFar)

    @property
    def course_day(self) -> int:
        """Which day of its course the due infusion is; 1 begins a new one."""
        if self.plan is None or self.due is None:
            return 1
        rest = schedule.course_rest(self.plan.rhythm, self.so_far)
        return self.so_far.course_day + 1 if self.due == rest else 1

    @property
    def is_arranged(self) -> bool:
        """Whether what is due is an appointment, not a day of the plan."""
        return self.due is not None and self.due == self.so_far.planned_at

    def missed(self, now: datetime) -> list[datetime]:
        """Due moments that went by, with the one after them come due as well."""
        if self.plan is None:
            return []
        return schedule.missed(self.plan.rhythm, self.so_far, now)


def standing(patient: Patient, now: datetime) -> Standing:
    """The current plan, what is due by it, and how long the last infusion is ago.

    Of a record that was closed nothing is due, and no plan is current.
    """
    plan = None if patient.is_closed else Plan.objects.current(patient)
    so_far = facts.of(patient)
    last = so_far.last_start
    due = schedule.next_due(plan.rhythm, so_far, now) if plan else None
    return Standing(
        plan=plan,
        due=due,
        status=schedule.due_status(due, now, patient.tz) if due else None,
        days_since=schedule.days_since(last, now, patient.tz) if last else None,
        so_far=so_far,
    )


class PlanChanged(Exception):
    """Another plan took the place of the one that this change was made from."""

    def __init__(self, current: Plan) -> None:
        super().__init__("the plan was changed meanwhile")
        self.current = current


def save_plan(
    patient: Patient, draft: PlanDraft, *, by: User, seen: int | None = ANY_PLAN
) -> tuple[Plan, bool]:
    """Make the draft the current plan; the plan, and whether anything changed.

    The plan before it is ended, not changed. A draft that says what the current plan
    says, such as one sent twice, stores nothing. `seen` is the key of the plan that
    the person saw, None if there was none: PlanChanged if it is another by now.
    """
    with Patient.objects.writing(patient):
        current = Plan.objects.current(patient)
        if current and _same(_draft_of(current), draft):
            return current, False
        if current and seen not in {ANY_PLAN, current.pk}:
            raise PlanChanged(current)
        _end_current(patient)
        plan = Plan.objects.create(
            patient=patient,
            entered_by=by,
            cadence=_cadence(draft),
            **_fields(draft, patient),
        )
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


def _cadence(draft: PlanDraft) -> Cadence:
    if draft.weekday is not None:
        return Cadence.WEEKS
    return Cadence.DAYS if draft.month_day is None else Cadence.MONTH


def _fields(draft: PlanDraft, patient: Patient) -> dict[str, object]:
    fields = asdict(draft) | {"remind_days_before": list(draft.remind_days_before)}
    today = local_day(timezone.now(), patient.tz)
    return fields | {"valid_from": draft.valid_from or today}


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
        weekday=plan.weekday,
        month_day=plan.month_day,
        course_days=plan.course_days,
        weight_kg=plan.weight_kg,
        site=plan.site,
        premedication=plan.premedication,
        prescriber=plan.prescriber,
        valid_from=plan.valid_from,
    )


def _same(stored: PlanDraft, draft: PlanDraft) -> bool:
    valid_from = draft.valid_from or stored.valid_from
    return stored == replace(draft, valid_from=valid_from)


def replan(patient: Patient) -> None:
    """Make the reminders to come those of the next due infusion.

    Call it inside `Patient.objects.writing` after anything that moves the due moment.
    What has passed is not begun anew, so an overdue plan raises no storm. The next
    one of the plan is reminded of as well: if nobody writes anything when an infusion
    is missed, the reminders go on.
    """
    plan = Plan.objects.current(patient)
    wanted = _wanted(patient, plan) if plan else []
    notifications.plan(patient, SUBJECT, Occurrence.Kind.INFUSION, wanted)
    due = standing(patient, timezone.now()).due
    notifications.plan_missed(patient, due, plan.zone if plan else "")


def _wanted(patient: Patient, plan: Plan) -> list[notifications.Due]:
    so_far, now = facts.of(patient), timezone.now()
    due = schedule.next_due(plan.rhythm, so_far, now)
    course = schedule.next_course(plan.rhythm, so_far)
    after = schedule.following(plan.rhythm, course, now)
    missed = facts.missed_at(patient)
    moments = sorted({due, course, after} - missed)
    return [reminder for moment in moments for reminder in reminders(plan, moment)]


def extend_reminders() -> int:
    """Plan the reminders of all records that have none to come; how many they are.

    For those in which nothing was written for long. Safe to run at any time and twice.
    """
    pending = Occurrence.objects.filter(
        patient=OuterRef("patient"),
        subject=SUBJECT,
        kind=Occurrence.Kind.INFUSION,  # not a step of an escalation
        state=Occurrence.State.PENDING,
    )
    plans = Plan.objects.filter(ended_at=None).exclude(remind_days_before=[])
    plans = plans.filter(patient__closed_at=None)
    quiet = plans.filter(~Exists(pending)).select_related("patient").order_by("pk")
    records = [plan.patient for plan in quiet]
    notifications.each_record(records, replan)
    return len(records)


def reminders(plan: Plan, due: datetime) -> list[notifications.Due]:
    """The reminders of the infusion that is due then, oldest first.

    At the time of day at which it is due: an appointment has one of its own.
    """
    by_plan = plan.rhythm.at(local_day(due, plan.tz)) == due
    local_time = plan.local_time if by_plan else due.astimezone(plan.tz).time()
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
        for lead in lead_times(due, plan.remind_days_before, plan.tz, local_time)
    ]
