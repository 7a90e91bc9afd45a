"""What is due becomes messages, and each message leaves the house once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from notifications import channels, hospital, ordinary
from notifications.models import Delivery, Heartbeat, Occurrence, Preferences
from notifications.outcome import Outcome, Result
from notifications.recipients import recipients, users

BATCH = 500  # occurrences dispatched in one transaction
MOST_AT_ONCE = 5_000  # deliveries that one sweep hands on; the next takes the rest


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
    paused = hospital.paused(useful)
    wanted = [occurrence for occurrence in useful if occurrence.pk not in paused]
    Occurrence.objects.filter(pk__in=useless).update(state=Occurrence.State.MISSED)
    Occurrence.objects.filter(pk__in=paused).update(state=Occurrence.State.PAUSED)
    address(wanted)
    Occurrence.objects.filter(pk__in=[o.pk for o in wanted]).update(
        state=Occurrence.State.DISPATCHED
    )
    return len(due)


def address(occurrences: Collection[Occurrence]) -> None:
    """Make one delivery per recipient, channel and endpoint; those that exist stay."""
    told = recipients(occurrences)
    everyone = users(told)
    chosen = chosen_channels(occurrences)
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
            if name in chosen[occurrence.pk]
            for user in told[occurrence.pk]
            for endpoint in endpoints.get(user, ())
        ),
        ignore_conflicts=True,
    )


def chosen_channels(occurrences: Collection[Occurrence]) -> Mapping[int, set[str]]:
    """By which ways each occurrence goes out: the patient's choice is their own.

    Nobody chose for the circle, which is told by every way there is.
    """
    rows = Preferences.objects.filter(
        patient__in={occurrence.patient_id for occurrence in occurrences}
    )
    chosen = dict(rows.values_list("patient", "channels"))
    patient = Occurrence.Audience.PATIENT
    return {
        o.pk: set(
            chosen.get(o.patient_id, channels.CHANNELS)
            if o.audience == patient
            else channels.CHANNELS
        )
        for o in occurrences
    }


def deliver(delivery_id: int) -> None:
    """Send one delivery; safe to run twice, by two workers, or never.

    A worker that dies in between lets the lease run out, and the sweep tries again
    under the same Message-ID: better twice than never.
    """
    if delivery := Delivery.objects.claim(delivery_id, not_before=ordinary.not_before):
        if not still_meant(delivery):
            # A new address of the same person gets its own delivery.
            address([delivery.occurrence])
            delivery.settle(Outcome(Result.DROPPED, "no longer a recipient"))
            return
        if hospital.pause(delivery):
            return
        outcome = channels.send(delivery)
        delivery.settle(outcome)
        if outcome.result == Result.SENT:
            ordinary.stand_for_others(delivery)


def still_meant(delivery: Delivery) -> bool:
    """Whether its user is still to be told, and still at this endpoint."""
    occurrence = delivery.occurrence
    channel = channels.CHANNELS[delivery.channel]
    return delivery.user_id in recipients([occurrence])[occurrence.pk] and (
        delivery.endpoint
        in channel.endpoints([delivery.user_id]).get(delivery.user_id, ())
    )
