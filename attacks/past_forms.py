"""Forms for the time before the diary: one attack by year, or a number for a time."""

from __future__ import annotations

from datetime import MAXYEAR, datetime
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.utils.dates import MONTHS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from attacks import words
from attacks.fact_forms import seeing
from attacks.models import Attack, PastCount, Precision
from attacks.past import Month, digest
from sharing.fields import EARLIEST_YEAR, note_field
from sharing.models import Category, Patient

_MONTHS: Final = [("", gettext_lazy("month not known")), *MONTHS.items()]


class MonthField(forms.TypedChoiceField):
    """A month of a year, or that it is not known."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=_MONTHS, coerce=int, empty_value=None, required=False, **kwargs
        )


class YearField(forms.IntegerField):
    """A year in four digits, typed without arrows to slip on."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(
            min_value=EARLIEST_YEAR,
            max_value=MAXYEAR,  # beyond it there are no dates to compare
            widget=widget,
            **kwargs,
        )


class ByYearForm(forms.Form):
    """One attack of which the year is known, and perhaps the month."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    year = YearField(label=gettext_lazy("Year"))
    month = MonthField(label=gettext_lazy("Month"))
    certainty = forms.ChoiceField(
        choices=[("", gettext_lazy("not said")), *Attack.Certainty.choices],
        required=False,
        label=gettext_lazy("How certain"),
        help_text=gettext_lazy("Confirmed means: your team called it an attack."),
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(self, data: Any = None, *, patient: Patient, now: datetime) -> None:
        super().__init__(data, initial={"client_id": uuid4()})
        self.today = now.astimezone(patient.tz).date()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        year = data.get("year")
        if year and Month(year, data.get("month")).first > self.today:
            self.add_error("year", _("This is in the future."))
        return data

    @property
    def when(self) -> Month:
        return Month(self.cleaned_data["year"], self.cleaned_data["month"])

    def refuse_overlap(self, other: Attack | None) -> None:
        """Say that other attacks fill this time."""
        text = _("Other attacks fill this time already.")
        if other is not None:
            text = _("The diary already has an attack in this time (%(dates)s).") % {
                "dates": words.dates(other)
            }
        self.add_error("year", text)


class PastCountForm(forms.Form):
    """How many attacks there were from one month or year to another."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    from_year = YearField(label=gettext_lazy("From year"))
    from_month = MonthField(label=gettext_lazy("From month"))
    until_year = YearField(label=gettext_lazy("To year"))
    until_month = MonthField(label=gettext_lazy("To month"))
    count = forms.IntegerField(
        min_value=0,
        max_value=1000,
        label=gettext_lazy("How many attacks in that time"),
        help_text=gettext_lazy(
            "All of them, those included that are written down one by one. 0 is an "
            "answer too."
        ),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    complete = forms.TypedChoiceField(
        choices=[
            ("yes", gettext_lazy("Yes, I know of all of them")),
            ("no", gettext_lazy("No, there may have been more")),
        ],
        coerce=lambda answer: answer == "yes",
        widget=forms.RadioSelect,
        label=gettext_lazy("Are these all attacks of that time?"),
        help_text=gettext_lazy("Only a time of which all are known counts in rates."),
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        now: datetime,
        stored: PastCount | None = None,
    ) -> None:
        self.patient, self.stored = patient, stored
        super().__init__(data, initial=_initial(stored))
        self.today = now.astimezone(patient.tz).date()
        if stored is not None:
            del self.fields["client_id"]
        if patient.hides(Category.NOTES):
            del self.fields["note"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("from_year"), data.get("until_year")
        if first and last:
            began = Month(first, data.get("from_month")).first
            if Month(last, data.get("until_month")).first > self.today:
                self.add_error("until_year", _("This is in the future."))
            elif Month(last, data.get("until_month")).last < began:
                self.add_error("until_year", _("This is before the beginning."))
        return data

    def to_count(self) -> PastCount:
        """The count as typed, not stored yet; it goes no further than today."""
        data = self.cleaned_data
        first = Month(data["from_year"], data["from_month"])
        last = Month(data["until_year"], data["until_month"])
        both = {first.precision, last.precision}
        count = self.stored or PastCount(client_id=data["client_id"])
        count.from_on, count.until_on = first.first, min(last.last, self.today)
        count.precision = Precision.YEAR if Precision.YEAR in both else Precision.MONTH
        count.count, count.complete = data["count"], data["complete"]
        if "note" in self.fields:
            count.note = data["note"]
        return count

    def refuse_overlap(self) -> None:
        """Say that another count has some of these days."""
        text = _("Another number has some of this time already. Change that one.")
        self.add_error("from_year", text)

    def refuse_count(self, recorded: int) -> None:
        """Say that more attacks are written down than the number says."""
        text = ngettext(
            "%(count)d attack of that time is written down one by one.",
            "%(count)d attacks of that time are written down one by one.",
            recorded,
        )
        self.add_error("count", text % {"count": recorded})

    def show_conflict(self, stored: PastCount) -> None:
        """Say that somebody changed it meanwhile; what was typed stays."""
        self.data = seeing(self.data, digest(stored))
        text = _(
            "Somebody changed this after you opened the form. Nothing of yours is "
            "saved yet. Save again to keep what you typed; what is saved now stays in "
            "the history."
        )
        self.add_error(None, text)


def _initial(stored: PastCount | None) -> dict[str, Any]:
    if stored is None:
        return {"client_id": uuid4()}
    by_year = stored.precision == Precision.YEAR
    first_month, last_month = stored.from_on.month, stored.until_on.month
    return {
        "seen": digest(stored),
        "from_year": stored.from_on.year,
        "from_month": "" if by_year and first_month == 1 else first_month,
        "until_year": stored.until_on.year,
        "until_month": "" if by_year and last_month == 12 else last_month,
        "count": stored.count,
        "complete": "yes" if stored.complete else "no",
        "note": stored.note,
    }
