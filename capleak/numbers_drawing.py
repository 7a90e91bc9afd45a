"""The numbers of a record as charts: all years on a line, and rates by period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import dateformat
from django.utils.dates import MONTHS_3
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks import rate_words
from attacks.exposure import A_DAY
from attacks.known import Known
from attacks.models import Attack
from attacks.numbers import Numbers
from attacks.phases import phase_at, spans
from capleak.charts import (
    LifeAttack,
    LifeChange,
    LifeChart,
    LifeFlag,
    LifePhases,
    LifeStay,
    LifeWords,
    RateRow,
    RatesChart,
    RatesWords,
)


@dataclass(frozen=True, slots=True)
class YearRow:
    """One calendar year of the table beside the life line."""

    year: int
    attacks: int
    rough: int  # of the attacks, those whose month is not known
    observed_days: int
    infusions: int
    hospital_days: int
    flags: int  # that opened


def life(numbers: Numbers, flags: Sequence[LifeFlag] = ()) -> LifeChart:
    """All years of the record, in the reader's language."""
    shown = [
        known
        for known in numbers.attacks
        if known.attack.outcome != Attack.Outcome.NOT_ATTACK
    ]
    return LifeChart(
        title=_("All years"),
        desc=_life_desc(numbers, flags),
        today=numbers.today,
        observed_since=numbers.since,
        attacks=tuple(_attack(known, numbers) for known in shown),
        stays=tuple(stay for known in shown for stay in _stays(known, numbers.today)),
        infusions=tuple(infusion.day for infusion in numbers.infusions),
        changes=tuple(_changes(numbers)),
        flags=tuple(flags),
        words=LifeWords(
            months=tuple(str(MONTHS_3[n]).capitalize() for n in range(1, 13)),
            phases={
                "prodrome": _("prodrome"),
                "leak": _("leak phase"),
                "recovery": _("recovery phase"),
                "unknown": _("attack, phase not known"),
            },
            grade=_("severity, 1 to 4; with “?” from facts alone"),
            rough=_("attack, time known roughly"),
            not_counted=_("in brackets: not counted as an attack"),
            bar=_("attack, as high as its severity"),
            not_attack=_("not counted as an attack"),
            stay=_("in hospital"),
            intensive=_("in intensive care"),
            infusion=_("infusion"),
            change=_("plan changed"),
            watch=_("flag: watch"),
            act=_("flag: act"),
            observed=_("diary kept"),
            unobserved=_("no diary"),
        ),
    )


def year_rows(numbers: Numbers, flags: Sequence[LifeFlag] = ()) -> list[YearRow]:
    """Each year of the life line, newest first."""
    chart = life(numbers, flags)
    counted = numbers.counted
    attacks = Counter(known.onset.first.year for known in counted)
    rough = Counter(
        known.onset.first.year
        for known in counted
        if known.onset.first < known.onset.last
    )
    infusions = Counter(infusion.day.year for infusion in numbers.infusions)
    flagged = Counter(flag.on.year for flag in flags)
    hospital = Counter(
        day.year
        for stay in chart.stays
        if not stay.intensive
        for day in _days(stay.start, stay.end)
    )
    end = numbers.today + A_DAY
    rows = []
    for year in range(numbers.today.year, chart.first_day.year - 1, -1):
        first, after = date(year, 1, 1), date(year + 1, 1, 1)
        since = max(first, numbers.since or after)
        observed = max(0, (min(after, end) - since).days)
        rows.append(
            YearRow(
                year,
                attacks[year],
                rough[year],
                observed,
                infusions[year],
                hospital[year],
                flagged[year],
            )
        )
    return rows


def rates(lines: Sequence[rate_words.Line]) -> RatesChart:
    """Counts and exposure by period with exact intervals."""
    told = [f"{line.label}: {line.told}" for line in lines]
    return RatesChart(
        title=_("Attacks a year by period"),
        desc="; ".join(told) + ".",
        rows=tuple(
            RateRow(
                label=line.label,
                told=line.short if line.rate else line.told,
                per_year=line.rate.per_year if line.rate else None,
                low=line.rate.low if line.rate else 0.0,
                high=line.rate.high if line.rate else 0.0,
                treated=line.treated,
                part=line.part,
            )
            for line in lines
        ),
        words=RatesWords(
            axis=_("Attacks a year"),
            untreated=_("rate, other time"),
            treated=_("rate on prophylaxis"),
            interval=_("95 % interval"),
            beyond=_("goes on to the right"),
        ),
    )


def _attack(known: Known, numbers: Numbers) -> LifeAttack:
    attack = known.attack
    grade = "" if known.grade is None else str(known.grade)
    if known.provisional:
        grade += "?"
    if known.onset.rough:
        somewhere = known.onset.first, known.onset.last + A_DAY
        phases: LifePhases = (("unknown", *somewhere),)
        return LifeAttack(phases, grade, rough=True, counted=known.counted)
    phases = tuple(
        (
            span.phase.value,
            span.start.astimezone(attack.tz).date(),
            span.end.astimezone(attack.tz).date() + span.ongoing * A_DAY,
        )
        for span in spans(attack.clock, numbers.now)
    )
    at = max(at for at in attack.clock.boundaries if at)
    if (phase := phase_at(attack.clock, at)) and not attack.ongoing:
        day = at.astimezone(attack.tz).date()
        phases += ((phase.value, day, day + A_DAY),)
    return LifeAttack(phases, grade, counted=known.counted)


def _stays(known: Known, today: date) -> Iterator[LifeStay]:
    """Stays by day; where only one of its ends is known, that day."""
    zone = known.attack.tz
    for stay in known.stays:
        for start, end, intensive in (
            (stay.arrived_at, stay.discharged_at, False),
            (stay.icu_from, stay.icu_until, True),
        ):
            first, last = start or end, end or start
            if first and last:
                day, until = first.astimezone(zone).date(), last.astimezone(zone).date()
                if known.attack.ongoing and not end:
                    until = today
                yield LifeStay(day, until + A_DAY, intensive)


def _changes(numbers: Numbers) -> Iterator[LifeChange]:
    """Where a plan begins, changes, or ends without another."""
    courses = numbers.courses
    for place, course in enumerate(courses):
        yield LifeChange(course.began_on, course.label)
        following = courses[place + 1].began_on if place + 1 < len(courses) else None
        if course.ended_on and course.ended_on != following:
            yield LifeChange(course.ended_on, _("plan ended"))


def _days(start: date, end: date) -> Iterator[date]:
    return (start + n * A_DAY for n in range((end - start).days))


def _life_desc(numbers: Numbers, flags: Sequence[LifeFlag]) -> str:
    """What the line shows, for those who cannot see it."""
    counted = numbers.counted
    told = [rate_words.attacks(len(counted))]
    if counted:
        first, last = counted[0].onset.first, counted[-1].onset.first
        if first.year == last.year:
            told = [_("%(n)s in %(year)d") % {"n": told[0], "year": first.year}]
        else:
            told = [
                _("%(n)s from %(first)d to %(last)d")
                % {"n": told[0], "first": first.year, "last": last.year}
            ]
    told.append(_("%(n)d infusions") % {"n": len(numbers.infusions)})
    if flags:
        count = ngettext("%(n)d flag", "%(n)d flags", len(flags))
        told.append(count % {"n": len(flags)})
    if numbers.since:
        day = dateformat.format(numbers.since, "j F Y")
        told.append(_("diary kept since %(day)s") % {"day": day})
    else:
        told.append(_("no diary entry yet"))
    return "; ".join(told) + "."
