"""Medicines taken every day, as planned, with dated changes."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models import Patient, User
from sharing.zones import valid_zone

MOST_TIMES_A_DAY = 8


class MedicinePlanQuerySet(models.QuerySet["MedicinePlan"]):
    def current(self, patient: Patient) -> Self:
        """What has no successor and was not ended, by name."""
        return self.filter(patient=patient, ended_at=None).order_by("name", "pk")

    def earlier(self, patient: Patient) -> Self:
        """What was changed or ended, the latest first."""
        return self.filter(patient=patient, ended_at__isnull=False).order_by(
            "-ended_at", "-pk"
        )


class MedicinePlan(models.Model):
    """One medicine, its dose in the prescriber's words, and at which local times.

    A change is a new row of the same `medicine`; the old one keeps its dates.
    """

    medicine = models.UUIDField(default=uuid4, editable=False)  # the same in all rows
    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="medicines")
    name = models.CharField(_("medicine"), max_length=80)
    dose = models.CharField(_("dose"), max_length=80)
    times = ArrayField(models.TimeField())  # local, in `zone`, earliest first
    zone = models.CharField(max_length=40, validators=[valid_zone])
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until and including"), null=True, blank=True)
    prescriber = models.CharField(_("prescribed by"), max_length=80, blank=True)
    remind = models.BooleanField(_("remind"), default=False)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager[MedicinePlan]] = MedicinePlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="prophylaxis_medicine_stored_once"
            ),
            models.UniqueConstraint(
                fields=["patient", "medicine"],
                condition=models.Q(ended_at=None),
                name="prophylaxis_medicine_one_current",
            ),
            models.CheckConstraint(
                condition=models.Q(times__len__range=(1, MOST_TIMES_A_DAY)),
                name="prophylaxis_medicine_has_times",
            ),
            models.CheckConstraint(
                condition=models.Q(valid_until=None)
                | models.Q(valid_until__gte=models.F("valid_from")),
                name="prophylaxis_medicine_until_after_from",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None)
                | models.Q(ended_at__gte=models.F("began_at")),
                name="prophylaxis_medicine_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"medicine {self.pk}"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)
