"""The form of a medicine that is taken daily."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prophylaxis.drafts import MedicineDraft
from prophylaxis.forms.fields import retype
from prophylaxis.models import MedicinePlan
from prophylaxis.models.medicines import MOST_TIMES_A_DAY
from sharing.fields import ZoneField
from sharing.models import Patient


class TimesField(forms.CharField):
    """Times of day as people list them: 8, 14:30 and 22."""

    default_error_messages = {
        "invalid": gettext_lazy("Enter times of day, for example 08:00, 20:00."),
        "many": gettext_lazy("Enter at most %(most)s times."),
    }
    _TIME = re.compile(r"([01]?\d|2[0-3])(?:[:.h]([0-5]\d)?)?")

    def clean(self, value: Any) -> Any:
        typed: str = super().clean(value)
        found = set()
        for part in filter(None, re.split(r"[,;/\s]+", typed)):
            match = self._TIME.fullmatch(part)
            if match is None:
                raise ValidationError(self.error_messages["invalid"], code="invalid")
            found.add(time(int(match[1]), int(match[2] or 0)))
        if not found:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if len(found) > MOST_TIMES_A_DAY:
            raise ValidationError(
                self.error_messages["many"] % {"most": MOST_TIMES_A_DAY}, code="many"
            )
        return tuple(sorted(found))


def _day_field(**kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    return forms.DateField(widget=widget, **kwargs)


class MedicineForm(forms.Form):
    """What is taken every day, and when."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(
        max_length=80,
        label=gettext_lazy("Medicine"),
        help_text=gettext_lazy("For example theophylline, terbutaline, montelukast."),
    )
    dose = forms.CharField(
        max_length=80,
        label=gettext_lazy("Dose each time"),
        help_text=gettext_lazy("As it was prescribed, for example 200 mg."),
    )
    times = TimesField(
        max_length=100,
        label=gettext_lazy("Times of day"),
        help_text=gettext_lazy("For example 08:00, 20:00."),
    )
    zone = ZoneField(label=gettext_lazy("Time zone"))
    valid_from = _day_field(label=gettext_lazy("From"))
    valid_until = _day_field(required=False, label=gettext_lazy("Until and including"))
    prescriber = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Prescribed by")
    )
    remind = forms.BooleanField(
        required=False,
        label=gettext_lazy("Remind me at these times"),
        help_text=gettext_lazy("The message does not say what it is about."),
    )

    def __init__(
        self, data: Any = None, *, patient: Patient, stored: MedicinePlan | None = None
    ) -> None:
        super().__init__(data, initial=_initial(patient, stored))

    def clean_valid_from(self) -> date:
        day: date = self.cleaned_data["valid_from"]
        if not 1950 <= day.year <= timezone.now().year + 1:
            raise ValidationError(_("Enter a date between 1950 and next year."))
        return day

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("valid_from"), data.get("valid_until")
        if since and until and until < since:
            self.add_error("valid_until", _("This is before the first day."))
        return data

    def show_again(self, current: MedicinePlan | None) -> None:
        """Let the next save replace what came between, under an id of its own."""
        seen = str(current.pk) if current else ""
        retype(self, client_id=str(uuid4()), seen=seen)

    def to_draft(self) -> MedicineDraft:
        """The medicine as typed."""
        names = MedicineDraft.__dataclass_fields__
        return MedicineDraft(**{name: self.cleaned_data[name] for name in names})


def _initial(patient: Patient, stored: MedicinePlan | None) -> dict[str, Any]:
    fresh: dict[str, Any] = {"client_id": uuid4()}
    if stored is None:
        today = timezone.now().astimezone(patient.tz).date()
        return fresh | {"zone": patient.zone, "valid_from": today}
    return fresh | {
        "seen": stored.pk,
        "name": stored.name,
        "dose": stored.dose,
        "times": ", ".join(f"{at:%H:%M}" for at in stored.times),
        "zone": stored.zone,
        "valid_from": stored.valid_from,
        "valid_until": stored.valid_until,
        "prescriber": stored.prescriber,
        "remind": stored.remind,
    }
