"""Rates in words: never without the count, the time observed, and the interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks.exposure import Cover, Tally
from attacks.numbers import LEAST_ATTACKS, Numbers, rate
from attacks.statistics import DAYS_A_YEAR, Rate

DAYS_A_MONTH: Final = DAYS_A_YEAR / 12


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table of rates; blank where nothing was observed."""

    label: str
    count: str
    time: str
    rate: Rate | None
    treated: bool = False
    part: bool = False  # of the row above that is not one
    number: int = 0  # of attacks

    @property
    def per_year(self) -> str:
        return figure(self.rate.per_year) if self.rate else ""

    @property
    def interval(self) -> str:
        """The limits of the 95 % interval."""
        if self.rate is None:
            return ""
        low, high = figure(self.rate.low), figure(self.rate.high)
        return _("%(low)s to %(high)s") % {"low": low, "high": high}

    @property
    def told(self) -> str:
        """Count, time, rate and interval in one sentence without its end."""
        if self.rate is None:
            return _("nothing observed")
        return _(
            "%(count)s in %(time)s: %(rate)s a year (95 %% interval %(interval)s)"
        ) % {
            "count": self.count,
            "time": self.time,
            "rate": self.per_year,
            "interval": self.interval,
        }

    @property
    def short(self) -> str:
        """Count and time alone."""
        if self.rate is None:
            return _("nothing observed")
        return _("%(count)s in %(time)s") % {"count": self.count, "time": self.time}


def line(
    label: str, tally: Tally, *, treated: bool = False, part: bool = False
) -> Line:
    """A tally in words."""
    return Line(
        label=label,
        count=attacks(tally.count),
        time=span(tally.days),
        rate=rate(tally),
        treated=treated,
        part=part,
        number=tally.count,
    )


def lines(numbers: Numbers) -> list[Line]:
    """All observed time, then before and on prophylaxis with its parts."""
    tallies = numbers.tallies
    found = [line(_("All time observed"), tallies.overall)]
    if not numbers.infusions:
        return found
    found.append(line(_("Before the first infusion"), tallies.before))
    found.append(line(_("On prophylaxis"), tallies.treated, treated=True))
    by = tallies.by_cover
    if Cover.MISSED in by:
        for cover in (Cover.ON, Cover.MISSED):
            tally = by.get(cover, Tally())
            found.append(line(_(cover.label), tally, treated=True, part=True))
    named = {name: t for name, t in tallies.by_course.items() if name}
    if len(named) > 1:
        found += [
            line(name, tally, treated=True, part=True) for name, tally in named.items()
        ]
    if Cover.STOPPED in by:
        found.append(line(_(Cover.STOPPED.label), by[Cover.STOPPED]))
    return found


def conclusion(numbers: Numbers) -> str:
    """What before and on prophylaxis say, or that it is too little to say anything."""
    if not numbers.infusions:
        return _("No infusion is written down, so there is nothing to compare.")
    if not numbers.enough or numbers.ratio is None:
        return _(
            "Too little to compare: that takes at least %(attacks)d attacks in all "
            "and a year observed both before and on prophylaxis. Only counts are given."
        ) % {"attacks": LEAST_ATTACKS}
    ratio = numbers.ratio
    low = figure(ratio.low)
    high = _("no limit") if ratio.high is None else figure(ratio.high)
    limits = _("95 %% interval %(low)s to %(high)s") % {"low": low, "high": high}
    if ratio.high is not None and ratio.high < 1:
        text = _("Attacks came less often on prophylaxis than before")
    elif ratio.low > 1:
        text = _("Attacks came more often on prophylaxis than before")
    else:
        text = _("The numbers do not tell the two apart: chance alone may do as much")
    told = _("no ratio") if ratio.ratio is None else figure(ratio.ratio)
    return _("%(text)s (rate ratio %(ratio)s, %(limits)s, p = %(p)s).") % {
        "text": text,
        "ratio": told,
        "limits": limits,
        "p": "< 0.001" if ratio.p < 0.001 else figure(ratio.p),
    }


def attacks(count: int) -> str:
    return ngettext("%(n)d attack", "%(n)d attacks", count) % {"n": count}


def span(days: float) -> str:
    """A length of time in the unit that suits it: days, months, or years."""
    if days < 2 * DAYS_A_MONTH:
        whole = round(days)
        return ngettext("%(n)d day", "%(n)d days", whole) % {"n": whole}
    if days < 2 * DAYS_A_YEAR:
        months = round(days / DAYS_A_MONTH)
        return ngettext("%(n)d month", "%(n)d months", months) % {"n": months}
    return _("%(n)s years") % {"n": f"{days / DAYS_A_YEAR:.1f}"}


def figure(value: float) -> str:
    """A figure with the two digits that such small counts can bear."""
    if value == 0:
        return "0"
    if value >= 10:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"
