"""What is due, each message that follows from it, and signs of life.

PostgreSQL is the truth: everything that was due, sent or given up is a row here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models, transaction
from django.db.models.functions import Now

from notifications.outcome import Outcome, Result
from sharing.models import Patient, User
from sharing.zones import valid_zone

# Longer than the mail server is waited for at any one step; after it another worker
# may take over, so a slow server can get a message twice. Assurance sheet, F2 and F5.
LEASE = timedelta(seconds=60)

# Pauses after each attempt that may be repeated; after the last attempt none follows.
BACKOFF_MINUTES = (1, 5, 15, 60, 120, 240, 480)
MOST_ATTEMPTS = len(BACKOFF_MINUTES) + 1


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def due(self) -> Self:
        """Pending and due by the database's clock, oldest first.

        Annotated with `useless`: it has expired, or a newer one of its subject is due
        or was sent, which says the same and more. After an outage one message goes
        out, not a burst.
        """
        newer = Occurrence.objects.filter(
            models.Q(due_at__gt=models.OuterRef("due_at"))
            | models.Q(due_at=models.OuterRef("due_at"), pk__gt=models.OuterRef("pk")),
            models.Q(state=Occurrence.State.DISPATCHED)
            | models.Q(state=Occurrence.State.PENDING, expires_at__gt=Now()),
            patient=models.OuterRef("patient"),
            subject=models.OuterRef("subject"),
            due_at__lte=Now(),
        )
        return (
            self.filter(state=Occurrence.State.PENDING, due_at__lte=Now())
            .annotate(useless=models.Q(expires_at__lte=Now()) | models.Exists(newer))
            .order_by("due_at", "pk")
        )

    def unsettled(self) -> Self:
        """Something may still be sent for them."""
        unsent = Delivery.objects.filter(
            occurrence=models.OuterRef("pk"),
            state__in=[Delivery.State.WAITING, Delivery.State.SENDING],
        )
        return self.filter(
            models.Q(state=Occurrence.State.PENDING)
            | models.Q(models.Exists(unsent), state=Occurrence.State.DISPATCHED)
        )

    def told(self, patient: Patient, subject: str) -> Self:
        """What was and will be said about a subject, newest first, with deliveries."""
        return (
            self.filter(patient=patient, subject=subject)
            .prefetch_related("deliveries")
            .order_by("-due_at", "-pk")
        )


class Occurrence(models.Model):
    """One moment at which something is due. `key` names it, so that it exists once."""

    class Kind(models.TextChoices):
        INFUSION = "infusion"

    class State(models.TextChoices):
        PENDING = "pending"
        DISPATCHED = "dispatched"  # its deliveries exist
        CANCELLED = "cancelled"  # no longer wanted: moved, done or revoked
        MISSED = "missed"  # came too late to be of use, and is shown as such

    class Fate(models.TextChoices):
        """What became of it, as far as a person is concerned."""

        PLANNED = "planned"
        TRYING = "trying"
        SENT = "sent"
        FAILED = "failed"
        NOBODY = "nobody"  # nobody had an address that could be used
        TOO_LATE = "too_late"
        NOT_NEEDED = "not_needed"

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="occurrences")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=40)  # a word or ids only, such as "plan:12"
    key = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    about_at = models.DateTimeField()  # the moment that it reminds of
    zone = models.CharField(max_length=40, validators=[valid_zone])
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)

    useless: bool  # set by due()

    objects = OccurrenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "key"], name="notifications_occurrence_once"
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("due_at")),
                name="notifications_occurrence_expires_later",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="pending"),
                name="notifications_occurrence_due",
            ),
            models.Index(
                fields=["patient", "subject"], name="notifications_by_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"occurrence {self.pk}"

    @property
    def fate(self) -> Fate:
        """What became of it; the deliveries are read, so prefetch them for a list."""
        match self.state:
            case self.State.PENDING:
                return self.Fate.PLANNED
            case self.State.MISSED:
                return self.Fate.TOO_LATE
        states = {delivery.state for delivery in self.deliveries.all()}
        if Delivery.State.SENT in states:
            return self.Fate.SENT
        if self.state == self.State.CANCELLED:
            return self.Fate.NOT_NEEDED
        if not states:
            return self.Fate.NOBODY
        if states & {Delivery.State.WAITING, Delivery.State.SENDING}:
            return self.Fate.TRYING
        if Delivery.State.FAILED in states:
            return self.Fate.FAILED
        return self.Fate.NOT_NEEDED


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

    class State(models.TextChoices):
        WAITING = "waiting"  # also between attempts
        SENDING = "sending"  # leased: if the lease runs out, nobody knows if it left
        SENT = "sent"
        FAILED = "failed"  # given up
        CANCELLED = "cancelled"

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

    def why_stop(self) -> tuple[State, str] | None:
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


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str) -> None:
        """Say that `name` is alive now, by the database's clock."""
        self.bulk_create(
            [Heartbeat(name=name, at=Now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at"],
        )

    def alive(self, name: str, within: timedelta) -> bool:
        """Whether `name` was seen in that time, by the database's clock."""
        return self.filter(name=name, at__gt=Now() - within).exists()


class Heartbeat(models.Model):
    """When a moving part was last seen alive."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
