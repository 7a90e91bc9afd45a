"""Attacks over each other on one time axis, their phases side by side, what came first.

Three drawings that belong together. Of the overlaid attacks the newest is thick and
has marks; the others are thin, so that a reader of a gray print tells them apart too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import isfinite
from typing import Final, Literal

from capleak.charts.canvas import Canvas
from capleak.charts.data import Band, Phase, Point, Threshold
from capleak.charts.frame import DESK, PHONE, Frame, Size
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Scale, day_ticks, fit, nice_ticks, number, wrap
from capleak.charts.phases import draw_phase, phase_key
from capleak.charts.series import segments
from capleak.charts.svg import inline_svg

Width = Literal["desk", "phone"]
GAP_DAYS: Final = 2.0
LEAST_DAYS: Final = 2.0
MOST_MARKED: Final = 60  # values of the newest attack that get a mark each


@dataclass(frozen=True, slots=True)
class Overlay:
    """One quantity: for each attack, the newest last, its values by day.

    `ink` is the palette's name of the quantity.
    """

    label: str
    unit: str
    ink: str
    lines: tuple[tuple[Point, ...], ...]
    thresholds: tuple[Threshold, ...] = ()


@dataclass(frozen=True, slots=True)
class Lengths:
    """One attack as a bar: its name and its phases in days from day 0."""

    label: str
    bands: tuple[Band, ...]


@dataclass(frozen=True, slots=True)
class First:
    """A symptom, and in how many attacks it was among the first."""

    label: str
    count: int


@dataclass(frozen=True, slots=True)
class CompareWords:
    """The words that the drawings add by themselves."""

    newest: str = "newest attack"
    earlier: str = "earlier attacks"
    uncertain: str = "dotted end: time uncertain or still open"
    none: str = "No measurements in these attacks."
    phases: dict[Phase, str] = field(
        default_factory=lambda: {
            "prodrome": "prodrome",
            "leak": "leak phase",
            "recovery": "recovery phase",
            "unknown": "phase not known",
        }
    )


@dataclass(frozen=True, slots=True)
class CompareChart:
    """Aligned attacks; `day0_label` says what day 0 is."""

    title: str
    desc: str
    day0_label: str
    overlays: tuple[Overlay, ...] = ()
    lengths: tuple[Lengths, ...] = ()
    words: CompareWords = field(default_factory=CompareWords)


@dataclass(frozen=True, slots=True)
class SignatureChart:
    """First symptoms, most frequent first, of `attacks` attacks."""

    title: str
    desc: str
    attacks: int
    firsts: tuple[First, ...]


def compare_chart(chart: CompareChart, *, key: str, width: Width = "desk") -> str:
    """Each quantity with all attacks overlaid, as inline SVG.

    `key` is unique on the page; both widths may share it. The title is not drawn.
    """
    size = _size(width)
    canvas = Canvas(size.width)
    times = [x for o in chart.overlays for line in o.lines for x, _ in line]
    frame = Frame(canvas, size, _time(times, size), ())
    shown = [overlay for overlay in chart.overlays if any(overlay.lines)]
    for overlay in shown:
        _panel(frame, overlay)
    if not shown:
        frame.ground(0, 30)
        frame.top = 30
    frame.axis(chart.day0_label)
    if shown:
        entries = [
            KeyEntry(chart.words.newest, partial(_newest_sample, canvas)),
            KeyEntry(chart.words.earlier, partial(_earlier_sample, canvas)),
        ]
        frame.top = running_key(canvas, entries, frame.margin, frame.top, size=size)
    else:
        frame.note(chart.words.none)
    return _inline(canvas, frame.top, chart, key=key, width=width)


def lengths_chart(chart: CompareChart, *, key: str, width: Width = "desk") -> str:
    """The phases of each attack side by side, as inline SVG; as `compare_chart`."""
    size = _size(width)
    canvas = Canvas(size.width)
    bands = [band for one in chart.lengths for band in one.bands]
    frame = Frame(
        canvas, size, _time([x for b in bands for x in (b.start, b.end)], size), ()
    )
    row = 26.0 if size.beside else 40.0
    bottom = 6 + row * len(chart.lengths)
    ticks = _day_lines(frame, size)
    frame.canvas.lines([[(x, 4), (x, bottom)] for x in ticks], "line", width=0.8)
    frame.ground(4, bottom)
    for place, one in enumerate(chart.lengths):
        base = 6 + row * (place + 1) - 5
        if size.beside:
            name = fit(one.label, size.left - 14, size.small)
            x, y = size.left - 10, base - 3
            canvas.text(x, y, name, size=size.small, anchor="right")
        else:
            canvas.text(
                0,
                base - 20,
                fit(one.label, 330, size.small),
                size=size.small,
                halo=True,
            )
        for band in one.bands:
            _bar(frame, band, base)
    frame.top = bottom
    frame.axis(chart.day0_label)
    entries = phase_key(canvas, [b.phase for b in bands], chart.words.phases, height=15)
    if any(band.soft_start or band.soft_end for band in bands):
        entries.append(KeyEntry(chart.words.uncertain, partial(_soft_sample, canvas)))
    frame.top = running_key(canvas, entries, frame.margin, frame.top, size=size)
    return _inline(canvas, frame.top, chart, key=key, width=width)


def signature_chart(chart: SignatureChart, *, key: str, width: Width = "desk") -> str:
    """Which symptoms came first, as bars with their counts; as `compare_chart`."""
    size = _size(width)
    canvas = Canvas(size.width)
    row = 28.0 if size.beside else 42.0
    left = size.left + 40 if size.beside else 0.0
    scale = Scale(0, max(chart.attacks, 1), left, size.width - 60)
    for place, first in enumerate(chart.firsts):
        middle = 4 + row * (place + (0.5 if size.beside else 0.72))
        if size.beside:
            name = fit(first.label, left - 14, size.font)
            canvas.text(left - 10, middle + 5, name, size=size.font, anchor="right")
        else:
            name = fit(first.label, size.width, size.small)
            canvas.text(0, middle - 13, name, size=size.small)
        box = Box(left, middle - 8, scale.high_px, middle + 8)
        canvas.outline(box, "line", fill="surface")
        canvas.box(Box(left, middle - 8, scale(first.count), middle + 8), "burden")
        told = f"{first.count}/{chart.attacks}"
        x = scale.high_px + 8
        canvas.text(x, middle + 5, told, size=size.font, bold=True)
    bottom = 8 + row * len(chart.firsts)
    return _inline(canvas, bottom, chart, key=key, width=width)


def _inline(
    canvas: Canvas,
    bottom: float,
    chart: CompareChart | SignatureChart,
    *,
    key: str,
    width: Width,
) -> str:
    return inline_svg(
        canvas.svg(bottom + 6),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _size(width: Width) -> Size:
    return DESK if width == "desk" else PHONE


def _time(times: Sequence[float], size: Size) -> Scale:
    known = [at for at in times if isfinite(at)] or [0.0]
    low, high = min(*known, 0.0), max(*known, 0.0)
    if high - low < LEAST_DAYS:
        low, high = low - LEAST_DAYS / 2, high + LEAST_DAYS / 2
    spare = (high - low) * 16 / (size.plot_right - size.left - 32)
    return Scale(low - spare, high + spare, size.left, size.plot_right)


def _day_lines(frame: Frame, size: Size) -> list[float]:
    most = int((size.plot_right - size.left) / (44 if size.beside else 25))
    return [frame.time(at) for at in day_ticks(frame.time.low, frame.time.high, most)]


def _panel(frame: Frame, overlay: Overlay) -> None:
    """One quantity: thin lines for earlier attacks, a thick one for the newest."""
    canvas, size = frame.canvas, frame.size
    title = f"{overlay.label}, {overlay.unit}"
    if size.beside:
        top = frame.top + 14
        words = wrap(title, size.left - 56, size.font, bold=True, most=3)
        for place, part in enumerate(words):
            y = top + 14 + place * size.line * 1.1
            canvas.text(0, y, part, size=size.font, ink=overlay.ink, bold=True)
    else:
        canvas.text(
            0, frame.top + 24, title, size=size.font, ink=overlay.ink, bold=True
        )
        top = frame.top + 32
    bottom = top + 120
    scale = _value_scale(overlay, top, bottom)
    ticks = nice_ticks(scale.low, scale.high, 4)
    frame.ground(top, bottom, [scale(tick) for tick in ticks])
    for tick in ticks:
        y = scale(tick) + size.small * 0.35
        x = size.left - 8
        canvas.text(x, y, number(tick), size=size.small, ink="ink-soft", anchor="right")
    _thresholds(frame, overlay, scale)
    *earlier, newest = overlay.lines
    lone: list[Point] = []
    for line in earlier:
        lone += _thin_line(frame, line, scale)
    _hollow(canvas, lone)
    _thick_line(frame, newest, scale, overlay.ink)
    frame.top = bottom


def _value_scale(overlay: Overlay, top: float, bottom: float) -> Scale:
    values = [y for line in overlay.lines for _, y in line if isfinite(y)]
    values += [threshold.value for threshold in overlay.thresholds]
    low, high = min(values), max(values)
    spare = max((high - low) * 0.1, abs(high) * 0.03, 0.5)
    return Scale(low - spare, high + spare, bottom, top)


def _thresholds(frame: Frame, overlay: Overlay, scale: Scale) -> None:
    size = frame.size
    for threshold in overlay.thresholds:
        y = scale(threshold.value)
        ends = [(size.left, y), (size.plot_right, y)]
        frame.canvas.line(ends, "leak", width=1)
        words = fit(threshold.label, size.plot_right - size.left - 8, size.small)
        x = size.plot_right - 4
        frame.canvas.text(
            x, y - 4, words, size=size.small, ink="leak", anchor="right", halo=True
        )


def _thin_line(
    frame: Frame, line: Sequence[Point], scale: Scale
) -> list[tuple[float, float]]:
    """Draw the runs of an earlier attack; its single values are handed back."""
    lone: list[tuple[float, float]] = []
    for run in segments(line, gap=GAP_DAYS):
        pixels = [(frame.time(x), scale(y)) for x, y in run]
        if len(pixels) > 1:
            frame.canvas.line(pixels, "line-strong", width=1)
        else:
            lone += pixels
    return lone


def _thick_line(frame: Frame, line: Sequence[Point], scale: Scale, ink: str) -> None:
    marks: list[tuple[float, float]] = []
    for run in segments(line, gap=GAP_DAYS):
        pixels = [(frame.time(x), scale(y)) for x, y in run]
        if len(pixels) > 1:
            frame.canvas.line(pixels, ink, width=2.8)
        if len(line) <= MOST_MARKED or len(pixels) == 1:
            marks += pixels
    frame.canvas.markers(marks, "s", ink, size=7)


def _hollow(canvas: Canvas, places: Sequence[tuple[float, float]]) -> None:
    """Single values of earlier attacks."""
    canvas.markers(places, "o", "surface", size=6, edge="ink-soft", edge_width=1.4)


def _bar(frame: Frame, band: Band, base: float) -> None:
    """A phase; where its time is uncertain, a dotted end."""
    left, right = frame.time(band.start), frame.time(band.end)
    draw_phase(frame.canvas, band.phase, left, max(right, left + 3), base, height=15)
    for x, soft in ((left, band.soft_start), (right, band.soft_end)):
        if soft:
            ends = [(x, base + 3), (x, base - 18)]
            frame.canvas.line(ends, "ink", width=1.5, dash=(2, 2))


def _newest_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 24, middle)], "ink", width=2.8)
    canvas.markers([(left + 12, middle)], "s", "ink", size=7)


def _earlier_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 24, middle)], "line-strong", width=1)
    _hollow(canvas, [(left + 12, middle)])


def _soft_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 12, middle - 8), (left + 12, middle + 8)]
    canvas.line(ends, "ink", width=1.5, dash=(2, 2))
