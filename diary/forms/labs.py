"""A sheet of laboratory values, typed in one go."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.drafts import CheckInDraft, Reading
from diary.forms.confirming import ConfirmsDoubts, Measured
from diary.forms.record import RecordForm
from diary.personal import LABS, laboratories, last_units
from sharing.fields import LocalMomentField

FIRST: Final = (
    "hematocrit",
    "hemoglobin",
    "albumin",
    "total_protein",
    "creatinine",
    "creatine_kinase",
    "lactate",
    "crp",
    "igg",
    "m_protein",
    "theophylline",
)
HOME: Final = "capillary_hemoglobin"  # measured at home, see forms.measure
FURTHER: Final = tuple(key for key in LABS if key not in (*FIRST, HOME))
SHEET: Final = (*FIRST, *FURTHER)


class LabsForm(ConfirmsDoubts, RecordForm):
    """The values of one sample, each in the unit that its sheet prints.

    A unit begins as the one that was typed last. With `editing` the form begins with
    what was stored, and what it cannot show stays as it is.
    """

    parts = "diary/_labs_parts.html"

    at = LocalMomentField(
        label=gettext_lazy("When the sample was taken"),
        help_text=gettext_lazy("Date and time as they stand on the sheet."),
    )
    laboratory = forms.CharField(
        required=False,
        max_length=80,
        label=gettext_lazy("Laboratory"),
        widget=forms.TextInput(attrs={"list": "laboratories", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readings: tuple[Reading, ...] = ()
        moment = self.fields["at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = ZoneInfo(self.clock)
        units = last_units(self.patient, LABS)
        for key in SHEET:
            self.add_value(f"m_{key}", key)
            if key in units:
                self.initial[f"u_{key}"] = units[key]
        self.said = self.editing.readings if self.editing else ()
        self.kept = tuple(r for r in self.said if f"m_{r.quantity}" not in self.fields)
        if self.editing is not None:
            self._fill_in(self.editing)

    def _fill_in(self, stored: CheckInDraft) -> None:
        self.initial["at"] = stored.at
        for reading in stored.readings:
            if reading not in self.kept:
                self.initial["laboratory"] = reading.device
                number = f"{reading.typed_value.normalize():f}"
                self.initial[f"m_{reading.quantity}"] = number
                self.initial[f"u_{reading.quantity}"] = reading.typed_unit

    # --- What the page shows ----------------------------------------------------------

    @property
    def clock(self) -> str:
        """The zone that the time of this form is on."""
        return self.editing.zone if self.editing else self.patient.zone

    def first(self) -> list[Measured]:
        return [self.measured(f"m_{key}", key) for key in FIRST]

    def further(self) -> list[Measured]:
        return [self.measured(f"m_{key}", key) for key in FURTHER]

    @property
    def further_open(self) -> bool:
        refused = any(f"u_{key}" in self.errors for key in FURTHER)
        return refused or self.opens(*(f"m_{key}" for key in FURTHER))

    def laboratories(self) -> list[str]:
        """Names to choose from: those entered before."""
        return laboratories(self.patient)

    # --- What it says -----------------------------------------------------------------

    def measured_at(self) -> datetime | None:
        return self.cleaned_data.get("at")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        device = data.get("laboratory") or ""
        found = [self.read(f"m_{key}", key, device=device) for key in SHEET]
        self.readings = (*(reading for reading in found if reading), *self.kept)
        if not self.errors and not self.readings:
            self.add_error(
                None, _("Nothing is filled in yet. Enter at least one value.")
            )
        return data

    def to_draft(self) -> CheckInDraft:
        """The sheet as filled in."""
        at: datetime = self.cleaned_data["at"]
        if self.editing is not None:
            return replace(self.editing, at=at, readings=self.readings)
        return CheckInDraft(
            client_id=self.cleaned_data["client_id"],
            at=at,
            zone=self.clock,
            readings=self.readings,
        )
