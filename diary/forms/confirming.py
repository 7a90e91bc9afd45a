"""Measured values in a form: impossible ones are refused, rare ones are asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from diary import vocabulary
from diary.drafts import Reading
from diary.models import Measurement
from diary.plausible import Doubt, Weighed, doubt, likelier_unit
from sharing.fields import NumberField
from sharing.models import Patient


class Confirm(forms.CheckboxInput):
    """Ticked for one answer only: with another answer it comes back empty."""

    def __init__(self, answer: str) -> None:
        super().__init__({"value": answer}, check_test=lambda sent: sent == answer)

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name)

    def format_value(self, value: Any) -> None:
        """Nothing: what a tick sends stands in the attributes."""


class Measured(NamedTuple):
    """What one value has on a page: its field, its unit, and a question about it."""

    value: forms.BoundField
    unit_choice: forms.BoundField | None
    unit: str  # the only one, if there is no choice
    confirm: forms.BoundField | None


class ConfirmsDoubts(forms.Form):
    """A form with measured values, each in a field of its own.

    A value that is rarely measured is asked about once: the tick that answers is worth
    for this number in this unit, and the reading that it gives is `confirmed`. Values
    that were stored before stand in `said`, and those are not asked about again.
    """

    patient: Patient
    said: tuple[Reading, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.possible: list[Reading] = []  # what was read: stored, asked or refused

    def add_value(self, name: str, key: str, label: str = "") -> None:
        """Give a quantity the field `name`, and where there is a choice `u_<key>`."""
        quantity = vocabulary.QUANTITIES[key]
        label = label or _(quantity.label)
        self.fields[name] = NumberField(
            required=False, max_digits=10, decimal_places=4, label=label
        )
        unit = f"u_{key}"
        if len(quantity.units) > 1 and unit not in self.fields:
            self.fields[unit] = forms.ChoiceField(
                choices=[(unit, unit) for unit in quantity.units],
                required=False,
                initial=self.patient.units.get(key, quantity.canonical_unit),
                label=_("Unit of %(quantity)s") % {"quantity": _(quantity.label)},
            )

    def measured(self, name: str, key: str) -> Measured:
        unit, confirm = f"u_{key}", f"ok_{name}"
        return Measured(
            self[name],
            self[unit] if unit in self.fields else None,
            vocabulary.QUANTITIES[key].canonical_unit,
            self[confirm] if confirm in self.fields else None,
        )

    def measured_at(self) -> datetime | None:
        """When the values were measured; None if the form does not say so."""
        return None

    def read(
        self,
        name: str,
        key: str,
        *,
        posture: str = "",
        site: str = "",
        device: str = "",
    ) -> Reading | None:
        """The reading that a field holds, or None: nothing typed, refused or asked.

        To be called in clean().
        """
        answer, unit_field = self.cleaned_data.get(name), f"u_{key}"
        if answer in {None, ""} or unit_field in self.errors:
            return None
        typed = Decimal(answer)
        chosen = self.cleaned_data.get(unit_field)
        unit = chosen or vocabulary.QUANTITIES[key].canonical_unit
        try:
            value = vocabulary.to_canonical(key, typed, unit)
            vocabulary.check_range(key, value)
        except vocabulary.OutOfRange as limits:
            # Refused, and still a reason to show whom to call.
            self.possible.append(Reading(key, value, typed, unit, posture, site))
            self.add_error(name, _limits(key, typed, unit, limits))
            return None
        except ValueError:
            self.add_error(name, _("Enter a number."))
            return None
        reading = Reading(key, value, typed, unit, posture, site, device)
        self.possible.append(reading)
        for earlier in self.said:
            if _same(earlier, reading):
                return replace(reading, confirmed=earlier.confirmed)
        return self._asked(name, reading)

    def _asked(self, name: str, reading: Reading) -> Reading | None:
        """The reading, once it needs no question or the question was answered."""
        question = self._doubt(reading)
        if question is None:
            return reading
        confirm = f"ok_{name}"
        answer = f"{reading.typed_value.normalize():f} {reading.typed_unit}"
        self.fields[confirm] = forms.CharField(
            required=False,
            widget=Confirm(answer),
            label=_("Yes, this is what was measured"),
        )
        if self.data.get(confirm) == answer:
            return replace(reading, confirmed=True)
        self.add_error(name, _(question.text) % question.values)
        return None

    def _doubt(self, reading: Reading) -> Doubt | None:
        at = self.measured_at()
        last = None
        if reading.quantity == "weight" and at is not None:
            last = last_weight(self.patient, at, self.cleaned_data.get("client_id"))
        return doubt(
            reading.quantity,
            reading.typed_value,
            reading.typed_unit,
            at=at,
            last_weight=last,
        )

    def check_pressure(self, upper_name: str, lower_name: str) -> None:
        """Refuse a lower value without an upper one, or above it.

        To be called before the two are read.
        """
        data = self.cleaned_data
        upper, lower = data.get(upper_name), data.get(lower_name)
        if lower is None or upper_name not in data:
            return
        if upper is None:
            self.add_error(upper_name, _("Enter the upper value too."))
        elif upper <= lower:
            self.add_error(
                lower_name,
                _("The lower value must be below the upper one (%(upper)s).")
                % {"upper": f"{upper.normalize():f}"},
            )


def last_weight(
    patient: Patient, before: datetime, client_id: UUID | None = None
) -> Weighed | None:
    """The weight before a moment, leaving out that of the entry `client_id`."""
    weights = Measurement.objects.readable(patient).filter(
        quantity="weight", at__lte=before
    )
    if client_id is not None:
        weights = weights.exclude(client_id=client_id)
    last = weights.order_by("-at", "-pk").first()
    return None if last is None else Weighed(last.value, last.at)


def _same(earlier: Reading, reading: Reading) -> bool:
    """Whether a reading was stored before with just this number in this unit."""
    return earlier.identity == reading.identity and (
        earlier.typed_value == reading.typed_value
        and earlier.typed_unit == reading.typed_unit
    )


def _limits(key: str, typed: Decimal, unit: str, limits: vocabulary.OutOfRange) -> str:
    """What is possible, and the unit that was perhaps meant."""
    low, high = (
        f"{vocabulary.from_canonical(key, limit, unit).normalize():f}"
        for limit in (limits.low, limits.high)
    )
    text = _("Enter a value from %(low)s to %(high)s %(unit)s.") % {
        "low": low,
        "high": high,
        "unit": unit,
    }
    if other := likelier_unit(key, typed, unit):
        text += " " + _("If it is %(value)s %(other)s, change the unit.") % {
            "value": f"{typed.normalize():f}",
            "other": other,
        }
    return text
