"""Laboratory values: series for the chart and sheets for the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from capleak.attack_entries import unit_of
from diary.models import Measurement
from diary.personal import LABS
from diary.vocabulary import QUANTITIES, from_canonical
from sharing.models import Patient

# In this order; the others follow as the vocabulary has them (design choice).
FIRST: Final = (
    "m_protein",
    "hematocrit",
    "hemoglobin",
    "albumin",
    "total_protein",
    "creatinine",
    "igg",
)
ORDER: Final = (*FIRST, *(name for name in LABS if name not in FIRST))
MOST_SHEETS: Final = 40  # days in the table; the export has all


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity by local day, oldest first, in the reader's unit."""

    quantity: str
    label: str
    unit: str
    points: tuple[tuple[date, Decimal], ...]
    usual: Decimal | None = None

    @property
    def heading(self) -> str:
        return f"{self.label}, {self.unit}"

    @property
    def last(self) -> tuple[date, Decimal]:
        return self.points[-1]


@dataclass(frozen=True, slots=True)
class Labs:
    """Every quantity that has a value, and the newest days with all of theirs."""

    series: list[Series] = field(default_factory=list)
    rows: list[tuple[date, list[str]]] = field(default_factory=list)  # newest first
    older: int = 0  # days beyond those of the rows

    def since(self, day: date) -> Labs:
        """The values of a day and later."""
        return sheets(
            [
                Series(s.quantity, s.label, s.unit, points, s.usual)
                for s in self.series
                if (points := tuple(p for p in s.points if p[0] >= day))
            ]
        )


def labs(patient: Patient, until: date, usual: Mapping[str, Decimal]) -> Labs:
    """All laboratory values of an opened record up to a day; one query.

    `usual` is this person's own usual value by quantity, canonical.
    """
    values: dict[str, list[tuple[date, Decimal]]] = {}
    rows = Measurement.objects.readable(patient).filter(
        quantity__in=LABS, day__lte=until
    )
    for name, day, value in rows.order_by("at", "pk").values_list(
        "quantity", "day", "value"
    ):
        shown = from_canonical(name, value, unit_of(name, patient.units))
        values.setdefault(name, []).append((day, shown))
    return sheets(
        [
            Series(
                name,
                _(QUANTITIES[name].label),
                unit_of(name, patient.units),
                tuple(values[name]),
                from_canonical(name, usual[name], unit_of(name, patient.units))
                if name in usual
                else None,
            )
            for name in ORDER
            if name in values
        ]
    )


def sheets(series: Sequence[Series]) -> Labs:
    """The series with a row for each of the newest days; several values of a day in
    the order in which they came."""
    cells: dict[date, dict[str, list[str]]] = {}
    for one in series:
        for day, value in one.points:
            cell = cells.setdefault(day, {}).setdefault(one.quantity, [])
            cell.append(f"{value.normalize():f}")
    days = sorted(cells, reverse=True)
    rows = [
        (day, [" / ".join(cells[day].get(one.quantity, ())) for one in series])
        for day in days[:MOST_SHEETS]
    ]
    return Labs(list(series), rows, len(days) - len(rows))
