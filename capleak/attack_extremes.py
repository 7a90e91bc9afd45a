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

# What a record of an attack asks for (domain sheet, section 13), and which of it
# falls in an attack; the others rise.
LOWEST: Final = ("systolic", "albumin", "total_protein", "spo2", "urine_volume")
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


def extremes(
    attack: Attack, rows: Iterable[Row], *, by_day: bool = False
) -> list[Extreme]:
    """From the first known time of the attack on; nothing that was not measured.

    `by_day` leaves the hours out, which no published report tells.
    """
    began = min(at for at in attack.clock.boundaries if at)
    values: dict[str, list[tuple[datetime, Value]]] = {}
    for row in rows:
        if row.at >= began:
            for value in row.values:
                values.setdefault(value.quantity, []).append((row.at, value))
    shape = "j M" if by_day else "j M, H:i"
    return [_extreme(name, values[name], shape) for name in ASKED if name in values]


def _extreme(name: str, values: list[tuple[datetime, Value]], shape: str) -> Extreme:
    low = name in LOWEST
    pick = min if low else max
    first_at, first = values[0]
    worst_at, worst = pick(values, key=lambda pair: pair[1].amount)
    return Extreme(
        quantity=name,
        label=first.label,
        first=_told(first),
        first_on=dateformat.format(first_at, shape),
        worst=_told(worst),
        worst_on=dateformat.format(worst_at, shape),
        worst_word=_("lowest") if low else _("highest"),
    )


def _told(value: Value) -> str:
    return in_words(value.quantity, value.amount, value.unit)
