"""Where things go: scales, text widths, ticks, and labels that do not overlap.

Lengths are SVG units, which are CSS pixels when a chart is shown at its own size; x
runs right and y runs down.
"""

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

GAP = 10.0  # between two labels in a row


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map from [low, high] of the data to pixels."""

    low: float
    high: float
    low_px: float
    high_px: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.low_px + share * (self.high_px - self.low_px)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: left, top, right, bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def contains(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """About how wide `text` will be; the reader's own font decides in the end."""
    return sum(map(_em, text)) * size * (1.14 if bold else 1.0)


def _em(char: str) -> float:
    if char in "iljtfrI.,:;'|!()[] ·":
        return 0.34
    if unicodedata.combining(char) or unicodedata.category(char) == "Cf":
        return 0.0
    if unicodedata.east_asian_width(char) in "WF":
        return 1.0
    if char in "mwMW@%—…":
        return 0.9
    return 0.7 if char.isupper() else 0.6


def fit(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """`text`, cut with an ellipsis if it is wider than `width`."""
    if text_width(text, size, bold=bold) <= width:
        return text
    while text and text_width(text + "…", size, bold=bold) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def wrap(
    text: str, width: float, size: float, *, bold: bool = False, most: int = 2
) -> list[str]:
    """`text` in at most `most` lines of `width`; the last is cut if need be."""
    lines: list[str] = []
    words = text.split()
    while words and len(lines) < most - 1:
        count = len(words)
        while count > 1 and text_width(" ".join(words[:count]), size, bold=bold) > (
            width
        ):
            count -= 1
        lines.append(fit(" ".join(words[:count]), width, size, bold=bold))
        words = words[count:]
    if words:
        lines.append(fit(" ".join(words), width, size, bold=bold))
    return lines


def flow(widths: Sequence[float], limit: float, gap: float) -> list[tuple[float, int]]:
    """(left, line) for entries of these widths, set one after the other like words."""
    places: list[tuple[float, int]] = []
    left, line = 0.0, 0
    for width in widths:
        if left and left + width > limit:
            left, line = 0.0, line + 1
        places.append((left, line))
        left += width + gap
    return places


def nice_ticks(low: float, high: float, most: int) -> list[float]:
    """Round values within [low, high], evenly spaced, at most `most`."""
    unit = 10.0 ** math.floor(math.log10((high - low) / most))
    for factor in (1, 2, 2.5, 5, 10):
        ticks = _multiples(unit * factor, low, high)
        if len(ticks) <= most:
            break
    return ticks


def day_ticks(low: float, high: float, most: int) -> list[float]:
    """Days within [low, high], at most `most`: half days, days, weeks."""
    for step in (0.5, 1, 2, 7, 14, 28):
        ticks = _multiples(step, low, high)
        if len(ticks) <= (most if step >= 1 else most // 2):  # "−0.5" is long
            return ticks
    return nice_ticks(low, high, most)


def _multiples(step: float, low: float, high: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 6) for index in range(first, last + 1)]


def number(value: float) -> str:
    """A value for people: no spare zeros, a true minus."""
    return f"{round(value, 2):g}".replace("-", "−")


@dataclass(frozen=True, slots=True)
class Flag:
    """A label above a chart, in a row counted from the chart up."""

    anchor: float
    left: float
    width: float
    row: int

    @property
    def right(self) -> float:
        return self.left + self.width

    def clear_of(self, other: "Flag") -> bool:
        """Neither covers the other, nor the leader that runs down from a higher row."""
        if self.row == other.row:
            return self.right + GAP <= other.left or other.right + GAP <= self.left
        upper, lower = (self, other) if self.row > other.row else (other, self)
        return not lower.left - 3 < upper.anchor < lower.right + 3


def place_flags(
    anchors: Sequence[float], widths: Sequence[float], low: float, high: float
) -> list[Flag]:
    """Rows and places in [low, high] for labels, in as few rows as they need.

    A label is centered on its anchor or stands beside it.
    """
    wanted = list(zip(anchors, widths, strict=True))
    for rows in range(1, len(wanted) + 1):
        options = [
            [
                Flag(anchor, max(low, min(left, high - width)), width, row)
                for row in range(rows)
                for left in (anchor - width / 2, anchor, anchor - width)
            ]
            for anchor, width in wanted
        ]
        if placed := _search(options, []):
            return placed
    # Labels as wide as the chart: one row each, and leaders may cross them.
    return [
        Flag(anchor, max(low, min(anchor - width / 2, high - width)), width, row)
        for row, (anchor, width) in enumerate(wanted)
    ]


def _search(options: Sequence[Sequence[Flag]], placed: list[Flag]) -> list[Flag] | None:
    """Depth first: place the next label where none before it minds."""
    if len(placed) == len(options):
        return placed
    for flag in options[len(placed)]:
        if all(map(flag.clear_of, placed)) and (
            found := _search(options, [*placed, flag])
        ):
            return found
    return None


class Clearing:
    """Finds room for small labels among lines and earlier labels."""

    def __init__(self, room: Box) -> None:
        self.room = room
        self._points: list[tuple[float, float]] = []
        self._taken: list[Box] = []

    def avoid(self, line: Sequence[tuple[float, float]]) -> None:
        """Keep labels off a line through these points."""
        self._points.extend(line[:1])
        for (x0, y0), (x1, y1) in pairwise(line):
            steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / 6))
            self._points.extend(
                (x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps)
                for n in range(1, steps + 1)
            )

    def take(self, box: Box) -> None:
        """Keep later labels off this box."""
        self._taken.append(box)

    def best(self, candidates: Iterable[Box]) -> Box | None:
        """The candidate that hides least, now taken; None if each hits a label."""
        free = [
            box
            for box in candidates
            if self._inside(box) and not any(map(box.overlaps, self._taken))
        ]
        if not free:
            return None
        chosen = min(free, key=self._hidden)
        self.take(chosen)
        return chosen

    def _inside(self, box: Box) -> bool:
        room = self.room
        return (
            room.left <= box.left
            and box.right <= room.right
            and room.top <= box.top
            and box.bottom <= room.bottom
        )

    def _hidden(self, box: Box) -> int:
        return sum(box.contains(x, y) for x, y in self._points)


def around(
    x: float, y: float, width: float, height: float, *, above: bool
) -> list[Box]:
    """Boxes beside a point, best first: above (or below) it, to its sides, opposite."""
    away = 7.0
    right, left, middle = x + away, x - away - width, x - width / 2
    over, under = y - away - height, y + away
    first, last = (over, under) if above else (under, over)
    corners = [(middle, first), (right, y - height / 2), (left, y - height / 2)]
    corners += [(right, first), (left, first), (middle, last)]
    return [Box(at_x, at_y, at_x + width, at_y + height) for at_x, at_y in corners]
