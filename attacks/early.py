"""When the early signs began, asked as an attack is opened out of an open flag."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from diary.models import ProdromeFlag
from sharing.fields import LocalMomentField
from sharing.models import Patient


class EarlySignsForm(forms.Form):
    """Filled in from the first entry that a flag rests on; empty without a flag.

    A time that was not touched keeps its seconds. What cannot be read is refused, as
    one button of this page is pressed by somebody who feels an attack coming, only
    where a time was asked for at all.
    """

    early_at = LocalMomentField(
        required=False,
        label=gettext_lazy("First early signs"),
        help_text=gettext_lazy(
            "The first of the entries that look unusual. Change it if you felt it "
            "earlier, or empty it."
        ),
    )

    def __init__(
        self, data: Any = None, *, patient: Patient, flag: ProdromeFlag | None
    ) -> None:
        self.began_at = flag.first_at if flag else None
        super().__init__(data, initial={"early_at": self.began_at})
        field = self.fields["early_at"]
        assert isinstance(field, LocalMomentField)
        field.zone = patient.tz
        self.asked = flag is not None

    def clean_early_at(self) -> Any:
        at, field = self.cleaned_data["early_at"], self.fields["early_at"]
        shown = field.prepare_value
        same = at and self.began_at and shown(at) == shown(self.began_at)
        return self.began_at if same else at
