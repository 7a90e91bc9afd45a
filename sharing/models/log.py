"""Who looked: rows that are only ever added."""

from __future__ import annotations

from typing import Final

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models.choices import Permission


class AccessEvent(models.Model):
    """Someone else opened a record, or anyone took it out. Rows are only ever added.

    Asking for a file is one line, of the door; that it left is another, with FILE for a
    method: who is asked for the password first, or chose no format, took nothing out.

    Plain numbers instead of foreign keys: erasing a person must neither fail on this
    table nor rewrite it. The app's database role may not change it (0002_app_role).
    """

    FILE: Final = "FILE"

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
    method = models.CharField(max_length=10)  # or FILE
    device = models.CharField(max_length=10, choices=Device)
    allowed = models.BooleanField()

    class Meta:
        indexes = [
            models.Index(
                fields=["patient_pk", "-at"], name="sharing_access_by_patient"
            ),
            # Who stands in a log of many years, and when each looked last.
            models.Index(
                fields=["patient_pk", "actor_pk", "-at"],
                include=["allowed"],
                name="sharing_access_by_reader",
            ),
        ]

    def __str__(self) -> str:
        return f"access {self.pk}"
