"""What is to be said, when and to whom: rows that a sweep will find.

Every function here is called inside `Patient.objects.writing(patient)`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from notifications.models import Answer, Delivery, Occurrence, OccurrenceQuerySet
from sharing.models import Patient, Topic

# What is told to the circle is of use for this long: mail may be away, and an ordinary
# notice may have to wait until the next morning.
NOTICE_LASTS: Final = timedelta(days=2)  # design choice


@dataclass(frozen=True, slots=True)
class Due:
    """A moment that is wanted: when to tell, until when, and about which moment.

    `key` names it within the record, so it must change when the moment moves. Several
    steps about one thing, such as a reminder and its escalation, share `about_at`: one
    answer stops all of them.
    """

    key: str
    due_at: datetime
    expires_at: datetime
    about_at: datetime
    zone: str
    audience: Occurrence.Audience = Occurrence.Audience.PATIENT
    topic: str = ""  # what of, for the circle
    urgency: Occurrence.Urgency = Occurrence.Urgency.ORDINARY


def plan(
    patient: Patient, subject: str, kind: Occurrence.Kind, wanted: Sequence[Due]
) -> None:
    """Make what may still be sent about a subject exactly what is wanted.

    That is of one kind: a reminder and its escalation are planned apart. A wanted
    moment that has passed is kept if it was planned and not begun anew. What was sent
    or given up stays as it is, and what was answered is not asked again.
    """
    now = timezone.now()
    unanswered = _after_answers(patient, subject, kind, wanted)
    keys = {due.key for due in unanswered}
    subjects = Occurrence.objects.filter(patient=patient, subject=subject, kind=kind)
    withdraw(subjects.exclude(key__in=keys))
    stored = {
        occurrence.key: occurrence
        for occurrence in subjects.filter(key__in=keys).select_for_update()
    }
    for due in unanswered:
        occurrence = stored.get(due.key) or Occurrence(
            patient=patient, subject=subject, kind=kind, key=due.key
        )
        if _may_become(occurrence, due, now):
            _begin(occurrence, due)


def cancel(patient: Patient, subject: str) -> None:
    """Withdraw all that may still be sent about a subject, of every kind."""
    withdraw(Occurrence.objects.filter(patient=patient, subject=subject))


def tell_circle(
    patient: Patient,
    *,
    kind: Occurrence.Kind,
    topic: Topic,
    subject: str,
    key: str,
    now: datetime,
    urgency: Occurrence.Urgency,
) -> Occurrence:
    """One notice, due now, to everyone whose grant says so; `key` makes it once.

    Nobody may be named to be told: then its fate says so, and nothing is sent.
    """
    occurrence, is_new = Occurrence.objects.get_or_create(
        patient=patient,
        key=key,
        defaults={
            "subject": subject,
            "kind": kind,
            "due_at": now,
            "expires_at": now + NOTICE_LASTS,
            "about_at": now,
            "zone": patient.zone,
            "audience": Occurrence.Audience.CIRCLE,
            "topic": topic,
            "urgency": urgency,
        },
    )
    if is_new:
        wake_sweep()
    return occurrence


def wake_sweep() -> None:
    """Sweep once this transaction holds; with Redis away the next minute's does."""
    from notifications import tasks  # noqa: PLC0415  # which imports what is planned

    tasks.after_commit(tasks.sweep)


def withdraw(unwanted: OccurrenceQuerySet) -> None:
    """Cancel what has not been sent; a message on its way right now is not stopped."""
    states = [Occurrence.State.PENDING, Occurrence.State.DISPATCHED]
    rows = unwanted.filter(state__in=states).select_for_update()
    locked = list(rows.values_list("pk", flat=True))
    # Only a new statement sees the deliveries of a sweep that the lock waited for.
    unsettled = Occurrence.objects.filter(pk__in=locked).unsettled()
    pks = list(unsettled.values_list("pk", flat=True))
    Occurrence.objects.filter(pk__in=pks).update(state=Occurrence.State.CANCELLED)
    Delivery.objects.filter(occurrence__in=pks, state=Delivery.State.WAITING).closed(
        Delivery.State.CANCELLED, "cancelled"
    )


def put_off(occurrence: Occurrence, until: datetime) -> Due:
    """The occurrence again at a later moment, of use for as long as it was."""
    return Due(
        key=f"later:{occurrence.pk}:{until:%Y%m%dT%H%M%S}",
        due_at=until,
        expires_at=until + (occurrence.expires_at - occurrence.due_at),
        about_at=occurrence.about_at,
        zone=occurrence.zone,
        audience=Occurrence.Audience(occurrence.audience),
        topic=occurrence.topic,
        urgency=Occurrence.Urgency.ASKED,
    )


def plan_again(occurrence: Occurrence, later: Due) -> None:
    """Want an occurrence once more at a later moment, beside all that is planned."""
    again = Occurrence(
        patient_id=occurrence.patient_id,
        subject=occurrence.subject,
        kind=occurrence.kind,
        key=later.key,
    )
    _begin(again, later)


def _begin(occurrence: Occurrence, due: Due) -> None:
    occurrence.state = Occurrence.State.PENDING
    occurrence.due_at, occurrence.expires_at = due.due_at, due.expires_at
    occurrence.about_at, occurrence.zone = due.about_at, due.zone
    occurrence.audience, occurrence.topic = due.audience, due.topic
    occurrence.urgency = due.urgency
    occurrence.save()


def _after_answers(
    patient: Patient, subject: str, kind: Occurrence.Kind, wanted: Sequence[Due]
) -> list[Due]:
    """What is still wanted after all that was answered about these moments.

    Done or skipped: nothing more about that moment. Snoozed: nothing before then to
    the same people, and the same again at that moment.
    """
    moments = {due.about_at for due in wanted}
    closed: set[datetime] = set()
    quiet: dict[tuple[datetime, str], datetime] = {}
    later: list[Due] = []
    for answer in Answer.objects.about(patient, subject, moments):
        about = answer.occurrence.about_at
        if answer.closes:
            closed.add(about)
        elif answer.until is not None:
            same = about, answer.occurrence.audience
            quiet[same] = max(answer.until, quiet.get(same, answer.until))
            if answer.occurrence.kind == kind:
                later.append(put_off(answer.occurrence, answer.until))
    return [
        due
        for due in [*wanted, *later]
        if due.about_at not in closed
        and due.due_at >= quiet.get((due.about_at, due.audience), due.due_at)
    ]


def _may_become(occurrence: Occurrence, due: Due, now: datetime) -> bool:
    """Whether this row may be made pending for a wanted moment."""
    if occurrence.pk and occurrence.state == Occurrence.State.PENDING:
        return True
    if due.due_at <= now:
        return False
    if not occurrence.pk:
        return True
    return (
        occurrence.state == Occurrence.State.CANCELLED
        and not occurrence.deliveries.exists()
    )
