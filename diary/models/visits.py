"""What a patient takes to the next visit, and when the last one was."""

from __future__ import annotations

from typing import Final

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from sharing.models import Category, Grant, Patient, User

# Design choices: what is asked in 12 minutes, and what fits two lines of one page.
MOST_QUESTIONS: Final = 3
LONGEST: Final = 160


@pghistory.track(
    # What was said until now; erasing a user, which blanks a name, is no version.
    pghistory.UpdateEvent(
        row=pghistory.Old,
        condition=pghistory.AnyChange(exclude=["saved_by", "saved_at"]),
    ),
    pghistory.DeleteEvent(),
)
class VisitSheet(models.Model):
    """Up to three questions for the clinician, and the day of the last visit."""

    patient = models.OneToOneField(Patient, models.CASCADE, related_name="visit_sheet")
    questions = ArrayField(
        models.CharField(max_length=LONGEST), default=list, blank=True
    )
    last_on = models.DateField(_("last visit"), null=True, blank=True)
    saved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(questions__len__lte=MOST_QUESTIONS),
                name="diary_visitsheet_three_questions",
            )
        ]

    def __str__(self) -> str:
        return f"visit sheet {self.pk}"

    def questions_for(self, patient: Patient) -> list[str]:
        """The questions for the reader of the opened record.

        They are written to the clinician, so every clinician reads them; who else
        does not see notes does not see them either.
        """
        is_asked = patient.grant_kind == Grant.Kind.CLINICIAN
        if patient.hides(Category.NOTES) and not is_asked:
            return []
        return list(self.questions)
