"""Symptoms in a patient's own words, and which symptoms stand first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import vocabulary
from diary.models import CustomSymptom
from diary.offer import Choice, Offer
from sharing.models import Patient

MOST_OWN: Final = 100  # archived ones too; design choice


def meanings() -> list[tuple[str, str]]:
    known = [(key, _(symptom.label)) for key, symptom in vocabulary.SYMPTOMS.items()]
    return [("", _("none of the list")), *sorted(known, key=lambda c: c[1].lower())]


class OwnSymptomForm(forms.Form):
    """A word, and which known symptom it means, if any; `own` is one to be changed."""

    label = forms.CharField(
        max_length=60,
        label=gettext_lazy("In your own words"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    key = forms.ChoiceField(
        required=False,
        label=gettext_lazy("Means the same as"),
        help_text=gettext_lazy(
            "So that it counts as that symptom, also among the signs that open help."
        ),
    )

    def __init__(
        self, data: Any = None, *, patient: Patient, own: CustomSymptom | None = None
    ) -> None:
        self.is_new = own is None
        self.own = own or CustomSymptom(patient=patient)
        super().__init__(
            data,
            initial={"label": self.own.label, "key": self.own.key},
            prefix=str(own.public_id) if own else None,
        )
        key = self.fields["key"]
        assert isinstance(key, forms.ChoiceField)
        key.choices = meanings()

    def clean_label(self) -> str:
        label = " ".join(self.cleaned_data["label"].split())
        others = self.own.patient.custom_symptoms.exclude(pk=self.own.pk)
        if (other := others.filter(label__iexact=label).first()) is not None:
            raise ValidationError(
                _("This word is archived. You can bring it back below.")
                if other.archived_at
                else _("You have this word already.")
            )
        names = {_(symptom.label).lower() for symptom in vocabulary.SYMPTOMS.values()}
        if label.lower() in names:
            raise ValidationError(_("This one is in the list of symptoms already."))
        if self.is_new and others.count() >= MOST_OWN:
            raise ValidationError(
                _("There are %(n)s already. Rename one that you no longer use.")
                % {"n": MOST_OWN}
            )
        return label

    def save(self) -> None:
        """Store the word. IntegrityError if it came from elsewhere meanwhile."""
        self.own.label, self.own.key = (
            self.cleaned_data["label"],
            self.cleaned_data["key"],
        )
        with Patient.objects.writing(self.own.patient):
            self.own.save()


class PinForm(forms.Form):
    """One change of what stands first; the buttons' values are pins."""

    add = forms.ChoiceField(
        required=False, label=gettext_lazy("One more to stand first")
    )
    up = forms.CharField(required=False, max_length=40)
    remove = forms.CharField(required=False, max_length=40)

    def __init__(
        self, data: Any = None, *, offer: Offer, pins: Sequence[Choice]
    ) -> None:
        super().__init__(data)
        add = self.fields["add"]
        assert isinstance(add, forms.ChoiceField)
        free = [(c.pin, c.label) for c in offer if c not in pins]
        add.choices = [
            ("", _("Choose one")),
            *sorted(free, key=lambda choice: choice[1].lower()),
        ]
