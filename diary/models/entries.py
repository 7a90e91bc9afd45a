"""Check-ins with their symptoms and measurements, and their earlier versions.

An edit replaces a check-in's symptoms and measurements whole and a deletion removes
them, each inside one pghistory context. So the events of one context are one complete
earlier version, with who and when.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import ClassVar, Final, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from diary import vocabulary
from diary.models.personal import CustomSymptom
from diary.models.shared import ImportRun
from diary.quantities import CANONICAL_PLACES
from sharing.models import Category, Patient, User
from sharing.zones import local_day, valid_zone

OWN: Final = "own:"  # begins the name of a symptom in own words


class Moment(models.Model):
    """Something of one patient at one instant, kept with the zone it was lived in.

    `day` is stored, not derived when read: moving house or a clock change must never
    move an old entry to another day.
    """

    client_id = models.UUIDField(
        default=uuid4
    )  # made by the client: sent twice, kept once
    at = models.DateTimeField(_("when"))  # felt or measured, not saved
    zone = models.CharField(max_length=40, validators=[valid_zone])
    day = models.DateField(editable=False)  # of `at`, in `zone`
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    def set_moment(self, at: datetime, zone: str) -> None:
        """Set instant, zone and day together; the only way they are set."""
        self.at, self.zone, self.day = at, zone, local_day(at, zone)

    @property
    def local_at(self) -> datetime:
        """`at` on the clock of the place where it was lived."""
        return self.at.astimezone(ZoneInfo(self.zone))


class CheckInQuerySet(models.QuerySet["CheckIn"]):
    def readable(self, patient: Patient) -> Self:
        """Check-ins of the opened record as far as its reader may see them.

        `shown_note` and `shown_tags` are without what is hidden, and so are the
        symptoms.
        """
        symptoms = Symptom.objects.seen_by(patient).select_related("custom")
        return (
            self.filter(patient=patient)
            .seen_by(patient)
            .defer("note")
            .prefetch_related(models.Prefetch("symptoms", symptoms))
        )

    def seen_by(self, patient: Patient) -> Self:
        """Of any record, as if the reader of the opened one had opened it.

        What says nothing but what is hidden is left out: a line without words, month
        by month, would tell what it does not show.
        """
        no_note = patient.hides(Category.NOTES)
        note = models.Value("") if no_note else models.F("note")
        no_period = patient.hides(Category.PERIOD)
        return self.annotate(
            shown_note=note,
            shown_tags=_without_period() if no_period else models.F("tags"),
        ).filter(_something_to_see(patient))

    def felt_between(self, since: datetime, until: datetime) -> Self:
        """Check-ins felt in [since, until], oldest first."""
        return self.filter(at__range=(since, until)).order_by("at", "pk")

    def most_used_symptoms(self, patient: Patient, *, limit: int) -> list[str]:
        """What the latest 60 check-ins say was present, most frequent first.

        Each by its `Symptom.name`; as far as the reader of the opened record may see.
        """
        seen_by = self.filter(patient=patient).seen_by(patient)
        latest = seen_by.order_by("-at", "-pk").values("pk")[:60]
        seen = Symptom.objects.seen_by(patient)
        present = seen.filter(checkin__in=latest).exclude(severity=0)
        counts = present.values("code", "custom").annotate(times=models.Count("pk"))
        most = counts.order_by("-times", "code", "custom")[:limit]
        return [row["code"] or f"{OWN}{row['custom']}" for row in most]


class Tag(models.TextChoices):
    """What else went on at that moment; triggers and what imitates early signs."""

    INFUSION = "infusion", _("infusion")
    VACCINE = "vaccine", _("vaccine")
    INFECTION = "infection", _("infection")
    TRAVEL = "travel", _("travel")
    EXERTION = "exertion", _("exertion")
    PERIOD = "period", _("period")
    MEDICINE = "medicine", _("medicine change")


def _without_period() -> models.Func:
    return models.Func(
        "tags",
        models.Value(Tag.PERIOD),
        function="array_remove",
        output_field=CheckIn._meta.get_field("tags"),
    )


def _something_to_see(patient: Patient) -> Q:
    """Hides nothing of its own, or says something beside it; after the annotations."""
    hides_something = Q()
    if patient.hides(Category.NOTES):
        hides_something |= ~Q(note="")
    if patient.hides(Category.PERIOD):
        hides_something |= Q(tags__contains=[Tag.PERIOD])
    if patient.hides(Category.OWN_SYMPTOMS):
        own = Symptom.objects.filter(checkin=OuterRef("pk"), custom__isnull=False)
        hides_something |= Q(Exists(own))
    if not hides_something:
        return Q()
    seen = Symptom.objects.seen_by(patient).filter(checkin=OuterRef("pk"))
    measured = Measurement.objects.filter(checkin=OuterRef("pk"))
    says_more = Q(Exists(seen)) | Q(Exists(measured)) | Q(no_symptoms=True)
    return says_more | ~Q(shown_note="") | ~Q(shown_tags=[]) | ~hides_something


@pghistory.track(
    # What was said until now; erasing a user, which blanks names, changes no version.
    pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange("version")),
    pghistory.DeleteEvent(),
    # A deleted check-in that comes back; an ordinary new one is no event.
    pghistory.InsertEvent(condition=pghistory.Q(new__version__gt=1)),
    exclude=["imported_in"],  # no part of what an entry says
)
class CheckIn(Moment):
    """How a patient felt at one moment. "No symptoms" is said, never inferred."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="checkins")
    no_symptoms = models.BooleanField(default=False)
    note = models.TextField(_("note"), blank=True)
    tags = ArrayField(
        models.CharField(max_length=12, choices=Tag), default=list, blank=True
    )
    vaccine = models.CharField(_("which vaccine"), max_length=80, blank=True)
    version = models.PositiveIntegerField(default=1)  # of this check-in
    # Brought over from another diary in which it was logged by mistake.
    moved_at = models.DateTimeField(null=True, blank=True)
    moved_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # The file that added this row; what comes back after a deletion has none.
    imported_in = models.ForeignKey(
        ImportRun, models.SET_NULL, null=True, blank=True, related_name="entries"
    )
    # Set by readable().
    shown_note: str
    shown_tags: list[str]

    objects: ClassVar[models.Manager[CheckIn]] = CheckInQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="diary_checkin_stored_once"
            ),
            models.CheckConstraint(
                condition=models.Q(tags__contained_by=Tag.values),
                name="diary_checkin_tags_known",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-at", "-id"], name="diary_checkin_latest"),
            models.Index(fields=["patient", "day"], name="diary_checkin_by_day"),
        ]

    def __str__(self) -> str:
        return f"check-in {self.pk}"


def seen_symptoms(patient: Patient, prefix: str = "") -> Q:
    """Which symptoms the reader of the opened record may see; for joins, `prefix`."""
    if patient.hides(Category.OWN_SYMPTOMS):
        return Q(**{f"{prefix}custom": None})
    return Q()


class SymptomQuerySet(models.QuerySet["Symptom"]):
    def seen_by(self, patient: Patient) -> Self:
        """Without those in own words, where these are hidden from the reader."""
        return self.filter(seen_symptoms(patient))


@pghistory.track(pghistory.DeleteEvent())
class Symptom(models.Model):
    """One symptom of a check-in. A symptom without a row was not asked."""

    checkin = models.ForeignKey(CheckIn, models.CASCADE, related_name="symptoms")
    # A key of vocabulary.SYMPTOMS, or one of the patient's own; never both.
    code = models.CharField(max_length=40, blank=True)
    custom = models.ForeignKey(
        CustomSymptom, models.CASCADE, null=True, blank=True, related_name="+"
    )
    severity = models.PositiveSmallIntegerField(null=True)  # null: present, ungraded

    objects: ClassVar[models.Manager[Symptom]] = SymptomQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["checkin", "code"],
                condition=~models.Q(code=""),
                name="diary_symptom_once_per_checkin",
            ),
            models.UniqueConstraint(
                fields=["checkin", "custom"], name="diary_symptom_own_once_per_checkin"
            ),
            models.CheckConstraint(
                condition=models.Q(code="", custom__isnull=False)
                | (~models.Q(code="") & models.Q(custom=None)),
                name="diary_symptom_known_or_own",
            ),
            models.CheckConstraint(
                condition=models.Q(severity=None) | models.Q(severity__range=(0, 3)),
                name="diary_symptom_severity_0_to_3",
            ),
        ]

    def __str__(self) -> str:
        return f"symptom {self.pk}"

    @property
    def name(self) -> str:
        """What it is known by: its code, or `OWN` and the primary key of one's own."""
        return self.code or f"{OWN}{self.custom_id}"

    @property
    def label(self) -> str:
        """What it is called; one's own symptom, archived or not, by its own word."""
        if self.custom is not None:
            return self.custom.label
        known = vocabulary.SYMPTOMS.get(self.code)
        return gettext(known.label) if known else self.code

    @property
    def severity_label(self) -> str:
        """The word for the severity; blank when it was not graded."""
        if self.severity is None:
            return ""
        return gettext(vocabulary.Severity(self.severity).label)


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    def readable(self, patient: Patient) -> Self:
        """Measurements of the opened record."""
        return self.filter(patient=patient)

    def measured_between(self, since: datetime, until: datetime) -> Self:
        """Measurements in [since, until], oldest first."""
        return self.filter(at__range=(since, until)).order_by("at", "pk")


@pghistory.track(pghistory.DeleteEvent())
class Measurement(Moment):
    """One quantity at one moment, as typed and in the canonical unit.

    What was read together (systolic, diastolic and pulse of one cuff reading, the
    lines of one lab sheet) shares `client_id`. A pressure may come without its other
    half: some reports give only the systolic.
    """

    class Posture(models.TextChoices):
        LYING = "lying", _("lying")
        SITTING = "sitting", _("sitting")
        STANDING = "standing", _("standing")

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="measurements")
    checkin = models.ForeignKey(
        CheckIn, models.CASCADE, null=True, blank=True, related_name="measurements"
    )
    quantity = models.CharField(max_length=40)  # a key of vocabulary.QUANTITIES
    # canonical unit
    value = models.DecimalField(max_digits=12, decimal_places=CANONICAL_PLACES)
    typed_value = models.DecimalField(max_digits=12, decimal_places=4)
    typed_unit = models.CharField(max_length=20)
    posture = models.CharField(max_length=10, choices=Posture, blank=True)
    site = models.CharField(max_length=40, blank=True)  # of a limb girth
    device = models.CharField(max_length=80, blank=True)
    confirmed = models.BooleanField(default=False)  # implausible, and meant
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager[Measurement]] = MeasurementQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id", "quantity", "posture", "site"],
                name="diary_measurement_stored_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["patient", "-at", "-id"], name="diary_measurement_latest"
            ),
            models.Index(
                fields=["patient", "quantity", "-at"], name="diary_measurement_series"
            ),
        ]

    def __str__(self) -> str:
        return f"measurement {self.pk}"

    @property
    def label(self) -> str:
        known = vocabulary.QUANTITIES.get(self.quantity)
        return gettext(known.label) if known else self.quantity

    @property
    def typed(self) -> str:
        """The value as typed, without the zeros that storage added."""
        return f"{self.typed_value.normalize():f}"

    def shown_in(self, unit: str) -> Decimal:
        """The value in one of the quantity's units, rounded as that unit is shown."""
        if unit == self.typed_unit:
            return self.typed_value.normalize()
        return vocabulary.from_canonical(self.quantity, self.value, unit)
