"""What can be measured: units, exact conversion and the range that is possible.

Pure: standard library only. A measurement is stored as typed and as its canonical
value, a Decimal with `CANONICAL_PLACES` decimals (at most 12 digits in all); typed
values come back exactly to the decimals that their unit shows.

LOINC codes are those that the domain sheet saw with a matching name, else None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from types import MappingProxyType
from typing import Final, Literal

CANONICAL_PLACES: Final = 6
_CANONICAL_STEP: Final = Decimal(1).scaleb(-CANONICAL_PLACES)

Group = Literal["vital", "lab", "urine", "girth"]


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit people type: canonical = (typed + offset) * factor / divisor.

    Both a factor and a divisor, because neither 5/9 nor 1/88.4 is a finite decimal.
    """

    places: int  # decimals shown
    factor: Decimal = Decimal(1)
    divisor: Decimal = Decimal(1)
    offset: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something measured, its canonical unit, and what can be true of a person."""

    key: str
    label: str
    group: Group
    canonical_unit: str
    units: Mapping[str, Unit]  # the canonical one first
    low: Decimal  # accepted range, canonical, both ends included
    high: Decimal
    loinc: str | None = None

    @property
    def decimals(self) -> int:
        """Decimals shown in the canonical unit."""
        return self.units[self.canonical_unit].places


class OutOfRange(ValueError):
    """A value that cannot be true of a person; the limits are canonical."""

    def __init__(self, quantity: str, low: Decimal, high: Decimal) -> None:
        super().__init__(f"{quantity} must be between {low} and {high}")
        self.low = low
        self.high = high


def _unit(places: int, *, times: str = "1", over: str = "1", plus: str = "0") -> Unit:
    return Unit(places, Decimal(times), Decimal(over), Decimal(plus))


def _row(
    key: str,
    label: str,
    group: Group,
    accepted: tuple[str, str],
    units: dict[str, Unit],
    loinc: str | None = None,
) -> Quantity:
    low, high = map(Decimal, accepted)
    canonical_unit = next(iter(units))
    return Quantity(
        key, label, group, canonical_unit, MappingProxyType(units), low, high, loinc
    )


_G_DL: Final = {"g/dL": _unit(1), "g/L": _unit(0, over="10")}
_G_L: Final = {"g/L": _unit(1), "g/dL": _unit(2, times="10")}
_MMOL_L: Final = {"mmol/L": _unit(1), "mEq/L": _unit(1)}  # the same for one charge

# fmt: off
_ROWS: Final = (
    # Ranges, codes and conversions: domain sheet, section 3, unless said otherwise.
    # They refuse what is impossible; published extremes (58/26 mmHg, hemoglobin 24.9,
    # hematocrit 80 %) lie inside.
    _row("systolic", _("Upper blood pressure"), "vital", ("40", "260"),
         {"mmHg": _unit(0)}, "8480-6"),
    _row("diastolic", _("Lower blood pressure"), "vital", ("20", "160"),
         {"mmHg": _unit(0)}, "8462-4"),
    _row("pulse", _("Pulse"), "vital", ("25", "230"), {"/min": _unit(0)}, "8867-4"),
    _row("weight", _("Weight"), "vital", ("2", "350"),
         {"kg": _unit(1), "lb": _unit(1, times="0.45359237")}, "29463-7"),
    _row("temperature", _("Temperature"), "vital", ("33", "43"),
         {"°C": _unit(1), "°F": _unit(1, plus="-32", times="5", over="9")}, "8310-5"),
    _row("spo2", _("Oxygen saturation"), "vital", ("50", "100"),
         {"%": _unit(0)}, "59408-5"),
    # Its LOINC code in the sheet is unverified.
    _row("urine_volume", _("Urine in 24 hours"), "urine", ("0", "15000"),
         {"mL/24h": _unit(0), "L/24h": _unit(2, times="1000")}),
    # Against one's own usual: see URINE_GRADES.
    _row("urine_relative", _("Urine against usual"), "urine", ("-2", "1"),
         {"grade": _unit(0)}),
    _row("limb_girth", _("Limb girth"), "girth", ("5", "100"),
         {"cm": _unit(1), "in": _unit(1, times="2.54")}),
    _row("limb_tightness", _("Limb tightness, 0 to 4"), "girth", ("0", "4"),
         {"grade": _unit(0)}),
    # The generic code: 4544-3 says "automated", which a typed value does not.
    _row("hematocrit", _("Hematocrit"), "lab", ("10", "85"),
         {"%": _unit(1), "L/L": _unit(3, times="100")}, "20570-8"),
    _row("hemoglobin", _("Hemoglobin"), "lab", ("3", "28"),
         {**_G_DL, "mmol/L": _unit(1, times="1.611")}, "718-7"),
    _row("capillary_hemoglobin", _("Finger-prick hemoglobin"), "lab", ("4", "28"),
         {**_G_DL, "mmol/L": _unit(1, times="1.611")}, "718-7"),
    _row("albumin", _("Albumin"), "lab", ("0.3", "6"), _G_DL, "1751-7"),
    _row("total_protein", _("Total protein"), "lab", ("10", "120"), _G_L, "2885-2"),
    _row("creatinine", _("Creatinine"), "lab", ("0.1", "20"),
         {"mg/dL": _unit(2), "umol/L": _unit(0, over="88.4")}, "2160-0"),
    _row("creatine_kinase", _("Creatine kinase"), "lab", ("5", "300000"),
         {"U/L": _unit(0)}, "2157-6"),
    _row("lactate", _("Lactate"), "lab", ("0.1", "30"),
         {"mmol/L": _unit(1), "mg/dL": _unit(1, over="9.01")}, "2524-7"),
    _row("m_protein", _("M-protein"), "lab", ("0", "120"), _G_L, "33358-3"),
    _row("igg", _("IgG"), "lab", ("0", "100"),
         {**_G_L, "mg/dL": _unit(0, over="100")}, "2465-3"),
    # Its LOINC code in the sheet is unverified.
    _row("theophylline", _("Theophylline level"), "lab", ("0", "60"),
         {"mg/L": _unit(1), "ug/mL": _unit(1)}),
    # Not in the sheet: named in published cases. Without codes, and with ranges that
    # are our choice, wide enough that only a slip of the hand falls outside.
    _row("crp", _("C-reactive protein"), "lab", ("0", "1000"),
         {"mg/L": _unit(2), "mg/dL": _unit(3, times="10")}),
    _row("wbc", _("White blood cells"), "lab", ("0", "500"),
         {"10^9/L": _unit(2), "10^3/uL": _unit(2)}),
    _row("potassium", _("Potassium"), "lab", ("1", "12"), _MMOL_L),
    _row("sodium", _("Sodium"), "lab", ("80", "200"), _MMOL_L),
    _row("bicarbonate", _("Bicarbonate"), "lab", ("1", "60"), _MMOL_L),
    _row("egfr", _("Estimated GFR"), "lab", ("0", "200"),
         {"mL/min/1.73m2": _unit(0)}),
    # Urea weighs 60.06 g/mol, the nitrogen in it 28.01. Laboratories print both as
    # mg/dL, so the unit says which one it is.
    _row("urea", _("Urea"), "lab", ("0.1", "150"),
         {"mmol/L": _unit(1), "mg/dL urea": _unit(0, over="6.006"),
          "mg/dL BUN": _unit(0, over="2.801")}),
)
# fmt: on

QUANTITIES: Final[Mapping[str, Quantity]] = MappingProxyType(
    {row.key: row for row in _ROWS}
)

URINE_GRADES: Final[Mapping[int, str]] = MappingProxyType(
    {-2: _("much less"), -1: _("less"), 0: _("usual"), 1: _("more")}
)


def to_canonical(quantity_key: str, value: Decimal, unit: str) -> Decimal:
    """Convert a typed value to the canonical unit, with CANONICAL_PLACES decimals.

    ValueError for a unit that the quantity does not have and for a value that is no
    storable number (NaN, infinity, 1E+99). The range is not looked at.
    """
    typed = _unit_of(quantity_key, unit)
    if not value.is_finite():
        raise ValueError("not a number")
    try:
        canonical = (value + typed.offset) * typed.factor / typed.divisor
        return canonical.quantize(_CANONICAL_STEP)
    except DecimalException as error:
        raise ValueError("too large to be stored") from error


def from_canonical(quantity_key: str, value: Decimal, unit: str) -> Decimal:
    """Convert a canonical value to a unit, rounded to the decimals that it shows.

    Halves round away from zero. ValueError for a unit that the quantity does not have.
    """
    shown = _unit_of(quantity_key, unit)
    typed = value * shown.divisor / shown.factor - shown.offset
    return typed.quantize(Decimal(1).scaleb(-shown.places), rounding=ROUND_HALF_UP)


def check_range(quantity_key: str, canonical: Decimal) -> None:
    """Raise OutOfRange if a canonical value cannot be true of a person."""
    quantity = QUANTITIES[quantity_key]
    if not (canonical.is_finite() and quantity.low <= canonical <= quantity.high):
        raise OutOfRange(quantity_key, quantity.low, quantity.high)


def _unit_of(quantity_key: str, unit: str) -> Unit:
    try:
        return QUANTITIES[quantity_key].units[unit]
    except KeyError:
        raise ValueError(f"{quantity_key} is not measured in {unit!r}") from None
