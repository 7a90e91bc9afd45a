"""The immunoglobulin plan, with dated changes, and the infusions given."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import functions
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from prophylaxis import schedule
from sharing.models import Category, Patient, User
from sharing.zones import local_day, valid_zone


class Route(models.TextChoices):
    IV = "iv", _("into a vein (IVIG)")
    SC = "sc", _("under the skin (SCIG)")
    FSC = "fsc", _("under the skin, facilitated (fSCIG)")


class PlanQuerySet(models.QuerySet["Plan"]):
    def current(self, patient: Patient) -> Plan | None:
        """The plan that has no successor and was not ended."""
        return self.filter(patient=patient, ended_at=None).first()

    def earlier(self, patient: Patient) -> Self:
        """The plans that were changed or ended, the latest first."""
        return self.filter(patient=patient, ended_at__isnull=False).order_by(
            "-ended_at", "-pk"
        )


class Plan(models.Model):
    """What is to be infused, how often, and at what local time.

    A changed plan is a new row; the old one keeps its dates, so that doses and rates
    of an earlier year still say what was planned then.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="plans")
    product = models.CharField(_("product"), max_length=80)
    route = models.CharField(max_length=4, choices=Route, default=Route.IV)
    dose_g_per_kg = models.DecimalField(_("dose"), max_digits=5, decimal_places=3)
    interval_days = models.PositiveSmallIntegerField(
        _("days between infusions"), default=schedule.DEFAULT_INTERVAL_DAYS
    )
    first_on = models.DateField(_("first infusion on"))
    local_time = models.TimeField(_("at"))
    zone = models.CharField(max_length=40, validators=[valid_zone])
    # Whole days before the infusion on which to remind, at the infusion's local time.
    remind_days_before = ArrayField(models.PositiveSmallIntegerField(), default=list)
    began_at = models.DateTimeField(db_default=Now())
    ended_at = models.DateTimeField(null=True, blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager[Plan]] = PlanQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(ended_at=None),
                name="prophylaxis_plan_one_current",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    interval_days__range=(
                        schedule.SHORTEST_INTERVAL_DAYS,
                        schedule.LONGEST_INTERVAL_DAYS,
                    )
                ),
                name="prophylaxis_plan_interval_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(dose_g_per_kg__gt=0, dose_g_per_kg__lte=4),
                name="prophylaxis_plan_dose_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None)
                | models.Q(ended_at__gte=models.F("began_at")),
                name="prophylaxis_plan_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.pk}"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def grams(self, weight_kg: Decimal) -> Decimal:
        """The dose in grams at a weight, to 0.1 g."""
        return round(self.dose_g_per_kg * weight_kg, 1)

    def next_due(self, last_start: datetime | None) -> datetime:
        """When the infusion after `last_start` is due (UTC).

        Never before the plan's first one: after a break, or for an appointment that
        was put off, an interval since long ago says nothing.
        """

        def due(start: datetime | None) -> datetime:
            return schedule.next_due(
                self.interval_days,
                self.local_time,
                self.tz,
                last_start=start,
                first_on=self.first_on,
            )

        return max(due(None), due(last_start))


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


class Infusion(models.Model):
    """One infusion that was started."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="infusions")
    plan = models.ForeignKey(
        Plan, models.SET_NULL, null=True, blank=True, related_name="infusions"
    )
    started_at = models.DateTimeField(_("started"))
    zone = models.CharField(max_length=40, validators=[valid_zone])
    day = models.DateField(editable=False)  # of `started_at`, in `zone`
    product = models.CharField(_("product"), max_length=80)
    dose_g = models.DecimalField(
        _("dose (g)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    weight_kg = models.DecimalField(
        _("weight used (kg)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    note = models.TextField(_("note"), blank=True)
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
    def days_since_previous(self) -> int | None:
        """Calendar days since the infusion before; needs with_gaps()."""
        return (self.day - self.previous_day).days if self.previous_day else None

    @property
    def g_per_kg(self) -> Decimal | None:
        """Dose per weight, g/kg, when both are known."""
        if self.dose_g is None or self.weight_kg is None:
            return None
        return round(self.dose_g / self.weight_kg, 2)
