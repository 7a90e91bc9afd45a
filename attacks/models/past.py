"""What is known of the time before the diary, where nobody wrote attack by attack."""

from __future__ import annotations

from typing import ClassVar, Self
from uuid import uuid4

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from attacks.models.attack import Precision, SamePatient, source
from attacks.models.facts import kept
from sharing.models import Category, Patient, User


class Days(models.Func):
    """The days from first to last, both of them included."""

    function = "DATERANGE"

    def __init__(self) -> None:
        super().__init__(models.F("from_on"), models.F("until_on"), models.Value("[]"))


class PastCountQuerySet(models.QuerySet["PastCount"]):
    def readable(self, patient: Patient) -> Self:
        """Counts of the opened record, newest first; `shown_note` blank if hidden."""
        hidden = patient.hides(Category.NOTES)
        note = models.Value("") if hidden else models.F("note")
        return (
            self.filter(patient=patient)
            .annotate(shown_note=note)
            .defer("note")
            .order_by("-from_on")
        )


@pghistory.track(*kept())
class PastCount(models.Model):
    """How many attacks there were in a time of the past, written down or not.

    The count is of all attacks of that time, those that have an entry of their own
    included. It says something about a rate only if it is complete.
    """

    client_id = models.UUIDField(default=uuid4)  # sent twice, kept once
    patient = models.ForeignKey(Patient, models.CASCADE, related_name="past_counts")
    from_on = models.DateField(_("from"))  # the first day, the patient's own
    until_on = models.DateField(_("to"))  # the last day, which counts too
    count = models.PositiveSmallIntegerField(_("how many attacks"))
    # How exactly the two days are known.
    precision = models.CharField(
        max_length=10, choices=Precision, default=Precision.YEAR
    )
    complete = models.BooleanField(default=False)  # all attacks of that time are known
    source = source()
    note = models.TextField(_("note"), blank=True)
    entered_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)
    shown_note: str  # set by readable()

    objects: ClassVar[models.Manager[PastCount]] = PastCountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "client_id"], name="attacks_pastcount_stored_once"
            ),
            models.CheckConstraint(
                condition=models.Q(until_on__gte=models.F("from_on")),
                name="attacks_pastcount_in_order",
            ),
            ExclusionConstraint(
                name="attacks_pastcount_no_overlap",
                expressions=[
                    (SamePatient(), RangeOperators.OVERLAPS),
                    (Days(), RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"past count {self.pk}"
