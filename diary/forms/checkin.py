"""The check-in form: severities, a few measurements, what else went on, a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, ClassVar, Final

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import vocabulary
from diary.drafts import CheckInDraft, Reading
from diary.forms.moment import MomentForm
from diary.forms.readings import ReadingsForm
from diary.forms.symptoms import SymptomsForm
from diary.models import Tag
from diary.visible import visible, with_unseen
from sharing.fields import note_field
from sharing.models import Category

UNGRADED: Final = "present"  # shown only where an entry says so
SEVERITIES = [
    *(
        (str(severity.value), gettext_lazy(severity.label))
        for severity in vocabulary.Severity
    ),
    (UNGRADED, gettext_lazy("Yes, not graded")),
]
NOT_ASKED: Final = ("", gettext_lazy("Not asked"))  # takes an answer back

TAG_CHOICES = [(tag.value, capfirst(tag.label)) for tag in Tag]


def answer_of(severity: int | None) -> str:
    return UNGRADED if severity is None else str(severity)


def severity_of(answer: str) -> int | None:
    return None if answer == UNGRADED else int(answer)


class CheckInForm(MomentForm, ReadingsForm, SymptomsForm):
    """Everything is optional, but an empty check-in is not one.

    With `same_as` the severities of an earlier check-in are filled in, with `editing`
    all that it says. What the form cannot show of an edited check-in stays in it.
    """

    parts = "diary/_checkin_parts.html"

    asked: ClassVar[tuple[str, ...]] = (
        "systolic",
        "diastolic",
        "pulse",
        "weight",
        "temperature",
        "spo2",
        "urine_relative",
    )

    well = forms.BooleanField(required=False, widget=forms.HiddenInput)
    tags = forms.MultipleChoiceField(
        choices=TAG_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What else went on?"),
    )
    vaccine = forms.CharField(
        required=False, max_length=80, label=gettext_lazy("Which vaccine?")
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self, data: Any = None, *, same_as: CheckInDraft | None = None, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.same_as = same_as
        first = set(self.offer.first)
        answered = self._answered()
        for choice in self.offer:
            can_clear = choice.field in answered
            self.fields[choice.field] = forms.ChoiceField(
                choices=[*SEVERITIES, NOT_ASKED] if can_clear else SEVERITIES,
                required=False,
                widget=forms.RadioSelect,
                label=choice.label,
                # The short list stays short; the rest says what it means.
                help_text="" if choice in first else choice.plain,
            )
        if self.patient.hides(Category.PERIOD):
            tags = self.fields["tags"]
            assert isinstance(tags, forms.MultipleChoiceField)
            tags.choices = [
                choice for choice in TAG_CHOICES if choice[0] != Tag.PERIOD.value
            ]
        if said := self.editing or same_as:
            for key, severity in said.symptoms.items():
                self.initial[f"s_{key}"] = answer_of(severity)
            for own, severity in said.own.items():
                self.initial[f"o_{own}"] = answer_of(severity)
        if self.editing is not None:
            self.initial.update(
                tags=list(visible(self.patient, self.editing).tags),
                vaccine=self.editing.vaccine,
                note=self.editing.note,
            )
            if self.patient.hides(Category.NOTES):
                del self.fields["note"]  # it stays as it is, unseen

    def _answered(self) -> set[str]:
        """The fields of what a stored check-in says of symptoms."""
        if self.editing is None:
            return set()
        known, own = self.editing.symptoms, self.editing.own
        return {*(f"s_{key}" for key in known), *(f"o_{pk}" for pk in own)}

    @property
    def tags_open(self) -> bool:
        return self.opens("tags", "vaccine")

    @property
    def note_open(self) -> bool:
        return self.opens("note")

    def measured_values(self) -> tuple[Reading, ...]:
        return tuple(self.possible)

    def measured_at(self) -> datetime | None:
        return None if {"ago", "at"} & self.errors.keys() else self.moment()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for choice in self.offer:
            if answer := data.get(choice.field):
                if choice.own is None:
                    self.symptoms[choice.key] = severity_of(answer)
                else:
                    self.own[choice.own] = severity_of(answer)
        self._clean_tags(data)
        if data.get("well") and self.any_present:
            self.add_error(
                None,
                _(
                    "You chose symptoms and pressed “No symptoms”. Press the save "
                    "button to keep the symptoms."
                ),
            )
        if not self.errors and self.to_draft().is_empty:
            self.add_error(
                None,
                _(
                    "Nothing is filled in yet. Choose a symptom, enter a measurement "
                    "or write a note, or press “No symptoms”."
                ),
            )
        return data

    def _clean_tags(self, data: dict[str, Any]) -> None:
        """A vaccine and its name go together."""
        if "tags" not in data or "vaccine" not in data:
            return
        if data["vaccine"] and Tag.VACCINE not in data["tags"]:
            data["tags"] = [*data["tags"], Tag.VACCINE.value]
        if Tag.VACCINE in data["tags"] and not data["vaccine"]:
            self.add_error(
                "vaccine",
                _("Enter which vaccine it was, or “not known”."),
            )

    def to_draft(self) -> CheckInDraft:
        """The check-in as filled in; without a time it is felt now."""
        data = self.cleaned_data
        draft = CheckInDraft(
            client_id=data["client_id"],
            at=self.moment(),
            zone=self.clock,
            timed=data.get("at") is not None,
            symptoms=self.symptoms,
            own=self.own,
            no_symptoms=bool(data["well"]),
            note=data.get("note", ""),
            tags=tuple(data["tags"]),
            vaccine=data["vaccine"],
            readings=self.readings,
        )
        return draft if self.editing is None else self._corrected(draft, self.editing)

    def _corrected(self, draft: CheckInDraft, stored: CheckInDraft) -> CheckInDraft:
        """The draft with what the form could not show of the stored check-in."""
        shown = {choice.key for choice in self.offer if choice.own is None}
        kept = {k: v for k, v in stored.symptoms.items() if k not in shown}
        draft = with_unseen(self.patient, draft, stored)
        symptoms = {**kept, **draft.symptoms}
        present = any(s != 0 for s in (*symptoms.values(), *draft.own.values()))
        return replace(
            draft,
            client_id=stored.client_id,
            symptoms=symptoms,
            no_symptoms=(draft.no_symptoms or stored.no_symptoms) and not present,
        )
