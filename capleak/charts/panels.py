"""Panels of measured lines under the symptom rows of a chart of one attack."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from capleak.charts.canvas import Anchor, Canvas
from capleak.charts.data import AttackWords, Point, Series
from capleak.charts.frame import Frame
from capleak.charts.key import KeyEntry, running_key, stacked_key
from capleak.charts.layout import (
    Box,
    Clearing,
    Scale,
    around,
    fit,
    nice_ticks,
    number,
    text_width,
)
from capleak.charts.series import segments

USUAL_DASH = (7.0, 4.0)
ROOM = 9.0  # pixels a value needs to get its own mark on a line
FEW = 3  # values up to which each is written beside its mark


@dataclass(frozen=True, slots=True)
class Style:
    """How one quantity is drawn; no two in a panel share mark and line."""

    ink: str
    marker: str
    dash: tuple[float, ...] | None = None
    hollow: bool = False
    width: float = 2.0
    worst: Literal["low", "high"] | None = None  # the value to write out


@dataclass(frozen=True, slots=True)
class Curve:
    """A series with its style, cut at its gaps.

    Where two scales share a panel, a limit has the ink of the curve that it is for.
    """

    series: Series
    style: Style
    runs: list[list[Point]]
    limit_ink: str = "leak"

    @property
    def points(self) -> list[Point]:
        return [point for run in self.runs for point in run]


def curve(series: Series | None, style: Style, *, gap: float) -> Curve | None:
    """The curve of a series; None if there is nothing to draw."""
    runs = segments(series.points, gap=gap) if series else []
    return Curve(series, style, runs) if series and runs else None


@dataclass(frozen=True, slots=True)
class Side:
    """Curves that share a scale, on the left of a panel or on its right."""

    curves: Sequence[Curve]
    scale: Scale


def draw_panel(
    frame: Frame,
    left: Sequence[Curve],
    right: Sequence[Curve],
    words: AttackWords,
    *,
    height: float,
    between: bool = False,
) -> None:
    """Curves on the left scale and, if any, on the right one; beside them their key.

    `between` shades the room between the first two on the left.
    """
    if not (left or right):
        return
    left, right = (left, right) if left else (right, [])
    if right:
        left, right = _own_limits(left), _own_limits(right)
    if max(len(one.points) for one in (*left, *right)) < FEW:
        height *= 0.7  # a value or two need no landscape
    top, bottom = _key_and_room(frame, left, right, words, height)
    sides = [Side(left, scale_for(left, top, bottom, lone=0.65))]
    if right:
        sides.append(Side(right, scale_for(right, top, bottom, lone=0.35)))
    _ground(frame, sides, top, bottom)
    if between:
        _fill_between(frame, left[0], left[1], sides[0].scale)
    curves = [(one, side.scale) for side in sides for one in side.curves]
    for draw in (_levels, _draw_curve):
        for one, scale in curves:
            draw(frame, one, scale)
    clearing = _clearing(frame, curves, top, bottom)
    for write in (_values, _threshold_words) if frame.size.beside else (_values,):
        for one, scale in curves:
            write(frame, one, scale, clearing)
    frame.top = bottom


def _own_limits(curves: Sequence[Curve]) -> list[Curve]:
    return [replace(one, limit_ink=one.style.ink) for one in curves]


def _fill_between(frame: Frame, upper: Curve, lower: Curve, scale: Scale) -> None:
    """Shade between two curves, where both have a value of the same moment."""
    below = dict(lower.points)
    for run in upper.runs:
        both = [(x, y) for x, y in run if x in below]
        if len(both) > 1:
            edge = [(frame.time(x), scale(y)) for x, y in both]
            edge += [(frame.time(x), scale(below[x])) for x, _ in reversed(both)]
            frame.canvas.area(edge, upper.style.ink, opacity=0.14)


def _clearing(
    frame: Frame, curves: Sequence[tuple[Curve, Scale]], top: float, bottom: float
) -> Clearing:
    """The room of a plot, with the lines that labels keep off."""
    size = frame.size
    clearing = Clearing(Box(size.left - 4, top - 4, size.width, bottom - 1))
    for one, scale in curves:
        for run in one.runs:
            clearing.avoid([(frame.time(x), scale(y)) for x, y in run])
        for threshold in one.series.thresholds:
            y = scale(threshold.value)
            clearing.avoid([(size.left, y), (size.plot_right, y)])
    return clearing


def _key_and_room(
    frame: Frame,
    left: Sequence[Curve],
    right: Sequence[Curve],
    words: AttackWords,
    height: float,
) -> tuple[float, float]:
    """Draw the key and return the top and bottom of the plot beside or below it."""
    canvas, size = frame.canvas, frame.size
    top = frame.top + 16
    entries = [e for one in left for e in _key(canvas, one, words, on_right=False)]
    entries += [e for one in right for e in _key(canvas, one, words, on_right=True)]
    if size.beside:
        stacked_key(canvas, entries, top, size.left - 40, size=size)
        return top, top + max(height, size.line * 1.15 * len(entries))
    entries += [  # a phone's plot has no room for sentences
        KeyEntry(threshold.label, partial(_level_sample, canvas, one.limit_ink))
        for one in (*left, *right)
        for threshold in one.series.thresholds
    ]
    top = running_key(canvas, entries, 0, top, size=size) + 5
    return top, top + height


def scale_for(
    curves: Sequence[Curve], top: float, bottom: float, *, lone: float
) -> Scale:
    """A scale that holds all values, the usual ones and the thresholds, with room.

    A single value sits at `lone` of the height, so that two scales never draw their
    only values over each other.
    """
    values = [y for one in curves for _, y in one.points]
    values += [one.series.usual for one in curves if one.series.usual is not None]
    values += [t.value for one in curves for t in one.series.thresholds]
    low, high = min(values), max(values)
    if low == high:
        span = max(abs(high) * 0.3, 1)
        return Scale(low - span * lone, high + span * (1 - lone), bottom, top)
    spare = max((high - low) * 0.12, abs(high) * 0.03)
    return Scale(low - spare, high + spare, bottom, top)


def _ground(frame: Frame, sides: Sequence[Side], top: float, bottom: float) -> None:
    """Bands, grid lines of the left scale, and the numbers of each scale."""
    size, left = frame.size, sides[0]
    ticks = _ticks(left.scale, bottom - top)
    frame.ground(top, bottom, [left.scale(tick) for tick in ticks])
    _numbers(frame, left.scale, ticks, size.left - 8, "right", "ink-soft")
    for right in sides[1:]:
        ticks = _ticks(right.scale, bottom - top)
        ink = right.curves[0].style.ink
        _numbers(frame, right.scale, ticks, size.plot_right + 8, "left", ink)


def _ticks(scale: Scale, height: float) -> list[float]:
    return nice_ticks(scale.low, scale.high, max(3, int(height / 34)))


def _numbers(
    frame: Frame,
    scale: Scale,
    ticks: Sequence[float],
    x: float,
    anchor: Anchor,
    ink: str,
) -> None:
    size = frame.size.small
    for tick in ticks:
        y = scale(tick) + size * 0.35
        frame.canvas.text(x, y, number(tick), size=size, ink=ink, anchor=anchor)


def _levels(frame: Frame, one: Curve, scale: Scale) -> None:
    """Thresholds as solid thin lines, the usual as a fine dashed one."""
    left, right = frame.size.left, frame.size.plot_right
    for threshold in one.series.thresholds:
        y = scale(threshold.value)
        frame.canvas.line([(left, y), (right, y)], one.limit_ink, width=1)
    if one.series.usual is not None:
        y = scale(one.series.usual)
        ends = [(left, y), (right, y)]
        frame.canvas.line(ends, one.style.ink, width=1, dash=USUAL_DASH)


def _draw_curve(frame: Frame, one: Curve, scale: Scale) -> None:
    """The line of each run; marks at its values, or where a run is one value."""
    style, width = one.style, frame.size.plot_right - frame.size.left
    every = len(one.points) * ROOM <= width
    marks: list[tuple[float, float]] = []
    for run in one.runs:
        pixels = [(frame.time(x), scale(y)) for x, y in run]
        if len(pixels) > 1:
            frame.canvas.line(pixels, style.ink, width=style.width, dash=style.dash)
        if every or len(pixels) == 1:
            marks += pixels
    _draw_markers(frame.canvas, marks, style)


def _draw_markers(
    canvas: Canvas, places: Sequence[tuple[float, float]], style: Style
) -> None:
    fill = "surface" if style.hollow else style.ink
    canvas.markers(places, style.marker, fill, size=6.5, edge=style.ink, edge_width=1.4)


def _values(frame: Frame, one: Curve, scale: Scale, clearing: Clearing) -> None:
    """Write the worst value beside its mark; of few values, each."""
    points = one.points
    if len(points) <= FEW:
        named = points
    elif one.style.worst:
        pick = min if one.style.worst == "low" else max
        named = [pick(points, key=lambda point: point[1])]
    else:
        named = []
    size = frame.size.small
    for at, value in named:
        x, y, words = frame.time(at), scale(value), number(value)
        width = text_width(words, size, bold=True)
        above = one.style.worst != "low"
        spots = around(x, y, width, size, above=above)
        if spot := clearing.best(spots):
            frame.canvas.text(
                spot.left + width / 2,
                spot.bottom - size * 0.14,
                words,
                size=size,
                ink=one.style.ink,
                bold=True,
                anchor="center",
                halo=True,
            )


def _threshold_words(
    frame: Frame, one: Curve, scale: Scale, clearing: Clearing
) -> None:
    """What a threshold means, along its line where it hides least."""
    size = frame.size
    left, right = size.left + 4, size.plot_right - 4
    middle = (left + right) / 2
    for threshold in one.series.thresholds:
        words = fit(threshold.label, right - left, size.small)
        width, y = text_width(words, size.small), scale(threshold.value)
        places: tuple[tuple[float, float, Anchor], ...] = (
            (right - width, right, "right"),
            (left, left, "left"),
            (middle - width / 2, middle, "center"),
        )
        spots = {
            Box(start, top, start + width, top + size.small + 2): (x, anchor)
            for start, x, anchor in places
            for top in (y - size.small - 5, y + 3)
        }
        if spot := clearing.best(spots):
            x, anchor = spots[spot]
            frame.canvas.text(
                x,
                spot.bottom - size.small * 0.2,
                words,
                size=size.small,
                ink=one.limit_ink,
                anchor=anchor,
                halo=True,
            )


def _key(
    canvas: Canvas, one: Curve, words: AttackWords, *, on_right: bool
) -> list[KeyEntry]:
    """The line with its unit, and this person's usual value."""
    series = one.series
    name = f"{series.label}, {series.unit}"
    if on_right:
        name += f" ({words.right_scale})"
    entries = [KeyEntry(name, partial(_line_sample, canvas, one.style))]
    if series.usual is not None:
        usual = f"{words.usual} {number(series.usual)}"
        entries.append(KeyEntry(usual, partial(_usual_sample, canvas, one.style)))
    return entries


def _line_sample(canvas: Canvas, style: Style, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 24, middle)]
    canvas.line(ends, style.ink, width=style.width, dash=style.dash)
    _draw_markers(canvas, [(left + 12, middle)], style)


def _level_sample(canvas: Canvas, ink: str, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 24, middle)], ink, width=1)


def _usual_sample(canvas: Canvas, style: Style, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 24, middle)]
    canvas.line(ends, style.ink, width=1, dash=USUAL_DASH)
