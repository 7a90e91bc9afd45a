"""Exports of many records at once: asked for by one person, written by the worker."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from sharing.models.choices import Category
from sharing.models.log import AccessEvent
from sharing.models.patients import Patient
from sharing.models.users import User

# How long what was written can be fetched, from when it was asked for. Assurance P7.
EXPORT_LIFE = timedelta(hours=24)


class ExportJobQuerySet(models.QuerySet["ExportJob"]):
    def of(self, user: User) -> Self:
        """What a person asked for and can still fetch, newest first."""
        asked = self.filter(by=user, expires_at__gt=Now())
        return asked.exclude(state=ExportJob.State.CHOOSING).order_by("-pk")

    def over(self) -> Self:
        """Those that nobody can fetch any more."""
        return self.filter(expires_at__lte=Now())


class ExportJob(models.Model):
    """Several records in one file, which only who asked for it can fetch, for a day."""

    class State(models.TextChoices):
        CHOOSING = "choosing"
        RUNNING = "running"
        DONE = "done"

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    by = models.ForeignKey(User, models.CASCADE, related_name="export_jobs")
    state = models.CharField(max_length=8, choices=State, default=State.CHOOSING)
    format = models.CharField(max_length=20, blank=True)  # a key of FORMATS
    since = models.DateField(null=True, blank=True)  # local days of each record
    until = models.DateField(null=True, blank=True)
    device = models.CharField(max_length=10, choices=AccessEvent.Device, blank=True)
    asked_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()

    objects: ClassVar[models.Manager[ExportJob]] = ExportJobQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["by"],
                condition=models.Q(state="choosing"),
                name="sharing_export_one_choice",
            ),
            models.CheckConstraint(
                condition=models.Q(state="choosing") | ~models.Q(format=""),
                name="sharing_export_has_a_format",
            ),
        ]
        indexes = [models.Index(fields=["expires_at"], name="sharing_export_by_end")]

    def __str__(self) -> str:
        return f"export {self.pk}"


class ExportItemQuerySet(models.QuerySet["ExportItem"]):
    def to_write(self) -> Self:
        """Those that nobody is writing: never begun, or the lease ran out."""
        return self.filter(
            models.Q(lease_until=None) | models.Q(lease_until__lte=Now()),
            job__state=ExportJob.State.RUNNING,
            job__expires_at__gt=Now(),
            state=ExportItem.State.WAITING,
        ).order_by("job", "pk")


class ExportItem(models.Model):
    """One record of such an export, and under what right it was written."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WRITTEN = "written"
        REFUSED = "refused"  # whoever asked may not export it any more
        FAILED = "failed"

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)  # its file
    job = models.ForeignKey(ExportJob, models.CASCADE, related_name="items")
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    # Of the moment of writing. None: by the owner.
    grant_pk = models.BigIntegerField(null=True)
    hidden = ArrayField(
        models.CharField(max_length=20, choices=Category), default=list, blank=True
    )

    objects: ClassVar[models.Manager[ExportItem]] = ExportItemQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "patient"], name="sharing_export_each_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["job", "id"],
                condition=models.Q(state="waiting"),
                name="sharing_export_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"export item {self.pk}"
