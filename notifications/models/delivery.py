"""Each message that follows from what is due: leased, sent, settled once."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.crypto import salted_hmac

from notifications.models.occurrence import LEFT_OUT, Occurrence
from notifications.outcome import DeliveryState, Outcome, Result
from sharing.models import User, hash_token

# Longer than the mail server is waited for at any one step; after it another worker
# may take over, so a slow server can get a message twice. Assurance sheet, F2 and F5.
# With the pause between two sweeps it stays below 120 s: what a dying worker had in
# hand has left by then. `make drill-reminders` measures that.
LEASE = timedelta(seconds=50)

# Pauses after each attempt that may be repeated; after the last attempt none follows.
BACKOFF_MINUTES = (1, 5, 15, 60, 120, 240, 480)
MOST_ATTEMPTS = len(BACKOFF_MINUTES) + 1


def at_once(delivery: Delivery) -> datetime | None:
    """Nothing speaks against sending it now."""
    return None


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def claimable(self) -> Self:
        """To be tried now: their time has come, or a lease ran out; with `expired`."""
        return self.filter(
            models.Q(state=Delivery.State.WAITING, next_attempt_at__lte=Now())
            | models.Q(state=Delivery.State.SENDING, lease_until__lte=Now())
        ).annotate(expired=models.Q(occurrence__expires_at__lte=Now()), looked_at=Now())

    def claim(
        self,
        pk: int,
        lease: timedelta = LEASE,
        not_before: Callable[[Delivery], datetime | None] = at_once,
    ) -> Delivery | None:
        """Lease one delivery to the caller; None if it is not to be sent now.

        The lease is committed before this returns, so nothing leaves the house
        unrecorded and no lock is held while it does. A delivery that must not be sent
        any more is settled here, and one that `not_before` gives a later moment waits
        until then. RuntimeError inside a transaction.
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
            if (
                delivery.state == Delivery.State.WAITING
                and (later := not_before(delivery)) is not None
            ):
                self.filter(pk=pk).hold(later, delivery.occurrence.expires_at)
                return None
            self.filter(pk=pk).update(
                state=Delivery.State.SENDING,
                attempts=models.F("attempts") + 1,
                lease_until=Now() + lease,
                answer_hash=delivery.answer_hash or hash_token(delivery.secret),
            )
        delivery.attempts += 1
        delivery.state = Delivery.State.SENDING
        return delivery

    def hold(self, later: datetime, expires_at: datetime) -> None:
        """Let them wait until then; leave out what is of no use by that time."""
        if later >= expires_at:
            self.closed(Delivery.State.CANCELLED, LEFT_OUT)
        else:
            self.update(next_attempt_at=later)

    def beside(self, delivery: Delivery) -> Self:
        """Ordinary messages to the same person by the same way, but for this one."""
        return self.filter(
            user=delivery.user_id,
            channel=delivery.channel,
            endpoint=delivery.endpoint,
            occurrence__urgency=Occurrence.Urgency.ORDINARY,
        ).exclude(pk=delivery.pk)

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
    # Of the link by which it can be answered; set when it is first sent.
    answer_hash = models.CharField(max_length=64, blank=True, db_default="")
    # The message that stood for this one too, for each person gets one a day.
    together_with = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="stands_for"
    )

    expired: bool  # set by claimable()
    looked_at: datetime  # by the clock of the database; set by claimable()

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
                fields=["settled_at"],
                condition=models.Q(state="failed"),
                name="notifications_delivery_failed",
            ),
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
            models.Index(
                fields=["answer_hash"],
                condition=~models.Q(answer_hash=""),
                name="notifications_delivery_answer",
            ),
        ]

    def __str__(self) -> str:
        return f"delivery {self.pk}"

    @property
    def is_sent(self) -> bool:
        return self.state == self.State.SENT

    @property
    def secret(self) -> str:
        """Of the link in this message: 256 bits, the same on every attempt.

        A copy that was sent again, because nobody knew whether the first had left,
        must hold the same link. So it is made from our key and stored nowhere.
        """
        made = salted_hmac("notifications.answer", self.message_id, algorithm="sha256")
        return urlsafe_b64encode(made.digest()).decode().rstrip("=")

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
