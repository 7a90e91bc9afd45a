"""The last days at a glance: symptoms per day, systolic pressure, attacks, infusions.

A day without an entry is hatched and a day that was well has its own mark: silence is
never drawn as health.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby

from capleak.charts.canvas import Anchor, Canvas
from capleak.charts.data import RecentChart, RecentDay
from capleak.charts.frame import Frame, Size
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Box, Clearing, Scale, around, number, text_width
from capleak.charts.series import segments
from capleak.charts.svg import inline_svg

SIZE = Size(350, 2, 2, 13, 12.5, 0, (11, 11, 11), beside=False)
LINE_HEIGHT = 44.0
BAR_HEIGHT = 60.0
STRIP = 12.0  # the foot of the bars, where days without symptoms have their mark
LEAST_BURDEN = 6  # one mild symptom does not fill the chart


def recent_chart(chart: RecentChart, *, key: str) -> str:
    """The last days as inline SVG, made for the width of a phone or a card.

    `key` is unique on the page. The title is not drawn: the card around has it.
    """
    canvas = Canvas(SIZE.width)
    time = Scale(0, max(len(chart.days), 1), SIZE.left, SIZE.plot_right)
    frame = Frame(canvas, SIZE, time, chart.bands, zero=False)
    frame.band_names()
    _draw_systolic(frame, chart)
    _draw_days(frame, chart)
    _draw_dates(frame, chart)
    frame.top = running_key(canvas, _key(canvas, chart), 0, frame.top + 6, size=SIZE)
    return inline_svg(
        canvas.svg(frame.top + 4),
        key=key,
        title=chart.title,
        desc=chart.desc,
        css_class="drawing chart-recent",
    )


def _draw_systolic(frame: Frame, chart: RecentChart) -> None:
    """The line of pressure, its lowest and its last value written out."""
    points = [
        (index + 0.5, day.systolic)
        for index, day in enumerate(chart.days)
        if day.systolic is not None
    ]
    runs = segments(points, gap=chart.gap_days)
    if not runs:
        return
    canvas, words, usual = frame.canvas, chart.words, chart.usual_systolic
    entries = [KeyEntry(words.systolic, partial(_systolic_sample, canvas))]
    if usual is not None:
        name = f"{words.usual} {number(usual)}"
        entries.append(KeyEntry(name, partial(_usual_sample, canvas)))
    top = running_key(canvas, entries, 0, frame.top + 2, size=SIZE) + 2
    frame.top = top + LINE_HEIGHT
    frame.ground(top, frame.top)
    values = [y for _, y in points] + ([] if usual is None else [usual])
    spare = max((max(values) - min(values)) * 0.25, 5)
    scale = Scale(min(values) - spare, max(values) + spare, frame.top, top)
    if usual is not None:
        ends = [(SIZE.left, scale(usual)), (SIZE.plot_right, scale(usual))]
        canvas.line(ends, "systolic", width=1, dash=(7, 4))
    clearing = Clearing(Box(0, top - 4, SIZE.width, frame.top))
    for run in runs:
        pixels = [(frame.time(x), scale(y)) for x, y in run]
        clearing.avoid(pixels)
        if len(pixels) > 1:
            canvas.line(pixels, "systolic", width=2)
        canvas.markers(pixels, "o", "systolic", size=4.5)
    lowest = min(points, key=lambda point: point[1])
    for x, y in dict.fromkeys((lowest, points[-1])):
        width = text_width(number(y), SIZE.small, bold=True)
        spots = around(frame.time(x), scale(y), width, SIZE.small, above=y > lowest[1])
        if spot := clearing.best(spots):
            canvas.text(
                spot.left + width / 2,
                spot.bottom - 2,
                number(y),
                size=SIZE.small,
                ink="systolic",
                bold=True,
                anchor="center",
                halo=True,
            )


def _draw_days(frame: Frame, chart: RecentChart) -> None:
    """Bars of days with symptoms, and a mark or a hatch at the foot of the others."""
    canvas, words = frame.canvas, chart.words
    entry = KeyEntry(words.symptoms, partial(_bar_sample, canvas), width=12)
    top = running_key(canvas, [entry], 0, frame.top + 8, size=SIZE) + 2
    foot = top + BAR_HEIGHT
    frame.top = foot + STRIP
    frame.ground(top, frame.top, [foot])
    heights = [(day.burden or 0) + day.ungraded for day in chart.days]
    most = max([LEAST_BURDEN, *heights])
    scale = Scale(0, most, foot, top + SIZE.small + 4)
    peak = heights.index(max(heights)) if any(heights) else None
    well: list[tuple[float, float]] = []
    for index, (day, height) in enumerate(zip(chart.days, heights, strict=True)):
        left, right = frame.time(index) + 1, frame.time(index + 1) - 1
        if height:
            graded = scale(day.burden or 0)
            if day.burden:
                canvas.box(Box(left, graded, right, foot), "burden")
            if day.ungraded:
                canvas.outline(
                    Box(left + 0.6, scale(height), right - 0.6, graded),
                    "burden",
                    fill="surface",
                )
        elif day.well:
            well.append(((left + right) / 2, foot + STRIP / 2))
    for first, last in _silences(chart.days):
        edge = Box(frame.time(first), foot + 1, frame.time(last), frame.top - 1)
        canvas.hatch(edge, "line-strong")
    canvas.markers(well, "o", "surface", size=6.5, edge="ink", edge_width=1.3)
    if peak is not None:
        _centered(frame, peak, scale(heights[peak]) - 3, number(heights[peak]))
    for at in chart.infusions:
        x = frame.time(at)
        canvas.line([(x, top + 6), (x, foot)], "infusion-mark", width=1.2)
        canvas.markers([(x, top + 6)], "v", "infusion-mark", size=10)


def _silences(days: Sequence[RecentDay]) -> list[tuple[int, int]]:
    """Stretches of days without any entry, as [first, last)."""
    silent = [d.burden is None and not d.ungraded for d in days]
    stretches = []
    for is_silent, together in groupby(range(len(days)), key=silent.__getitem__):
        if is_silent:
            indexes = list(together)
            stretches.append((indexes[0], indexes[-1] + 1))
    return stretches


def _draw_dates(frame: Frame, chart: RecentChart) -> None:
    """The named days, the outer ones kept on the chart."""
    baseline = frame.top + SIZE.small * 1.25
    for index, label in chart.ticks:
        x = frame.time(index + 0.5)
        frame.canvas.lines([[(x, frame.top), (x, frame.top + 3)]], "line-strong")
        _centered(frame, index, baseline, label, bold=False)
    frame.top = baseline


def _centered(
    frame: Frame, index: int, baseline: float, words: str, *, bold: bool = True
) -> None:
    """Words over or under one day, kept on the chart at its ends."""
    half = text_width(words, SIZE.small, bold=bold) / 2
    x: float = frame.time(index + 0.5)
    anchor: Anchor = "center"
    if x < half:
        x, anchor = 0.0, "left"
    elif x > SIZE.width - half:
        x, anchor = SIZE.width, "right"
    ink = "ink" if bold else "ink-soft"
    frame.canvas.text(
        x,
        baseline,
        words,
        size=SIZE.small,
        ink=ink,
        bold=bold,
        anchor=anchor,
        halo=True,
    )


def _key(canvas: Canvas, chart: RecentChart) -> list[KeyEntry]:
    """The other marks, those that occur."""
    words, days = chart.words, chart.days
    silent = any(day.burden is None and not day.ungraded for day in days)
    well = any(day.well for day in days)
    samples = (
        (well, words.well, _well_sample),
        (silent, words.no_entry, _silent_sample),
        (any(day.ungraded for day in days), words.ungraded, _ungraded_sample),
        (bool(chart.infusions), words.infusion, _infusion_sample),
    )
    return [
        KeyEntry(name, partial(sample, canvas), width=14)
        for occurs, name, sample in samples
        if occurs
    ]


def _systolic_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.line([(left, middle), (left + 24, middle)], "systolic", width=2)
    canvas.markers([(left + 12, middle)], "o", "systolic", size=4.5)


def _usual_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left, middle), (left + 24, middle)]
    canvas.line(ends, "systolic", width=1, dash=(7, 4))


def _bar_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.box(Box(left + 2, middle - 5, left + 11, middle + 5), "burden")


def _well_sample(canvas: Canvas, left: float, middle: float) -> None:
    place = [(left + 7, middle)]
    canvas.markers(place, "o", "surface", size=6.5, edge="ink", edge_width=1.3)


def _silent_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.hatch(Box(left, middle - 5, left + 14, middle + 5), "line-strong")


def _ungraded_sample(canvas: Canvas, left: float, middle: float) -> None:
    box = Box(left + 2, middle - 5, left + 11, middle + 5)
    canvas.outline(box, "burden", fill="surface")


def _infusion_sample(canvas: Canvas, left: float, middle: float) -> None:
    canvas.markers([(left + 7, middle)], "v", "infusion-mark", size=10)
