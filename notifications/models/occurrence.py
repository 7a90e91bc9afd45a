"""What is due, for whom, about which moment, and what became of it."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models.functions import Now

from notifications.outcome import DeliveryState
from sharing.models import Patient, Topic
from sharing.zones import valid_zone

LEFT_OUT = "left out"  # why a delivery was closed: see Fate.LEFT_OUT


class OccurrenceQuerySet(models.QuerySet["Occurrence"]):
    def due(self) -> Self:
        """Pending and due by the database's clock, oldest first.

        Annotated with `useless`: it has expired, or a newer one of its subject for the
        same people is due or was sent, which says the same and more. After an outage
        one message goes out, not a burst.
        """
        newer = Occurrence.objects.filter(
            models.Q(due_at__gt=models.OuterRef("due_at"))
            | models.Q(due_at=models.OuterRef("due_at"), pk__gt=models.OuterRef("pk")),
            models.Q(state=Occurrence.State.DISPATCHED)
            | models.Q(state=Occurrence.State.PENDING, expires_at__gt=Now()),
            patient=models.OuterRef("patient"),
            subject=models.OuterRef("subject"),
            audience=models.OuterRef("audience"),
            topic=models.OuterRef("topic"),
            due_at__lte=Now(),
        )
        return (
            self.filter(state=Occurrence.State.PENDING, due_at__lte=Now())
            .annotate(useless=models.Q(expires_at__lte=Now()) | models.Exists(newer))
            .order_by("due_at", "pk")
        )

    def unsettled(self) -> Self:
        """Something may still be sent for them."""
        unsent = models.Q(
            state=Occurrence.State.DISPATCHED,
            deliveries__state__in=[DeliveryState.WAITING, DeliveryState.SENDING],
        )
        return self.filter(models.Q(state=Occurrence.State.PENDING) | unsent).distinct()

    def coming(self, patient: Patient) -> Self:
        """What is planned, the next first."""
        planned = self.filter(patient=patient, state=Occurrence.State.PENDING)
        return planned.order_by("due_at", "pk")

    def past(self, patient: Patient, before: Occurrence | None = None) -> Self:
        """What came due, newest first and from `before` on, but for what was not sent
        because it was no longer wanted; each with its deliveries and answers."""
        states = [Occurrence.State.PENDING, Occurrence.State.CANCELLED]
        rows = self.filter(patient=patient).exclude(state__in=states)
        if before is not None:
            rows = rows.filter(
                models.Q(due_at__lt=before.due_at)
                | models.Q(due_at=before.due_at, pk__lt=before.pk)
            )
        return rows.order_by("-due_at", "-pk").prefetch_related(
            "deliveries__user", "answers__user"
        )

    def told(self, patient: Patient, subject: str) -> Self:
        """What was and will be said about a subject, newest first, with deliveries."""
        return (
            self.filter(patient=patient, subject=subject)
            .prefetch_related("deliveries__user")
            .order_by("-due_at", "-pk")
        )


class Occurrence(models.Model):
    """One moment at which something is due. `key` names it, so that it exists once."""

    class Kind(models.TextChoices):
        INFUSION = "infusion"
        INFUSION_MISSED = "infusion_missed"
        MEDICINE = "medicine"
        CHECKIN = "checkin"
        RECHECK = "recheck"  # "check in again in 2 hours"
        BLOODS = "bloods"
        GRANT = "grant"  # somebody's access is about to end
        PLAN_TEXT = "plan_text"  # it was not looked at for long
        FLAG = "flag"
        HELP = "help"
        HOSPITAL = "hospital"

    class Audience(models.TextChoices):
        PATIENT = "patient"  # the owner, or else who manages the record
        CIRCLE = "circle"  # everyone whose grant says that they are told of the topic

    class Urgency(models.TextChoices):
        URGENT = "urgent"  # at once, at any hour
        ASKED = "asked"  # asked for by the patient, for that very moment
        ORDINARY = "ordinary"  # outside quiet hours, and one message a day

    class State(models.TextChoices):
        PENDING = "pending"
        DISPATCHED = "dispatched"  # its deliveries exist
        CANCELLED = "cancelled"  # no longer wanted: moved, done or revoked
        MISSED = "missed"  # came too late to be of use, and is shown as such
        PAUSED = "paused"  # came due while the patient was in hospital

    class Fate(models.TextChoices):
        """What became of it, as far as a person is concerned."""

        PLANNED = "planned"
        TRYING = "trying"
        SENT = "sent"
        TOGETHER = "together"  # one message stood for several
        LEFT_OUT = (
            "left_out"  # there had been a message that day, and it could not wait
        )
        PAUSED = "paused"
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
    # With defaults of the database: while an upgrade runs, the code before it plans on.
    audience = models.CharField(
        max_length=8,
        choices=Audience,
        default=Audience.PATIENT,
        db_default=Audience.PATIENT,
    )
    topic = models.CharField(max_length=20, choices=Topic, blank=True, db_default="")
    urgency = models.CharField(
        max_length=8,
        choices=Urgency,
        default=Urgency.ORDINARY,
        db_default=Urgency.ORDINARY,
    )
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
            models.CheckConstraint(
                condition=models.Q(audience="patient", topic="")
                | (models.Q(audience="circle") & ~models.Q(topic="")),
                name="notifications_occurrence_circle_has_topic",
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
            models.Index(
                fields=["patient", "-due_at", "-id"], name="notifications_by_time"
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
        deliveries = list(self.deliveries.all())
        states = {delivery.state for delivery in deliveries}
        if DeliveryState.SENT in states:
            own = any(d.is_sent and d.together_with_id is None for d in deliveries)
            return self.Fate.SENT if own else self.Fate.TOGETHER
        if self.state == self.State.PAUSED:
            return self.Fate.PAUSED
        if self.state == self.State.CANCELLED:
            return self.Fate.NOT_NEEDED
        if not states:
            return self.Fate.NOBODY
        if states & {DeliveryState.WAITING, DeliveryState.SENDING}:
            return self.Fate.TRYING
        if DeliveryState.FAILED in states:
            return self.Fate.FAILED
        left_out = any(delivery.problem == LEFT_OUT for delivery in deliveries)
        return self.Fate.LEFT_OUT if left_out else self.Fate.NOT_NEEDED
