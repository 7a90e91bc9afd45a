"""What is asked before a record leaves as a file: which days, and in which format."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capleak.exports.formats import FORMATS, Format
from capleak.period import Period
from sharing.period_form import PeriodForm

A_YEAR: Final = timedelta(days=365)


class ExportForm(PeriodForm):
    """Days of one record, and the format whose button was pressed."""

    ALL, YEAR = "all", "year"

    which = forms.ChoiceField(
        label=gettext_lazy("Which days"),
        choices=[
            (ALL, gettext_lazy("Everything")),
            (YEAR, gettext_lazy("The last 12 months")),
        ],
        widget=forms.RadioSelect,
        initial=ALL,
        error_messages={"invalid_choice": gettext_lazy("Choose which days.")},
    )
    file_format = forms.ChoiceField(
        choices=[(key, known.title) for key, known in FORMATS.items()],
        error_messages={
            "required": gettext_lazy("Press the button of a format."),
            "invalid_choice": gettext_lazy("Press the button of a format."),
        },
    )

    def __init__(
        self, data: Any = None, *, zone: ZoneInfo, today: date, **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        self.zone, self.today = zone, today

    def clean_since(self) -> date | None:
        day: date | None = self.cleaned_data["since"]
        if day is not None and day > self.today:
            raise ValidationError(_("This day has not come yet."))
        return day

    @property
    def period(self) -> Period:
        """The days, of a form that is valid; those that were typed come first."""
        said = self.cleaned_data
        if said["since"] or said["until"]:
            return Period(said["since"], said["until"], self.zone)
        if said["which"] == self.YEAR:
            return Period(self.today - A_YEAR, self.today, self.zone)
        return Period(None, None, self.zone)

    @property
    def chosen(self) -> Format:
        """The format whose button was pressed, of a form that is valid."""
        return FORMATS[self.cleaned_data["file_format"]]
