"""One attack on one time axis: symptoms, pressure and pulse, blood, weight, urine."""

from functools import partial
from math import isfinite

from capleak.charts.canvas import DOTTED, Canvas
from capleak.charts.data import AttackChart, Series
from capleak.charts.frame import SIZES, Frame, Size, Width
from capleak.charts.key import KeyEntry, running_key
from capleak.charts.layout import Scale
from capleak.charts.panels import Curve, Style, curve, draw_panel
from capleak.charts.svg import inline_svg
from capleak.charts.symptoms import draw_symptoms, symptom_key

EMPTY = 36.0  # the height of an attack that holds nothing but its boundaries
LEAST_DAYS = 2.0  # an axis shorter than this would make hours look like days

SYSTOLIC = Style("systolic", "o", width=2.4, worst="low")
DIASTOLIC = Style("diastolic", "o", hollow=True, width=1.4)
PULSE = Style("pulse", "^", dash=DOTTED, worst="high")
HEMATOCRIT = Style("hematocrit", "s", worst="high")
HEMOGLOBIN = Style("hemoglobin", "P", worst="high")
ALBUMIN = Style("albumin", "D", dash=(6, 3), worst="low")
WEIGHT = Style("weight", "p", worst="high")
URINE = Style("urine", "X", dash=(6, 2, 1.5, 2), worst="low")


def attack_chart(chart: AttackChart, *, key: str, width: Width = "desk") -> str:
    """One attack as inline SVG, laid out for a phone, a desk or a printed page.

    `key` is unique on the page; all widths may share it. Panels without data are
    left out, and nothing is drawn that was not recorded.
    """
    size = SIZES[width]
    canvas = Canvas(size.width)
    frame = Frame(canvas, size, _time(chart, size), chart.bands)
    frame.title(chart.title)
    frame.band_names()
    top = frame.top
    merged = draw_symptoms(frame, chart.symptoms, chart.marks)
    _draw_measured(frame, chart)
    empty = frame.top == top
    if empty:
        frame.top += EMPTY
        frame.ground(top, frame.top)
    frame.axis(chart.day0_label)
    entries = symptom_key(canvas, chart.symptoms, chart.words, size)
    if any(b.soft_start or b.soft_end for b in chart.bands):
        entries.append(KeyEntry(chart.words.uncertain, partial(_soft_sample, canvas)))
    frame.top = running_key(canvas, entries, frame.margin, frame.top, size=size)
    if merged:
        frame.note(chart.words.merged)
    if empty:
        frame.note(chart.words.empty)
    return inline_svg(
        canvas.svg(frame.top + 6),
        key=f"{key}-{width}",
        title=chart.title,
        desc=chart.desc,
        css_class=f"drawing chart-{width}",
    )


def _series(chart: AttackChart) -> list[Series]:
    every = (
        chart.systolic,
        chart.diastolic,
        chart.pulse,
        chart.hematocrit,
        chart.hemoglobin,
        chart.albumin,
        chart.weight,
        chart.urine,
    )
    return [series for series in every if series is not None and series.points]


def _draw_measured(frame: Frame, chart: AttackChart) -> None:
    """Pressure and pulse share a scale, so that where they cross means something."""

    def curves(*wanted: tuple[Series | None, Style]) -> list[Curve]:
        made = (curve(s, style, gap=chart.gap_days) for s, style in wanted)
        return [one for one in made if one]

    vital = curves(
        (chart.systolic, SYSTOLIC), (chart.diastolic, DIASTOLIC), (chart.pulse, PULSE)
    )
    hematocrit = curves((chart.hematocrit, HEMATOCRIT))
    hemoglobin = curves((chart.hemoglobin, HEMOGLOBIN))
    albumin = curves((chart.albumin, ALBUMIN))
    draw = partial(draw_panel, frame, words=chart.words)
    styles = [one.style for one in vital]
    draw(vital, [], height=172, between=styles[:2] == [SYSTOLIC, DIASTOLIC])
    draw(hematocrit or hemoglobin, albumin, height=124)
    if hematocrit:
        draw(hemoglobin, [], height=88)
    draw(curves((chart.weight, WEIGHT)), [], height=88)
    draw(curves((chart.urine, URINE)), [], height=88)


def _time(chart: AttackChart, size: Size) -> Scale:
    """The time scale over everything that the chart holds, with room at both ends."""
    times = [at for row in chart.symptoms for at, _ in row.marks]
    times += [at for row in chart.marks for at in row.times]
    times += [at for row in chart.marks for span in row.spans for at in span]
    times += [at for series in _series(chart) for at, _ in series.points]
    times += [at for band in chart.bands for at in (band.start, band.end)]
    times = [at for at in times if isfinite(at)]
    low, high = min(times, default=0.0), max(times, default=0.0)
    if high - low < LEAST_DAYS:
        middle = (low + high) / 2
        low, high = middle - LEAST_DAYS / 2, middle + LEAST_DAYS / 2
    spare = (high - low) * 16 / (size.plot_right - size.left - 32)
    return Scale(low - spare, high + spare, size.left, size.plot_right)


def _soft_sample(canvas: Canvas, left: float, middle: float) -> None:
    ends = [(left + 12, middle - 7), (left + 12, middle + 7)]
    canvas.line(ends, "ink", dash=(2, 3))
