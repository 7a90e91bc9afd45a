"""What others add to a record: comments, and files of measurements."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models import Patient, User, as_signed
from sharing.zones import valid_zone


class Comment(models.Model):
    """A remark on a day, by anyone who sees the record; authorship stays."""

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="comments")
    day = models.DateField()
    text = models.TextField(_("comment"))
    author = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    author_name = models.CharField(max_length=80)  # as it was when written
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="diary_comment_stored_once"
            )
        ]
        indexes = [models.Index(fields=["patient", "day"], name="diary_comment_by_day")]

    def __str__(self) -> str:
        return f"comment {self.pk}"

    @property
    def signed(self) -> str:
        """Who wrote it, for people; blank once they have left."""
        return as_signed(self.author_name, self.author)


class ImportRunQuerySet(models.QuerySet["ImportRun"]):
    def waiting_for(self, by: User) -> Self:
        """Runs of one person that are neither stored nor given up, newest first."""
        unfinished = [ImportRun.State.PREVIEW, ImportRun.State.QUEUED]
        return self.filter(by=by, state__in=unfinished).order_by("-pk")

    def shown_to(self, by: User) -> Self:
        """One's own runs, and those whose entries are in the diary for all to see."""
        public = [ImportRun.State.DONE, ImportRun.State.UNDONE]
        return self.filter(models.Q(by=by) | models.Q(state__in=public))

    def stored(self) -> Self:
        """Runs that added something, newest first."""
        return self.filter(
            state__in=[ImportRun.State.DONE, ImportRun.State.UNDONE], rows_added__gt=0
        ).order_by("-pk")

    def stale(self, now: datetime) -> Self:
        """Runs that hold a file and that nobody finished within a day."""
        unfinished = [ImportRun.State.PREVIEW, ImportRun.State.QUEUED]
        return self.filter(
            state__in=unfinished, created_at__lt=now - timedelta(hours=24)
        )


class ImportRun(models.Model):
    """One file being brought in: previewed, then stored in one transaction."""

    class State(models.TextChoices):
        PREVIEW = "preview", _("waiting for your answer")
        QUEUED = "queued", _("waiting to start")
        DONE = "done", _("brought in")
        FAILED = "failed", _("not brought in")
        UNDONE = "undone", _("taken out again")

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="imports")
    by = models.ForeignKey(User, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    layout = models.CharField(max_length=20)  # a key of diary.importing.LAYOUTS
    zone = models.CharField(max_length=40, validators=[valid_zone])
    options = models.JSONField(default=dict)  # answers: units, columns
    content = models.TextField()  # the file; emptied when done
    state = models.CharField(max_length=8, choices=State, default=State.PREVIEW)
    rows_total = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    rows_added = models.PositiveIntegerField(default=0)
    rows_doubled = models.PositiveIntegerField(default=0)
    rows_refused = models.PositiveIntegerField(default=0)
    rows_removed = models.PositiveIntegerField(default=0, db_default=0)  # by undoing it

    objects: ClassVar[models.Manager[ImportRun]] = ImportRunQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="diary_import_latest")
        ]

    def __str__(self) -> str:
        return f"import {self.pk}"
