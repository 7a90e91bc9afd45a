"""Whose record it is, who may see it, and whom to call for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AnonymousUser
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sharing.models.choices import Category, Permission
from sharing.models.keeping import OWNER_LEAVES
from sharing.models.users import User
from sharing.zones import valid_zone

if TYPE_CHECKING:
    from sharing.models.grants import Grant

ENDS_SOON = timedelta(days=14)  # design choice: time to renew access without a gap


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Records that `user` owns or holds a live grant on, with what it allows."""
        condition = models.Q(
            grants__user=user.pk,
            grants__revoked_at=None,
            grants__starts_at__lte=Now(),
        ) & (models.Q(grants__expires_at=None) | models.Q(grants__expires_at__gt=Now()))
        if not user.is_staff:  # who was it when they broke the glass opens nothing
            condition &= models.Q(grants__kind__in=("caregiver", "clinician"))
        live = models.FilteredRelation("grants", condition=condition)
        return (
            self.annotate(live=live)
            .filter(models.Q(owner=user.pk) | models.Q(live__isnull=False))
            .annotate(
                is_own=models.Case(
                    models.When(owner=user.pk, then=True), default=False
                ),
                grant_pk=models.F("live__pk"),
                grant_kind=models.F("live__kind"),
                granted=models.F("live__permissions"),
                granted_until=models.F("live__expires_at"),
                hidden=models.F("live__hidden"),
                deleted_at=models.F("deletion__due_at"),
            )
        )

    @contextmanager
    def writing(self, patient: Patient) -> Iterator[None]:
        """Lock the record for one write and give its data a new version.

        Writers of one patient wait for each other here, so that whatever is derived
        from several rows (a flag, a reminder, a cached chart) sees all of them.
        RecordGone if it was erased, or went into another one, while this waited.
        """
        with transaction.atomic():
            if not self.select_for_update().filter(pk=patient.pk).values_list("pk"):
                raise RecordGone
            yield
            self.filter(pk=patient.pk).update(version=models.F("version") + 1)


class Patient(models.Model):
    """Whose record it is. The key is a bigint (exclusion constraints need one)."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    owner = models.OneToOneField(
        User, models.PROTECT, null=True, blank=True, related_name="own_record"
    )
    name = models.CharField(_("name"), max_length=80)
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    zone = models.CharField(_("time zone"), max_length=40, validators=[valid_zone])
    units = models.JSONField(default=dict, blank=True)  # {quantity key: unit}
    emergency_number = models.CharField(
        _("emergency number"), max_length=20, default="112"
    )
    plan_text = models.TextField(_("my plan"), max_length=4000, blank=True)
    is_demo = models.BooleanField(default=False)
    # After a death: from then on the record is only read. See sharing.closed.
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    memorial = models.TextField(_("in memory"), max_length=4000, blank=True)
    version = models.PositiveBigIntegerField(default=0)  # of the data, see writing()
    created_at = models.DateTimeField(db_default=Now())

    # Set by visible_to(): what the user who opened the record may do.
    is_own: bool
    grant_pk: int | None
    grant_kind: str | None
    granted: list[str] | None
    granted_until: datetime | None
    hidden: list[str] | None
    # Set by the door while somebody looks at the record as another person sees it.
    preview_of: Grant | None = None
    deleted_at: datetime | None  # when it will be, if that was asked for

    objects: ClassVar[models.Manager[Patient]] = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name=""), name="sharing_patient_has_a_name"
            )
        ]
        triggers = [OWNER_LEAVES]

    def __str__(self) -> str:
        return str(self.public_id)  # a name would be health data in a log

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def permissions(self) -> frozenset[str]:
        """What the user who opened this record may do; a closed one is only read."""
        reading = {Permission.VIEW, Permission.EXPORT}
        return self.given & reading if self.is_closed else self.given

    @property
    def given(self) -> frozenset[str]:
        """What the user was given, whether or not the record is closed by now."""
        return frozenset(Permission.values if self.is_own else self.granted or ())

    @property
    def runs_for_good(self) -> bool:
        """Whether who opened this record owns it, or manages it without an end."""
        manages = Permission.MANAGE in self.given and self.granted_until is None
        return self.is_own or manages

    @property
    def may_ask(self) -> bool:
        """Whether who opened this record can ask its patient to correct something."""
        return not (self.is_own or self.is_closed or self.grant_kind == "staff")

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def until(self, now: datetime) -> datetime:
        """Now, or when the record was closed: from then on nothing is observed."""
        return min(now, self.closed_at) if self.closed_at else now

    def hides(self, category: Category) -> bool:
        """Whether the user who opened this record must not see `category`."""
        return not self.is_own and category in (self.hidden or ())

    @property
    def access_ends_soon(self) -> bool:
        """Whether the access of the user who opened this record is over within days."""
        end = None if self.is_own else self.granted_until
        return end is not None and end - timezone.now() < ENDS_SOON

    def is_child(self, on: datetime) -> bool:
        """Whether the patient is under 18 at `on`; False when the age is unknown."""
        if self.born_on is None:
            return False
        today = on.astimezone(self.tz).date()
        birthday_to_come = (today.month, today.day) < (
            self.born_on.month,
            self.born_on.day,
        )
        return today.year - self.born_on.year - birthday_to_come < 18


class RecordGone(Patient.DoesNotExist):
    """A write to a record that was there at the door and is no more (404)."""


class EmergencyContact(models.Model):
    """Someone to call, shown on the help page in this order."""

    patient = models.ForeignKey(
        Patient, models.CASCADE, related_name="emergency_contacts"
    )
    name = models.CharField(_("name"), max_length=80)
    phone = models.CharField(
        _("phone"), max_length=40, validators=[MinLengthValidator(3)]
    )
    role = models.CharField(_("who they are"), max_length=80, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"contact {self.pk}"
