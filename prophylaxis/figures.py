"""Doses and weights as people type and read them; stored weights are kilograms."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

KG: Final = "kg"
LB: Final = "lb"
KG_PER_LB: Final = Decimal("0.45359237")  # exact: the pound is defined by it

# What can be true of a person; the domain sheet's range, section 3.
LIGHTEST_KG: Final = Decimal(2)
HEAVIEST_KG: Final = Decimal(350)


def weight_unit(units: Mapping[str, str]) -> str:
    """The unit that a record's choice of units asks for."""
    return LB if units.get("weight") == LB else KG


def to_kg(typed: Decimal, unit: str) -> Decimal:
    """Kilograms, to 10 g."""
    return _rounded(typed * KG_PER_LB if unit == LB else typed, "0.01")


def from_kg(weight_kg: Decimal, unit: str) -> Decimal:
    """The weight in `unit`, to one decimal, which a typed one comes back to."""
    return _rounded(weight_kg / KG_PER_LB if unit == LB else weight_kg, "0.1")


def _rounded(value: Decimal, step: str) -> Decimal:
    return value.quantize(Decimal(step), rounding=ROUND_HALF_UP)


def trimmed(value: Decimal) -> str:
    """The number without idle zeros: 2, 0.4, 72.5."""
    return f"{value.normalize():f}"
