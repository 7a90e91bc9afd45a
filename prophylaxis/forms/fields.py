"""Fields of what stands on a vial, a prescription or a pump."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, time
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prophylaxis.figures import HEAVIEST_KG, LIGHTEST_KG, from_kg, to_kg, trimmed
from sharing.fields import NumberField

LARGEST_DOSE_G: Final = Decimal(400)
FIRST_YEAR, LAST_YEAR = 1980, 2100  # of use-by dates: none is older or newer


def retype(form: forms.Form, **values: str) -> None:
    """Let a form that is shown again say something else than what was sent."""
    assert isinstance(form.data, QueryDict)
    data = form.data.copy()
    for name, value in values.items():
        data[name] = value
    form.data = data


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


class WeightField(RangeField):
    """A weight in the record's unit, handed over in kilograms."""

    def __init__(self, unit: str, *, weight_kg: Decimal | None, **kwargs: Any) -> None:
        low, high = from_kg(LIGHTEST_KG, unit), from_kg(HEAVIEST_KG, unit)
        initial = trimmed(from_kg(weight_kg, unit)) if weight_kg else None
        super().__init__(low, high, unit, 2, initial=initial, **kwargs)

    def clean(self, value: Any) -> Decimal | None:
        typed: Decimal | None = super().clean(value)
        return None if typed is None else to_kg(typed, self.unit)


class CountField(forms.IntegerField):
    """A whole number from `low` to `high`, typed as text."""

    def __init__(self, low: int, high: int, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(**{"widget": widget} | kwargs)
        self.low, self.high = low, high

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str):
            value = value.strip()[:20]
        return super().to_python(value)

    def run_validators(self, value: int | None) -> None:
        if value not in self.empty_values:
            assert value is not None
            if not self.low <= value <= self.high:
                raise ValidationError(
                    _("Enter a whole number from %(low)s to %(high)s.")
                    % {"low": self.low, "high": self.high},
                    code="range",
                )
        super().run_validators(value)


class ExpiryField(forms.Field):
    """A use-by date as vials print it: a day, or a month up to its last day."""

    widget = forms.TextInput(attrs={"autocomplete": "off", "placeholder": "08/2028"})
    default_error_messages = {
        "invalid": gettext_lazy("Enter a month such as 08/2028, or a day: 2028-08-31.")
    }

    _MONTH = re.compile(r"(?P<month>\d{1,2})[/. -]+(?P<year>\d{4})")
    _YEAR_FIRST = re.compile(r"(?P<year>\d{4})[/. -]+(?P<month>\d{1,2})")
    _DAY = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
    # Day before month, as the dots say; with slashes it could be either.
    _DOTS = re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.\s*(?P<year>\d{4})")

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, date):
            return value
        text = str(value).strip()[:20]
        for form in (self._DAY, self._DOTS, self._YEAR_FIRST, self._MONTH):
            if found := form.fullmatch(text):
                return self._day(found.groupdict())
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def _day(self, typed: dict[str, str]) -> date:
        year, month = int(typed["year"]), int(typed["month"])
        try:
            day = int(typed.get("day") or monthrange(year, month)[1])
            if FIRST_YEAR <= year <= LAST_YEAR:
                return date(year, month, day)
        except (ValueError, IndexError):  # no such month, no such day
            pass
        raise ValidationError(self.error_messages["invalid"], code="invalid")

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, date):
            return value
        whole_month = value.day == monthrange(value.year, value.month)[1]
        return value.strftime("%m/%Y" if whole_month else "%Y-%m-%d")


class ClockField(forms.TimeField):
    """A time of day, to the minute."""

    widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
    default_error_messages = {
        "invalid": gettext_lazy("Enter a time of day, for example 09:30.")
    }

    def to_python(self, value: Any) -> time | None:
        found = super().to_python(value)
        return found.replace(second=0, microsecond=0) if found else None
