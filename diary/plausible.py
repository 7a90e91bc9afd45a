"""What is possible and yet rarely measured, so that a form asks before it is stored.

Pure: standard library and quantities only. A question never changes a value and never
drops one: published extremes (58/26 mmHg, hemoglobin 24.9 g/dL, hematocrit 80 %; domain
sheet, sections 3 and 4) are stored once somebody says that they were measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from diary.quantities import QUANTITIES, from_canonical, to_canonical


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question about one value: `text`, to be translated, takes `values` by name."""

    text: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weighed:
    """The last weight before the one in question, in kg, and when."""

    kg: Decimal
    at: datetime


WEIGHT_CHANGE_KG: Final = Decimal(3)  # domain sheet, section 3
WEIGHT_CHANGE_WITHIN: Final = timedelta(hours=24)
# The same number in the other unit differs by a factor of 2.2, so this tells them
# apart with room for an attack's gain of 10 kg (Pineton de Chambrun 2020). Design.
SAME_WEIGHT: Final = Decimal("0.15")

# What is stored without a question, canonical, both ends included. Design throughout:
# wide enough for an ordinary attack (admission medians: systolic 87, pulse 110,
# hematocrit 57, Colombo, IRIS-CLS; hemoglobin 20.2, total protein 50, EureClark ICU),
# narrow enough to catch a slip of the hand or a value typed in another unit.
# Finger-prick hemoglobin is left out: nothing may look like a limit for it (domain
# sheet, section 11).
COMMON: Final[Mapping[str, tuple[Decimal, Decimal]]] = MappingProxyType(
    {
        key: (Decimal(low), Decimal(high))
        for key, low, high in (
            ("systolic", "70", "220"),
            ("diastolic", "40", "130"),
            ("pulse", "40", "150"),
            ("temperature", "35", "41"),
            ("spo2", "85", "100"),
            ("urine_volume", "50", "8000"),
            ("limb_girth", "10", "80"),
            ("hematocrit", "20", "60"),
            ("hemoglobin", "7", "20"),
            ("albumin", "1", "5.5"),
            ("total_protein", "30", "100"),
            ("creatinine", "0.2", "10"),
            ("creatine_kinase", "10", "100000"),
            ("lactate", "0.3", "8"),
            ("crp", "0", "300"),
            ("igg", "1", "50"),
            ("m_protein", "0", "50"),
            ("theophylline", "0", "25"),
            ("wbc", "1", "60"),
            ("potassium", "2", "7"),
            ("sodium", "115", "160"),
            ("bicarbonate", "10", "45"),
            ("egfr", "0", "150"),
            ("urea", "1", "50"),
        )
    }
)


def doubt(
    quantity: str,
    typed: Decimal,
    unit: str,
    *,
    at: datetime | None = None,
    last_weight: Weighed | None = None,
) -> Doubt | None:
    """What to ask about a value before it is stored; None if there is nothing to ask.

    The value is one that check_range lets pass. `at` is when it was measured and
    `last_weight` the weight before that; both matter for a weight only.
    """
    value = to_canonical(quantity, typed, unit)
    if quantity == "weight":
        return _weight_doubt(value, typed, unit, at, last_weight)
    if quantity not in COMMON or _is_common(quantity, value):
        return None
    words = {"value": _plain(typed), "unit": unit}
    if other := likelier_unit(quantity, typed, unit):
        return Doubt(
            _(
                "%(value)s %(unit)s is rare, %(value)s %(other)s is common. "
                "Is the unit right?"
            ),
            words | {"other": other},
        )
    return Doubt(_("%(value)s %(unit)s is rare. Is this what was measured?"), words)


def likelier_unit(quantity: str, typed: Decimal, unit: str) -> str | None:
    """Another unit in which the same number would be a common value, if there is one.

    For a value that is rare or impossible in the unit that was chosen. None for a unit
    that means the same.
    """
    if quantity not in COMMON:
        return None
    chosen = to_canonical(quantity, typed, unit)
    for other in QUANTITIES[quantity].units:
        value = to_canonical(quantity, typed, other)
        if value != chosen and _is_common(quantity, value):
            return other
    return None


def _weight_doubt(
    kg: Decimal,
    typed: Decimal,
    unit: str,
    at: datetime | None,
    last: Weighed | None,
) -> Doubt | None:
    if last is None:
        return None
    words = {
        "value": _plain(typed),
        "unit": unit,
        "last": _plain(from_canonical("weight", last.kg, unit)),
    }
    for other in QUANTITIES["weight"].units:
        if other != unit and _is_about(to_canonical("weight", typed, other), last.kg):
            return Doubt(
                _(
                    "The last weight was %(last)s %(unit)s. Is it %(value)s %(unit)s "
                    "now, and not %(value)s %(other)s?"
                ),
                words | {"other": other},
            )
    recent = at is not None and at - last.at <= WEIGHT_CHANGE_WITHIN
    if recent and abs(kg - last.kg) > WEIGHT_CHANGE_KG:
        return Doubt(
            _(
                "Less than a day before, the weight was %(last)s %(unit)s. Is "
                "%(value)s %(unit)s what was measured?"
            ),
            words,
        )
    return None


def _is_about(kg: Decimal, last_kg: Decimal) -> bool:
    return abs(kg - last_kg) <= SAME_WEIGHT * last_kg


def _is_common(quantity: str, value: Decimal) -> bool:
    low, high = COMMON[quantity]
    return low <= value <= high


def _plain(number: Decimal) -> str:
    """The number without idle zeros."""
    return f"{number.normalize():f}"
