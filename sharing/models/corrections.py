"""Requests to correct an entry: others ask, whoever runs the record decides."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID, uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models.choices import Permission
from sharing.models.patients import Patient
from sharing.models.users import User


class CorrectionQuerySet(models.QuerySet["Correction"]):
    def readable(self, patient: Patient, user: User) -> Self:
        """Requests about the opened record that the user may see, newest first.

        Whoever manages the record sees all of them, anybody else their own: a request
        can quote what others do not see. In a preview, those of whom it shows.
        """
        rows = self.filter(patient=patient).order_by("-at", "-pk")
        if Permission.MANAGE in patient.given:
            return rows
        asker = patient.preview_of.user if patient.preview_of else user
        return rows.filter(asked_by=asker) if asker else rows.none()

    def open(self) -> Self:
        return self.filter(state=Correction.State.OPEN)

    def open_first(self) -> Self:
        """What waits for an answer, then the rest, each newest first."""
        is_open = models.Q(state=Correction.State.OPEN)
        return self.order_by(
            models.Case(models.When(is_open, 0), default=1), "-at", "-pk"
        )

    def about(self, about: str, target: UUID) -> Self:
        """Of one entry."""
        return self.filter(about=about, target=target)

    def answered_since(self, since: datetime) -> Self:
        """Accepted or declined since then."""
        said = [Correction.State.ACCEPTED, Correction.State.DECLINED]
        return self.filter(state__in=said, decided_at__gte=since)


class Correction(models.Model):
    """What somebody asks to be corrected, and what was decided. It changes no entry."""

    class About(models.TextChoices):
        CHECKIN = "checkin", _("check-in")
        ATTACK = "attack", _("attack")
        INFUSION = "infusion", _("infusion")

    class State(models.TextChoices):
        OPEN = "open", _("not answered yet")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("taken back")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="corrections")
    about = models.CharField(max_length=10, choices=About)
    # The client id of a check-in, the public id of an attack or an infusion. No key: an
    # entry that is deleted and brought back is the same to people, and another row.
    target = models.UUIDField()
    words = models.TextField(_("what should be corrected"))
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_by_name = models.CharField(max_length=80)  # as it was when asked
    at = models.DateTimeField(db_default=Now(), editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    reply = models.CharField(_("a word to them"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_by_name = models.CharField(max_length=80, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[Correction]] = CorrectionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="sharing_correction_stored_once"
            ),
            models.CheckConstraint(
                condition=~models.Q(words=""), name="sharing_correction_says_what"
            ),
            models.CheckConstraint(
                condition=models.Q(state="open", decided_at=None)
                | (
                    models.Q(state__in=["accepted", "declined", "withdrawn"])
                    & models.Q(decided_at__isnull=False)
                ),
                name="sharing_correction_open_until_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-at"], name="sharing_correction_latest")
        ]

    def __str__(self) -> str:
        return f"correction {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
