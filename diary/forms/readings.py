"""The measurements of a check-in: one field for each quantity that is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from diary import vocabulary
from diary.drafts import Reading
from diary.forms.confirming import ConfirmsDoubts, Measured
from diary.forms.record import RecordForm

# What is answered with a word instead of a number.
WORDS: Final[Mapping[str, Mapping[int, str]]] = {
    "urine_relative": vocabulary.URINE_GRADES
}


class ReadingsForm(ConfirmsDoubts, RecordForm):
    """Fields `m_<quantity>`; a valid form has `readings`.

    With `editing`, values that the form does not ask for (another posture, a site, a
    laboratory value) stand in `kept` and stay.
    """

    asked: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.readings: tuple[Reading, ...] = ()
        self.said = self.editing.readings if self.editing else ()
        self.kept = tuple(r for r in self.said if not self._asks_for(r))
        for key in self.asked:
            if key in WORDS:
                self._add_words(key)
            else:
                self.add_value(f"m_{key}", key)
        for reading in self.said:
            if self._asks_for(reading):
                number = f"{reading.typed_value.normalize():f}"
                self.initial[f"m_{reading.quantity}"] = number
                self.initial[f"u_{reading.quantity}"] = reading.typed_unit

    def _asks_for(self, reading: Reading) -> bool:
        return reading.identity in {(key, "", "") for key in self.asked}

    def _add_words(self, key: str) -> None:
        self.fields[f"m_{key}"] = forms.ChoiceField(
            choices=[(str(g), capfirst(_(word))) for g, word in WORDS[key].items()],
            required=False,
            widget=forms.RadioSelect,
            label=_(vocabulary.QUANTITIES[key].label),
        )

    def values(self) -> Iterator[Measured]:
        """What is answered with a number."""
        return (self.measured(f"m_{k}", k) for k in self.asked if k not in WORDS)

    def answers(self) -> Iterator[forms.BoundField]:
        """What is answered with a word."""
        return (self[f"m_{key}"] for key in self.asked if key in WORDS)

    @property
    def measurements_open(self) -> bool:
        return self.opens("m_") or any(name.startswith("u_") for name in self.errors)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        self.check_pressure("m_systolic", "m_diastolic")
        found = [self.read(f"m_{key}", key) for key in self.asked]
        self.readings = (*(reading for reading in found if reading), *self.kept)
        return data
