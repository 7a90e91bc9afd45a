"""What a diary that was brought over told of where it was before."""

from __future__ import annotations

from django.db import models

from sharing.models.patients import Patient


class BroughtLine(models.Model):
    """One line that is only told on: who had access, who looked, what was sent.

    It never acts. A file must neither give anybody access nor add to a log that people
    trust, and still nothing that it says is lost.
    """

    patient = models.ForeignKey(Patient, models.CASCADE, related_name="brought_lines")
    kind = models.CharField(max_length=20)  # a key of capleak.exports.takeout.TOLD
    told = models.JSONField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"brought line {self.pk}"
