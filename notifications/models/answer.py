"""What a person said to a message: done, later, not this time, or seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Self

from django.db import models

from notifications.models.occurrence import Occurrence
from sharing.models import Patient, User


class AnswerQuerySet(models.QuerySet["Answer"]):
    def about(
        self, patient: Patient, subject: str, moments: Iterable[datetime]
    ) -> Self:
        """What was said about these moments of a subject, each with its occurrence."""
        return self.filter(
            occurrence__patient=patient,
            occurrence__subject=subject,
            occurrence__about_at__in=moments,
        ).select_related("occurrence")

    def to(self, occurrences: Collection[Occurrence]) -> Self:
        """The answers to these, oldest first, each with who gave it."""
        rows = self.filter(occurrence__in=occurrences)
        return rows.select_related("user").order_by("at", "pk")


class Answer(models.Model):
    """One person's answer to one occurrence; all of the circle may read it."""

    class What(models.TextChoices):
        DONE = "done"
        SNOOZED = "snoozed"
        SKIPPED = "skipped"
        SEEN = "seen"  # "I have seen it, I am calling"

    occurrence = models.ForeignKey(Occurrence, models.CASCADE, related_name="answers")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="answers")
    what = models.CharField(max_length=8, choices=What)
    at = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)  # of a snooze

    objects = AnswerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["occurrence", "user", "what"],
                name="notifications_answer_once",
            ),
            models.CheckConstraint(
                condition=models.Q(what="snoozed", until__isnull=False)
                | (~models.Q(what="snoozed") & models.Q(until=None)),
                name="notifications_answer_until_when_snoozed",
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"

    @property
    def closes(self) -> bool:
        """Whether nothing more is to be said about that moment."""
        return self.what in {self.What.DONE, self.What.SKIPPED}
