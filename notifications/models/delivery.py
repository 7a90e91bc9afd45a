"""Each message that follows from what is due: leased, sent, settled once."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models.functions import Now

from notifications.models.occurrence import Occurrence
from notifications.outcome import DeliveryState, Outcome, Result
from sharing.models import User

# Longer than the mail server is waited for at any one step; after it another worker
# may take over, so a slow server can get a message twice. Assurance sheet, F2 and F5.
LEASE = timedelta(seconds=60)

# Pauses after each attempt that may be repeated; after the last attempt none follows.
BACKOFF_MINUTES = (1, 5, 15, 60, 120, 240, 480)
MOST_ATTEMPTS = len(BACKOFF_MINUTES) + 1


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def claimable(self) -> Self:
        """To be tried now: their time has come, or a lease ran out; with `expired`."""
        return self.filter(
            models.Q(state=Delivery.State.WAITING, next_attempt_at__lte=Now())
            | models.Q(state=Delivery.State.SENDING, lease_until__lte=Now())
        ).annotate(expired=models.Q(occurrence__expires_at__lte=Now()))

    def claim(self, pk: int, lease: timedelta = LEASE) -> Delivery | None:
        """Lease one delivery to the caller; None if it is not to be sent now.

        The lease is committed before this returns, so nothing leaves the house
        unrecorded and no lock is held while it does. A delivery that must not be sent
        any more is settled here. RuntimeError inside a transaction.
        """
        with transaction.atomic(durable=True):
            delivery = (
                self.claimable()
                .filter(pk=pk)
                .select_related("occurrence")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if delivery is None:
                return None
            if stop := delivery.why_stop():
                self.filter(pk=pk).closed(*stop)
                return None
            self.filter(pk=pk).update(
                state=Delivery.State.SENDING,
                attempts=models.F("attempts") + 1,
                lease_until=Now() + lease,
            )
        delivery.attempts += 1
        delivery.state = Delivery.State.SENDING
        return delivery

    def closed(self, state: str, problem: str = "") -> int:
        """Settle them for good; how many there were."""
        return self.update(
            state=state, settled_at=Now(), lease_until=None, problem=problem[:80]
        )


class Delivery(models.Model):
    """One message of one occurrence by one channel to one endpoint."""

    State = DeliveryState

    occurrence = models.ForeignKey(
        Occurrence, models.CASCADE, related_name="deliveries"
    )
    user = models.ForeignKey(User, models.CASCADE, related_name="deliveries")
    channel = models.CharField(max_length=20)
    endpoint = models.CharField(max_length=254)
    message_id = models.CharField(max_length=120, unique=True)  # same on every attempt
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(db_default=Now())
    lease_until = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=80, blank=True)  # error class, never text

    expired: bool  # set by claimable()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "channel", "endpoint"],
                name="notifications_delivery_once",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=["waiting", "sending"], settled_at=None)
                | models.Q(
                    state__in=["sent", "failed", "cancelled"], settled_at__isnull=False
                ),
                name="notifications_delivery_settled_when_final",
            ),
            models.CheckConstraint(
                condition=models.Q(state="sending", lease_until__isnull=False)
                | (~models.Q(state="sending") & models.Q(lease_until=None)),
                name="notifications_delivery_leased_when_sending",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="notifications_delivery_waiting",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state="sending"),
                name="notifications_delivery_leased",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    def why_stop(self) -> tuple[DeliveryState, str] | None:
        """How to settle a delivery that `claim` found and must not send, if so."""
        if self.occurrence.state == Occurrence.State.CANCELLED:
            return self.State.CANCELLED, "cancelled"
        if self.expired:
            return self.State.FAILED, "too late"
        if self.attempts >= MOST_ATTEMPTS:
            return self.State.FAILED, "no answer"
        return None

    def settle(self, outcome: Outcome) -> None:
        """Record what became of the attempt that `claim` leased.

        That a message left is true whoever says it. Anything else counts only from
        the holder of the lease: a worker that was too slow must not undo what the
        next one did.
        """
        rows = Delivery.objects.filter(pk=self.pk)
        mine = rows.filter(state=self.State.SENDING, attempts=self.attempts)
        match outcome.result:
            case Result.SENT:
                rows.exclude(state=self.State.SENT).update(
                    state=self.State.SENT,
                    settled_at=Now(),
                    lease_until=None,
                    problem="",
                )
            case Result.RETRY if self.attempts < MOST_ATTEMPTS:
                pause = timedelta(minutes=BACKOFF_MINUTES[self.attempts - 1])
                mine.update(
                    state=self.State.WAITING,
                    next_attempt_at=Now() + pause,
                    lease_until=None,
                    problem=outcome.problem[:80],
                )
            case Result.DROPPED:
                mine.closed(self.State.CANCELLED, outcome.problem)
            case _:
                mine.closed(self.State.FAILED, outcome.problem)
