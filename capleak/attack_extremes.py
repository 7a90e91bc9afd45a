"""The first and the most extreme value of each quantity within an attack."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import dateformat
from django.utils.translation import gettext as _

from attacks.models import Attack
from capleak.attack_entries import Row, Value
from diary.words import in_words

# The values that a record of an attack asks for (domain sheet, section 13), and which
# end of them an attack drives to.
LOWEST: Final = ("systolic", "albumin", "total_protein", "spo2", "urine_volume")
HIGHEST: Final = (
    "pulse",
    "hematocrit",
    "hemoglobin",
    "weight",
    "creatinine",
    "creatine_kinase",
    "lactate",
)
ASKED: Final = (
    "systolic",
    "pulse",
    "weight",
    "urine_volume",
    "spo2",
    "hematocrit",
    "hemoglobin",
    "albumin",
    "total_protein",
    "creatinine",
    "creatine_kinase",
    "lactate",
)


@dataclass(frozen=True, slots=True)
class Extreme:
    """One quantity: its first and its lowest or highest value, with their moments."""

    quantity: str
    label: str
    first: str
    first_on: str
    worst: str
    worst_on: str
    worst_word: str


def extremes(attack: Attack, rows: Iterable[Row]) -> list[Extreme]:
    """From the first known time of the attack on; nothing that was not measured."""
    began = min(at for at in attack.clock.boundaries if at)
    values: dict[str, list[tuple[datetime, Value]]] = {}
    for row in rows:
        if row.at >= began:
            for value in row.values:
                values.setdefault(value.quantity, []).append((row.at, value))
    return [_extreme(name, values[name]) for name in ASKED if name in values]


def _extreme(name: str, values: list[tuple[datetime, Value]]) -> Extreme:
    low = name in LOWEST
    pick = min if low else max
    first_at, first = values[0]
    worst_at, worst = pick(values, key=lambda pair: pair[1].amount)
    return Extreme(
        quantity=name,
        label=first.label,
        first=_told(first),
        first_on=_on(first_at),
        worst=_told(worst),
        worst_on=_on(worst_at),
        worst_word=_("lowest") if low else _("highest"),
    )


def _told(value: Value) -> str:
    return in_words(value.quantity, value.amount, value.unit)


def _on(at: datetime) -> str:
    return dateformat.format(at, "j M, H:i")
