"""The forms of a plan and of an infusion."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from notifications.models import shown_preferences
from prophylaxis import schedule
from prophylaxis.drafts import InfusionDraft, PlanDraft
from prophylaxis.figures import (
    HEAVIEST_KG,
    LIGHTEST_KG,
    from_kg,
    to_kg,
    trimmed,
    weight_unit,
)
from prophylaxis.models import Plan, Route
from sharing.fields import LocalMomentField, NumberField, ZoneField, note_field
from sharing.models import Patient
from sharing.zones import zone_names

LARGEST_DOSE_G_PER_KG: Final = Decimal(4)
LARGEST_DOSE_G: Final = Decimal(400)
LATEST_FIRST: Final = timedelta(days=366)
LEADS_DAYS: Final = (7, 1, 0)


def lead_label(days: int) -> str:
    if days == 0:
        return _("At the time of the infusion")
    return ngettext("%(days)s day before", "%(days)s days before", days) % {
        "days": days
    }


class RangeField(NumberField):
    """A number from `low` to `high`, said in one sentence when it is not.

    A low end of 0 is left out: no dose is not a dose.
    """

    def __init__(
        self, low: Decimal, high: Decimal, unit: str, places: int, **kwargs: Any
    ) -> None:
        super().__init__(decimal_places=places, **kwargs)
        self.low, self.high, self.unit = low, high, unit

    def run_validators(self, value: Decimal | None) -> None:
        if value in self.empty_values:
            return
        assert value is not None
        if not self.low <= value <= self.high or value == 0:
            text = _("Enter a number from %(low)s to %(high)s %(unit)s.")
            if self.low == 0:
                text = _("Enter a number above 0, up to %(high)s %(unit)s.")
            raise ValidationError(
                text
                % {
                    "low": trimmed(self.low),
                    "high": trimmed(self.high),
                    "unit": self.unit,
                },
                code="range",
            )
        super().run_validators(value)


class PlanForm(forms.Form):
    """What is infused, how often, and of what to be reminded."""

    product = forms.CharField(
        max_length=80,
        label=gettext_lazy("Product"),
        help_text=gettext_lazy("As it stands on the vial or the prescription."),
    )
    route = forms.ChoiceField(
        choices=Route, initial=Route.IV, label=gettext_lazy("How it is given")
    )
    dose_g_per_kg = RangeField(
        Decimal(0),
        LARGEST_DOSE_G_PER_KG,
        "g/kg",
        3,
        label=gettext_lazy("Dose per infusion"),
    )
    interval_days = forms.IntegerField(
        initial=schedule.DEFAULT_INTERVAL_DAYS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        label=gettext_lazy("Days from one infusion to the next"),
    )
    first_at = LocalMomentField(
        future=True,
        label=gettext_lazy("First infusion"),
        help_text=gettext_lazy(
            "The first one still to come, or the last one you had. Once infusions are "
            "logged, the next is counted from the start of the last one, at this time "
            "of day."
        ),
    )
    zone = ZoneField(label=gettext_lazy("Time zone"))
    remind = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Remind by e-mail"),
        help_text=gettext_lazy(
            "To the owner of this record or, if it has none, to all who manage it. The "
            "e-mail does not say what it is about."
        ),
    )

    def __init__(
        self, data: Any = None, *, patient: Patient, plan: Plan | None = None
    ) -> None:
        super().__init__(data, initial=_initial(plan, patient))
        zone = data.get("zone") if data is not None else None
        moment = self.fields["first_at"]
        assert isinstance(moment, LocalMomentField)
        if zone in zone_names():
            moment.zone = ZoneInfo(zone)
        else:
            moment.zone = plan.tz if plan else patient.tz
        leads = self.fields["remind"]
        assert isinstance(leads, forms.MultipleChoiceField)
        others = plan.remind_days_before if plan else ()
        leads.choices = [
            (str(days), lead_label(days))
            for days in sorted({*LEADS_DAYS, *others}, reverse=True)
        ]

    def clean_interval_days(self) -> int:
        days: int = self.cleaned_data["interval_days"]
        low, high = schedule.SHORTEST_INTERVAL_DAYS, schedule.LONGEST_INTERVAL_DAYS
        if not low <= days <= high:
            raise ValidationError(
                _("Enter a number of days from %(low)s to %(high)s.")
                % {"low": low, "high": high}
            )
        return days

    def clean_first_at(self) -> datetime:
        first: datetime = self.cleaned_data["first_at"]
        if first > timezone.now() + LATEST_FIRST:
            raise ValidationError(_("This is more than a year ahead."))
        return first

    def to_draft(self) -> PlanDraft:
        """The plan as typed."""
        data = self.cleaned_data
        first = data["first_at"].astimezone(ZoneInfo(data["zone"]))
        return PlanDraft(
            product=data["product"],
            route=data["route"],
            dose_g_per_kg=data["dose_g_per_kg"],
            interval_days=data["interval_days"],
            first_on=first.date(),
            local_time=first.time().replace(second=0, microsecond=0),
            zone=data["zone"],
            remind_days_before=tuple(sorted(map(int, data["remind"]), reverse=True)),
        )


def _initial(plan: Plan | None, patient: Patient) -> dict[str, Any]:
    if plan is None:
        chosen = shown_preferences(patient)
        return {"zone": patient.zone, "remind": chosen.lead_days}
    return {
        "product": plan.product,
        "route": plan.route,
        "dose_g_per_kg": trimmed(plan.dose_g_per_kg),
        "interval_days": plan.interval_days,
        "first_at": datetime.combine(plan.first_on, plan.local_time, plan.tz),
        "zone": plan.zone,
        "remind": plan.remind_days_before,
    }


class InfusionForm(forms.Form):
    """One infusion that was started."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    started_at = LocalMomentField(label=gettext_lazy("Started"))
    product = forms.CharField(max_length=80, label=gettext_lazy("Product"))
    dose_g = RangeField(
        Decimal(0), LARGEST_DOSE_G, "g", 2, required=False, label=gettext_lazy("Dose")
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        plan: Plan | None = None,
        weight_kg: Decimal | None = None,
    ) -> None:
        super().__init__(
            data,
            initial={
                "client_id": uuid4(),
                "started_at": timezone.now(),
                "product": plan.product if plan else "",
            },
        )
        self.patient = patient
        self.unit = weight_unit(patient.units)
        moment = self.fields["started_at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = patient.tz
        self.fields["weight"] = RangeField(
            from_kg(LIGHTEST_KG, self.unit),
            from_kg(HEAVIEST_KG, self.unit),
            self.unit,
            2,
            required=False,
            initial=trimmed(from_kg(weight_kg, self.unit)) if weight_kg else None,
            label=_("Weight used for the dose"),
        )
        if plan and weight_kg:
            self.fields["dose_g"].help_text = _(
                "By the plan %(per_kg)s g/kg, which is %(grams)s g at "
                "%(weight)s %(unit)s."
            ) % {
                "per_kg": trimmed(plan.dose_g_per_kg),
                "grams": trimmed(plan.grams(weight_kg)),
                "weight": trimmed(from_kg(weight_kg, self.unit)),
                "unit": self.unit,
            }
        self.order_fields(["client_id", "started_at", "product", "dose_g", "weight"])

    def renew(self) -> None:
        """Give the shown form a new client id, keeping everything else typed."""
        self.data = {name: self.data.get(name) for name in self.fields}
        self.data["client_id"] = str(uuid4())

    def to_draft(self) -> InfusionDraft:
        """The infusion as typed, its weight in kilograms."""
        data = self.cleaned_data
        weight: Decimal | None = data["weight"]
        return InfusionDraft(
            client_id=data["client_id"],
            started_at=data["started_at"],
            zone=self.patient.zone,
            product=data["product"],
            dose_g=data["dose_g"],
            weight_kg=None if weight is None else to_kg(weight, self.unit),
            note=data["note"],
        )
