"""The two forms of a hand-over: whom to offer the record to, and what others keep."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.hand_over import Keeps, who_runs
from sharing.models import Patient, User


class OfferForm(forms.Form):
    """Whose the record is to be, by an address that only they read."""

    email = forms.EmailField(
        label=gettext_lazy("Their own e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy(
            "The link works only for whoever owns this address. Not yours, and not one "
            "that you both read."
        ),
    )

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class TakeOverForm(forms.Form):
    """What each of those who ran the record is left with; nothing is chosen before."""

    def __init__(self, data: Any, *, patient: Patient, user: User) -> None:
        super().__init__(data)
        self.grants = [g for g in who_runs(patient) if g.user_id != user.pk]
        for grant in self.grants:
            self.fields[f"g{grant.pk}"] = forms.ChoiceField(
                label=grant.who,
                choices=Keeps.choices,
                widget=forms.RadioSelect,
                help_text=_("Runs this diary until now."),
                error_messages={"required": _("Choose what they may do from now on.")},
            )

    def chosen(self) -> dict[int, Keeps]:
        """By the key of the grant."""
        data = self.cleaned_data
        return {grant.pk: Keeps(data[f"g{grant.pk}"]) for grant in self.grants}
