"""Users, the patients whose records they open, grants, and who looked.

A user signs in; a patient is whose record it is. They are two tables because a child's
record has no user of its own and a caregiver may follow many patients.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.contrib.auth.models import (
    AbstractBaseUser,
    AnonymousUser,
    BaseUserManager,
    PermissionsMixin,
)
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinLengthValidator
from django.db import models, transaction
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from sharing.zones import valid_zone

INVITATION_LIFE = timedelta(days=14)  # design choice


class Permission(models.TextChoices):
    VIEW = "view", _("See the diary")
    LOG = "log", _("Add entries")
    EXPORT = "export", _("Export")
    MANAGE = "manage", _("Manage: settings, plan and people")


class Category(models.TextChoices):
    """What a grant may leave out."""

    NOTES = "notes", _("Notes")
    OWN_SYMPTOMS = "own_symptoms", _("Symptoms in their own words")
    PERIOD = "period", _("Period")


class Topic(models.TextChoices):
    """What someone with a grant can be told about, outside the app too."""

    WATCH = "watch", _("The diary looks unusual")
    ACT = "act", _("The diary looks very unusual")
    HELP = "help", _("“Tell my caregivers” was pressed")
    INFUSION = "infusion", _("An infusion is overdue")
    HOSPITAL = "hospital", _("Going to and coming from hospital")


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        user = self.model(email=email.lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(
        self, email: str, password: str | None = None, **fields: Any
    ) -> User:
        fields |= {"is_staff": True, "is_superuser": True}
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """Someone who signs in with an e-mail address."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=80, blank=True)
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(db_default=Now())

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")),
                name="sharing_user_email_is_lower_case",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email


def display_name(user: User) -> str:
    """What allauth's pages and mails call a user."""
    return str(user)


class PatientQuerySet(models.QuerySet["Patient"]):
    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Records that `user` owns or holds a live grant on, with what it allows."""
        live = models.FilteredRelation(
            "grants",
            condition=models.Q(
                grants__user=user.pk,
                grants__revoked_at=None,
                grants__starts_at__lte=Now(),
            )
            & (
                models.Q(grants__expires_at=None)
                | models.Q(grants__expires_at__gt=Now())
            ),
        )
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
            )
        )

    @contextmanager
    def writing(self, patient: Patient) -> Iterator[None]:
        """Lock the record for one write and give its data a new version.

        Writers of one patient wait for each other here, so that whatever is derived
        from several rows (a flag, a reminder, a cached chart) sees all of them.
        """
        with transaction.atomic():
            self.select_for_update().values_list("pk").get(pk=patient.pk)
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
    version = models.PositiveBigIntegerField(default=0)  # of the data, see writing()
    created_at = models.DateTimeField(db_default=Now())

    # Set by visible_to(): what the user who opened the record may do.
    is_own: bool
    grant_pk: int | None
    grant_kind: str | None
    granted: list[str] | None
    granted_until: datetime | None
    hidden: list[str] | None

    objects: ClassVar[models.Manager[Patient]] = PatientQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(name=""), name="sharing_patient_has_a_name"
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)  # a name would be health data in a log

    @property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def permissions(self) -> frozenset[str]:
        """What the user who opened this record may do."""
        return frozenset(Permission.values if self.is_own else self.granted or ())

    def hides(self, category: Category) -> bool:
        """Whether the user who opened this record must not see `category`."""
        return not self.is_own and category in (self.hidden or ())

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


class GrantQuerySet(models.QuerySet["Grant"]):
    def standing(self) -> Self:
        """Invited or accepted, neither revoked nor over; oldest first.

        An invitation stands as long as its inviter could still give it: the owner, or
        somebody who manages the record until it ends or longer.
        """
        now = Now()
        inviters = Grant.objects.managing().filter(
            models.Q(expires_at=None)
            | models.Q(expires_at__gte=models.OuterRef("expires_at")),
            patient=models.OuterRef("patient"),
            user=models.OuterRef("invited_by"),
        )
        may_give = models.Q(invited_by=models.F("patient__owner"))
        may_give |= models.Q(models.Exists(inviters))
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=now),
            models.Q(user__isnull=False)
            | (models.Q(invitation_expires_at__gt=now) & may_give),
            revoked_at=None,
        ).order_by("pk")

    def live(self) -> Self:
        """Held by people who may open the record at this moment."""
        return self.filter(
            models.Q(expires_at=None) | models.Q(expires_at__gt=Now()),
            user__isnull=False,
            revoked_at=None,
            starts_at__lte=Now(),
        )

    def managing(self) -> Self:
        """Held by people who may manage the record at this moment."""
        return self.live().filter(permissions__contains=[Permission.MANAGE])

    def open_invitation(self, token: str) -> Grant | None:
        """The invitation of this token that can still be accepted, if any."""
        return (
            self.standing()
            .filter(token_hash=hash_token(token), user=None)
            .select_related("patient", "invited_by")
            .first()
        )


class Grant(models.Model):
    """What one person may do with one record: invited, accepted, ended or revoked."""

    class Kind(models.TextChoices):
        CAREGIVER = "caregiver", _("Caregiver")
        CLINICIAN = "clinician", _("Clinician")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="grants")
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="grants"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    permissions = ArrayField(models.CharField(max_length=20, choices=Permission))
    hidden = ArrayField(
        models.CharField(max_length=20, choices=Category), default=list, blank=True
    )
    # What the patient lets this person be told; nothing unless chosen.
    told = ArrayField(
        models.CharField(max_length=20, choices=Topic), default=list, blank=True
    )
    starts_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    invited_email = models.EmailField(blank=True)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="invitations_made"
    )
    invitation_expires_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64)  # of the invitation, never the token
    created_at = models.DateTimeField(db_default=Now())
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[models.Manager[Grant]] = GrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "user"],
                condition=models.Q(revoked_at=None, user__isnull=False),
                name="sharing_grant_one_per_person",
            ),
            models.UniqueConstraint(
                fields=["token_hash"], name="sharing_grant_token_unique"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    permissions__contained_by=Permission.values,
                    permissions__contains=[Permission.VIEW],
                ),
                name="sharing_grant_permissions_known_and_view",
            ),
            models.CheckConstraint(
                condition=models.Q(hidden__contained_by=Category.values),
                name="sharing_grant_hidden_known",
            ),
            models.CheckConstraint(
                condition=models.Q(told__contained_by=Topic.values),
                name="sharing_grant_told_known",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None, accepted_at=None)
                | models.Q(user__isnull=False, accepted_at__isnull=False),
                name="sharing_grant_accepted_by_someone",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at=None)
                | models.Q(expires_at__gt=models.F("starts_at")),
                name="sharing_grant_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return str(self.public_id)


def new_token() -> str:
    """A secret for a link: 256 bits from the system's random source."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a link's secret; a stolen database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()


class AccessEvent(models.Model):
    """Someone other than the owner opened a record. Rows are only ever added.

    Plain numbers instead of foreign keys: erasing a person must neither fail on this
    table nor rewrite it. The app's database role may not change it (0002_app_role).
    """

    class Device(models.TextChoices):
        PHONE = "phone", _("phone")
        COMPUTER = "computer", _("computer")
        OTHER = "other", _("other device")

    at = models.DateTimeField(db_default=Now())
    patient_pk = models.BigIntegerField()
    actor_pk = models.BigIntegerField()
    grant_pk = models.BigIntegerField(null=True)
    grant_kind = models.CharField(max_length=20, blank=True)
    permission = models.CharField(max_length=20, choices=Permission)
    route = models.CharField(max_length=60)  # the URL's name: what was opened
    method = models.CharField(max_length=10)
    device = models.CharField(max_length=10, choices=Device)
    allowed = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(fields=["patient_pk", "-at"], name="sharing_access_by_patient")
        ]

    def __str__(self) -> str:
        return f"access {self.pk}"
