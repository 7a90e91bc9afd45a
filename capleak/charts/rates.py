"""Rates as a dot in its exact interval, one row each period, with counts in words."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from capleak.charts.canvas import Canvas
from capleak.charts.frame import SIZES, Size, Width
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Scale, fit, nice_ticks, number, wrap
from capleak.charts.svg import inline_svg

ROOM: Final = 2.5  # the axis reaches at most so many times the highest rate
INSET: Final = 18.0
SHORTEST: Final = 2.0  # attacks a year


@dataclass(frozen=True, slots=True)
class RateRow:
    """One period: what it is, its counts in words, and its rate if it has one.

    A part is of the row above that is none, and is set in.
    """

    label: str
    told: str
    per_year: float | None = None
    low: float = 0.0
    high: float = 0.0
    treated: bool = False
    part: bool = False


@dataclass(frozen=True, slots=True)
class RatesWords:
    """The words that the chart adds by itself."""

    axis: str = "Attacks a year"
    untreated: str = "rate, no prophylaxis"
    treated: str = "rate on prophylaxis"
    interval: str = "95 % interval"
    beyond: str = "goes on to the right"


@dataclass(frozen=True, slots=True)
class RatesChart:
    """Periods from top to bottom."""

    title: str
    desc: str
    rows: tuple[RateRow, ...]
    words: RatesWords = field(default_factory=RatesWords)


def rates_chart(chart: RatesChart, *, key: str, width: Width = "desk") -> str:
    """The rates as inline SVG; `key` is unique on the page.

    A limit beyond the axis ends in an arrow. The title is not drawn.
    """
    size = SIZES[width]
    canvas = Canvas(size.width)
    scale = _scale(chart, size)
    top, row = 4.0, 58.0 if size.beside else 74.0
    bottom = top + row * len(chart.rows)
    ticks = nice_ticks(scale.low, scale.high, 6)
    canvas.lines([[(scale(t), top), (scale(t), bottom)] for t in ticks], "line")
    for place, one in enumerate(chart.rows):
        _row(canvas, one, scale, top + place * row, row, size)
    ends = [(scale.low_px, bottom), (scale.high_px, bottom)]
    canvas.line(ends, "line-strong", width=1)
    for tick in ticks:
        canvas.text(
            scale(tick),
            bottom + 16,
            number(tick),
            size=size.small,
            ink="ink-soft",
            anchor="center",
        )
    middle = (scale.low_px + scale.high_px) / 2
    bottom += 16 + size.line
    canvas.text(middle, bottom, chart.words.axis, size=size.small, anchor="center")
    entries = _key(canvas, chart, scale)
    bottom = running_key(canvas, entries, 0, bottom + 8, size=size)
    return inline_svg(
        canvas.svg(bottom + 4),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _scale(chart: RatesChart, size: Size) -> Scale:
    rated = [row for row in chart.rows if row.per_year is not None]
    most = max((row.per_year or 0.0 for row in rated), default=0.0)
    widest = max((row.high for row in rated), default=0.0)
    high = max(SHORTEST, min(widest * 1.05, most * ROOM))
    left = 300.0 if size.beside else 12.0
    return Scale(0, high, left, size.width - 16)


def _row(
    canvas: Canvas, row: RateRow, scale: Scale, top: float, height: float, size: Size
) -> None:
    """The words left of the line, or on a phone above it."""
    middle = top + (height / 2 if size.beside else height - 16)
    left = INSET if row.part else 0.0
    room = (scale.low_px - 16 if size.beside else size.width) - left
    baseline = middle - 6 if size.beside else top + 18
    label = fit(row.label, room, size.font, bold=not row.part)
    canvas.text(left, baseline, label, size=size.font, bold=not row.part, halo=True)
    baseline += size.line * 1.05
    for line in wrap(row.told, room, size.small, most=2 if size.beside else 1):
        canvas.text(left, baseline, line, size=size.small, ink="ink-soft", halo=True)
        baseline += size.line
    if row.per_year is None:
        return
    ink = "infusion-mark" if row.treated else "systolic"
    _interval(canvas, row, scale, middle, ink)
    mark = "D" if row.treated else "o"
    canvas.markers(
        [(scale(row.per_year), middle)], mark, ink, size=8 if row.part else 11
    )


def _interval(
    canvas: Canvas, row: RateRow, scale: Scale, middle: float, ink: str
) -> None:
    left, right = scale(row.low), min(scale(row.high), scale.high_px)
    canvas.line([(left, middle), (right, middle)], ink, width=2.4)
    canvas.line([(left, middle - 6), (left, middle + 6)], ink, width=2.4)
    if row.high > scale.high:
        canvas.markers([(right - 2, middle)], ">", ink, size=9)
    else:
        canvas.line([(right, middle - 6), (right, middle + 6)], ink, width=2.4)


def _key(canvas: Canvas, chart: RatesChart, scale: Scale) -> list[KeyEntry]:
    words = chart.words
    rated = [row for row in chart.rows if row.per_year is not None]
    entries = []
    for treated, name in ((False, words.untreated), (True, words.treated)):
        if any(row.treated == treated for row in rated):
            entries.append(KeyEntry(name, partial(_dot, canvas, treated), width=12))
    if rated:
        entries.append(KeyEntry(words.interval, partial(_whisker, canvas)))
    if any(row.high > scale.high for row in rated):
        entries.append(KeyEntry(words.beyond, partial(_arrow, canvas), width=12))
    return entries


def _dot(canvas: Canvas, treated: bool, left: float, middle: float) -> None:
    mark, ink = ("D", "infusion-mark") if treated else ("o", "systolic")
    canvas.markers([(left + 6, middle)], mark, ink, size=9)


def _whisker(canvas: Canvas, left: float, middle: float) -> None:
    for x in (left, left + 24):
        canvas.line([(x, middle - 5), (x, middle + 5)], "ink-soft", width=2)
    canvas.line([(left, middle), (left + 24, middle)], "ink-soft", width=2)


def _arrow(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 6, middle)], ">", "ink-soft", size=8)
