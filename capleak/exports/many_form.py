"""The forms that choose several diaries, a format and the days."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capleak.exports.formats import FORMATS
from sharing.fields import EARLIEST_YEAR
from sharing.models import ExportJob

LONGEST: Final = 80  # characters: what a name may have


class SearchForm(forms.Form):
    words = forms.CharField(
        max_length=LONGEST,
        required=False,
        label=gettext_lazy("Name"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )
    only = forms.BooleanField(
        required=False, label=gettext_lazy("Only those that I have chosen")
    )

    @property
    def chosen_only(self) -> bool:
        return self.is_valid() and self.cleaned_data["only"]


def _day(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": gettext_lazy("Enter a date like 2026-03-14.")},
    )


class ExportForm(forms.Form):
    """What of the chosen diaries, and as which file."""

    format = forms.ChoiceField(
        label=gettext_lazy("As"), widget=forms.RadioSelect, choices=()
    )
    since = _day(gettext_lazy("From"))
    until = _day(gettext_lazy("To"))

    def __init__(self, data: Any = None, *, job: ExportJob) -> None:
        super().__init__(data)
        self.job = job
        kinds = self.fields["format"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(kind.key, kind.title) for kind in FORMATS.values()]
        kinds.initial = next(iter(FORMATS), None)

    def clean_since(self) -> date | None:
        return self._known("since")

    def clean_until(self) -> date | None:
        return self._known("until")

    def _known(self, name: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day is not None and not EARLIEST_YEAR <= day.year <= date.max.year - 1:
            raise forms.ValidationError(_("Enter a date after 1900."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("This day is before the first one."))
        if not self.job.items.exists():
            self.add_error(None, _("Tick at least one diary."))
        return data

    def to_job(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "key": data["format"],
            "since": data["since"],
            "until": data["until"],
        }
