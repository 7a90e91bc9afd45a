"""The form of the sheet for the next visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.forms.profile import PastDayField
from diary.models import VisitSheet
from diary.models.visits import LONGEST
from diary.visit import LAST, parts
from sharing import stale
from sharing.models import Patient

LABELS: Final = (
    gettext_lazy("First question"),
    gettext_lazy("Second question"),
    gettext_lazy("Third question"),
)


def _question(label: Any) -> forms.CharField:
    return forms.CharField(
        required=False,
        max_length=LONGEST,
        label=label,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class VisitSheetForm(forms.Form):
    """Three short questions and the day of the last visit; all may stay blank."""

    question_1 = _question(LABELS[0])
    question_2 = _question(LABELS[1])
    question_3 = _question(LABELS[2])
    last_on = PastDayField(
        required=False,
        label=gettext_lazy("Day of the last visit"),
        help_text=gettext_lazy("The report says what changed since then."),
    )
    seen = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, patient: Patient, sheet: VisitSheet
    ) -> None:
        shown = parts(sheet)
        super().__init__(
            data, initial=shown | {"seen": stale.write(stale.marks(shown))}
        )
        field = self.fields[LAST]
        assert isinstance(field, PastDayField)
        field.zone = patient.tz

    def clean(self) -> dict[str, Any]:
        """Each question on one line."""
        cleaned: dict[str, Any] = super().clean() or {}
        for name in list(cleaned):
            if name.startswith("question_"):
                cleaned[name] = " ".join(cleaned[name].split())
        return cleaned

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, without the marks."""
        return {name: v for name, v in self.cleaned_data.items() if name != "seen"}

    def show_conflict(self, stored: Mapping[str, Any], now: VisitSheet) -> None:
        """Say beside each part what somebody else wrote; the next save replaces it."""
        for part, value in stored.items():
            said = date_format(value) if part == LAST and value else value
            self.add_error(
                part,
                _(
                    "Somebody else changed this meanwhile. It says now: “%(said)s”. "
                    "Save again to replace it by yours."
                )
                % {"said": said or _("nothing")},
            )
        data: QueryDict = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = stale.write(stale.marks(parts(now)))
        self.data = data
