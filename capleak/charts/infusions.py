"""Infusions, doses and attacks: a strip for each twelve months, the oldest above.

A stem is a course of infusions, as high as its dose per weight; a hollow triangle is
one whose dose is not known. The dashed line is what the plan asked for.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from capleak.charts.canvas import Canvas
from capleak.charts.frame import DESK, PHONE, Size
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Scale, nice_ticks, number, text_width
from capleak.charts.svg import inline_svg

HEIGHT = 62.0
LEFT = 46.0
NARROWEST = 3.0  # an attack of hours is still seen
LOW = 10.0  # how high a mark without a dose stands

Unmet = Literal["missed", "skipped"]


@dataclass(frozen=True, slots=True)
class StripDose:
    """A course of infusions at a day of its strip; None: the dose is not known."""

    at: float
    g_per_kg: float | None


@dataclass(frozen=True, slots=True)
class StripAttack:
    """An attack, as far as it lies in the strip; `label` where it begins."""

    start: float
    end: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class Strip:
    """Twelve months, in days from the first.

    `months` are (first day, name); `planned` (from, to, g/kg); `unmet` are due days
    without an infusion; `now` is where the present is, if it lies in the strip.
    """

    label: str
    days: int
    months: Sequence[tuple[int, str]]
    doses: Sequence[StripDose] = ()
    planned: Sequence[tuple[float, float, float]] = ()
    unmet: Sequence[tuple[float, Unmet]] = ()
    attacks: Sequence[StripAttack] = ()
    now: float | None = None


@dataclass(frozen=True, slots=True)
class StripWords:
    """The words that the chart adds."""

    infusion: str
    no_dose: str
    planned: str
    missed: str
    skipped: str
    attack: str
    today: str
    unit: str


@dataclass(frozen=True, slots=True)
class StripChart:
    title: str
    desc: str
    strips: Sequence[Strip]
    words: StripWords


def infusion_chart(
    chart: StripChart, *, key: str, width: Literal["desk", "phone"] = "desk"
) -> str:
    """The strips as inline SVG; `key` is unique on the page.

    The title is not drawn: the page around has it.
    """
    size = DESK if width == "desk" else PHONE
    canvas = Canvas(size.width)
    top = running_key(canvas, list(_key(canvas, chart)), 0, 0, size=size) + 4
    known = [d.g_per_kg for s in chart.strips for d in s.doses if d.g_per_kg]
    asked = [dose for s in chart.strips for _, _, dose in s.planned]
    most = max([0.5, *known, *asked]) * 1.12
    for strip in chart.strips:
        top = _draw_strip(canvas, strip, top, most, size, chart.words.unit)
    return inline_svg(
        canvas.svg(top + 4),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _draw_strip(
    canvas: Canvas, strip: Strip, top: float, most: float, size: Size, unit: str
) -> float:
    """One strip; returns where it ends below."""
    top += size.line + 4
    canvas.text(0, top, strip.label, size=size.small, bold=True)
    top += size.line * (1.2 if any(a.label for a in strip.attacks) else 0.5)
    bottom, right = top + HEIGHT, size.width - 2
    days = Scale(0, strip.days, LEFT, right)
    up = Scale(0, most, bottom, top)
    _draw_attacks(canvas, strip.attacks, days, (top, bottom), size)
    levels = nice_ticks(0, most, 3)
    canvas.lines([[(LEFT, up(level)), (right, up(level))] for level in levels], "line")
    for level in levels:
        words = f"{number(level)} {unit}" if level == levels[-1] else number(level)
        is_last = level == levels[-1]
        canvas.text(
            0 if is_last else LEFT - 5,
            up(level) + (-4 if is_last else 4),
            words,
            size=size.small - 0.5,
            ink="ink-soft",
            anchor="left" if is_last else "right",
            halo=True,
        )
    for start, end, dose in strip.planned:
        ends = [(days(start), up(dose)), (days(end), up(dose))]
        canvas.line(ends, "infusion", width=1.1, dash=(6, 3))
    _draw_doses(canvas, strip, days, up)
    if strip.now is not None:
        ends = [(days(strip.now), top - 4), (days(strip.now), bottom)]
        canvas.line(ends, "ink-soft", width=1, dash=(2, 2))
    return _draw_months(canvas, strip, days, bottom, size)


def _draw_attacks(
    canvas: Canvas,
    attacks: Sequence[StripAttack],
    days: Scale,
    ends: tuple[float, float],
    size: Size,
) -> None:
    """A column for each, with a diamond and the day on which it began."""
    top, bottom = ends
    free_from = LEFT
    for attack in attacks:
        left, right = days(attack.start), days(attack.end)
        spare = max(0.0, NARROWEST - (right - left)) / 2
        canvas.box(Box(left - spare, top, right + spare, bottom), "leak-soft")
        edges = [[(x, top), (x, bottom)] for x in (left - spare, right + spare)]
        canvas.lines(edges, "leak-mark", width=0.8)
        if not attack.label:
            continue
        canvas.markers([(left, top - 2)], "D", "leak-mark", size=7)
        width = text_width(attack.label, size.small, bold=True)
        start = min(left + 7, size.width - width)
        if start >= free_from:
            canvas.text(
                start, top - 1, attack.label, size=size.small, ink="leak", bold=True
            )
            free_from = start + width + 8


def _draw_doses(canvas: Canvas, strip: Strip, days: Scale, up: Scale) -> None:
    base = up(0)
    known = [(days(d.at), up(d.g_per_kg)) for d in strip.doses if d.g_per_kg]
    unknown = [(days(d.at), base - LOW) for d in strip.doses if not d.g_per_kg]
    canvas.lines([[(x, base), (x, y)] for x, y in known], "infusion-mark", width=2)
    canvas.lines([[(x, base), (x, y)] for x, y in unknown], "infusion-mark", width=1.2)
    canvas.markers(known, "v", "infusion-mark", size=7)
    canvas.markers(unknown, "v", "surface", size=8, edge="infusion-mark")
    for kind in ("missed", "skipped"):
        places = [(days(at), base - LOW) for at, was in strip.unmet if was == kind]
        _draw_unmet(canvas, places, kind)


def _draw_unmet(
    canvas: Canvas, places: Sequence[tuple[float, float]], kind: Unmet
) -> None:
    if kind == "missed":
        canvas.markers(places, "x", "ink", size=8, edge_width=2)
    else:
        canvas.markers(places, "s", "surface", size=7, edge="ink", edge_width=1.3)


def _draw_months(
    canvas: Canvas, strip: Strip, days: Scale, bottom: float, size: Size
) -> float:
    right = size.width - 2
    canvas.lines([[(LEFT, bottom), (right, bottom)]], "line-strong")
    baseline = bottom + size.small + 4
    for place, (first, name) in enumerate(strip.months):
        x = days(first)
        canvas.lines([[(x, bottom), (x, bottom + 4)]], "line-strong")
        if size.beside or place % 2 == 0:
            canvas.text(x + 2, baseline, name, size=size.small, ink="ink-soft")
    return baseline + 6


def _key(canvas: Canvas, chart: StripChart) -> Iterator[KeyEntry]:
    words, strips = chart.words, chart.strips
    doses = [dose for strip in strips for dose in strip.doses]
    unmet = {kind for strip in strips for _, kind in strip.unmet}
    samples = (
        (any(d.g_per_kg for d in doses), words.infusion, _infusion),
        (any(not d.g_per_kg for d in doses), words.no_dose, _no_dose),
        (any(s.planned for s in strips), words.planned, _planned),
        ("missed" in unmet, words.missed, _missed),
        ("skipped" in unmet, words.skipped, _skipped),
        (any(s.attacks for s in strips), words.attack, _attack),
        (any(s.now is not None for s in strips), words.today, _today),
    )
    for occurs, name, sample in samples:
        if occurs:
            yield KeyEntry(name, partial(sample, canvas), width=16)


def _infusion(canvas: Canvas, left: float, middle: float) -> None:
    x = left + 8
    canvas.lines([[(x, middle + 7), (x, middle - 5)]], "infusion-mark", width=2)
    canvas.markers([(x, middle - 5)], "v", "infusion-mark", size=7)


def _no_dose(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 8, middle)], "v", "surface", size=8, edge="infusion-mark")


def _planned(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line(
        [(left, middle), (left + 16, middle)], "infusion", width=1.1, dash=(6, 3)
    )


def _missed(canvas: Canvas, left: float, middle: float) -> None:
    _draw_unmet(canvas, [(left + 8, middle)], "missed")


def _skipped(canvas: Canvas, left: float, middle: float) -> None:
    _draw_unmet(canvas, [(left + 8, middle)], "skipped")


def _attack(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left + 4, middle - 7, left + 12, middle + 7), "leak-soft")
    canvas.markers([(left + 8, middle)], "D", "leak-mark", size=7)


def _today(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 8, middle - 7), (left + 8, middle + 7)]
    canvas.line(ends, "ink-soft", width=1, dash=(2, 2))
