"""The forms that choose several diaries, a format and the days."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capleak.exports.formats import FORMATS
from sharing.models import ExportJob
from sharing.period_form import PeriodForm

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


class ManyExportForm(PeriodForm):
    """What of the chosen diaries, and as which file."""

    format = forms.ChoiceField(
        label=gettext_lazy("As"), widget=forms.RadioSelect, choices=()
    )

    def __init__(self, data: Any = None, *, job: ExportJob) -> None:
        super().__init__(data)
        self.job = job
        kinds = self.fields["format"]
        assert isinstance(kinds, forms.ChoiceField)
        kinds.choices = [(kind.key, kind.title) for kind in FORMATS.values()]
        kinds.initial = next(iter(FORMATS), None)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
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
