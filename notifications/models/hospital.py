"""The time that a patient spent in hospital, in which nothing prompts them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models

from sharing.models import Patient, User


class HospitalStayQuerySet(models.QuerySet["HospitalStay"]):
    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(ended_at=None)

    def unsettled(self) -> Self:
        """Not ended, or nobody has said yet what to do with what was missed."""
        return self.filter(settled_at=None).order_by("-began_at", "-pk")


class HospitalStay(models.Model):
    """From one press of a button to another; at most one of a record is open."""

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="hospital_stays")
    began_at = models.DateTimeField()
    began_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    settled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager[HospitalStay]] = HospitalStayQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["patient"],
                condition=models.Q(ended_at=None),
                name="notifications_hospital_one_open",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None)
                | models.Q(ended_at__gte=models.F("began_at")),
                name="notifications_hospital_ends_after_start",
            ),
        ]

    def __str__(self) -> str:
        return f"stay {self.pk}"

    def end(self, now: datetime, by: User) -> None:
        """Over from now on; never before it began, whatever a clock says."""
        self.ended_at, self.ended_by = max(now, self.began_at), by
        self.save(update_fields=["ended_at", "ended_by"])
