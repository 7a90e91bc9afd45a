"""What becomes due, who is told, and when it leaves the house."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from notifications import channels
from notifications.models import Delivery, Heartbeat, Occurrence, OccurrenceQuerySet
from notifications.outcome import Outcome, Result
from sharing.models import Grant, Patient

BATCH = 500  # occurrences dispatched in one transaction
MOST_AT_ONCE = 5_000  # deliveries that one sweep hands on; the next takes the rest


@dataclass(frozen=True, slots=True)
class Due:
    """A moment that is wanted: when to tell, until when, and about which moment.

    `key` names it within the record, so it must change when the moment moves.
    """

    key: str
    due_at: datetime
    expires_at: datetime
    about_at: datetime
    zone: str


def plan(
    patient: Patient, subject: str, kind: Occurrence.Kind, wanted: Sequence[Due]
) -> None:
    """Make what may still be sent about a subject exactly what is wanted.

    A wanted moment that has passed is kept if it was planned and not begun anew. What
    was sent or given up stays as it is. Call it inside `Patient.objects.writing`.
    """
    keys = {due.key for due in wanted}
    subjects = Occurrence.objects.filter(patient=patient, subject=subject)
    _cancel(subjects.exclude(key__in=keys))
    stored = {
        occurrence.key: occurrence
        for occurrence in subjects.filter(key__in=keys).select_for_update()
    }
    now = timezone.now()
    for due in wanted:
        occurrence = stored.get(due.key) or Occurrence(
            patient=patient, subject=subject, kind=kind, key=due.key
        )
        if _may_become(occurrence, due, now):
            occurrence.state = Occurrence.State.PENDING
            occurrence.due_at, occurrence.expires_at = due.due_at, due.expires_at
            occurrence.about_at, occurrence.zone = due.about_at, due.zone
            occurrence.save()


def _cancel(unwanted: OccurrenceQuerySet) -> None:
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


def sweep() -> list[int]:
    """Dispatch all that is due; the deliveries to be tried now, by id.

    Any number of sweeps may run at once or be killed: each batch is one transaction
    over rows that nobody else holds.
    """
    while _dispatch_batch() == BATCH:
        pass
    Heartbeat.objects.beat("sweep")
    waiting = Delivery.objects.claimable().order_by("next_attempt_at", "pk")
    return list(waiting.values_list("pk", flat=True)[:MOST_AT_ONCE])


@transaction.atomic
def _dispatch_batch() -> int:
    """Make deliveries of the oldest due occurrences; how many were looked at."""
    rows = Occurrence.objects.due().select_for_update(skip_locked=True, of=("self",))
    due = list(rows[:BATCH])
    useless = [occurrence.pk for occurrence in due if occurrence.useless]
    useful = [occurrence for occurrence in due if not occurrence.useless]
    Occurrence.objects.filter(pk__in=useless).update(state=Occurrence.State.MISSED)
    address(useful)
    Occurrence.objects.filter(pk__in=[o.pk for o in useful]).update(
        state=Occurrence.State.DISPATCHED
    )
    return len(due)


def address(occurrences: Collection[Occurrence]) -> None:
    """Make one delivery per recipient, channel and endpoint; those that exist stay."""
    told = recipients({occurrence.patient_id for occurrence in occurrences})
    everyone = set().union(*told.values())
    host = urlsplit(settings.BASE_URL).hostname
    Delivery.objects.bulk_create(
        (
            Delivery(
                occurrence=occurrence,
                user_id=user,
                channel=name,
                endpoint=endpoint,
                message_id=f"<{uuid4().hex}@{host}>",
            )
            for name, channel in channels.CHANNELS.items()
            for endpoints in [channel.endpoints(everyone)]
            for occurrence in occurrences
            for user in told[occurrence.patient_id]
            for endpoint in endpoints.get(user, ())
        ),
        ignore_conflicts=True,
    )


def recipients(patients: Iterable[int]) -> Mapping[int, set[int]]:
    """Whom to tell, as users by patient: the owner, else all who may manage now."""
    pks = list(patients)
    told: dict[int, set[int]] = defaultdict(set)
    owned = Patient.objects.filter(pk__in=pks, owner__isnull=False)
    managers = Grant.objects.managing().filter(patient__in=pks, patient__owner=None)
    for rows in (
        owned.values_list("pk", "owner"),
        managers.values_list("patient", "user"),
    ):
        for patient, user in rows:
            told[patient].add(user)
    return told


def deliver(delivery_id: int) -> None:
    """Send one delivery; safe to run twice, by two workers, or never.

    A worker that dies in between lets the lease run out, and the sweep tries again
    under the same Message-ID: better twice than never.
    """
    if delivery := Delivery.objects.claim(delivery_id):
        if not still_meant(delivery):
            # A new address of the same person gets its own delivery.
            address([delivery.occurrence])
            delivery.settle(Outcome(Result.DROPPED, "no longer a recipient"))
            return
        delivery.settle(channels.send(delivery))


def still_meant(delivery: Delivery) -> bool:
    """Whether its user is still to be told, and still at this endpoint."""
    patient = delivery.occurrence.patient_id
    channel = channels.CHANNELS[delivery.channel]
    return delivery.user_id in recipients([patient])[patient] and (
        delivery.endpoint
        in channel.endpoints([delivery.user_id]).get(delivery.user_id, ())
    )
