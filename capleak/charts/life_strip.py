"""All years of a record on one line: as high for one year as for thirty.

For the page that must stay one page. An attack is a bar, as high as its severity; no
meaning rests on color, so it reads in grey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from typing import Final

from capleak.charts.canvas import DOTTED, Canvas
from capleak.charts.frame import SIZES, Size, Width
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Scale, fit, nice_ticks, text_width
from capleak.charts.life import A_DAY, LifeAttack, LifeChart
from capleak.charts.svg import inline_svg

TALLEST: Final = 34.0  # grade 4
UNGRADED: Final = 11.0
THIN: Final = 3.0  # pixels that an attack gets, however short it was
BASE: Final = 50.0  # where the line of the diary is


def life_strip(chart: LifeChart, *, key: str, width: Width = "paper") -> str:
    """The line as inline SVG; `key` is unique on the page. The title is not drawn."""
    size = SIZES[width]
    canvas = Canvas(size.width)
    days = Scale(
        chart.first_day.toordinal(),
        max((chart.today + A_DAY).toordinal(), chart.first_day.toordinal() + 90),
        4,
        size.width - 4,
    )
    _line(canvas, days, chart)
    _changes(canvas, days, chart, size)
    for attack in chart.attacks:
        _attack(canvas, days, attack)
    for stay in chart.stays:
        left, right = days(stay.start.toordinal()), days(stay.end.toordinal())
        height = 6 if stay.intensive else 3
        box = Box(left, BASE + 3, max(right, left + 2), BASE + 3 + height)
        canvas.box(box, "ink")
    canvas.lines(
        [
            [(days(d.toordinal()), BASE + 12), (days(d.toordinal()), BASE + 20)]
            for d in chart.infusions
        ],
        "infusion-mark",
        width=1.2,
    )
    bottom = _years(canvas, days, chart, BASE + 24, size)
    bottom = running_key(canvas, list(_key(canvas, chart)), 0, bottom + 4, size=size)
    return inline_svg(
        canvas.svg(bottom + 2),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _line(canvas: Canvas, days: Scale, chart: LifeChart) -> None:
    """Solid while the diary was kept, dotted before."""
    end = chart.today + A_DAY
    began = min(chart.observed_since or end, end)
    if chart.first_day < began:
        ends = [(days.low_px, BASE), (days(began.toordinal()), BASE)]
        canvas.line(ends, "line-strong", width=1.4, dash=DOTTED)
    if began < end:
        ends = [(days(began.toordinal()), BASE), (days(end.toordinal()), BASE)]
        canvas.line(ends, "ink", width=1.8)


def _attack(canvas: Canvas, days: Scale, attack: LifeAttack) -> None:
    if not attack.phases:
        return
    first, last = attack.phases[0][1], attack.phases[-1][2]
    left, right = days(first.toordinal()), days(last.toordinal())
    if attack.rough:
        middle = (left + right) / 2
        canvas.markers([(middle, BASE - 6)], "D", "surface", size=8, edge="leak")
        return
    box = Box(left, BASE - height(attack), max(right, left + THIN), BASE)
    if attack.counted:
        canvas.box(box, "leak")
    else:
        canvas.outline(box, "ink-soft", fill="surface")


def height(attack: LifeAttack) -> float:
    """As high as its grade; one that nobody graded is lower than any of them."""
    grade = attack.grade.rstrip("?")
    return TALLEST * (1 + int(grade)) / 5 if grade.isdigit() else UNGRADED


def _changes(canvas: Canvas, days: Scale, chart: LifeChart, size: Size) -> None:
    """Where plans begin, change or end; words where there is room for them."""
    small = size.small
    places = [days(change.on.toordinal()) for change in chart.changes]
    for place, change in enumerate(chart.changes):
        x = places[place]
        canvas.line([(x, 0), (x, BASE + 20)], "infusion", width=1.2, dash=(4, 2))
        until = places[place + 1] if place + 1 < len(places) else size.width
        room = until - x - 8
        if text_width(change.label, small) <= room:
            canvas.text(x + 4, small - 1, change.label, size=small, ink="infusion")
        elif room > 60:
            words = fit(change.label, room, small)
            canvas.text(x + 4, small - 1, words, size=small, ink="infusion")


def _years(
    canvas: Canvas, days: Scale, chart: LifeChart, top: float, size: Size
) -> float:
    """The first of January of some years, with their number."""
    first, last = chart.first_day.year, chart.today.year
    most = int((days.high_px - days.low_px) / 48)
    ticks = [first, last]
    if last - first > 1:
        ticks = [int(year) for year in nice_ticks(first, last, most) if year % 1 == 0]
    canvas.line([(days.low_px, top), (days.high_px, top)], "line-strong", width=0.8)
    free = size.width  # up to here no number stands yet
    for year in sorted(ticks, reverse=True):
        x = days(date(year, 1, 1).toordinal())
        if x < days.low_px or x + text_width(str(year), size.small) > free:
            continue
        canvas.line([(x, top), (x, top + 4)], "line-strong", width=0.8)
        baseline = top + size.small + 4
        canvas.text(x, baseline, str(year), size=size.small, ink="ink-soft")
        free = x - 6
    return top + size.small + 8


# --- The legend, of what occurs -----------------------------------------------------


def _key(canvas: Canvas, chart: LifeChart) -> Iterator[KeyEntry]:
    words, attacks = chart.words, chart.attacks
    sharp = [a for a in attacks if not a.rough]
    unobserved = (chart.observed_since or chart.today) > chart.first_day
    entries: list[tuple[bool, str, Callable[..., None], float]] = [
        (any(a.counted for a in sharp), words.bar, _bar, 16),
        (any(a.rough for a in attacks), words.rough, _diamond, 10),
        (not all(a.counted for a in sharp), words.not_attack, _hollow, 6),
        (any(not s.intensive for s in chart.stays), words.stay, _stay, 20),
        (any(s.intensive for s in chart.stays), words.intensive, _icu, 20),
        (bool(chart.infusions), words.infusion, _tick, 4),
        (bool(chart.changes), words.change, _dashes, 4),
        (unobserved and chart.observed_since is not None, words.observed, _solid, 20),
        (unobserved, words.unobserved, _dots, 20),
    ]
    for occurs, name, sample, width in entries:
        if occurs:
            yield KeyEntry(name, partial(sample, canvas), width=width)


def _bar(canvas: Canvas, left: float, middle: float) -> None:
    for place, tall in enumerate((5, 8, 11, 14)):
        x = left + 4 * place
        canvas.box(Box(x, middle + 7 - tall, x + THIN, middle + 7), "leak")


def _diamond(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 5, middle)], "D", "surface", size=8, edge="leak")


def _hollow(canvas: Canvas, left: float, middle: float) -> None:
    box = Box(left, middle - 6, left + 5, middle + 6)
    canvas.outline(box, "ink-soft", fill="surface")


def _stay(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left, middle - 1.5, left + 20, middle + 1.5), "ink")


def _icu(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left, middle - 3, left + 20, middle + 3), "ink")


def _tick(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 2, middle - 5), (left + 2, middle + 5)]
    canvas.line(ends, "infusion-mark", width=1.6)


def _dashes(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 2, middle - 7), (left + 2, middle + 7)]
    canvas.line(ends, "infusion", width=1.2, dash=(4, 2))


def _solid(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 20, middle)], "ink", width=1.8)


def _dots(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 20, middle)]
    canvas.line(ends, "line-strong", width=1.4, dash=DOTTED)
