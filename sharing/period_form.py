"""The days between which somebody wants to see or to hand out something."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.fields import EARLIEST_YEAR


class DayField(forms.DateField):
    """A day between 1900 and the end of next year, which may be left out."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter a date like 2026-03-14."),
        "absurd": gettext_lazy("Enter a day between 1900 and now."),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(required=False, widget=widget, **kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not EARLIEST_YEAR <= value.year <= timezone.now().year + 1:
            raise ValidationError(self.error_messages["absurd"], code="absurd")


class PeriodForm(forms.Form):
    """The first and the last day; without one of them there is no bound."""

    since = DayField(label=gettext_lazy("From"))
    until = DayField(label=gettext_lazy("Until and including"))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        since, until = said.get("since"), said.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first one."))
        return said
