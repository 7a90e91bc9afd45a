"""What is told of one attack: what set it off, what was done, what came of it.

Everything is optional: no row and None say "not said", never "no". Laboratory values
and vital signs are the diary's own entries, by time, and are not copied here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import reduce
from itertools import combinations
from operator import and_
from typing import ClassVar, Final, Self, TypeVar
from uuid import uuid4

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from attacks.models.attack import Attack, Source, precision, source
from attacks.models.kinds import (
    ComplicationKind,
    Evidence,
    Sequela,
    Site,
    TreatmentKind,
    TriggerKind,
    Unit,
)
from sharing.models import Category, Patient, User

STAY_TIMES: Final = ("arrived_at", "icu_from", "icu_until", "discharged_at")
PAIRS: Final = tuple(combinations(STAY_TIMES, 2))


def kept(*, but: Sequence[str] = ("entered_by",)) -> tuple[pghistory.Tracker, ...]:
    """Keep what a row said before each change and before it went.

    Erasing a user blanks a name: that is no earlier version.
    """
    unless_erased = pghistory.AnyChange(exclude=list(but))
    return (
        pghistory.UpdateEvent(row=pghistory.Old, condition=unless_erased),
        pghistory.DeleteEvent(),
    )


def not_before(later: str, earlier: str) -> models.Q:
    """One time is not before another, where both are known."""
    return (
        models.Q(**{earlier: None})
        | models.Q(**{later: None})
        | models.Q(**{f"{later}__gte": models.F(earlier)})
    )


class Fact(models.Model):
    """Something told of one attack; each row of it is told apart by its `client_id`."""

    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    attack = models.ForeignKey(Attack, models.CASCADE, related_name="%(class)ss")
    precision = precision()
    source = source()
    note = models.TextField(_("note"), blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    shown_note: str  # set by readable()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(
                fields=["attack", "client_id"],
                name="%(app_label)s_%(class)s_stored_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


F = TypeVar("F", bound=Fact)


class FactQuerySet(models.QuerySet[F]):
    def readable(self, patient: Patient) -> Self:
        """Facts of the opened record, `shown_note` blank where notes are hidden."""
        hidden = patient.hides(Category.NOTES)
        note = models.Value("") if hidden else models.F("note")
        return (
            self.filter(attack__patient=patient).annotate(shown_note=note).defer("note")
        )


class TriggerQuerySet(FactQuerySet["Trigger"]):
    def readable(self, patient: Patient) -> Self:
        """Triggers in the order they came to mind; no period where it is hidden."""
        shown = super().readable(patient).order_by("pk")
        if patient.hides(Category.PERIOD):
            return shown.exclude(kind=Trigger.Kind.PERIOD)
        return shown


@pghistory.track(*kept())
class Trigger(Fact):
    """What may have set the attack off. "None known" is said, never inferred."""

    Kind = TriggerKind

    kind = models.CharField(max_length=12, choices=Kind)
    evidence = models.CharField(max_length=12, choices=Evidence, blank=True)
    detail = models.CharField(_("which"), max_length=120, blank=True)
    at = models.DateTimeField(_("when"), null=True, blank=True)

    objects: ClassVar[models.Manager[Trigger]] = TriggerQuerySet.as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind__in=TriggerKind.values),
                name="attacks_trigger_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="none")
                | models.Q(evidence="", detail="", at=None),
                name="attacks_trigger_none_says_nothing_else",
            ),
            models.UniqueConstraint(
                fields=["attack"],
                condition=models.Q(kind="none"),
                name="attacks_trigger_none_once",
            ),
        ]


@pghistory.track(*kept())
class Stay(Fact):
    """One stay in a hospital. Any of its times may be unknown."""

    arrived_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    icu_from = models.DateTimeField(_("intensive care from"), null=True, blank=True)
    icu_until = models.DateTimeField(_("intensive care until"), null=True, blank=True)
    discharged_at = models.DateTimeField(_("went home"), null=True, blank=True)
    first_called = models.CharField(
        _("what it was first called"), max_length=200, blank=True
    )

    objects: ClassVar[models.Manager[Stay]] = FactQuerySet["Stay"].as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=reduce(
                    and_,
                    (not_before(later, earlier) for earlier, later in PAIRS),
                ),
                name="attacks_stay_times_in_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(first_called="", **dict.fromkeys(STAY_TIMES)),
                name="attacks_stay_says_something",
            ),
        ]

    @property
    def at(self) -> datetime | None:
        """The first time that is known."""
        return next((t for n in STAY_TIMES if (t := getattr(self, n))), None)


@pghistory.track(*kept())
class Treatment(Fact):
    """One thing that was given or done, and when, if that is known."""

    Kind = TreatmentKind
    FLUIDS = (Kind.CRYSTALLOID, Kind.COLLOID)
    BY_GRAM = (Kind.ALBUMIN, Kind.IVIG)

    kind = models.CharField(max_length=14, choices=Kind)
    detail = models.CharField(_("which"), max_length=120, blank=True)
    at = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=9, decimal_places=3, null=True, blank=True
    )
    unit = models.CharField(max_length=4, choices=Unit, blank=True)
    sites = ArrayField(
        models.CharField(max_length=10, choices=Site), default=list, blank=True
    )

    objects: ClassVar[models.Manager[Treatment]] = FactQuerySet[
        "Treatment"
    ].as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind__in=TreatmentKind.values),
                name="attacks_treatment_known",
            ),
            models.CheckConstraint(
                condition=not_before("until", "at"), name="attacks_treatment_in_order"
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None, unit="")
                | models.Q(amount__isnull=False, amount__gt=0, unit__in=Unit.values),
                name="attacks_treatment_amount_has_a_unit",
            ),
            models.CheckConstraint(
                condition=models.Q(amount=None)
                | ~models.Q(kind__in=["crystalloid", "colloid", "albumin", "ivig"])
                | models.Q(kind__in=["crystalloid", "colloid"], unit__in=["L", "mL"])
                | models.Q(kind__in=["albumin", "ivig"], unit="g"),
                name="attacks_treatment_unit_fits",
            ),
            models.CheckConstraint(
                condition=models.Q(sites=[])
                | models.Q(kind="decompression", sites__contained_by=Site.values),
                name="attacks_treatment_sites_of_surgery",
            ),
        ]

    @property
    def liters(self) -> Decimal | None:
        """How much fluid this was, in L; None for what is no fluid or has no amount."""
        if self.kind not in self.FLUIDS or self.amount is None:
            return None
        return self.amount / 1000 if self.unit == Unit.MILLILITERS else self.amount


@pghistory.track(*kept())
class Complication(Fact):
    """What went wrong during the attack. The list is that of the domain sheet, 9."""

    Kind = ComplicationKind

    kind = models.CharField(max_length=18, choices=Kind)
    detail = models.CharField(_("which, where"), max_length=120, blank=True)
    at = models.DateTimeField(_("when"), null=True, blank=True)

    objects: ClassVar[models.Manager[Complication]] = FactQuerySet[
        "Complication"
    ].as_manager()

    class Meta(Fact.Meta):
        constraints = [
            *Fact.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(kind__in=ComplicationKind.values),
                name="attacks_complication_known",
            ),
        ]


@pghistory.track(*kept(but=["entered_by", "recorded_at"]))
class Facts(models.Model):
    """How far an attack went, in answers that need no medical word; None: not said."""

    attack = models.OneToOneField(Attack, models.CASCADE, related_name="facts")
    drank_at_home = models.BooleanField(null=True)
    iv_fluids = models.BooleanField(null=True)
    ward = models.BooleanField(null=True)
    icu = models.BooleanField(null=True)
    ventilated = models.BooleanField(null=True)
    surgery = models.BooleanField(null=True)
    sequelae = ArrayField(
        models.CharField(max_length=12, choices=Sequela), default=list, blank=True
    )
    no_sequelae = models.BooleanField(default=False)  # said, never inferred
    sequelae_note = models.CharField(_("in your words"), max_length=400, blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(sequelae__contained_by=Sequela.values),
                name="attacks_facts_sequelae_known",
            ),
            models.CheckConstraint(
                condition=models.Q(no_sequelae=False)
                | models.Q(sequelae=[], sequelae_note=""),
                name="attacks_facts_none_or_some_sequelae",
            ),
        ]

    def __str__(self) -> str:
        return f"facts of attack {self.attack_id}"


@pghistory.track(*kept(but=["assigned_by", "assigned_at"]))
class Grade(models.Model):
    """How severe somebody said the attack was, on a scale that has a name.

    One for each kind of person: what a patient was told does not replace what their
    clinician entered, and a clinician's outranks it (see attacks.severity).
    """

    attack = models.ForeignKey(Attack, models.CASCADE, related_name="grades")
    value = models.PositiveSmallIntegerField()
    scale_name = models.CharField(max_length=80)
    scale_version = models.CharField(max_length=40, blank=True)
    assigned_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    assigned_as = models.CharField(max_length=10, choices=Source)
    assigned_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(value__range=(1, 4)), name="attacks_grade_1_to_4"
            ),
            models.CheckConstraint(
                condition=~models.Q(scale_name=""),
                name="attacks_grade_scale_has_a_name",
            ),
            models.UniqueConstraint(
                fields=["attack", "assigned_as"], name="attacks_grade_one_for_each_kind"
            ),
        ]

    def __str__(self) -> str:
        return f"grade of attack {self.attack_id}"
