"""A record that was kept for somebody goes over to them, by their own hand."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Final, Self
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now

from sharing.models.grants import Grant, hash_token
from sharing.models.patients import Patient
from sharing.models.users import User

HAND_OVER_LIFE: Final = timedelta(days=14)  # design choice, as for invitations


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def standing(self) -> Self:
        """Neither answered, taken back nor over, and still its giver's to give.

        A record that has got an owner or was closed is nobody's to hand over, and who
        manages one for a time hands over nothing for good.
        """
        givers = Grant.objects.lasting().filter(
            patient=models.OuterRef("patient"), user=models.OuterRef("by")
        )
        return self.filter(
            models.Exists(givers),
            accepted_at=None,
            revoked_at=None,
            expires_at__gt=Now(),
            patient__owner=None,
            patient__closed_at=None,
        )

    def open_link(self, token: str) -> HandOver | None:
        """The one of this token that can still be accepted, if any."""
        found = self.standing().filter(token_hash=hash_token(token))
        return found.select_related("patient", "by").first()


class HandOver(models.Model):
    """The offer of a whole record to the person whose it is."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="hand_overs")
    email = models.EmailField(max_length=254)  # in lower case
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)  # never the token
    created_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)  # or declined

    objects: ClassVar[models.Manager[HandOver]] = HandOverQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="sharing_handover_one_open",
            )
        ]

    def __str__(self) -> str:
        return str(self.public_id)
