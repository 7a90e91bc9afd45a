"""What a person said about a due infusion that has not begun."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import pghistory
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models import Category, Patient, User
from sharing.zones import local_day, valid_zone


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def readable(self, patient: Patient) -> Self:
        """Those of the opened record, newest first; `shown_reason` as allowed."""
        hidden = patient.hides(Category.NOTES)
        reason = models.Value("") if hidden else models.F("reason")
        return (
            self.filter(patient=patient)
            .annotate(shown_reason=reason)
            .defer("reason")
            .order_by("-at", "-pk")
        )


@pghistory.track(
    pghistory.UpdateEvent(
        row=pghistory.Old, condition=pghistory.AnyChange("status", "at", "reason")
    ),
    pghistory.DeleteEvent(),
)
class Appointment(models.Model):
    """A due infusion that is planned for a day of its own, was skipped or was missed.

    Without one, the plan says when the next infusion is due. One that is begun is an
    Infusion, and takes the planned appointment's place.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        SKIPPED = "skipped", _("skipped")  # decided, for a reason
        MISSED = "missed", _("missed")  # nobody decided it

    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="appointments")
    status = models.CharField(max_length=8, choices=Status)
    at = models.DateTimeField(_("when"))  # planned for; skipped, missed: was due
    zone = models.CharField(max_length=40, validators=[valid_zone])
    day = models.DateField(editable=False)  # of `at`, in `zone`
    reason = models.CharField(_("reason"), max_length=200, blank=True)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    shown_reason: str  # set by readable()

    objects: ClassVar[models.Manager[Appointment]] = AppointmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"],
                name="prophylaxis_appointment_stored_once",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(status="planned"),
                name="prophylaxis_appointment_one_planned",
            ),
            models.UniqueConstraint(
                fields=["patient", "day"],
                condition=~models.Q(status="planned"),
                name="prophylaxis_appointment_one_fate_a_day",
            ),
            models.CheckConstraint(
                condition=~models.Q(status="skipped", reason=""),
                name="prophylaxis_appointment_skipped_for_a_reason",
            ),
        ]
        indexes = [
            models.Index(
                fields=["patient", "-at"], name="prophylaxis_appointment_latest"
            )
        ]

    def __str__(self) -> str:
        return f"appointment {self.pk}"

    def set_moment(self, at: datetime, zone: str) -> None:
        """Set instant, zone and day together; the only way they are set."""
        self.at, self.zone, self.day = at, zone, local_day(at, zone)

    @property
    def local_at(self) -> datetime:
        return self.at.astimezone(ZoneInfo(self.zone))
