"""All years on one life line, folded like text: a row a year, January to December.

Attacks stand on the line, phase by phase, with their severity above; stays in hospital
run along it and infusions hang below. The line is whole where the diary was kept and
dotted where it was not: a year nobody wrote about is not drawn as a good one.
"""

from calendar import isleap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Final

from capleak.charts.canvas import DOTTED, Canvas
from capleak.charts.data import Phase
from capleak.charts.frame import SIZES, Size, Width
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, fit, text_width
from capleak.charts.phases import draw_phase, phase_key
from capleak.charts.svg import inline_svg

A_DAY: Final = timedelta(days=1)
BESIDE: Final = 14.0  # pixels from an attack, with its grade, to other words
NARROWEST: Final = 3.0  # pixels that a phase gets, however short it was


LifePhases = tuple[tuple[Phase, date, date], ...]


@dataclass(frozen=True, slots=True)
class LifeAttack:
    """One attack: its phases as (phase, first day, day after the last).

    `grade` is its severity as it is written above it, blank if nobody graded it. A
    rough one, known by its month or year, is a mark in the middle of that time.
    """

    phases: LifePhases
    grade: str = ""
    rough: bool = False
    counted: bool = True


@dataclass(frozen=True, slots=True)
class LifeStay:
    """Days in hospital, or of those the ones in intensive care."""

    start: date
    end: date  # the day after the last
    intensive: bool = False


@dataclass(frozen=True, slots=True)
class LifeChange:
    """The day on which a plan began, was changed or ended, and what it says then."""

    on: date
    label: str


@dataclass(frozen=True, slots=True)
class LifeFlag:
    """The day on which the diary said that something is unusual."""

    on: date
    act: bool = False


@dataclass(frozen=True, slots=True)
class LifeWords:
    """The words that the chart adds by itself."""

    months: tuple[str, ...] = tuple("JFMAMJJASOND")
    phases: dict[Phase, str] = field(
        default_factory=lambda: {
            "prodrome": "prodrome",
            "leak": "leak phase",
            "recovery": "recovery phase",
            "unknown": "attack, phase not known",
        }
    )
    grade: str = "number: severity"
    rough: str = "attack, time known roughly"
    not_counted: str = "in brackets: not counted as an attack"
    bar: str = "attack, as high as its severity"  # of life_strip, as the next one
    not_attack: str = "not counted as an attack"
    stay: str = "in hospital"
    intensive: str = "in intensive care"
    infusion: str = "infusion"
    change: str = "plan changed"
    watch: str = "flag: watch"
    act: str = "flag: act"
    observed: str = "diary kept"
    unobserved: str = "no diary"


@dataclass(frozen=True, slots=True)
class LifeChart:
    """Everything on the line; `today` ends it and `observed_since` begins the diary."""

    title: str
    desc: str
    today: date
    observed_since: date | None = None
    attacks: tuple[LifeAttack, ...] = ()
    stays: tuple[LifeStay, ...] = ()
    infusions: tuple[date, ...] = ()
    changes: tuple[LifeChange, ...] = ()
    flags: tuple[LifeFlag, ...] = ()
    words: LifeWords = field(default_factory=LifeWords)

    @property
    def first_day(self) -> date:
        """The earliest day that the chart has something to say about."""
        days = [start for a in self.attacks for _phase, start, _end in a.phases]
        days += [stay.start for stay in self.stays]
        days += [change.on for change in self.changes]
        days += [*self.infusions, *(flag.on for flag in self.flags)]
        days += [self.observed_since] if self.observed_since else []
        return min([*days, self.today])


@dataclass(frozen=True, slots=True)
class Rows:
    """Where a day lies: the row of its year, and how far along."""

    size: Size
    top: float
    first_year: int
    left: float
    row: float
    attack: float  # height of a leak

    def x(self, day: date) -> float:
        year_days = 365 + isleap(day.year)
        share = (day - date(day.year, 1, 1)).days / year_days
        return self.left + share * (self.size.width - 6 - self.left)

    def line(self, year: int) -> float:
        return self.top + (year - self.first_year) * self.row + self.row * 0.62

    def pieces(self, start: date, end: date) -> Iterator[tuple[int, float, float]]:
        """[start, end) as (year, left, right), one piece a row."""
        for year in range(start.year, (end - A_DAY).year + 1):
            first = max(start, date(year, 1, 1))
            right = self.size.width - 6 if date(year + 1, 1, 1) <= end else self.x(end)
            yield year, self.x(first), right


def life_chart(chart: LifeChart, *, key: str, width: Width = "desk") -> str:
    """The life line as inline SVG; `key` is unique on the page.

    The title is not drawn: the page around has it.
    """
    size = SIZES[width]
    canvas = Canvas(size.width)
    first = chart.first_day
    rows = Rows(size, 20, first.year, 46, 42 if size.beside else 46, 14)
    _months(canvas, rows, chart)
    for year in range(first.year, chart.today.year + 1):
        y = rows.line(year) + 4
        canvas.text(rows.left - 8, y, str(year), size=size.small, anchor="right")
    _line(canvas, rows, chart)
    _changes(canvas, rows, chart)
    canvas.markers(
        [(rows.x(day), rows.line(day.year) + 11) for day in chart.infusions],
        "v",
        "infusion-mark",
        size=5,
    )
    for stay in chart.stays:
        _stay(canvas, rows, stay)
    for attack in chart.attacks:
        _attack(canvas, rows, attack)
    for flag in chart.flags:
        _flags(canvas, [(rows.x(flag.on), rows.line(flag.on.year) - 19)], act=flag.act)
    bottom = rows.line(chart.today.year) + rows.row * 0.45
    bottom = running_key(canvas, list(_key(canvas, chart)), 0, bottom + 4, size=size)
    return inline_svg(
        canvas.svg(bottom + 4),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _months(canvas: Canvas, rows: Rows, chart: LifeChart) -> None:
    """Where months begin, through all years, and their names at the top."""
    bottom = rows.line(chart.today.year) + rows.row * 0.38
    lefts = [rows.x(date(2001, month, 1)) for month in range(1, 13)]
    edges = [*lefts, rows.size.width - 6]
    ends = [[(x, rows.top - 2), (x, bottom)] for x in edges]
    canvas.lines(ends, "line", width=0.8)
    width = edges[1] - edges[0]
    names = chart.words.months
    if any(text_width(name, rows.size.small) > width - 4 for name in names):
        names = tuple(name[:1] for name in names)
    for name, x in zip(names, lefts, strict=True):
        canvas.text(
            x + width / 2,
            rows.top - 6,
            name,
            size=rows.size.small,
            ink="ink-soft",
            anchor="center",
        )


def _line(canvas: Canvas, rows: Rows, chart: LifeChart) -> None:
    """The line of each year up to today, dotted where no diary was kept."""
    end = chart.today + A_DAY
    began = min(chart.observed_since or end, end)
    start = date(rows.first_year, 1, 1)
    if start < began:
        for year, left, right in rows.pieces(start, began):
            y = rows.line(year)
            canvas.line([(left, y), (right, y)], "line-strong", width=1.2, dash=DOTTED)
    if began < end:
        kept = [
            [(left, rows.line(year)), (right, rows.line(year))]
            for year, left, right in rows.pieces(began, end)
        ]
        canvas.lines(kept, "ink-soft", width=1.6)


def _attack(canvas: Canvas, rows: Rows, attack: LifeAttack) -> None:
    """Its phases on the line, and its grade above the first of them."""
    if not attack.phases:
        return
    _phase, first, _end = attack.phases[0]
    last = attack.phases[-1][2]
    if attack.rough:
        middle = first + (last - first) / 2
        x, base = rows.x(middle), rows.line(middle.year)
        canvas.markers([(x, base)], "D", "surface", size=9, edge="leak-mark")
    else:
        x, base = rows.x(first), rows.line(first.year)
        right = x
        for phase, start, end in attack.phases:
            for year, left, until in rows.pieces(start, max(end, start + A_DAY)):
                on = rows.line(year)
                if on == base:  # short phases stand beside each other, not over
                    left = max(left, right)  # noqa: PLW2901
                right = max(until, left + NARROWEST)
                draw_phase(canvas, phase, left, right, on, height=rows.attack)
    grade = attack.grade if attack.counted else f"({attack.grade or '–'})"
    if grade:
        at = x if attack.rough else x + 4
        canvas.text(
            at,
            base - rows.attack - 4,
            fit(grade, 60, rows.size.small),
            size=rows.size.small,
            ink="leak" if attack.counted else "ink-soft",
            bold=attack.counted,
            anchor="center",
            halo=True,
        )


def _stay(canvas: Canvas, rows: Rows, stay: LifeStay) -> None:
    for year, left, right in rows.pieces(stay.start, stay.end):
        y = rows.line(year) + (1 if stay.intensive else 2)
        box = Box(left, y, max(right, left + 2), y + (6 if stay.intensive else 3))
        canvas.box(box, "ink")


def _changes(canvas: Canvas, rows: Rows, chart: LifeChart) -> None:
    """Where plans change: a post with its words on the side that has room for them."""
    size = rows.size.small - 1
    for change in chart.changes:
        x, base = rows.x(change.on), rows.line(change.on.year)
        top = base - 22
        canvas.line([(x, base + 8), (x, top)], "infusion", width=1.4)
        left, right = _room(rows, chart.attacks, change.on)
        wanted = min(150, text_width(change.label, size))
        turned = wanted > right and left > right
        canvas.text(
            x - 3 if turned else x + 3,
            top + 7,
            fit(change.label, min(150, left if turned else right), size),
            size=size,
            ink="infusion",
            anchor="right" if turned else "left",
            halo=True,
        )


def _room(rows: Rows, attacks: Sequence[LifeAttack], on: date) -> tuple[float, float]:
    """How wide words may be before and after a day, up to the attacks beside it."""
    spans = [
        (a.phases[0][1], a.phases[-1][2]) for a in attacks if a.phases and not a.rough
    ]
    year = [span for span in spans if on.year in {day.year for day in span}]
    x = rows.x(on)
    before = [rows.x(last) for _first, last in year if last.year == on.year]
    after = [rows.x(first) for first, _last in year if first.year == on.year]
    left = max([rows.left, *(end + BESIDE for end in before if end < x)])
    right = min([rows.size.width, *(start - BESIDE for start in after if start > x)])
    return x - 3 - left, right - x - 3


def _flags(canvas: Canvas, places: Iterable[tuple[float, float]], *, act: bool) -> None:
    canvas.markers(
        list(places),
        ">",
        "prodrome" if act else "surface",
        size=7,
        edge="prodrome",
        edge_width=1.4,
    )


# --- The legend, of what occurs -----------------------------------------------------


def _key(canvas: Canvas, chart: LifeChart) -> Iterator[KeyEntry]:
    words, attacks, began = chart.words, chart.attacks, chart.observed_since
    phases = [p for a in attacks if not a.rough for p, _start, _end in a.phases]
    yield from phase_key(canvas, phases, words.phases, height=14)
    unobserved = began is None or began > date(chart.first_day.year, 1, 1)
    graded = any(a.grade and a.counted for a in attacks)
    entries: list[tuple[bool, str, Callable[..., None], float]] = [
        (any(a.rough for a in attacks), words.rough, _rough_sample, 10),
        (graded, words.grade, _grade_sample, 10),
        (not all(a.counted for a in attacks), words.not_counted, _bracket_sample, 16),
        (any(not s.intensive for s in chart.stays), words.stay, _stay_sample, 24),
        (any(s.intensive for s in chart.stays), words.intensive, _icu_sample, 24),
        (bool(chart.infusions), words.infusion, _infusion_sample, 10),
        (bool(chart.changes), words.change, _change_sample, 6),
        (any(not f.act for f in chart.flags), words.watch, _watch_sample, 10),
        (any(f.act for f in chart.flags), words.act, _act_sample, 10),
        (began is not None, words.observed, _line_sample, 24),
        (unobserved, words.unobserved, _dotted_sample, 24),
    ]
    for occurs, name, sample, width in entries:
        if occurs:
            yield KeyEntry(name, partial(sample, canvas), width=width)


def _rough_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 5, middle)], "D", "surface", size=8, edge="leak-mark")


def _grade_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.text(left, middle + 4, "3", size=12.5, ink="leak", bold=True)


def _bracket_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.text(left, middle + 4, "(–)", size=12.5, ink="ink-soft")


def _stay_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left, middle - 1.5, left + 24, middle + 1.5), "ink")


def _icu_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left, middle - 3, left + 24, middle + 3), "ink")


def _infusion_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 5, middle)], "v", "infusion-mark", size=6)


def _change_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 3, middle - 7), (left + 3, middle + 7)]
    canvas.line(ends, "infusion", width=1.4)


def _watch_sample(canvas: Canvas, left: float, middle: float) -> None:
    _flags(canvas, [(left + 5, middle)], act=False)


def _act_sample(canvas: Canvas, left: float, middle: float) -> None:
    _flags(canvas, [(left + 5, middle)], act=True)


def _line_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 24, middle)], "ink-soft", width=1.6)


def _dotted_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 24, middle)]
    canvas.line(ends, "line-strong", width=1.2, dash=DOTTED)
