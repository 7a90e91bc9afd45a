"""What one person may do with one record, from the invitation to the end."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import ClassVar, Self
from uuid import uuid4

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models.choices import Category, Permission, Topic
from sharing.models.keeping import MANAGER_LEAVES
from sharing.models.patients import Patient
from sharing.models.users import User

INVITATION_LIFE = timedelta(days=14)  # design choice
# Of a link that names nobody. Design choice: long enough for somebody who is sent it
# and reads in the evening, and whoever opens it is still to be let in.
LINK_LIFE = timedelta(hours=24)


# What a grant allows, as it can be changed as long as it stands.
ALLOWS = ("kind", "permissions", "hidden", "told", "starts_at", "expires_at")
STAFF_LOOK = timedelta(minutes=30)  # design choice: one question of one patient


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
        nobody_left = models.Q(user=None, claimed_by=None, claimed_at__isnull=False)
        return (
            self.exclude(nobody_left)
            .filter(
                models.Q(expires_at=None) | models.Q(expires_at__gt=now),
                models.Q(user__isnull=False)
                | (models.Q(invitation_expires_at__gt=now) & may_give),
                revoked_at=None,
            )
            .order_by("pk")
        )

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

    def lasting(self) -> Self:
        """Managers who can be relied on: no end is set, and they can sign in."""
        return self.managing().filter(expires_at=None, user__is_active=True)

    def open_invitation(self, token: str) -> Grant | None:
        """The invitation of this token that can still be accepted, if any."""
        return (
            self.standing()
            .filter(token_hash=hash_token(token), user=None, claimed_at=None)
            .select_related("patient", "invited_by")
            .first()
        )


@pghistory.track(
    # What was allowed before each change; who changed it is in the event's context.
    pghistory.UpdateEvent(row=pghistory.Old, condition=pghistory.AnyChange(*ALLOWS)),
    fields=["patient", *ALLOWS],
    model_name="GrantEvent",
    obj_field=pghistory.ObjForeignKey(related_name="event"),
)
class Grant(models.Model):
    """What one person may do with one record: invited, accepted, ended or revoked.

    An invitation without an address is bound to nobody: whoever opens its link and
    signs in claims it, once and alone, and holds nothing until they are let in.
    """

    class Kind(models.TextChoices):
        CAREGIVER = "caregiver", _("Caregiver")
        CLINICIAN = "clinician", _("Clinician")
        STAFF = "staff", _("Staff of this site")  # breaks the glass, see staff_look

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
    # Why staff had to look; of nobody else.
    reason = models.CharField(max_length=300, blank=True)
    starts_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    invited_email = models.EmailField(blank=True)
    meant_for = models.CharField(max_length=80, blank=True)  # the inviter's own words
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="invitations_made"
    )
    invitation_expires_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64)  # of the invitation, never the token
    claimed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)  # spent from then on
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
            models.CheckConstraint(
                condition=models.Q(claimed_by=None)
                | models.Q(claimed_at__isnull=False, invited_email=""),
                name="sharing_grant_claimed_without_address",
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="staff")
                | models.Q(
                    ~models.Q(reason=""),
                    permissions=[Permission.VIEW],
                    expires_at__isnull=False,
                    expires_at__lte=models.F("starts_at") + STAFF_LOOK,
                ),
                name="sharing_grant_staff_look_is_short",
            ),
        ]
        triggers = [MANAGER_LEAVES]

    def __str__(self) -> str:
        return str(self.public_id)

    @property
    def who(self) -> str:
        """Whose it is, or is to be, as those who manage the record know them."""
        person = self.user or self.claimed_by
        named = person.known_as if person else self.invited_email or self.meant_for
        return named or str(_("whoever has the link"))

    @property
    def is_open_link(self) -> bool:
        """Whether it names nobody, and nobody has opened it yet."""
        return not self.invited_email and self.claimed_at is None

    @property
    def is_asked_for(self) -> bool:
        """Whether somebody opened the link and waits to be let in."""
        return self.user_id is None and self.claimed_by_id is not None


def new_token() -> str:
    """A secret for a link: 256 bits from the system's random source."""
    return secrets.token_urlsafe(32)


def hash_token(token: str) -> str:
    """What is stored of a link's secret; a stolen database opens nothing."""
    return hashlib.sha256(token.encode()).hexdigest()
