"""What is due, each message that follows from it, and signs of life.

PostgreSQL is the truth: everything that was due, sent or given up is a row here.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from sharing.models import Patient, User
from sharing.zones import valid_zone


class Occurrence(models.Model):
    """One moment at which something is due. `key` names it, so that it exists once."""

    class Kind(models.TextChoices):
        INFUSION = "infusion"

    class State(models.TextChoices):
        PENDING = "pending"
        DISPATCHED = "dispatched"  # its deliveries exist
        CANCELLED = "cancelled"  # no longer wanted: moved, done or revoked
        MISSED = "missed"  # came too late to be of use, and is shown as such

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="occurrences")
    kind = models.CharField(max_length=20, choices=Kind)
    subject = models.CharField(max_length=40)  # ids only, such as "plan:12"
    key = models.CharField(max_length=80)
    due_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    about_at = models.DateTimeField()  # the moment that it reminds of
    zone = models.CharField(max_length=40, validators=[valid_zone])
    state = models.CharField(max_length=12, choices=State, default=State.PENDING)

    deliveries: models.Manager[Delivery]

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


class Heartbeat(models.Model):
    """When a moving part was last seen alive."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
