"""The symptom rows of a chart of one attack, and rows of things that happened."""

from collections.abc import Iterable, Sequence
from functools import partial

from capleak.charts.canvas import Canvas
from capleak.charts.data import AttackWords, MarkRow, SymptomRow
from capleak.charts.frame import Frame, Size
from capleak.charts.key import KeyEntry
from capleak.charts.layout import Box, fit

Mark = tuple[float, int | None]
SMALL = 7.0  # of the mark for "asked, none"


def draw_symptoms(
    frame: Frame, symptoms: Sequence[SymptomRow], marks: Sequence[MarkRow]
) -> bool:
    """One row per symptom, then one per kind of thing that happened.

    True if entries lay so close that only the most severe of them are shown.
    """
    size, canvas, time = frame.size, frame.canvas, frame.time
    if not symptoms and not marks:
        return False
    top, bottom = frame.top, frame.top + size.row * (len(symptoms) + len(marks)) + 4
    frame.ground(top, bottom)
    merged = False
    by_severity: dict[int | None, list[tuple[float, float]]] = {}
    middle = top + 2 + size.row * (0.5 if size.beside else 0.7)
    for row in symptoms:
        _name(canvas, row.label, middle, size)
        placed = [(time(at), severity) for at, severity in row.marks]
        shown = most_severe(placed, apart=size.marks[2] + 2)
        merged = merged or len(shown) < len(placed)
        for x, severity in shown:
            by_severity.setdefault(severity, []).append((x, middle))
        middle += size.row
    for severity, places in by_severity.items():
        draw_marks(canvas, places, severity, size)
    for mark_row in marks:
        _name(canvas, mark_row.label, middle, size)
        for start, end in mark_row.spans:
            draw_lasting(canvas, time(start), time(end), middle)
        ticks = [(time(at), middle) for at in mark_row.times]
        draw_happenings(canvas, ticks, mark_row.kind)
        middle += size.row
    frame.top = bottom
    return merged


def most_severe(marks: Iterable[Mark], *, apart: float) -> list[Mark]:
    """Marks at least `apart`; of those that would overlap, the most severe stays.

    A graded symptom outranks an ungraded one, and that outranks "asked, none".
    """
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark[0]):
        if not kept or mark[0] - kept[-1][0] >= apart:
            kept.append(mark)
        elif _rank(mark[1]) > _rank(kept[-1][1]):
            kept[-1] = mark
    return kept


def _rank(severity: int | None) -> float:
    return 0.5 if severity is None else severity


def draw_marks(
    canvas: Canvas,
    places: Sequence[tuple[float, float]],
    severity: int | None,
    size: Size,
) -> None:
    """The mark of one severity at each place: size, shade and number all say it."""
    if severity == 0:
        canvas.markers(places, "o", "surface", size=SMALL, edge="ink-soft")
    elif severity is None:
        canvas.markers(
            places, "s", "surface", size=size.marks[1] - 2, edge="sev-3", edge_width=1.6
        )
    else:
        shade = f"sev-{severity}"
        canvas.markers(places, "s", shade, size=size.marks[severity - 1], edge="burden")
        for x, y in places:
            canvas.text(
                x,
                y + size.small * 0.36,
                str(severity),
                size=size.small,
                ink=f"{shade}-ink",
                bold=severity == 3,
                anchor="center",
            )


def draw_happenings(
    canvas: Canvas, places: Sequence[tuple[float, float]], kind: str
) -> None:
    """Violet triangles for infusions, flags as such, dark diamonds for all else."""
    if kind == "infusion":
        canvas.markers(places, "v", "infusion-mark", size=12)
    elif kind in {"watch", "act"}:
        canvas.markers(
            places, ">", "prodrome-mark" if kind == "watch" else "leak-mark", size=11
        )
    else:
        canvas.markers(places, "D", "accent", size=8)


def draw_lasting(canvas: Canvas, left: float, right: float, middle: float) -> None:
    """A bar while something lasted, however short it was."""
    box = Box(left, middle - 3, max(right, left + 3), middle + 3)
    canvas.box(box, "accent")


def symptom_key(
    canvas: Canvas, symptoms: Iterable[SymptomRow], words: AttackWords, size: Size
) -> list[KeyEntry]:
    """What the marks mean, for those severities that occur."""
    names = {
        1: words.mild,
        2: words.moderate,
        3: words.severe,
        None: words.ungraded,
        0: words.none,
    }
    seen = {severity for row in symptoms for _, severity in row.marks}
    return [
        KeyEntry(name, partial(_sample, canvas, severity, size), width=size.marks[2])
        for severity, name in names.items()
        if severity in seen
    ]


def _sample(
    canvas: Canvas, severity: int | None, size: Size, left: float, middle: float
) -> None:
    draw_marks(canvas, [(left + size.marks[2] / 2, middle)], severity, size)


def _name(canvas: Canvas, label: str, middle: float, size: Size) -> None:
    """A row's name: left of the plot, or above the row's marks on a phone."""
    if size.beside:
        name = fit(label, size.left - 14, size.font)
        baseline = middle + size.font * 0.35
        canvas.text(size.left - 10, baseline, name, size=size.font, anchor="right")
    else:
        name = fit(label, size.plot_right - size.left, size.small)
        canvas.text(
            size.left + 4, middle - size.row * 0.33, name, size=size.small, halo=True
        )
