"""Compared attacks as charts and tables: words and days here, drawing in charts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks import words
from attacks.phases import Phase
from capleak.attack_drawing import bands, thresholds
from capleak.attack_entries import unit_of
from capleak.charts import (
    CompareChart,
    CompareWords,
    First,
    Lengths,
    Overlay,
    SignatureChart,
)
from capleak.comparison import By, Compared, Comparison
from diary.vocabulary import QUANTITIES

MOST_FIRST: Final = 15  # bars of first symptoms; all are in the table
INKS: Final = {"urine_volume": "urine"}  # else a quantity's ink has its name


@dataclass(frozen=True, slots=True)
class ValueRow:
    """One attack in the table of values; blank where there is none."""

    compared: Compared
    dates: str
    values: list[str]


@dataclass(frozen=True, slots=True)
class PhaseRow:
    """One attack in the table of phases."""

    compared: Compared
    dates: str
    lasted: list[str]


def chart(found: Comparison, now: datetime) -> CompareChart:
    """The overlaid values and the lengths of phases, in the reader's language."""
    count = len(found.attacks)
    desc = ngettext(
        "%(n)d attack aligned at %(what)s", "%(n)d attacks aligned at %(what)s", count
    ) % {"n": count, "what": day_zero(found.by)}
    told = [label(quantity, found) for quantity in found.quantities]
    return CompareChart(
        title=_("Attacks over each other"),
        desc=": ".join([desc, ", ".join(told)]) + "." if told else desc + ".",
        day0_label=_("Days from %(what)s") % {"what": day_zero(found.by)},
        overlays=tuple(
            Overlay(
                label=_(QUANTITIES[quantity].label),
                unit=unit_of(quantity, found.units),
                ink=INKS.get(quantity, quantity),
                lines=tuple(
                    tuple(one.values.get(quantity, ())) for one in found.attacks
                ),
                thresholds=thresholds(quantity, found.units),
            )
            for quantity in found.quantities
        ),
        lengths=tuple(_lengths(one, now) for one in reversed(found.attacks)),
        words=CompareWords(
            newest=_("newest attack"),
            earlier=_("earlier attacks"),
            uncertain=_("dotted end: time uncertain or still open"),
            none=_("No measurements in these attacks."),
            phases={
                "prodrome": _("prodrome"),
                "leak": _("leak phase"),
                "recovery": _("recovery phase"),
                "unknown": _("phase not known"),
            },
        ),
    )


def signature(found: Comparison) -> SignatureChart:
    """Which symptoms came first, in how many of the attacks that tell."""
    shown = found.signature[:MOST_FIRST]
    told = ", ".join(f"{name} {count}" for name, count in shown)
    return SignatureChart(
        title=_("What came first"),
        desc=_("First symptoms of %(n)d attacks: %(told)s.")
        % {"n": found.with_symptoms, "told": told},
        attacks=found.with_symptoms,
        firsts=tuple(First(name, count) for name, count in shown),
    )


def day_zero(by: By) -> str:
    return _("leak onset") if by == By.LEAK else _("the first early signs")


def label(quantity: str, found: Comparison) -> str:
    """A quantity with its unit."""
    unit = unit_of(quantity, found.units)
    return f"{_(QUANTITIES[quantity].label)}, {unit}"


def value_rows(found: Comparison) -> list[ValueRow]:
    """The worst value of each quantity, newest attack first."""
    return [
        ValueRow(
            one,
            words.dates(one.attack),
            [
                "" if (worst := one.worst(quantity)) is None else f"{worst:g}"
                for quantity in found.quantities
            ],
        )
        for one in reversed(found.attacks)
    ]


def phase_rows(found: Comparison, now: datetime) -> list[PhaseRow]:
    """How long each phase lasted, newest attack first; blank where not known."""
    return [
        PhaseRow(
            one,
            words.dates(one.attack),
            [words.lasted(one.attack, phase, now) or "" for phase in words.PHASES],
        )
        for one in reversed(found.attacks)
    ]


def phase_labels() -> Iterator[str]:
    """The headings of the table of phases."""
    return (_(Phase(phase).label) for phase in words.PHASES)


def _lengths(one: Compared, now: datetime) -> Lengths:
    day = dateformat.format(one.zero.astimezone(one.attack.tz), "j M Y")
    return Lengths(day, tuple(bands(one.attack, now, one.zero)))
