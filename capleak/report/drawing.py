"""The charts of a report as data; the drawing is in capleak.charts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attacks.numbers import Numbers
from capleak import numbers_drawing
from capleak.charts import LifeChart, RatesChart, TrendChart, TrendPanel, TrendWords
from capleak.report.labs import Series
from capleak.report.read import Report

MOST_PANELS: Final = 6  # the others are in the table


def years(report: Report) -> LifeChart:
    """All years up to the end of the period."""
    return numbers_drawing.life(report.numbers, report.life_flags)


def rates(report: Report) -> RatesChart:
    """Before and on prophylaxis."""
    return numbers_drawing.rates(report.lines)


def trend(report: Report) -> TrendChart | None:
    """Laboratory values over time; None without any."""
    series = drawn(report.labs.series)
    if not series:
        return None
    days = [day for one in series for day, _value in one.points]
    return TrendChart(
        title=_("Laboratory values"),
        desc=_trend_desc(series),
        since=max(report.since, min(days)),
        until=report.until,
        panels=tuple(
            TrendPanel(
                one.label,
                one.unit,
                tuple((day, float(value)) for day, value in one.points),
                None if one.usual is None else float(one.usual),
            )
            for one in series
        ),
        attacks=_attack_days(report.numbers),
        words=TrendWords(attack=_("attack"), usual=_("usual for this person")),
    )


def drawn(series: Sequence[Series]) -> list[Series]:
    """The quantities that are drawn, in the order of their importance."""
    return list(series[:MOST_PANELS])


def _attack_days(numbers: Numbers) -> tuple[tuple[date, date], ...]:
    return tuple(
        (known.onset.first, known.last)
        for known in numbers.counted
        if not known.onset.rough
    )


def _trend_desc(series: Sequence[Series]) -> str:
    """What the panels show, for those who cannot see them."""
    told = []
    for one in series:
        values = sorted(value for _day, value in one.points)
        day, last = one.last
        told.append(
            _("%(what)s %(low)s to %(high)s %(unit)s, last %(last)s on %(day)s")
            % {
                "what": one.label,
                "low": f"{values[0].normalize():f}",
                "high": f"{values[-1].normalize():f}",
                "unit": one.unit,
                "last": f"{last.normalize():f}",
                "day": date_format(day, "j F Y"),
            }
        )
    return "; ".join(told) + "."
