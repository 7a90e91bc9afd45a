"""The form of a plan."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from notifications.models import shown_preferences
from prophylaxis import schedule
from prophylaxis.cadence import MONTH_DAYS
from prophylaxis.drafts import PlanDraft
from prophylaxis.figures import trimmed, weight_unit
from prophylaxis.forms.fields import CountField, RangeField, WeightField, retype
from prophylaxis.models import Cadence, Plan, Route, Site
from sharing.fields import LocalMomentField, ZoneField
from sharing.models import Patient
from sharing.zones import zone_names

LARGEST_DOSE_G_PER_KG: Final = Decimal(4)
LATEST_FIRST: Final = timedelta(days=366)
LEADS_DAYS: Final = (7, 1, 0)


def lead_label(days: int) -> str:
    if days == 0:
        return _("At the time of the infusion")
    return ngettext("%(days)s day before", "%(days)s days before", days) % {
        "days": days
    }


def weeks_label(days: int) -> str:
    weeks = days // 7
    return ngettext("every week", "every %(weeks)s weeks", weeks) % {"weeks": weeks}


class PlanForm(forms.Form):
    """What is infused, how often, and of what to be reminded."""

    # The plan that the page showed; a newer one is not overwritten unseen.
    seen = forms.IntegerField(required=False, widget=forms.HiddenInput)
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
    course_days = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Given over"),
        help_text=gettext_lazy("One dose, split over days in a row."),
    )
    cadence = forms.ChoiceField(
        choices=Cadence,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("How often"),
    )
    interval_days = CountField(
        schedule.SHORTEST_INTERVAL_DAYS,
        schedule.LONGEST_INTERVAL_DAYS,
        required=False,
        label=gettext_lazy("Days from one infusion to the next"),
    )
    weeks = forms.TypedChoiceField(
        choices=lambda: [(days, weeks_label(days)) for days in schedule.WHOLE_WEEKS],
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Every"),
    )
    weekday = forms.TypedChoiceField(
        choices=lambda: list(WEEKDAYS.items()),
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("On"),
    )
    month_day = CountField(
        1,
        31,
        required=False,
        label=gettext_lazy("Day of the month"),
        help_text=gettext_lazy("In a shorter month it is the last day."),
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
    site = forms.ChoiceField(
        choices=[("", gettext_lazy("not said")), *Site.choices],
        required=False,
        label=gettext_lazy("Where"),
    )
    premedication = forms.CharField(
        max_length=200,
        required=False,
        label=gettext_lazy("Pre-medication"),
        help_text=gettext_lazy("As it was prescribed."),
    )
    prescriber = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Prescribed by")
    )
    valid_from = forms.DateField(
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        label=gettext_lazy("Valid from"),
        help_text=gettext_lazy("When your team decided it. Empty: today."),
    )
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
        self,
        data: Any = None,
        *,
        patient: Patient,
        plan: Plan | None = None,
        weight_kg: Decimal | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(plan, patient))
        self.today = timezone.now().astimezone(patient.tz).date()
        self.unit = weight_unit(patient.units)
        self.fields["weight"] = WeightField(
            self.unit,
            weight_kg=weight_kg or (plan.weight_kg if plan else None),
            required=False,
            label=_("Weight now"),
            help_text=_("The grams of the dose are worked out from it."),
        )
        zone = data.get("zone") if data is not None else None
        moment = self.fields["first_at"]
        assert isinstance(moment, LocalMomentField)
        if zone in zone_names():
            moment.zone = ZoneInfo(zone)
        else:
            moment.zone = plan.tz if plan else patient.tz
        courses = self.fields["course_days"]
        assert isinstance(courses, forms.TypedChoiceField)
        courses.choices = [
            (n, ngettext("%(days)s day", "%(days)s days", n) % {"days": n})
            for n in range(1, schedule.LONGEST_COURSE + 1)
        ]
        leads = self.fields["remind"]
        assert isinstance(leads, forms.MultipleChoiceField)
        others = plan.remind_days_before if plan else ()
        leads.choices = [
            (str(days), lead_label(days))
            for days in sorted({*LEADS_DAYS, *others}, reverse=True)
        ]

    def clean_first_at(self) -> datetime:
        first: datetime = self.cleaned_data["first_at"]
        if first > timezone.now() + LATEST_FIRST:
            raise ValidationError(_("This is more than a year ahead."))
        return first

    def clean_valid_from(self) -> date | None:
        day: date | None = self.cleaned_data["valid_from"]
        if day is not None and not 1980 <= day.year <= self.today.year + 1:
            raise ValidationError(_("Enter a date between 1980 and next year."))
        return day

    def clean(self) -> dict[str, Any]:
        """What the chosen cadence needs; what belongs to another does not count."""
        data = self.cleaned_data
        data["cadence"] = data.get("cadence") or Cadence.DAYS
        needed = {
            Cadence.DAYS: ("interval_days",),
            Cadence.WEEKS: ("weeks", "weekday"),
            Cadence.MONTH: ("month_day",),
        }
        for cadence, names in needed.items():
            for name in names:
                if cadence != data["cadence"]:
                    self.errors.pop(name, None)
                    data[name] = None
                elif data.get(name) is None and name not in self.errors:
                    self.add_error(name, _("This field is required."))
        return data

    @property
    def has_more(self) -> bool:
        """Whether the folded part holds anything, so that it is shown unfolded."""
        names = ("site", "premedication", "prescriber", "valid_from")
        return any(self[name].value() or self[name].errors for name in names)

    def show_again(self, current: Plan) -> None:
        """Let the next save replace the plan that came between."""
        retype(self, seen=str(current.pk))

    def to_draft(self) -> PlanDraft:
        """The plan as typed, its weight in kilograms."""
        data = self.cleaned_data
        first = data["first_at"].astimezone(ZoneInfo(data["zone"]))
        days = {
            Cadence.DAYS: data["interval_days"],
            Cadence.WEEKS: data["weeks"],
            Cadence.MONTH: MONTH_DAYS,
        }
        return PlanDraft(
            product=data["product"],
            route=data["route"],
            dose_g_per_kg=data["dose_g_per_kg"],
            interval_days=days[data["cadence"]],
            first_on=first.date(),
            local_time=first.time().replace(second=0, microsecond=0),
            zone=data["zone"],
            remind_days_before=tuple(sorted(map(int, data["remind"]), reverse=True)),
            weekday=data["weekday"],
            month_day=data["month_day"],
            course_days=data["course_days"] or 1,
            weight_kg=data["weight"],
            site=data["site"],
            premedication=data["premedication"],
            prescriber=data["prescriber"],
            valid_from=data["valid_from"],
        )


def _initial(plan: Plan | None, patient: Patient) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "zone": patient.zone,
        "remind": shown_preferences(patient).lead_days,
        "cadence": Cadence.DAYS,
        "interval_days": schedule.DEFAULT_INTERVAL_DAYS,
        "weeks": schedule.DEFAULT_INTERVAL_DAYS,
    }
    if plan is None:
        return usual
    whole_weeks = plan.interval_days in schedule.WHOLE_WEEKS
    return usual | {
        "seen": plan.pk,
        "product": plan.product,
        "route": plan.route,
        "dose_g_per_kg": trimmed(plan.dose_g_per_kg),
        "course_days": plan.course_days,
        "cadence": plan.cadence,
        "interval_days": plan.interval_days,
        "weeks": plan.interval_days if whole_weeks else schedule.DEFAULT_INTERVAL_DAYS,
        "weekday": plan.first_on.weekday() if plan.weekday is None else plan.weekday,
        "month_day": plan.month_day or plan.first_on.day,
        "first_at": datetime.combine(plan.first_on, plan.local_time, plan.tz),
        "zone": plan.zone,
        "site": plan.site,
        "premedication": plan.premedication,
        "prescriber": plan.prescriber,
        "remind": plan.remind_days_before,
    }
