"""The form in which a patient chooses what is said, when, how and to whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from notifications.channels import CHANNELS
from notifications.escalation import follow_steps
from notifications.models import Preferences, preferences_of, shown_preferences
from notifications.planners import follow_preferences
from notifications.schedule import QuietHours
from sharing import stale
from sharing.models import Grant, Patient, Topic

LEADS_DAYS: Final = (7, 1, 0)
GRANT_DAYS: Final = (30, 14, 7, 0)
STEPS: Final = (1, 2)  # of each kind of escalation
LONGEST_STEP_DAYS: Final = 14  # design choice: half of the usual interval
FIRST_YEAR, FARTHEST_YEARS = 1950, 20  # of a yearly date: beyond is a slip of the key
UNITS: Final = (("hours", gettext_lazy("hours")), ("days", gettext_lazy("days")))

# Fields that are parts of their own; the others are put together from several.
PLAIN: Final = (
    "channels",
    "morning",
    "checkin",
    "checkin_time",
    "checkin_gap_days",
    "bloods_on",
    "grant_days",
    "plan_text_yearly",
    "lead_days",
)
STEP_PARTS: Final = {
    "missed_patient_hours": "patient",
    "missed_circle_hours": "circle",
}
# Beside which field a part is spoken of.
FIELD_OF: Final = {
    "quiet": "quiet_begin",
    "missed_patient_hours": "patient_1_n",
    "missed_circle_hours": "circle_1_n",
}

Parts = dict[str, Any]


def lead_label(days: int) -> str:
    if days == 0:
        return _("At the time of the infusion")
    words = ngettext("%(days)s day before", "%(days)s days before", days)
    return words % {"days": days}


def clock(**kwargs: Any) -> forms.TimeField:
    """A local time, as the phone's own picker gives it."""
    return forms.TimeField(
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        input_formats=["%H:%M", "%H:%M:%S"],
        error_messages={"invalid": gettext_lazy("Enter a time, such as 07:30.")},
        **kwargs,
    )


class PreferencesForm(forms.Form):
    """All choices of one record.

    `seen` says what the page showed, so that a page that stood open does not bring
    back what somebody else has changed meanwhile.
    """

    seen = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    channels = forms.MultipleChoiceField(
        label=gettext_lazy("How should messages reach you?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(name, channel.label) for name, channel in CHANNELS.items()],
        help_text=gettext_lazy(
            "Without any, nothing leaves CapLeak. You still see it on these pages."
        ),
    )
    quiet_on = forms.BooleanField(
        label=gettext_lazy("Keep quiet hours"), required=False
    )
    quiet_begin = clock(label=gettext_lazy("From"), required=False)
    quiet_end = clock(label=gettext_lazy("Until"), required=False)
    morning = clock(
        label=gettext_lazy("Time of day for everything without a time of its own"),
    )
    checkin = forms.ChoiceField(
        label=gettext_lazy("Remind of a check-in"),
        choices=Preferences.CheckIn.choices,
        widget=forms.RadioSelect,
    )
    checkin_time = clock(label=gettext_lazy("At"))
    checkin_gap_days = forms.IntegerField(
        label=gettext_lazy("Days without a check-in"), min_value=2, max_value=30
    )
    bloods_on = forms.DateField(
        label=gettext_lazy("Blood tests every year, next on"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a date, such as 2027-03-14.")},
        help_text=gettext_lazy(
            "For instance the M-protein. Leave it empty for no reminder."
        ),
    )
    grant_days = forms.TypedChoiceField(
        label=gettext_lazy("When somebody’s access ends, tell me"),
        coerce=int,
        help_text=gettext_lazy(
            "If it lasts no longer than that, halfway; if less than a day, not at all."
        ),
    )
    plan_text_yearly = forms.BooleanField(
        label=gettext_lazy("Once a year, ask whether my plan is still right"),
        required=False,
    )
    lead_days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Offer these for a new IVIG plan"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A plan that exists keeps its own reminders."),
    )

    def __init__(self, data: Any = None, *, patient: Patient) -> None:
        self.patient = patient
        self.grants = list(
            Grant.objects.live().filter(patient=patient).select_related("user")
        )
        stored = self._parts(shown_preferences(patient))
        seen = stale.write(stale.marks(stored))
        super().__init__(data, initial=_initial(stored) | {"seen": seen})
        self._offer("grant_days", GRANT_DAYS, _days_before)
        self._offer("lead_days", LEADS_DAYS, lead_label)
        for who in STEP_PARTS.values():
            for number in STEPS:
                self._add_step(f"{who}_{number}")
        for grant in self.grants:
            self.fields[f"told_{grant.pk}"] = forms.MultipleChoiceField(
                label=grant.who,
                required=False,
                choices=Topic.choices,
                widget=forms.CheckboxSelectMultiple,
            )

    def _offer(
        self, name: str, days: tuple[int, ...], label: Callable[[int], str]
    ) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(n, label(n)) for n in days]

    def _add_step(self, name: str) -> None:
        self.fields[f"{name}_n"] = forms.IntegerField(
            label=_("After"),
            required=False,
            min_value=1,
            max_value=LONGEST_STEP_DAYS * 24,
            widget=forms.TextInput(
                attrs={"inputmode": "numeric", "autocomplete": "off"}
            ),
        )
        self.fields[f"{name}_unit"] = forms.ChoiceField(label=_("Unit"), choices=UNITS)

    # --- For the template ---

    def steps(self, who: str) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"{who}_{n}_n"], self[f"{who}_{n}_unit"]) for n in STEPS]

    def patient_steps(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return self.steps("patient")

    def circle_steps(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return self.steps("circle")

    def told(self) -> list[forms.BoundField]:
        return [self[f"told_{grant.pk}"] for grant in self.grants]

    # --- What was typed ---

    def clean_bloods_on(self) -> date | None:
        day: date | None = self.cleaned_data["bloods_on"]
        newest = timezone.now().year + FARTHEST_YEARS
        if day is not None and not FIRST_YEAR <= day.year <= newest:
            text = _("Enter a date within the next %(years)s years.")
            raise ValidationError(text % {"years": FARTHEST_YEARS})
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["quiet"] = self._quiet(data)
        if isinstance(data["quiet"], tuple):
            self._check_awake(data)
        for part, who in STEP_PARTS.items():
            data[part] = sorted(set(self._hours(data, who)))
        # In the order in which they are stored, so that only a choice is a change.
        data["lead_days"] = sorted(data.get("lead_days", []), reverse=True)
        for grant in self.grants:
            told = data.get(f"told_{grant.pk}", [])
            data[f"told_{grant.pk}"] = [t for t in Topic.values if t in told]
        return data

    def _quiet(self, data: dict[str, Any]) -> tuple[time, time] | None:
        if not data.get("quiet_on"):
            return None
        begin, end = data.get("quiet_begin"), data.get("quiet_end")
        for name, value in (("quiet_begin", begin), ("quiet_end", end)):
            if value is None and name not in self.errors:
                self.add_error(name, _("Enter a time, such as 22:00."))
        if begin is None or end is None:
            return None
        if begin == end:
            self.add_error("quiet_end", _("Choose another time than the beginning."))
            return None
        return begin, end

    def _check_awake(self, data: dict[str, Any]) -> None:
        """A prompt inside quiet hours would come at another time than is said."""
        hours = QuietHours(*data["quiet"])
        names = ["morning"]
        if data.get("checkin") != Preferences.CheckIn.OFF:
            names.append("checkin_time")
        for name in names:
            if data.get(name) and hours.holds(data[name]):
                self.add_error(name, _("This is within the quiet hours."))

    def _hours(self, data: dict[str, Any], who: str) -> Iterator[int]:
        for number in STEPS:
            count = data.get(f"{who}_{number}_n")
            if count is None:
                continue
            hours = count * (24 if data.get(f"{who}_{number}_unit") == "days" else 1)
            if hours > LONGEST_STEP_DAYS * 24:
                self.add_error(
                    f"{who}_{number}_n",
                    _("At most %(days)s days.") % {"days": LONGEST_STEP_DAYS},
                )
            else:
                yield hours

    # --- Saving ---

    def save(self) -> bool:
        """Store under the patient's lock what was changed here, and nothing else.

        False, and nothing stored, if somebody else changed one of these meanwhile; the
        form then says what is saved now, and saving again replaces that knowingly.
        """
        with Patient.objects.writing(self.patient):
            stored = self._parts(preferences_of(self.patient))
            typed = {part: self.cleaned_data[part] for part in stored}
            found = stale.compare(typed, stored, self.cleaned_data["seen"])
            if not found.taken:
                self._store({part: typed[part] for part in found.mine})
        if found.taken:
            self._show_conflict(found, stored)
        return not found.taken

    def _store(self, parts: Parts) -> None:
        for grant in self.grants:
            if (told := parts.pop(f"told_{grant.pk}", None)) is not None:
                Grant.objects.filter(pk=grant.pk).update(told=told)
        if "quiet" in parts:
            begin, end = parts.pop("quiet") or (None, None)
            parts |= {"quiet_begin": begin, "quiet_end": end}
        Preferences.objects.filter(patient=self.patient).update(**parts)
        follow_preferences(self.patient, timezone.now())
        follow_steps(self.patient, preferences_of(self.patient))

    def _parts(self, chosen: Preferences) -> Parts:
        """What is saved, in the parts of the form."""
        parts = {name: getattr(chosen, name) for name in PLAIN}
        parts["checkin"] = str(chosen.checkin)  # a default has not been a string yet
        parts["lead_days"] = sorted(chosen.lead_days, reverse=True)
        quiet = chosen.quiet
        parts["quiet"] = (quiet.begin, quiet.end) if quiet else None
        for name in STEP_PARTS:
            parts[name] = sorted(getattr(chosen, name))
        topics = dict(
            Grant.objects.filter(pk__in=[g.pk for g in self.grants]).values_list(
                "pk", "told"
            )
        )
        for grant in self.grants:
            told = topics.get(grant.pk, [])
            parts[f"told_{grant.pk}"] = [t for t in Topic.values if t in told]
        return parts

    def _show_conflict(self, found: stale.Difference, stored: Parts) -> None:
        data = self.data.copy() if isinstance(self.data, QueryDict) else self.data
        assert isinstance(data, QueryDict)
        _show(data, _initial({part: stored[part] for part in found.untouched}))
        data["seen"] = stale.write(stale.marks(stored))
        self.data = data
        self.add_error(
            None,
            _(
                "Somebody changed the same choices after you opened this page. "
                "Nothing of yours is saved yet. The choices that were changed are "
                "marked: save again to keep what you typed. Everything that you left "
                "alone is shown as it is saved now."
            ),
        )
        for part in found.taken:
            self.add_error(FIELD_OF.get(part, part), _("Changed meanwhile."))


def _days_before(days: int) -> str:
    if days == 0:
        return _("not at all")
    words = ngettext("%(days)s day before", "%(days)s days before", days)
    return words % {"days": days}


def _initial(parts: Mapping[str, Any]) -> Parts:
    """Some parts as values of fields."""
    initial = dict(parts)
    if "quiet" in initial:
        quiet = initial.pop("quiet")
        begin, end = quiet or (None, None)
        initial |= {
            "quiet_on": quiet is not None,
            "quiet_begin": begin,
            "quiet_end": end,
        }
    for part, who in STEP_PARTS.items():
        hours = initial.pop(part, None)
        if hours is None:
            continue
        for number in STEPS:
            step = hours[number - 1] if number <= len(hours) else None
            unit = "hours" if step and step % 24 else "days"
            initial[f"{who}_{number}_unit"] = unit
            initial[f"{who}_{number}_n"] = (
                step // 24 if step and unit == "days" else step
            )
    return initial


def _show(data: QueryDict, initial: Parts) -> None:
    """Put values of fields among what was typed, as a browser would send them."""
    for name, value in initial.items():
        if value is None or value is False:
            data.pop(name, None)
        elif value is True:
            data[name] = "on"
        elif isinstance(value, list):
            data.setlist(name, [str(item) for item in value])
        else:
            data[name] = f"{value:%H:%M}" if isinstance(value, time) else str(value)
