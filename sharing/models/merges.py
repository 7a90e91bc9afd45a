"""What is kept of a record that went into another one of the same person."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sharing.models.patients import Patient
from sharing.models.users import User


class Merge(models.Model):
    """One record took another one in; what of it had no place is kept here."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="merges")
    # The record that is no more. Its lines of the access log stay under its number.
    source_pk = models.BigIntegerField(unique=True)
    source_public_id = models.UUIDField()
    source_name = models.CharField(_("name"), max_length=80)
    by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(db_default=Now(), editable=False)
    # What both records said differently, as the source said it: {part: value}.
    left_over = models.JSONField(default=dict)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"merge {self.pk}"


def record_numbers(patient: Patient) -> list[int]:
    """The keys under which the access log knows a record: its own and those it took in.

    A record that was taken in had perhaps taken in others before.
    """
    merged = Merge.objects.filter(patient=patient).values_list("source_pk", flat=True)
    return [patient.pk, *merged]
