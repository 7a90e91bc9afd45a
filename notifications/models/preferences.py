"""What one record is reminded of, when and how: all of it the patient's choice."""

from __future__ import annotations

from datetime import time, timedelta
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from notifications.models.occurrence import Occurrence
from notifications.rules import Rule, Unit
from notifications.schedule import QuietHours
from sharing.models import Patient
from sharing.zones import valid_zone


def by_email() -> list[str]:
    return ["email"]


def usual_leads() -> list[int]:
    return [7, 1]


def a_day_later() -> list[int]:
    return [24]


class Preferences(models.Model):
    """The choices of one record, and when its planned reminders are extended next.

    The values that stand here before anybody chose are design choices.
    """

    class CheckIn(models.TextChoices):
        OFF = "off", _("Not at all")
        DAILY = "daily", _("Every day without a check-in")
        GAP = "gap", _("Only after some days without a check-in")

    patient = models.OneToOneField(
        Patient, models.CASCADE, primary_key=True, related_name="reminding"
    )
    # The zone that reminders keep to. When the record moves, its patient is asked.
    zone = models.CharField(max_length=40, validators=[valid_zone])
    zone_refused = models.CharField(max_length=40, blank=True)  # asked, and not moved
    channels = ArrayField(models.CharField(max_length=20), default=by_email, blank=True)
    quiet_begin = models.TimeField(default=time(22), null=True, blank=True)
    quiet_end = models.TimeField(default=time(7), null=True, blank=True)
    morning = models.TimeField(default=time(9))  # for what has a day and no time
    lead_days = ArrayField(models.PositiveSmallIntegerField(), default=usual_leads)
    checkin = models.CharField(max_length=8, choices=CheckIn, default=CheckIn.OFF)
    checkin_time = models.TimeField(default=time(19))
    checkin_gap_days = models.PositiveSmallIntegerField(default=3)
    bloods_on = models.DateField(null=True, blank=True)  # and on this day every year
    grant_days = models.PositiveSmallIntegerField(default=14)  # before the end; 0: off
    plan_text_yearly = models.BooleanField(default=True)
    plan_text_mark = models.CharField(max_length=64, blank=True)  # digest of the text
    plan_text_since = models.DateField(null=True, blank=True)
    # Hours after a missed infusion; whole days keep its local time.
    missed_patient_hours = ArrayField(
        models.PositiveSmallIntegerField(), default=a_day_later, blank=True
    )
    missed_circle_hours = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True
    )
    # What is due next, as it was last said: its steps follow a choice at once.
    infusion_due_at = models.DateTimeField(null=True, blank=True)
    infusion_zone = models.CharField(max_length=40, blank=True)
    keep_at = models.DateTimeField(db_default=Now())  # when to look again

    objects: ClassVar[models.Manager[Preferences]] = models.Manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quiet_begin=None, quiet_end=None)
                | (
                    models.Q(quiet_begin__isnull=False, quiet_end__isnull=False)
                    & ~models.Q(quiet_begin=models.F("quiet_end"))
                ),
                name="notifications_preferences_quiet_hours",
            ),
        ]
        indexes = [models.Index(fields=["keep_at"], name="notifications_keep")]

    def __str__(self) -> str:
        return f"preferences {self.pk}"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def quiet(self) -> QuietHours | None:
        if self.quiet_begin is None or self.quiet_end is None:
            return None
        return QuietHours(self.quiet_begin, self.quiet_end)


def shown_preferences(patient: Patient) -> Preferences:
    """The choices of a record for reading; nothing is stored if there are none yet."""
    found = Preferences.objects.filter(patient=patient).first()
    return found or Preferences(patient=patient, zone=patient.zone)


def preferences_of(patient: Patient) -> Preferences:
    """The choices of a record; made as they stand before anybody chose, if need be."""
    found, _is_new = Preferences.objects.get_or_create(
        patient=patient, defaults={"zone": patient.zone}
    )
    return found


class Schedule(models.Model):
    """Something that repeats; its next occurrences are kept planned."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="schedules")
    subject = models.CharField(max_length=40)  # a word or ids only
    kind = models.CharField(max_length=20, choices=Occurrence.Kind)
    unit = models.CharField(max_length=5, choices=[(u.value, u.value) for u in Unit])
    every = models.PositiveSmallIntegerField(default=1)
    first_on = models.DateField()
    last_on = models.DateField(null=True, blank=True)
    times = ArrayField(models.TimeField())
    zone = models.CharField(max_length=40, validators=[valid_zone])
    lasts = models.DurationField(default=timedelta(hours=12))  # is of use for so long
    urgency = models.CharField(max_length=8, choices=Occurrence.Urgency)
    met_until = models.DateTimeField(null=True, blank=True)  # done: say nothing before

    objects: ClassVar[models.Manager[Schedule]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "subject"], name="notifications_schedule_once"
            ),
            models.CheckConstraint(
                condition=models.Q(every__gte=1) & ~models.Q(times=[]),
                name="notifications_schedule_recurs",
            ),
        ]

    def __str__(self) -> str:
        return f"schedule {self.pk}"

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def rules(self) -> list[Rule]:
        """One for each time of the day."""
        unit = Unit(self.unit)
        return [Rule(unit, at, self.first_on, self.every) for at in self.times]
