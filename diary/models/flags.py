"""Prodrome flags: when the diary looked unusual for its patient, and why.

A flag is never rewritten into something kinder. Each change of its level is a row with
the reasons of that moment and the version of the rule that gave them; an answer is a
row beside it that changes neither.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Final, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models import Category, Patient, User, as_signed
from sharing.zones import local_day, valid_zone


class Level(models.TextChoices):
    """The two levels of the rule; a flag that is closed has none."""

    WATCH = "watch", _("Watch")
    ACT = "act", _("Act")


# How high a level is; blank and "none" are no level.
RANK: Final[Mapping[str, int]] = {"": 0, "none": 0, Level.WATCH: 1, Level.ACT: 2}


class Closed(models.TextChoices):
    """Why a flag is not open any more. None of these says that all was well."""

    ENTRIES = "entries", _("later entries are not unusual any more")
    CORRECTED = "corrected", _("an entry, what is usual or a setting was changed")
    SILENCE = "silence", _("nothing was written for five days")
    ATTACK = "attack", _("an attack was opened")
    OFF = "off", _("flags were turned off")
    RECORD = "record", _("the diary was closed")


class ProdromeFlagQuerySet(models.QuerySet["ProdromeFlag"]):
    def readable(self, patient: Patient) -> Self:
        """Flags of the opened record, newest first; `diary.flag_words` leaves out what
        its reader may not see."""
        return self.filter(patient=patient).order_by("-opened_at", "-pk")

    def standing(self) -> Self:
        """Open ones."""
        return self.filter(closed_at=None)


class ProdromeFlag(models.Model):
    """One stretch of time in which the diary looked unusual for this person."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="flags")
    level = models.CharField(max_length=5, choices=Level)  # the last one, if closed
    peak = models.CharField(max_length=5, choices=Level)
    score = models.FloatField()
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_why = models.CharField(max_length=10, choices=Closed, blank=True)
    rule_version = models.CharField(max_length=20)
    # As the rule gave them at the last change, in the patient's own numbers; `hidden`
    # of a reason names the category that a reader must see to be told it.
    reasons = models.JSONField()
    after_infusion = models.BooleanField(default=False)
    # What it rested on, at any time: client ids of entries, and when the first and the
    # last of them were felt.
    entries = ArrayField(models.UUIDField(), default=list)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ProdromeFlag]] = ProdromeFlagQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(closed_at=None),
                name="diary_flag_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None, closed_why="")
                | (models.Q(closed_at__isnull=False) & ~models.Q(closed_why="")),
                name="diary_flag_closed_for_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(closed_at=None)
                | models.Q(closed_at__gte=models.F("opened_at")),
                name="diary_flag_closes_after_it_opens",
            ),
            models.CheckConstraint(
                condition=~models.Q(reasons=[]), name="diary_flag_says_why"
            ),
            models.CheckConstraint(
                condition=models.Q(level__in=Level.values, peak__in=Level.values),
                name="diary_flag_levels_known",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-opened_at"], name="diary_flag_latest")
        ]

    def __str__(self) -> str:
        return f"flag {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def hidden(self) -> list[str]:
        """The categories that some of its reasons rest on."""
        return sorted({str(r["hidden"]) for r in self.reasons if r.get("hidden")})


class FlagChange(models.Model):
    """A flag opened, rose, fell back or closed, and the reasons of that moment."""

    flag = models.ForeignKey(ProdromeFlag, models.CASCADE, related_name="changes")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    at = models.DateTimeField()
    zone = models.CharField(max_length=40, validators=[valid_zone])
    day = models.DateField(editable=False)  # of `at`, in `zone`
    before = models.CharField(max_length=5, choices=Level, blank=True)  # blank: opened
    level = models.CharField(max_length=5, choices=Level, blank=True)  # blank: closed
    closed_why = models.CharField(max_length=10, choices=Closed, blank=True)
    score = models.FloatField()
    reasons = models.JSONField()
    rule_version = models.CharField(max_length=20)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [
            models.Index(fields=["patient", "day"], name="diary_flagchange_by_day")
        ]

    def __str__(self) -> str:
        return f"flag change {self.pk}"

    def set_moment(self, at: datetime, zone: str) -> None:
        """Set instant, zone and day together; the only way they are set."""
        self.at, self.zone, self.day = at, zone, local_day(at, zone)

    @property
    def local_at(self) -> datetime:
        """`at` on the clock that the patient lived by."""
        return self.at.astimezone(ZoneInfo(self.zone))

    @property
    def rose(self) -> bool:
        """Whether it opened or rose."""
        return RANK[self.level] > RANK[self.before]


class FlagAnswer(models.Model):
    """What somebody said that a flag was. It labels: nothing is closed or silenced."""

    class Label(models.TextChoices):
        COLD = "cold", _("A cold or another infection")
        STOMACH = "stomach", _("Something I ate, or a stomach bug")
        PERIOD = "period", _("My period")
        MEDICINE = "medicine", _("A medicine, or an infusion")
        EFFORT = "effort", _("Effort, heat, travel or a bad night")
        ATTACK = "attack", _("This was an attack")
        OTHER = "other", _("Something else")

    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    flag = models.ForeignKey(ProdromeFlag, models.CASCADE, related_name="answers")
    label = models.CharField(max_length=10, choices=Label)
    words = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=80)  # as it was when written
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["flag", "client_id"], name="diary_flaganswer_stored_once"
            )
        ]

    def __str__(self) -> str:
        return f"flag answer {self.pk}"

    @property
    def signed(self) -> str:
        """Who said it, for people; blank once they have left."""
        return as_signed(self.by_name, self.by)

    def label_for(self, patient: Patient) -> str:
        """The label, as far as the reader of the opened record may know it."""
        hides = patient.hides(Category.PERIOD) and self.label == self.Label.PERIOD
        return str(_("answered") if hides else self.get_label_display())

    def words_for(self, patient: Patient) -> str:
        """The own words; blank for a reader who does not see notes."""
        return "" if patient.hides(Category.NOTES) else self.words


class FlagChoice(models.Model):
    """What a patient chose about flags; made with the first assessment."""

    class Budget(models.TextChoices):
        FEWER = "fewer", _("Fewer flags")
        STANDARD = "standard", _("Standard")
        MORE = "more", _("More flags")

    patient = models.OneToOneField(Patient, models.CASCADE, related_name="flag_choice")
    budget = models.CharField(max_length=10, choices=Budget, default=Budget.STANDARD)
    # None: by the form of the disease, see `diary.flags.is_on`.
    wanted = models.BooleanField(null=True, blank=True)
    # After an open flag and then silence, tell those who may be told of it.
    silence_told = models.BooleanField(default=False)
    since = models.DateTimeField()  # what the history counts from

    def __str__(self) -> str:
        return f"flag choice {self.pk}"
