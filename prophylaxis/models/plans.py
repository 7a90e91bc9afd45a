"""The immunoglobulin plan, with dated changes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from prophylaxis import schedule
from prophylaxis.cadence import Cadence as Rule
from sharing.models import Patient, User
from sharing.zones import valid_zone


class Route(models.TextChoices):
    IV = "iv", _("into a vein (IVIG)")
    SC = "sc", _("under the skin (SCIG)")
    FSC = "fsc", _("under the skin, facilitated (fSCIG)")


class Site(models.TextChoices):
    """Where an infusion is given."""

    HOME = "home", _("at home")
    CLINIC = "clinic", _("infusion clinic or practice")
    HOSPITAL = "hospital", _("hospital")
    OTHER = "other", _("somewhere else")


class Cadence(models.TextChoices):
    """From what the next due day follows."""

    DAYS = "days", _("every so many days")
    WEEKS = "weeks", _("the same weekday every so many weeks")
    MONTH = "month", _("the same day every month")


class PlanQuerySet(models.QuerySet["Plan"]):
    def current(self, patient: Patient) -> Plan | None:
        """The plan that has no successor and was not ended."""
        return self.filter(patient=patient, ended_at=None).first()

    def earlier(self, patient: Patient) -> Self:
        """The plans that were changed or ended, the latest first.

        Of a record that was closed, all of them.
        """
        found = self.filter(patient=patient)
        if not patient.is_closed:
            found = found.filter(ended_at__isnull=False)
        return found.order_by(models.F("ended_at").desc(nulls_first=True), "-pk")


class Plan(models.Model):
    """What is to be infused, how often, and at what local time.

    A changed plan is a new row; the old one keeps its dates, so that doses and rates
    of an earlier year still say what was planned then.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="plans")
    product = models.CharField(_("product"), max_length=80)
    route = models.CharField(max_length=4, choices=Route, default=Route.IV)
    dose_g_per_kg = models.DecimalField(_("dose"), max_digits=5, decimal_places=3)
    # What the grams of the prescription were worked out from; None: not said.
    weight_kg = models.DecimalField(
        _("weight (kg)"), max_digits=6, decimal_places=2, null=True, blank=True
    )
    cadence = models.CharField(max_length=5, choices=Cadence, default=Cadence.DAYS)
    # Whole weeks for WEEKS; for MONTH only the usual length, for what counts in days.
    interval_days = models.PositiveSmallIntegerField(
        _("days between infusions"), default=schedule.DEFAULT_INTERVAL_DAYS
    )
    weekday = models.PositiveSmallIntegerField(null=True, blank=True)  # 0 is Monday
    month_day = models.PositiveSmallIntegerField(null=True, blank=True)  # 31: the last
    course_days = models.PositiveSmallIntegerField(
        _("days that one dose is split over"), default=1
    )
    first_on = models.DateField(_("first infusion on"))
    local_time = models.TimeField(_("at"))
    zone = models.CharField(max_length=40, validators=[valid_zone])
    site = models.CharField(max_length=8, choices=Site, blank=True)
    premedication = models.CharField(_("pre-medication"), max_length=200, blank=True)
    prescriber = models.CharField(_("prescribed by"), max_length=80, blank=True)
    valid_from = models.DateField(_("valid from"), db_default=Now())
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
                # NULL is in no range, but a check that comes to NULL lets through.
                condition=models.Q(cadence=Cadence.DAYS, weekday=None, month_day=None)
                | models.Q(
                    cadence=Cadence.WEEKS,
                    interval_days__in=schedule.WHOLE_WEEKS,
                    weekday__isnull=False,
                    weekday__range=(0, 6),
                    month_day=None,
                )
                | models.Q(
                    cadence=Cadence.MONTH,
                    weekday=None,
                    month_day__isnull=False,
                    month_day__range=(1, 31),
                ),
                name="prophylaxis_plan_cadence_is_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(course_days__range=(1, schedule.LONGEST_COURSE)),
                name="prophylaxis_plan_course_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(dose_g_per_kg__gt=0, dose_g_per_kg__lte=4),
                name="prophylaxis_plan_dose_in_range",
            ),
            models.CheckConstraint(
                condition=models.Q(weight_kg=None) | models.Q(weight_kg__gt=0),
                name="prophylaxis_plan_weight_positive",
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

    @property
    def rhythm_label(self) -> str:
        """How often, in words: every 28 days, every 4 weeks on Thursday."""
        weeks, days = self.interval_days // 7, self.interval_days
        match self.cadence:
            case Cadence.WEEKS:
                words = ngettext(
                    "every week on %(weekday)s",
                    "every %(weeks)s weeks on %(weekday)s",
                    weeks,
                ) % {"weeks": weeks, "weekday": WEEKDAYS[self.weekday or 0]}
            case Cadence.MONTH:
                words = gettext("every month on day %(day)s") % {"day": self.month_day}
            case _:
                words = ngettext("every %(days)s day", "every %(days)s days", days) % {
                    "days": days
                }
        if self.course_days == 1:
            return words
        return gettext("%(how_often)s, over %(days)s days") % {
            "how_often": words,
            "days": self.course_days,
        }

    @property
    def rhythm(self) -> schedule.Rhythm:
        """What it asks for, for the rules in `schedule`."""
        return schedule.Rhythm(
            cadence=Rule(self.interval_days, self.weekday, self.month_day),
            first_on=self.first_on,
            local_time=self.local_time,
            zone=self.tz,
            course_days=self.course_days,
        )

    def next_due(self, last_start: datetime | None) -> datetime:
        """When the course after one that began at `last_start` is due (UTC).

        By the plan alone, without what was skipped or arranged; see `services`.
        """
        return schedule.next_course(self.rhythm, schedule.SoFar(last_start))
