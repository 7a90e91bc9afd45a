"""Hospital mode: nothing prompts, the circle knows, and on return it is asked.

What was to be said meanwhile is kept, marked as paused, and offered on return. The
mode cannot be forgotten silently: it shows on every page, and asks once a week.
Everything that writes is called inside `Patient.objects.writing(patient)`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from notifications.answers import answer
from notifications.models import (
    Answer,
    Delivery,
    HospitalStay,
    Occurrence,
    preferences_of,
)
from notifications.outcome import Outcome, Result
from notifications.planning import Due, cancel, plan, tell_circle
from notifications.schedule import Later, later_at
from sharing.models import Patient, Topic, User

SUBJECT: Final = "hospital"
STILL: Final = "hospital_check"  # "are you still in hospital?"
ASK_AGAIN: Final = timedelta(days=7)  # design choice
ASK_TIMES: Final = 26  # half a year
LONGEST_WAIT: Final = timedelta(days=2)  # of what was held back when it began

# Everything that prompts the patient. A reminder for an infusion or a medicine helps
# nobody at home while others give it, and its escalation would alarm those who know.
PROMPTS: Final = frozenset(
    {
        Occurrence.Kind.INFUSION,
        Occurrence.Kind.INFUSION_MISSED,
        Occurrence.Kind.MEDICINE,
        Occurrence.Kind.CHECKIN,
        Occurrence.Kind.RECHECK,
        Occurrence.Kind.BLOODS,
        Occurrence.Kind.GRANT,
        Occurrence.Kind.PLAN_TEXT,
    }
)


def paused(occurrences: Collection[Occurrence]) -> set[int]:
    """The keys of those that are not sent because their patient is in hospital."""
    stays = HospitalStay.objects.open().filter(
        patient__in={occurrence.patient_id for occurrence in occurrences}
    )
    away = set(stays.values_list("patient", flat=True))
    return {o.pk for o in occurrences if o.patient_id in away and o.kind in PROMPTS}


def begin(patient: Patient, *, by: User, now: datetime) -> HospitalStay:
    """Switch the mode on and tell the circle; a second press changes nothing."""
    stay, is_new = HospitalStay.objects.get_or_create(
        patient=patient, ended_at=None, defaults={"began_at": now, "began_by": by}
    )
    if is_new:
        # A new stay takes over what was missed in one that nobody settled.
        HospitalStay.objects.unsettled().filter(patient=patient).exclude(
            pk=stay.pk
        ).update(settled_at=now)
        _pause_what_waits(patient)
        plan(patient, STILL, Occurrence.Kind.HOSPITAL, _weekly(stay))
        _tell(patient, f"{SUBJECT}:{stay.pk}:went", now)
    return stay


def end(patient: Patient, *, by: User, now: datetime) -> HospitalStay | None:
    """Switch the mode off and tell the circle; None if it was not on."""
    stay = HospitalStay.objects.open().filter(patient=patient).first()
    if stay is not None:
        stay.end(now, by)
        cancel(patient, STILL)
        _tell(patient, f"{SUBJECT}:{stay.pk}:back", now)
        if not missed(stay):
            settle(stay, {}, by=by, now=now)
    return stay


def missed(stay: HospitalStay) -> list[Occurrence]:
    """What was not said during a stay: the newest of each subject, oldest first."""
    before = HospitalStay.objects.filter(
        patient=stay.patient_id, ended_at__lte=stay.began_at
    )
    last: datetime | None = before.aggregate(at=Max("ended_at"))["at"]
    since = stay.began_at - LONGEST_WAIT
    rows = Occurrence.objects.filter(
        patient=stay.patient_id,
        state=Occurrence.State.PAUSED,
        due_at__gt=max(since, last or since),
    )
    if stay.ended_at is not None:
        rows = rows.filter(due_at__lte=stay.ended_at)
    newest = {row.subject: row for row in rows.order_by("due_at", "pk")}
    return sorted(newest.values(), key=lambda row: row.due_at)


def settle(
    stay: HospitalStay,
    chosen: Mapping[int, Answer.What],
    *,
    by: User,
    now: datetime,
) -> None:
    """Do what was chosen for each missed occurrence; what is done is not done again.

    Put off means tomorrow morning. Nothing is said of those that were not chosen.
    """
    if stay.settled_at is not None:
        return
    prefs = preferences_of(stay.patient)
    tomorrow = later_at(Later.TOMORROW, now, prefs.tz, prefs.morning)
    for occurrence in missed(stay):
        if what := chosen.get(occurrence.pk):
            later = tomorrow if what == Answer.What.SNOOZED else None
            answer(occurrence, by, what, now, until=later)
    stay.settled_at = now
    stay.save(update_fields=["settled_at"])


def pause(delivery: Delivery) -> bool:
    """Whether a claimed message is not sent because hospital mode came between.

    It was dispatched in the same moment, or was on its way and did not get through.
    """
    occurrence = delivery.occurrence
    if not paused([occurrence]):
        return False
    delivery.settle(Outcome(Result.DROPPED, "paused"))
    _keep_as_paused({occurrence.pk})
    return True


def _pause_what_waits(patient: Patient) -> None:
    """Nor is sent what was held back until the morning."""
    waiting = Delivery.objects.filter(
        occurrence__patient=patient,
        occurrence__kind__in=PROMPTS,
        state=Delivery.State.WAITING,
    )
    _keep_as_paused(set(waiting.values_list("occurrence", flat=True)))
    waiting.closed(Delivery.State.CANCELLED, "paused")


def _keep_as_paused(occurrences: Collection[int]) -> None:
    """Offer them on return, unless they were withdrawn meanwhile."""
    rows = Occurrence.objects.filter(pk__in=occurrences)
    rows.filter(state=Occurrence.State.DISPATCHED).update(state=Occurrence.State.PAUSED)


def _weekly(stay: HospitalStay) -> list[Due]:
    moments = [stay.began_at + n * ASK_AGAIN for n in range(1, ASK_TIMES + 1)]
    return [
        Due(
            key=f"{STILL}:{stay.pk}:{n}",
            due_at=at,
            expires_at=at + ASK_AGAIN,
            about_at=at,
            zone=stay.patient.zone,
        )
        for n, at in enumerate(moments)
    ]


def _tell(patient: Patient, key: str, now: datetime) -> None:
    tell_circle(
        patient,
        kind=Occurrence.Kind.HOSPITAL,
        topic=Topic.HOSPITAL,
        subject=SUBJECT,
        key=key,
        now=now,
        urgency=Occurrence.Urgency.URGENT,
    )
