"""The infusions that were begun, each with every earlier version."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import pghistory
from django.db import models
from django.db.models import functions
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from prophylaxis import schedule
from prophylaxis.models.plans import Plan, Site
from sharing.models import Category, Patient, User
from sharing.zones import local_day, valid_zone


class InfusionQuerySet(models.QuerySet["Infusion"]):
    def readable(self, patient: Patient) -> Self:
        """Infusions of the opened record, newest first; `shown_note` as allowed."""
        hidden = patient.hides(Category.NOTES)
        note = models.Value("") if hidden else models.F("note")
        return (
            self.filter(patient=patient)
            .annotate(shown_note=note)
            .defer("note")
            .order_by("-started_at", "-pk")
        )

    def with_gaps(self) -> Self:
        """Each with `previous_day`, on which the one before it was started, if any."""
        before = models.Window(
            functions.Lag("day"), order_by=[models.F("started_at"), models.F("pk")]
        )
        return self.annotate(previous_day=before)

    def last_weight_kg(self, patient: Patient) -> Decimal | None:
        """The weight that the latest weighed infusion was dosed by."""
        weighed = self.filter(patient=patient, weight_kg__isnull=False)
        latest = weighed.order_by("-started_at", "-pk")
        return latest.values_list("weight_kg", flat=True).first()

    def last_start(self, patient: Patient) -> datetime | None:
        """When the latest infusion began; the clock of the next one starts there."""
        latest = self.filter(patient=patient).order_by("-started_at")
        return latest.values_list("started_at", flat=True).first()


@pghistory.track(
    # What was said until now; erasing a user, which blanks names, changes no version.
    pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange("version")),
    pghistory.DeleteEvent(),
)
class Infusion(models.Model):
    """One infusion that was begun. One that was not is an Appointment at most."""

    class Status(models.TextChoices):
        STARTED = "started", _("running")
        FINISHED = "finished", _("finished")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="infusions")
    plan = models.ForeignKey(
        Plan, models.SET_NULL, null=True, blank=True, related_name="infusions"
    )
    status = models.CharField(max_length=8, choices=Status, default=Status.FINISHED)
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    zone = models.CharField(max_length=40, validators=[valid_zone])
    day = models.DateField(editable=False)  # of `started_at`, in `zone`
    course_day = models.PositiveSmallIntegerField(_("day of the course"), default=1)
    product = models.CharField(_("product"), max_length=80)
    dose_g = models.DecimalField(
        _("dose (g)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    weight_kg = models.DecimalField(
        _("weight used (kg)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    premedication = models.CharField(_("pre-medication"), max_length=200, blank=True)
    hydration_ml = models.PositiveIntegerField(
        _("fluid given along (mL)"), null=True, blank=True
    )
    site = models.CharField(max_length=8, choices=Site, blank=True)
    given_by = models.CharField(_("given by"), max_length=80, blank=True)
    note = models.TextField(_("note"), blank=True)
    version = models.PositiveIntegerField(default=1)  # of this infusion and its rows
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    shown_note: str  # set by readable()
    previous_day: date | None  # set by with_gaps()

    objects: ClassVar[models.Manager[Infusion]] = InfusionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="prophylaxis_infusion_stored_once"
            ),
            models.CheckConstraint(
                condition=models.Q(status="started", finished_at=None)
                | models.Q(status="finished"),
                name="prophylaxis_infusion_running_has_no_end",
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at=None)
                | models.Q(finished_at__gte=models.F("started_at")),
                name="prophylaxis_infusion_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(course_day__range=(1, schedule.LONGEST_COURSE)),
                name="prophylaxis_infusion_course_day_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(dose_g=None) | models.Q(dose_g__gt=0),
                name="prophylaxis_infusion_dose_positive",
            ),
            models.CheckConstraint(
                condition=models.Q(weight_kg=None) | models.Q(weight_kg__gt=0),
                name="prophylaxis_infusion_weight_positive",
            ),
        ]
        indexes = [
            models.Index(
                fields=["patient", "-started_at"], name="prophylaxis_infusion_latest"
            )
        ]

    def __str__(self) -> str:
        return f"infusion {self.pk}"

    def set_start(self, at: datetime, zone: str) -> None:
        """Set instant, zone and day together; the only way they are set."""
        self.started_at, self.zone, self.day = at, zone, local_day(at, zone)

    @property
    def local_started_at(self) -> datetime:
        return self.started_at.astimezone(ZoneInfo(self.zone))

    @property
    def local_finished_at(self) -> datetime | None:
        at = self.finished_at
        return at.astimezone(ZoneInfo(self.zone)) if at else None

    @property
    def days_since_previous(self) -> int | None:
        """Calendar days since the infusion before; needs with_gaps()."""
        return (self.day - self.previous_day).days if self.previous_day else None

    @property
    def g_per_kg(self) -> Decimal | None:
        """Dose per weight, g/kg, when both are known."""
        if self.dose_g is None or self.weight_kg is None:
            return None
        return round(self.dose_g / self.weight_kg, 2)
