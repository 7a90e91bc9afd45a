"""Legends: small samples with their words, in running text or one below the other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from capleak.charts.canvas import Canvas
from capleak.charts.frame import Size
from capleak.charts.layout import fit, flow, text_width

SAMPLE_GAP = 6.0


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """Words, and what draws their sample into `width` at (left, middle)."""

    words: str
    sample: Callable[[float, float], None]
    width: float = 24.0

    def draw(self, canvas: Canvas, left: float, middle: float, *, size: Size) -> None:
        self.sample(left, middle)
        start = left + self.width + SAMPLE_GAP
        baseline = middle + size.small * 0.35
        canvas.text(start, baseline, self.words, size=size.small)


def running_key(
    canvas: Canvas, entries: Sequence[KeyEntry], left: float, top: float, *, size: Size
) -> float:
    """Draw entries like words of a text from `left` on; return where it ends below."""
    room = size.width - left
    entries = [
        replace(e, words=fit(e.words, room - e.width - SAMPLE_GAP, size.small))
        for e in entries
    ]
    widths = [e.width + SAMPLE_GAP + text_width(e.words, size.small) for e in entries]
    places = flow(widths, room, 14)
    height = size.line * 1.1
    for entry, (x, line) in zip(entries, places, strict=True):
        entry.draw(canvas, left + x, top + height * (line + 0.5), size=size)
    return top + height * (1 + max((line for _, line in places), default=-1))


def stacked_key(
    canvas: Canvas,
    entries: Sequence[KeyEntry],
    top: float,
    room: float,
    *,
    size: Size,
) -> None:
    """Draw entries one below the other at the left edge, at most `room` wide."""
    for index, entry in enumerate(entries):
        words = fit(entry.words, room - entry.width - SAMPLE_GAP, size.small)
        middle = top + size.line * 1.15 * (index + 0.5)
        replace(entry, words=words).draw(canvas, 0, middle, size=size)
