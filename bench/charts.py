"""How fast charts are drawn and shown, and how large they are, in one run.

Three goals: drawing takes at most 1.5 times as long as plain matplotlib with the same
points, a page with a chart from the cache at most twice as long as a plain page of the
same frame, and the years chart at most 12 kB when compressed.

Makes a database of its own beside the configured one, and removes it.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from io import StringIO
from math import exp
from typing import Final

import django
from matplotlib.figure import Figure

from bench.turns import in_turns, say, told
from capleak import charts
from capleak.charts import (
    AttackChart,
    Band,
    CompareChart,
    LifeAttack,
    LifeChange,
    LifeChart,
    LifeStay,
    Overlay,
    Series,
    SymptomRow,
)

DRAWING_GOAL: Final = 1.5
YEARS_GOAL: Final = 12_000
TODAY: Final = date(2026, 11, 23)
DAY: Final = timedelta(days=1)

Points = tuple[tuple[float, float], ...]


def main() -> int:
    """Print every figure beside its goal; 1 if one is missed."""
    met = [*drawing(), years()]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "capleak.settings")
    django.setup()
    from bench.chart_pages import pages  # noqa: PLC0415 - models need the setup

    met += pages()
    return 0 if all(met) else 1


# --- Drawing against plain matplotlib -------------------------------------------------


def drawing() -> Iterable[bool]:
    """Our charts and plain ones of the same points, taken in turns."""
    one, thirty = an_attack(), thirty_attacks()
    for name, ours, plain in (
        (
            "one attack",
            lambda: charts.attack_chart(one, key="a"),
            lambda: plain_attack(one),
        ),
        (
            "30 attacks over each other",
            lambda: charts.compare_chart(thirty, key="c"),
            lambda: plain_overlays(thirty),
        ),
    ):
        took = in_turns(ours, plain)
        yield told(f"drawing {name}", took, DRAWING_GOAL)


def wave(at: float, *, base: float, dip: float) -> float:
    return base - dip * exp(-(((at - 0.6) / 1.2) ** 2))


def points(base: float, dip: float, count: int, shift: float = 0) -> Points:
    return tuple(
        (x := -3 + 10 * n / count, round(wave(x + shift, base=base, dip=dip), 2))
        for n in range(count)
    )


def an_attack() -> AttackChart:
    """Ten days, written down several times a day."""
    return AttackChart(
        title="Attack",
        desc="An attack.",
        day0_label="Days from leak onset",
        bands=(
            Band("prodrome", -2.2, 0, "Prodrome · 2.2 d"),
            Band("leak", 0, 2.4, "Leak · 2.4 d"),
            Band("recovery", 2.4, 6.5, "Recovery · 4.1 d"),
        ),
        symptoms=tuple(
            SymptomRow(f"Symptom {n}", tuple((d - 3 + n / 9, d % 4) for d in range(9)))
            for n in range(8)
        ),
        systolic=Series("Systolic", "mmHg", points(122, 45, 40), usual=122),
        diastolic=Series("Diastolic", "mmHg", points(77, 25, 40)),
        pulse=Series("Pulse", "/min", points(70, -50, 40), usual=70),
        hematocrit=Series("Hematocrit", "%", points(41, -18, 15)),
        albumin=Series("Albumin", "g/dL", points(4, 2, 15)),
        weight=Series("Weight", "kg", points(72, -8, 12), usual=72),
        urine=Series("Urine", "mL", points(1600, 1400, 12)),
    )


def thirty_attacks() -> CompareChart:
    quantities = (("systolic", 122, 45), ("pulse", 70, -50), ("hematocrit", 41, -18))
    return CompareChart(
        title="Attacks",
        desc="Attacks.",
        day0_label="Days from leak onset",
        overlays=tuple(
            Overlay(
                name, "", name, tuple(points(base, dip, 30, n / 30) for n in range(30))
            )
            for name, base, dip in quantities
        ),
    )


def plain_attack(chart: AttackChart) -> str:
    """The same points as anyone would plot them, bands and labels included."""
    figure = Figure(figsize=(9, 9))
    axes = figure.subplots(5, sharex=True)
    marks = [
        (day, row, severity or 0)
        for row, symptom in enumerate(chart.symptoms)
        for day, severity in symptom.marks
    ]
    axes[0].scatter(
        [m[0] for m in marks],
        [m[1] for m in marks],
        s=[20 + 20 * m[2] for m in marks],
        marker="s",
    )
    axes[0].set_yticks(range(len(chart.symptoms)), [s.label for s in chart.symptoms])
    for ax, group in zip(
        axes[1:],
        (
            (chart.systolic, chart.diastolic, chart.pulse),
            (chart.hematocrit, chart.albumin),
            (chart.weight,),
            (chart.urine,),
        ),
        strict=True,
    ):
        for series in group:
            if series:
                xs, ys = zip(*series.points, strict=True)
                ax.plot(xs, ys, marker="o", label=f"{series.label}, {series.unit}")
                if series.usual is not None:
                    ax.axhline(series.usual, linestyle="--")
        ax.legend()
    for ax in axes:
        for band, color in zip(chart.bands, ("gold", "salmon", "green"), strict=True):
            ax.axvspan(band.start, band.end, color=color, alpha=0.2)
    axes[0].set_title(chart.title)
    axes[-1].set_xlabel(chart.day0_label)
    return saved(figure)


def plain_overlays(chart: CompareChart) -> str:
    figure = Figure(figsize=(9, 6))
    axes = figure.subplots(len(chart.overlays), sharex=True)
    for ax, overlay in zip(axes, chart.overlays, strict=True):
        for line in overlay.lines:
            xs, ys = zip(*line, strict=True)
            ax.plot(xs, ys)
        ax.set_ylabel(overlay.label)
    axes[-1].set_xlabel(chart.day0_label)
    return saved(figure)


def saved(figure: Figure) -> str:
    out = StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    return out.getvalue()


# --- The size of the years chart ------------------------------------------------------


def years() -> bool:
    """Thirty years with an attack each, monthly infusions and stays in hospital."""
    began = [date(1997, 3, 1) + 365 * n * DAY + 37 * (n % 9) * DAY for n in range(30)]
    chart = LifeChart(
        title="All years",
        desc="Thirty years.",
        today=TODAY,
        observed_since=date(1998, 1, 1),
        attacks=tuple(
            LifeAttack(
                (
                    ("prodrome", day, day + 2 * DAY),
                    ("leak", day + 2 * DAY, day + 4 * DAY),
                    ("recovery", day + 4 * DAY, day + 9 * DAY),
                ),
                str(1 + n % 3),
            )
            for n, day in enumerate(began)
        ),
        stays=tuple(LifeStay(day + 2 * DAY, day + 8 * DAY) for day in began),
        infusions=tuple(date(2004, 1, 5) + 28 * n * DAY for n in range(298)),
        changes=(LifeChange(date(2004, 1, 5), "2 g/kg every 28 days"),),
    )
    size = len(gzip.compress(charts.life_chart(chart, key="life").encode()))
    both = sum(
        len(gzip.compress(charts.life_chart(chart, key="life", width=width).encode()))
        for width in ("phone", "desk")
    )
    say(
        f"years chart, compressed: {size} bytes (goal {YEARS_GOAL})", size <= YEARS_GOAL
    )
    say(f"  both layouts of the page: {both} bytes", ok=None)
    return size <= YEARS_GOAL


if __name__ == "__main__":
    sys.exit(main())
