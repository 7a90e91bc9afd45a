"""The forms of an infusion that has not begun."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prophylaxis.models import Appointment
from sharing.fields import LocalMomentField
from sharing.models import Patient

FARTHEST: Final = timedelta(days=183)  # design choice: half a year
FARTHEST_YEARS: Final = 150  # of a due day: beyond is none of ours


class ArrangeForm(forms.Form):
    """When the next infusion is to be, if not on the day of the plan."""

    at = LocalMomentField(future=True, label=gettext_lazy("The next infusion is on"))

    def __init__(self, data: Any = None, *, patient: Patient, due: datetime) -> None:
        super().__init__(data, initial={"at": max(due, timezone.now())})
        moment = self.fields["at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = patient.tz

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        now = timezone.now()
        if not now <= at <= now + FARTHEST:
            raise ValidationError(_("Enter a time within the next six months."))
        return at


class SkipForm(forms.Form):
    """What became of an infusion that was due and did not begin."""

    due = forms.CharField(max_length=40, widget=forms.HiddenInput)
    status = forms.ChoiceField(
        choices=[
            (
                Appointment.Status.SKIPPED,
                gettext_lazy("It is skipped: this was decided"),
            ),
            (Appointment.Status.MISSED, gettext_lazy("It was missed")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What happened"),
    )
    reason = forms.CharField(max_length=200, required=False, label=gettext_lazy("Why"))

    def clean_due(self) -> datetime:
        try:
            due = datetime.fromisoformat(self.cleaned_data["due"])
        except ValueError:
            raise ValidationError(_("Open this page again.")) from None
        # Before any conversion: years 1 and 9999 overflow on their way to a zone.
        if due.tzinfo is None or abs(due.year - timezone.now().year) > FARTHEST_YEARS:
            raise ValidationError(_("Open this page again."))
        return due

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        skipped = data.get("status") == Appointment.Status.SKIPPED
        if skipped and not data.get("reason") and "reason" not in self.errors:
            self.add_error("reason", _("Say in a few words why it is skipped."))
        return data
