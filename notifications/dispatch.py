"""What is due becomes messages, and each message leaves the house once."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from notifications import channels
from notifications.models import Delivery, Heartbeat, Occurrence
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
    Occurrence.objects.filter(pk__in=useless).update(state=Occurrence.State.MISSED)
    address(useful)
    Occurrence.objects.filter(pk__in=[o.pk for o in useful]).update(
        state=Occurrence.State.DISPATCHED
    )
    return len(due)


def address(occurrences: Collection[Occurrence]) -> None:
    """Make one delivery per recipient, channel and endpoint; those that exist stay."""
    told = recipients(occurrences)
    everyone = users(told)
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
            for user in told[occurrence.pk]
            for endpoint in endpoints.get(user, ())
        ),
        ignore_conflicts=True,
    )


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
    occurrence = delivery.occurrence
    channel = channels.CHANNELS[delivery.channel]
    return delivery.user_id in recipients([occurrence])[occurrence.pk] and (
        delivery.endpoint
        in channel.endpoints([delivery.user_id]).get(delivery.user_id, ())
    )
