"""Twelve months as a heat map: a square a day, its number the worst severity.

A day without an entry is hatched and a day without symptoms has a ring: silence is
never drawn as health. Attacks are bars below the days, of another pattern each phase;
infusions are triangles above them. On a desk weeks are columns, on a phone there is a
calendar for each month, two side by side.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

from capleak.charts.canvas import Canvas
from capleak.charts.data import Phase, YearChart, YearDay, YearSaid
from capleak.charts.frame import DESK, PHONE
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box
from capleak.charts.svg import inline_svg

SEVERITIES: Final[tuple[YearSaid, ...]] = ("mild", "moderate", "severe")
WEEKS: Final = 54  # that twelve months can touch
FOLDED: Final = 2  # months side by side on a phone
THIN: Final = 1.3  # the bar of a phase whose time is known roughly
PATTERNS: Final[dict[Phase, tuple[float, ...] | None]] = {
    "prodrome": (2, 2),
    "leak": None,
    "recovery": (6, 2.5),
    "unknown": (5, 2, 1.5, 2),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """The measures of one day: a triangle over a square over a bar."""

    cell: float  # of the square
    digit: float  # font size
    over: float  # room for the triangle
    bar: float

    @property
    def height(self) -> float:
        return self.over + self.cell + self.bar + 4

    def middle(self, top: float) -> float:
        return top + self.over + self.cell / 2


ON_DESK: Final = Slot(cell=13.5, digit=10.5, over=7, bar=3.5)
ON_PHONE: Final = Slot(cell=17, digit=12.5, over=8, bar=4)

Placed = tuple[float, float, YearDay]  # the middle from the left, the top, the day


def year_chart(
    chart: YearChart, *, key: str, width: Literal["desk", "phone"] = "desk"
) -> str:
    """The heat map as inline SVG; `key` is unique on the page.

    The title is not drawn: the page around has it.
    """
    size, slot = (DESK, ON_DESK) if width == "desk" else (PHONE, ON_PHONE)
    canvas = Canvas(size.width)
    if width == "desk":
        bottom = _weeks_as_columns(canvas, chart, slot)
    else:
        bottom = _calendars(canvas, chart, slot)
    entries = list(_key(canvas, chart, slot))
    bottom = running_key(canvas, entries, 0, bottom + 8, size=size)
    return inline_svg(
        canvas.svg(bottom + 4),
        key=key,
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


# --- Where the days go --------------------------------------------------------------


def _weeks_as_columns(canvas: Canvas, chart: YearChart, slot: Slot) -> float:
    """All months in one row of weeks; returns where they end below."""
    left, top = 38.0, 22.0
    pitch = (canvas.width - left - 2) / WEEKS
    for place, weekday in enumerate(chart.weekdays):
        baseline = slot.middle(top + place * slot.height) + 4
        canvas.text(
            left - 6, baseline, weekday, size=12, ink="ink-soft", anchor="right"
        )
    placed: list[Placed] = []
    index = chart.months[0].starts_on if chart.months else 0
    for number, month in enumerate(chart.months):
        x = left + pitch * (index // 7)
        if number:
            _border(canvas, x, top, index % 7, pitch, slot)
        if number:  # its name stands where its first whole week begins
            at, name = x + (pitch if index % 7 else 0), month.label
        else:
            at, name = left, f"{month.label} {month.year}"
        canvas.text(at, 13, name, size=12.5, bold=True)
        for day in month.days:
            week, weekday_of = divmod(index, 7)
            x = left + pitch * (week + 0.5)
            placed.append((x, top + slot.height * weekday_of, day))
            index += 1
    _draw(canvas, placed, slot, pitch)
    return top + 7 * slot.height


def _border(
    canvas: Canvas, x: float, top: float, weekday: int, pitch: float, slot: Slot
) -> None:
    """The step between two months: left of a column above, right of it below."""
    step, bottom = top + weekday * slot.height, top + 7 * slot.height
    points = [(x, bottom), (x, step)]
    if weekday:
        points += [(x + pitch, step), (x + pitch, top)]
    canvas.line(points, "line-strong", width=0.8)


def _calendars(canvas: Canvas, chart: YearChart, slot: Slot) -> float:
    """A calendar for each month, two side by side; returns where they end below."""
    gap, top = 16.0, 0.0
    width = (canvas.width - gap * (FOLDED - 1)) / FOLDED
    pitch = width / 7
    placed: list[Placed] = []
    for start in range(0, len(chart.months), FOLDED):
        rows = 0
        for column, month in enumerate(chart.months[start : start + FOLDED]):
            left = column * (width + gap)
            canvas.text(
                left, top + 16, f"{month.label} {month.year}", size=13, bold=True
            )
            for place, weekday in enumerate(chart.weekdays):
                x = left + pitch * (place + 0.5)
                canvas.text(
                    x,
                    top + 32,
                    weekday[:1],
                    size=11.5,
                    ink="ink-soft",
                    anchor="center",
                )
            for number, day in enumerate(month.days, month.starts_on):
                week, weekday_of = divmod(number, 7)
                x = left + pitch * (weekday_of + 0.5)
                placed.append((x, top + 34 + slot.height * week, day))
                rows = max(rows, week + 1)
        top += 34 + rows * slot.height + 10
    _draw(canvas, placed, slot, pitch)
    return top


# --- What a day looks like ------------------------------------------------------------


def _draw(canvas: Canvas, placed: Sequence[Placed], slot: Slot, pitch: float) -> None:
    """Every day, kind by kind, on the ground of its phase."""
    for x, top, day in placed:
        if day.phase:
            ground = Box(x - pitch / 2, top, x + pitch / 2, top + slot.height)
            canvas.box(ground, f"{day.phase}-soft")
    for said in (None, "unasked", "none", "ungraded", *SEVERITIES):
        of_kind = [(x, slot.middle(top)) for x, top, day in placed if day.said == said]
        _squares(canvas, of_kind, said, slot)
    for x, top, day in placed:
        if day.phase:
            y = top + slot.over + slot.cell + 2 + slot.bar / 2
            width = THIN if day.rough else slot.bar
            _bar(canvas, x - pitch / 2, x + pitch / 2, y, day.phase, width)
    infused = [(x, top + slot.over / 2) for x, top, day in placed if day.infusion]
    _triangles(canvas, infused, slot)


def _squares(
    canvas: Canvas,
    middles: Sequence[tuple[float, float]],
    said: YearSaid | None,
    slot: Slot,
) -> None:
    """The same kind of day at each place: a shape and a shade, or a number."""
    if said is None:
        half = slot.cell / 2
        for x, y in middles:
            canvas.hatch(Box(x - half, y - half, x + half, y + half), "line-strong")
    elif said == "unasked":
        canvas.markers(middles, "D", "surface", size=5, edge="ink-soft")
    elif said == "none":
        size = slot.cell * 0.55
        canvas.markers(middles, "o", "surface", size=size, edge="ink", edge_width=1.3)
    elif said == "ungraded":
        size = slot.cell - 2
        canvas.markers(middles, "s", "surface", size=size, edge="sev-3", edge_width=1.6)
    else:
        number = SEVERITIES.index(said) + 1
        shade = f"sev-{number}"
        canvas.markers(middles, "s", shade, size=slot.cell, edge="burden")
        for x, y in middles:
            canvas.text(
                x,
                y + slot.digit * 0.36,
                str(number),
                size=slot.digit,
                ink=f"{shade}-ink",
                bold=number == len(SEVERITIES),
                anchor="center",
            )


def _bar(
    canvas: Canvas, left: float, right: float, y: float, phase: Phase, width: float
) -> None:
    """The bar of a phase: its pattern says which, its width how well it is known."""
    ends = [(left, y), (right, y)]
    canvas.line(ends, f"{phase}-mark", width=width, dash=PATTERNS[phase])


def _triangles(
    canvas: Canvas, middles: Sequence[tuple[float, float]], slot: Slot
) -> None:
    canvas.markers(middles, "v", "infusion-mark", size=slot.over)


# --- The legend, of what occurs -----------------------------------------------------


def _key(canvas: Canvas, chart: YearChart, slot: Slot) -> Iterator[KeyEntry]:
    days = [day for month in chart.months for day in month.days]
    words, room = chart.words, slot.cell + 2
    named: list[tuple[YearSaid | None, str]] = [(None, words.silent)]
    named += [(said, words.said[said]) for said in ("none", *SEVERITIES)]
    named += [(said, words.said[said]) for said in ("ungraded", "unasked")]
    for said, name in named:
        if any(day.said == said for day in days):
            yield KeyEntry(name, partial(_square, canvas, said, slot), width=room)
    if any(day.infusion for day in days):
        sample = partial(_triangle, canvas, slot)
        yield KeyEntry(words.infusion, sample, width=room)
    for phase, name in words.phases.items():
        if any(day.phase == phase for day in days):
            yield KeyEntry(name, partial(_sample, canvas, phase, slot.bar))
    if rough := next((day.phase for day in days if day.phase and day.rough), None):
        yield KeyEntry(words.rough, partial(_sample, canvas, rough, THIN))


def _square(
    canvas: Canvas, said: YearSaid | None, slot: Slot, left: float, middle: float
) -> None:
    _squares(canvas, [(left + slot.cell / 2 + 1, middle)], said, slot)


def _triangle(canvas: Canvas, slot: Slot, left: float, middle: float) -> None:
    _triangles(canvas, [(left + slot.cell / 2, middle)], slot)


def _sample(
    canvas: Canvas, phase: Phase, width: float, left: float, middle: float
) -> None:
    _bar(canvas, left, left + 24, middle, phase, width)
