"""How a phase looks where many attacks are small: its height says it, not its color."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from capleak.charts.canvas import Canvas
from capleak.charts.data import Phase
from capleak.charts.key import KeyEntry
from capleak.charts.layout import Box

# Share of the row's height: early signs are low, the leak is tall, recovery between
# and hatched, what is not known a thin line.
HEIGHTS: Final[dict[Phase, float]] = {
    "prodrome": 0.45,
    "leak": 1.0,
    "recovery": 0.7,
    "unknown": 0.22,
}


def draw_phase(
    canvas: Canvas,
    phase: Phase,
    left: float,
    right: float,
    base: float,
    *,
    height: float,
) -> None:
    """A block that stands on `base`; `height` is that of the leak."""
    box = Box(left, base - height * HEIGHTS[phase], right, base)
    if phase == "recovery":
        canvas.outline(box, "recovery-mark", fill="recovery-soft")
        if right - left > 3:
            canvas.hatch(box, "recovery-mark")
    else:
        canvas.box(box, f"{phase}-mark")


def phase_key(
    canvas: Canvas, phases: Iterable[Phase], names: dict[Phase, str], *, height: float
) -> list[KeyEntry]:
    """The phases that occur, in their order."""
    seen = set(phases)
    return [
        KeyEntry(names[phase], partial(_sample, canvas, phase, height), width=20)
        for phase in HEIGHTS
        if phase in seen
    ]


def _sample(
    canvas: Canvas, phase: Phase, height: float, left: float, middle: float
) -> None:
    draw_phase(canvas, phase, left, left + 20, middle + height / 2, height=height)
