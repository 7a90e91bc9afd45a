"""The check-in of someone who feels ill: one answer, and it is saved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import uuid5

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.drafts import CheckInDraft
from diary.forms.symptoms import SymptomsForm
from diary.vocabulary import Severity
from sharing.fields import note_field

# The signs of the domain sheet, section 6, that one tap can say. Kept without a grade.
RED: Final = [
    ("syncope", gettext_lazy("Fainted")),
    ("dyspnea", gettext_lazy("Cannot breathe well")),
    ("edema_limbs", gettext_lazy("Arms or legs swell fast")),
    ("limb_tightness", gettext_lazy("Hard, painful limb")),
    ("low_urine", gettext_lazy("Very little urine")),
    ("chest_pain", gettext_lazy("Chest pain")),
]
GRADES: Final = [
    (str(grade.value), gettext_lazy(grade.label))
    for grade in (Severity.MILD, Severity.MODERATE, Severity.SEVERE)
]
UNNAMED: Final = "malaise"  # what "I feel ill" says when nothing else is chosen


class SickForm(SymptomsForm):
    """How bad it is, or a red flag: either is a button that saves.

    The grade holds for every chosen symptom. Beside a red flag they are kept ungraded:
    there was no time to ask.
    """

    grade = forms.ChoiceField(choices=GRADES, required=False)
    flag = forms.ChoiceField(choices=RED, required=False)
    note = note_field(label=gettext_lazy("Note"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for choice in self.offer:
            self.fields[choice.field] = forms.BooleanField(
                required=False, label=choice.label
            )

    @property
    def note_open(self) -> bool:
        return self.opens("note")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        flag, grade = data.get("flag"), data.get("grade")
        severity = int(grade) if grade and not flag else None
        for choice in self.offer:
            if not data.get(choice.field):
                continue
            if choice.own is None:
                self.symptoms[choice.key] = severity
            else:
                self.own[choice.own] = severity
        if flag:
            self.symptoms[flag] = None
        elif not self.symptoms and not self.own:
            self.symptoms[UNNAMED] = severity
        if not flag and not grade and not self.errors:
            self.add_error(
                None, _("How bad is it? Press Mild, Moderate or Severe to save.")
            )
        return data

    def to_draft(self) -> CheckInDraft:
        """The check-in, felt now."""
        return CheckInDraft(
            client_id=self.cleaned_data["client_id"],
            at=timezone.now(),
            zone=self.patient.zone,
            timed=False,
            symptoms=self.symptoms,
            own=self.own,
            note=self.cleaned_data["note"],
        )

    def another(self) -> CheckInDraft:
        """The draft under an id of its own, which is the same for the same answers.

        For who went back and pressed another button: both are meant, each once.
        """
        draft = self.to_draft()
        answers = repr(sorted(draft.symptoms.items())), repr(sorted(draft.own.items()))
        name = "\n".join((*answers, draft.note))
        return replace(draft, client_id=uuid5(draft.client_id, name))
