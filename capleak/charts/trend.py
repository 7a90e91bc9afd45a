"""Values over years, a small panel each quantity, on one line of time with attacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Final

from capleak.charts.canvas import Canvas
from capleak.charts.frame import SIZES, Size, Width
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Scale, fit, nice_ticks, number, text_width, wrap
from capleak.charts.svg import inline_svg

HIGH: Final = 66.0  # of a panel
BETWEEN: Final = 12.0
LEAST_DAYS: Final = 28
GAP_DAYS: Final = 400  # values further apart are not joined (a yearly one is)
USUAL: Final = (7.0, 4.0)
TICK_ROOM: Final = 46.0  # beside the plot, right of the names


@dataclass(frozen=True, slots=True)
class TrendPanel:
    """One quantity by day, oldest first; `usual` is this person's own usual value."""

    label: str
    unit: str
    points: tuple[tuple[date, float], ...]
    usual: float | None = None


@dataclass(frozen=True, slots=True)
class TrendWords:
    """The words that the chart adds by itself."""

    attack: str = "attack"
    usual: str = "usual"


@dataclass(frozen=True, slots=True)
class TrendChart:
    """Panels from top to bottom; attacks are (first day, last day)."""

    title: str
    desc: str
    since: date
    until: date
    panels: tuple[TrendPanel, ...]
    attacks: tuple[tuple[date, date], ...] = ()
    words: TrendWords = field(default_factory=TrendWords)


def trend_chart(chart: TrendChart, *, key: str, width: Width = "desk") -> str:
    """The panels as inline SVG; `key` is unique on the page. No title is drawn."""
    size = _with_room(SIZES[width], chart.panels)
    canvas = Canvas(size.width)
    first, last = chart.since.toordinal(), chart.until.toordinal()
    first = min(first, last - LEAST_DAYS)
    days = Scale(first, last, size.left + 6, size.plot_right - 6)
    top = 0.0
    for panel in chart.panels:
        top = _panel(canvas, panel, chart, days, top, size) + BETWEEN
    bottom = _axis(canvas, days, top - BETWEEN, size)
    bottom = running_key(canvas, _key(canvas, chart), 0, bottom + 4, size=size)
    return inline_svg(
        canvas.svg(bottom + 4),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _panel(
    canvas: Canvas,
    panel: TrendPanel,
    chart: TrendChart,
    days: Scale,
    top: float,
    size: Size,
) -> float:
    """One quantity: its name left of the plot, or above it; where it ends below."""
    room = size.left - TICK_ROOM if size.beside else size.width
    if size.beside:
        baseline = top + 22
        for line in wrap(panel.label, room, size.font, bold=True):
            canvas.text(0, baseline, line, size=size.font, bold=True)
            baseline += size.line
        canvas.text(0, baseline, panel.unit, size=size.small)
    else:
        words = fit(f"{panel.label}, {panel.unit}", room, size.font, bold=True)
        canvas.text(0, top + size.font, words, size=size.font, bold=True)
        top += size.line + 4
    bottom = top + HIGH
    for start, end in chart.attacks:
        if end >= chart.since and start <= chart.until:
            left = max(days(start.toordinal()), size.left)
            right = min(days(end.toordinal() + 1), size.plot_right)
            box = Box(left, top, max(right, left + 2), bottom)
            canvas.box(box, "leak-mark", opacity=0.35)
    values = _scale(panel, top, bottom)
    ticks = _ticks(values)
    levels = [[(size.left, values(t)), (size.plot_right, values(t))] for t in ticks]
    canvas.lines(levels, "line", width=0.8)
    for tick in ticks:
        canvas.text(
            size.left - 6,
            values(tick) + size.small * 0.35,
            number(tick),
            size=size.small,
            ink="ink-soft",
            anchor="right",
        )
    if panel.usual is not None:
        y = values(panel.usual)
        ends = [(size.left, y), (size.plot_right, y)]
        canvas.line(ends, "ink-soft", width=1.2, dash=USUAL)
    for run in _runs(panel):
        canvas.line([(days(d), values(v)) for d, v in run], "systolic", width=1.6)
    points = [(days(d.toordinal()), values(v)) for d, v in panel.points]
    canvas.markers(points, "o", "systolic", size=5, edge="surface")
    _last(canvas, panel, points[-1], size)
    base = [(size.left, bottom), (size.plot_right, bottom)]
    canvas.line(base, "line-strong", width=1)
    return bottom


def _with_room(size: Size, panels: Sequence[TrendPanel]) -> Size:
    """The layout with its plots moved right where a label needs more room than it has.

    Creatine kinase and platelets reach five and six figures.
    """
    widest = max(
        (
            text_width(number(tick), size.small)
            for panel in panels
            for tick in _ticks(_scale(panel, 0, HIGH))
        ),
        default=0.0,
    )
    room = TICK_ROOM if size.beside else size.left
    return replace(size, left=size.left + max(0.0, widest + 6 - room))


def _ticks(values: Scale) -> Sequence[float]:
    return nice_ticks(values.low, values.high, 4)


def _last(
    canvas: Canvas, panel: TrendPanel, point: tuple[float, float], size: Size
) -> None:
    """The newest value in figures, right of its mark where there is room."""
    words = number(panel.points[-1][1])
    x, y = point
    if x + 8 + text_width(words, size.small, bold=True) <= size.width:
        canvas.text(
            x + 8, y + 4, words, size=size.small, ink="systolic", bold=True, halo=True
        )


def _scale(panel: TrendPanel, top: float, bottom: float) -> Scale:
    values = [value for _day, value in panel.points]
    values += [panel.usual] if panel.usual is not None else []
    low, high = min(values), max(values)
    if high - low < abs(high) * 0.1 or high == low:  # a flat line is drawn flat
        spare = abs(high) * 0.1 or 1.0
        low, high = low - spare, high + spare
    return Scale(low, high, bottom - 8, top + 8)


def _runs(panel: TrendPanel) -> list[list[tuple[int, float]]]:
    """Values that are joined by a line; a long silence parts them."""
    runs: list[list[tuple[int, float]]] = []
    for day, value in panel.points:
        at = day.toordinal()
        if not runs or at - runs[-1][-1][0] > GAP_DAYS:
            runs.append([])
        runs[-1].append((at, value))
    return [run for run in runs if len(run) > 1]


def _axis(canvas: Canvas, days: Scale, bottom: float, size: Size) -> float:
    """Years below the last panel; within two years their months as numbers."""
    first, last = (date.fromordinal(int(d)) for d in (days.low, days.high))
    most = int((days.high_px - days.low_px) / 52)
    if last.year - first.year >= 2:
        years = nice_ticks(first.year, last.year, most)
        ticks = [(date(int(y), 1, 1), f"{y:.0f}") for y in years if y == int(y)]
    else:
        months = [
            date(first.year + n // 12, n % 12 + 1, 1)
            for n in range(first.month - 1, first.month + 26)
        ]
        step = max(1, -(-len([m for m in months if m <= last]) // most))
        ticks = [(m, f"{m:%Y-%m}") for m in months[::step]]
    for day, words in ticks:
        if not first <= day <= last:
            continue
        x = days(day.toordinal())
        canvas.line([(x, bottom), (x, bottom + 4)], "line-strong", width=0.8)
        baseline = bottom + size.small + 5
        canvas.text(
            x, baseline, words, size=size.small, ink="ink-soft", anchor="center"
        )
    return bottom + size.small + 8


def _key(canvas: Canvas, chart: TrendChart) -> list[KeyEntry]:
    entries = []
    if any(end >= chart.since and start <= chart.until for start, end in chart.attacks):
        entries.append(
            KeyEntry(chart.words.attack, partial(_attack_sample, canvas), width=10)
        )
    if any(panel.usual is not None for panel in chart.panels):
        entries.append(KeyEntry(chart.words.usual, partial(_usual_sample, canvas)))
    return entries


def _attack_sample(canvas: Canvas, left: float, middle: float) -> None:
    box = Box(left, middle - 7, left + 8, middle + 7)
    canvas.box(box, "leak-mark", opacity=0.35)


def _usual_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 24, middle)]
    canvas.line(ends, "ink-soft", width=1.2, dash=USUAL)
