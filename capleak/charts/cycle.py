"""Days with symptoms, and attacks that began, by day of the infusion cycle.

The bar of a day has its height from the days with an entry, and is filled as far as
those had symptoms: what nobody wrote down is not drawn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from capleak.charts.canvas import Canvas
from capleak.charts.frame import DESK, PHONE, Size
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Scale, nice_ticks, number
from capleak.charts.svg import inline_svg

HEIGHT = 150.0
LEFT = 30.0
RIGHT = 10.0  # half of the last number below
WEEK = 7


@dataclass(frozen=True, slots=True)
class CycleBar:
    """One day of the cycle: days with an entry, of those with symptoms, of those worse.

    `attacks` is how many began on it.
    """

    observed: int
    symptoms: int
    worse: int
    attacks: int = 0


@dataclass(frozen=True, slots=True)
class CycleWords:
    """The words that the chart adds."""

    observed: str
    symptoms: str
    worse: str
    attack: str
    due: str
    axis: str
    days: str


@dataclass(frozen=True, slots=True)
class CycleChart:
    """Bars from day 0 on; `due` is the day of the cycle on which the next is due."""

    title: str
    desc: str
    bars: Sequence[CycleBar]
    due: int | None
    words: CycleWords


def cycle_chart(
    chart: CycleChart, *, key: str, width: Literal["desk", "phone"] = "desk"
) -> str:
    """The days of the cycle as inline SVG; `key` is unique on the page.

    The title is not drawn: the page around has it.
    """
    size = DESK if width == "desk" else PHONE
    canvas = Canvas(size.width)
    top = running_key(canvas, list(_key(canvas, chart)), 0, 0, size=size) + size.line
    canvas.text(0, top, chart.words.days, size=size.small, ink="ink-soft")
    top += size.small + 4  # for what stands over the tallest bar
    bottom = top + HEIGHT
    days = Scale(0, len(chart.bars), LEFT, size.width - RIGHT)
    most = max([4, *(bar.observed for bar in chart.bars)])
    up = Scale(0, most, bottom, top)
    for level in nice_ticks(0, most, 4):
        canvas.lines([[(LEFT, up(level)), (size.width - RIGHT, up(level))]], "line")
        canvas.text(
            LEFT - 5,
            up(level) + 4,
            number(level),
            size=size.small,
            ink="ink-soft",
            anchor="right",
        )
    _draw_bars(canvas, chart.bars, days, up)
    _draw_due(canvas, chart, days, (top, bottom), size)
    end = _draw_axis(canvas, chart, days, bottom, size)
    return inline_svg(
        canvas.svg(end + 6),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _draw_bars(
    canvas: Canvas, bars: Sequence[CycleBar], days: Scale, up: Scale
) -> None:
    attacks: list[tuple[float, float]] = []
    spare = min(1.0, (days(1) - days(0)) / 8)
    for index, bar in enumerate(bars):
        left, right = days(index) + spare, days(index + 1) - spare

        def between(
            low: float, high: float, left: float = left, right: float = right
        ) -> Box:
            return Box(left, up(high), right, up(low))

        if bar.observed:
            canvas.box(between(0, bar.observed), "unknown-soft")
            ends = [(left, up(bar.observed)), (right, up(bar.observed))]
            canvas.line(ends, "line-strong", width=1.2)
        if bar.symptoms > bar.worse:
            canvas.box(between(bar.worse, bar.symptoms), "sev-1")
            ends = [(left, up(bar.symptoms)), (right, up(bar.symptoms))]
            canvas.line(ends, "burden", width=1.4)
        if bar.worse:
            canvas.box(between(0, bar.worse), "sev-3")
        middle = (left + right) / 2
        attacks += [
            (middle, up(bar.observed) - 8 - 10 * number)
            for number in range(bar.attacks)
        ]
    canvas.markers(attacks, "D", "leak-mark", size=7)


def _draw_due(
    canvas: Canvas,
    chart: CycleChart,
    days: Scale,
    ends: tuple[float, float],
    size: Size,
) -> None:
    if chart.due is None or chart.due >= len(chart.bars):
        return
    x = days(chart.due + 0.5)
    top, bottom = ends
    canvas.line([(x, top - 4), (x, bottom)], "infusion-mark", width=1.4, dash=(5, 3))
    canvas.text(
        x + 4,
        top + size.small - 4,
        chart.words.due,
        size=size.small,
        ink="infusion",
        bold=True,
        halo=True,
    )


def _draw_axis(
    canvas: Canvas, chart: CycleChart, days: Scale, bottom: float, size: Size
) -> float:
    """The base with a number each week; returns where it ends below."""
    canvas.lines([[(LEFT, bottom), (size.width - RIGHT, bottom)]], "line-strong")
    baseline = bottom + size.small + 5
    for day in range(0, len(chart.bars), WEEK):
        x = days(day + 0.5)
        canvas.lines([[(x, bottom), (x, bottom + 4)]], "line-strong")
        canvas.text(x, baseline, str(day), size=size.small, anchor="center")
    baseline += size.line
    middle = (LEFT + size.width) / 2
    canvas.text(middle, baseline, chart.words.axis, size=size.small, anchor="center")
    return baseline


def _key(canvas: Canvas, chart: CycleChart) -> Iterator[KeyEntry]:
    words, bars = chart.words, chart.bars
    samples = (
        (any(b.observed for b in bars), words.observed, _observed),
        (any(b.symptoms > b.worse for b in bars), words.symptoms, _symptoms),
        (any(b.worse for b in bars), words.worse, _worse),
        (any(b.attacks for b in bars), words.attack, _attack),
    )
    for occurs, name, sample in samples:
        if occurs:
            yield KeyEntry(name, partial(sample, canvas), width=14)


def _observed(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left + 1, middle - 5, left + 13, middle + 5), "unknown-soft")
    ends = [(left + 1, middle - 5), (left + 13, middle - 5)]
    canvas.line(ends, "line-strong", width=1.2)


def _symptoms(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left + 1, middle - 5, left + 13, middle + 5), "sev-1")
    canvas.line([(left + 1, middle - 5), (left + 13, middle - 5)], "burden", width=1.4)


def _worse(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left + 1, middle - 5, left + 13, middle + 5), "sev-3")


def _attack(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 7, middle)], "D", "leak-mark", size=7)
