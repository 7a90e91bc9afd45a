"""Attacks: four boundaries, three phases, and what PostgreSQL refuses."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Greatest, Least, Now
from django.utils.translation import gettext_lazy as _

from attacks.phases import Clock
from sharing.models import Category, Patient, User
from sharing.zones import valid_zone

BOUNDARIES = ("prodrome_start", "leak_start", "recovery_start", "end")


class Precision(models.TextChoices):
    """How well a boundary is known; people know old attacks by their year."""

    EXACT = "exact", _("to the minute")
    HOURS = "hours", _("within a few hours")
    DAY = "day", _("that day")
    WEEK = "week", _("about that week")
    MONTH = "month", _("about that month")
    YEAR = "year", _("about that year")


class Source(models.TextChoices):
    """Who set a boundary. Nothing is ever set silently."""

    PATIENT = "patient", _("patient")
    CAREGIVER = "caregiver", _("caregiver")
    CLINICIAN = "clinician", _("clinician")
    DERIVED = "derived", _("suggested from entries and accepted")
    REPORT = "report", _("published report")


def in_order() -> models.Q:
    """Each known boundary is not before any earlier known one."""
    rule = models.Q()
    for position, earlier in enumerate(BOUNDARIES):
        for later in BOUNDARIES[position + 1 :]:
            rule &= (
                models.Q(**{earlier: None})
                | models.Q(**{later: None})
                | models.Q(**{f"{later}__gte": models.F(earlier)})
            )
    return rule


class Span(models.Func):
    """The time an attack occupies: first to last known boundary, ongoing without end.

    LEAST and GREATEST skip NULLs, which is what "known" asks for.
    """

    function = "TSTZRANGE"

    def __init__(self) -> None:
        super().__init__(
            Least(*BOUNDARIES),
            models.Case(
                models.When(ongoing=True, then=models.Value(None)),
                default=Greatest(*BOUNDARIES),
                output_field=models.DateTimeField(),
            ),
            models.Value("[]"),
        )


class SamePatient(models.Func):
    """The patient as a range of one number: btree_gist is not everywhere."""

    function = "INT8RANGE"

    def __init__(self) -> None:
        super().__init__(
            models.F("patient_id"), models.F("patient_id"), models.Value("[]")
        )


def boundary(label: Any) -> models.DateTimeField[datetime | None, datetime | None]:
    return models.DateTimeField(label, null=True, blank=True)


def precision() -> models.CharField[str, str]:
    return models.CharField(max_length=10, choices=Precision, default=Precision.EXACT)


def source() -> models.CharField[str, str]:
    return models.CharField(max_length=10, choices=Source, default=Source.PATIENT)


class AttackQuerySet(models.QuerySet["Attack"]):
    def readable(self, patient: Patient) -> Self:
        """Attacks of the opened record, newest first; `shown_note` blank if hidden."""
        hidden = patient.hides(Category.NOTES)
        note = models.Value("") if hidden else models.F("note")
        return (
            self.filter(patient=patient)
            .annotate(shown_note=note, began_at=Least(*BOUNDARIES))
            .defer("note")
            .order_by("-began_at")
        )

    def counted(self) -> Self:
        """What counts as an attack: not early signs alone, not a false alarm."""
        outcome = Attack.Outcome
        return self.filter(outcome__in=[outcome.ATTACK, outcome.SELF_LIMITED])

    def overlapping(self, since: datetime, until: datetime) -> Self:
        """Attacks that occupy any time in [since, until]."""
        return self.annotate(
            first_at=Least(*BOUNDARIES), last_at=Greatest(*BOUNDARIES)
        ).filter(
            models.Q(first_at__lte=until),
            models.Q(ongoing=True) | models.Q(last_at__gte=since),
        )


@pghistory.track(
    # Erasing a user, which blanks names, is no earlier version.
    pghistory.UpdateEvent(
        row=pghistory.Old, condition=pghistory.AnyChange(exclude=["entered_by"])
    ),
    pghistory.DeleteEvent(),
)
class Attack(models.Model):
    """One attack. Boundaries are instants; each may be unknown, one is not."""

    class Outcome(models.TextChoices):
        ATTACK = "attack", _("an attack")
        ABORTED = "aborted", _("early signs that came to nothing")
        SELF_LIMITED = "self_limited", _("perhaps an attack that ended by itself")
        NOT_ATTACK = "not_attack", _("not an attack after all")

    class Certainty(models.TextChoices):
        CONFIRMED = "confirmed", _("confirmed")
        PROBABLE = "probable", _("probable")
        POSSIBLE = "possible", _("possible")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="attacks")
    prodrome_start = boundary(_("first early signs"))
    prodrome_start_precision = precision()
    prodrome_start_source = source()
    leak_start = boundary(_("leak began"))
    leak_start_precision = precision()
    leak_start_source = source()
    recovery_start = boundary(_("recovery began"))
    recovery_start_precision = precision()
    recovery_start_source = source()
    end = boundary(_("over"))
    end_precision = precision()
    end_source = source()
    ongoing = models.BooleanField(default=False)
    zone = models.CharField(max_length=40, validators=[valid_zone])
    outcome = models.CharField(max_length=20, choices=Outcome, default=Outcome.ATTACK)
    certainty = models.CharField(max_length=20, choices=Certainty, blank=True)
    note = models.TextField(_("note"), blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    shown_note: str  # set by readable()
    began_at: datetime  # set by readable()

    objects: ClassVar[models.Manager[Attack]] = AttackQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    *[models.Q(**{f"{b}__isnull": False}) for b in BOUNDARIES],
                    _connector=models.Q.OR,
                ),
                name="attacks_attack_some_boundary_known",
            ),
            models.CheckConstraint(
                condition=in_order(), name="attacks_attack_boundaries_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(ongoing=False) | models.Q(end=None),
                name="attacks_attack_ongoing_has_no_end",
            ),
            models.CheckConstraint(
                condition=~models.Q(outcome="aborted")
                | models.Q(leak_start=None, recovery_start=None, ongoing=False),
                name="attacks_attack_came_to_nothing",
            ),
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(ongoing=True),
                name="attacks_attack_one_ongoing",
            ),
            ExclusionConstraint(
                name="attacks_attack_no_overlap",
                expressions=[
                    (SamePatient(), RangeOperators.OVERLAPS),
                    (Span(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"attack {self.pk}"

    @property
    def clock(self) -> Clock:
        """The boundaries alone, for the pure rules of attacks.phases."""
        return Clock(
            prodrome_start=self.prodrome_start,
            leak_start=self.leak_start,
            recovery_start=self.recovery_start,
            end=self.end,
            ongoing=self.ongoing,
            came_to_nothing=self.outcome == self.Outcome.ABORTED,
        )

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def day_zero(self) -> datetime:
        """Leak onset, or the first boundary that is known."""
        first = next(b for b in (getattr(self, n) for n in BOUNDARIES) if b)
        return self.leak_start or first


class CaseReport(models.Model):
    """The published report that an attack was taken from, and all that it says.

    Kept as told, so that what a report does not say stays visibly unsaid.
    """

    attack = models.OneToOneField(Attack, models.CASCADE, related_name="report")
    case_id = models.CharField(max_length=60)
    told = models.JSONField()

    def __str__(self) -> str:
        return self.case_id
