"""Infusions beside symptoms and attacks: rows for tables, and what charts draw."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median
from typing import Final

from django.db.models import Q
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks.models import BOUNDARIES, Attack, Precision
from capleak.charts.cycle import CycleBar, CycleChart, CycleWords
from capleak.charts.infusions import (
    Strip,
    StripAttack,
    StripChart,
    StripDose,
    StripWords,
)
from capleak.year import A_DAY, month, said_by_day
from prophylaxis.adherence import Course, Due, Outcome, Period
from prophylaxis.cycle import BEYOND_DAYS, LEAST_CYCLES, Felt, Stretch, by_day, weeks
from prophylaxis.kept import Kept
from prophylaxis.schedule import DEFAULT_INTERVAL_DAYS, LONGEST_INTERVAL_DAYS
from sharing.models import Patient

MONTHS: Final = 36  # of the strips and of the cycle
A_STRIP: Final = 12

TO_THE_DAY: Final = (Precision.EXACT, Precision.HOURS, Precision.DAY)
FELT: Final = {
    "none": Felt.NOTHING,
    "mild": Felt.SOMETHING,
    "ungraded": Felt.SOMETHING,
    "moderate": Felt.WORSE,
    "severe": Felt.WORSE,
}


@dataclass(frozen=True, slots=True)
class AttackDays:
    """The local days of one attack; `precision` is that of the first."""

    first: date
    last: date
    precision: Precision
    counted: bool  # as an attack, not early signs alone

    @property
    def in_words(self) -> str:
        """When it began, as well as that is known."""
        if self.precision == Precision.YEAR:
            return _("some time in %(year)s") % {"year": self.first.year}
        if self.precision in TO_THE_DAY:
            return formats.date_format(self.first, "j M Y")
        about = "M Y" if self.precision == Precision.MONTH else "j M Y"
        return _("about %(day)s") % {"day": formats.date_format(self.first, about)}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table under the strips: a course, a due day, or an attack."""

    day: date
    course: Course | None = None
    due: Due | None = None
    days_after: int | None = None  # the course before
    attack: AttackDays | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """The months that are shown, and what lies in them."""

    first: date
    last: date  # of the newest month, which may not be over
    today: date
    periods: Sequence[Period]
    courses: Sequence[Course]
    dues: Sequence[Due]
    attacks: Sequence[AttackDays]

    @property
    def is_empty(self) -> bool:
        return not (self.courses or self.dues or self.attacks)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last

    @property
    def drawn_attacks(self) -> list[AttackDays]:
        """Those that are known better than by their year."""
        return [a for a in self.attacks if a.precision != Precision.YEAR]

    @property
    def only_by_year(self) -> int:
        return len(self.attacks) - len(self.drawn_attacks)


def window(
    kept: Kept, attacks: Iterable[AttackDays], last: date, today: date
) -> Window:
    """The 36 months up to the one of `last`."""
    first, end = month(last, 1 - MONTHS), month(last, 1) - A_DAY
    courses = [c for period in kept.periods for c in period.courses]
    dues = [due for period in kept.periods for due in period.dues]
    return Window(
        first,
        end,
        today,
        kept.periods,
        [course for course in courses if first <= course.day <= end],
        [due for due in dues if not due.course and first <= due.day <= end],
        [a for a in attacks if a.counted and a.last >= first and a.first <= end],
    )


def attack_days(patient: Patient, now: datetime) -> list[AttackDays]:
    """The attacks of an opened record, oldest first, false alarms left out."""
    return [
        _days(attack, now)
        for attack in reversed(Attack.objects.readable(patient))
        if attack.outcome != Attack.Outcome.NOT_ATTACK
    ]


def _days(attack: Attack, now: datetime) -> AttackDays:
    known = [(name, at) for name in BOUNDARIES if (at := getattr(attack, name))]
    name, began_at = known[0]
    ended_at = max(now, began_at) if attack.ongoing else known[-1][1]
    return AttackDays(
        began_at.astimezone(attack.tz).date(),
        ended_at.astimezone(attack.tz).date(),
        Precision(getattr(attack, f"{name}_precision")),
        attack.outcome in {Attack.Outcome.ATTACK, Attack.Outcome.SELF_LIMITED},
    )


def rows(of: Window) -> list[Row]:
    """What the strips show, newest first."""
    every = [course for period in of.periods for course in period.courses]
    before = dict(zip(every[1:], every, strict=False))
    judged = {due.course: due for p in of.periods for due in p.dues if due.course}
    found = [
        Row(
            course.day,
            course,
            judged.get(course),
            (course.day - before[course].day).days if course in before else None,
        )
        for course in of.courses
    ]
    found += [Row(due.day, due=due) for due in of.dues]
    found += [Row(max(a.first, of.first), attack=a) for a in of.attacks]
    return sorted(found, key=lambda row: row.day, reverse=True)


# --- The strips -----------------------------------------------------------------------


def strip_chart(of: Window) -> StripChart:
    """Three strips of twelve months, in the reader's language."""
    firsts = [month(of.first, n) for n in range(0, MONTHS, A_STRIP)]
    return StripChart(
        title=_("Infusions, doses and attacks"),
        desc=strip_sentence(of),
        strips=[_strip(of, first) for first in firsts],
        words=StripWords(
            infusion=_("infusion, as high as its dose"),
            no_dose=_("dose per kg not known"),
            planned=_("dose of the plan"),
            missed=_("missed"),
            skipped=_("skipped"),
            attack=_("attack"),
            today=_("today"),
            unit=_("g/kg"),
        ),
    )


def strip_sentence(of: Window) -> str:
    """What the strips show, in one sentence."""
    courses, attacks = len(of.courses), len(of.attacks)
    told = [
        ngettext("%(n)d infusion", "%(n)d infusions", courses) % {"n": courses},
        ngettext("%(n)d attack", "%(n)d attacks", attacks) % {"n": attacks},
    ]
    for outcome in (Outcome.MISSED, Outcome.SKIPPED):
        if n := sum(due.outcome == outcome for due in of.dues):
            told.insert(-1, f"{n} {_(outcome.label)}")
    return _("%(first)s to %(last)s: %(told)s.") % {
        "first": formats.date_format(of.first, "F Y"),
        "last": formats.date_format(of.last, "F Y"),
        "told": ", ".join(told),
    }


def _strip(of: Window, first: date) -> Strip:
    end = month(first, A_STRIP)
    days = (end - first).days

    def at(day: date) -> float:
        return (day - first).days + 0.5

    def within(day: date) -> bool:
        return first <= day < end

    newest = formats.date_format(end - A_DAY, "M Y")
    return Strip(
        label=f"{formats.date_format(first, 'M Y')} – {newest}",
        days=days,
        months=[
            ((month(first, n) - first).days, formats.date_format(month(first, n), "M"))
            for n in range(A_STRIP)
        ],
        doses=[
            StripDose(at(c.day), None if c.g_per_kg is None else float(c.g_per_kg))
            for c in of.courses
            if within(c.day)
        ],
        planned=list(_planned(of, first, end)),
        unmet=[
            (at(due.day), "missed" if due.outcome == Outcome.MISSED else "skipped")
            for due in of.dues
            if within(due.day)
        ],
        attacks=[
            StripAttack(
                max(0.0, at(a.first) - 0.5),
                min(float(days), at(a.last) + 0.5),
                _short(a) if within(a.first) else "",
            )
            for a in of.drawn_attacks
            if a.first < end and a.last >= first
        ],
        now=at(of.today) if within(of.today) else None,
    )


def _planned(
    of: Window, first: date, end: date
) -> Iterator[tuple[float, float, float]]:
    """What each plan asked for, as far as its time lies in the strip."""
    for plan in (period.planned for period in of.periods if period.planned):
        since = max(plan.since, first)
        until = min(plan.until or of.today, of.today, end)
        if since < until:
            dose = float(plan.dose_g_per_kg)
            yield (since - first).days, (until - first).days, dose


def _short(attack: AttackDays) -> str:
    if attack.precision in TO_THE_DAY:
        return formats.date_format(attack.first, "j M")
    return _("about %(day)s") % {"day": formats.date_format(attack.first, "M")}


# --- The cycle ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cycle:
    """The days of the cycle over all cycles of the window."""

    cycles: int
    due: int  # the day of the cycle on which the next course is due
    days: Sequence[Stretch]
    left_out: int  # days that lie in attacks

    @property
    def is_enough(self) -> bool:
        return self.cycles >= LEAST_CYCLES

    @property
    def weeks(self) -> list[Stretch]:
        return weeks(self.days)

    @property
    def least(self) -> int:
        return LEAST_CYCLES


def cycle(patient: Patient, of: Window, attacks: Iterable[AttackDays]) -> Cycle:
    """Symptoms and attacks of the window by day of the cycle; two queries.

    Days of an attack say nothing about the others and are left out. An attack counts
    on the day it began, if that is known to the day.
    """
    until = min(of.today, of.last)
    starts = [course.day for course in of.courses]
    said = said_by_day(patient, Q(day__range=(of.first, until))) if starts else {}
    attacks = list(attacks)
    in_attacks = {
        attack.first + n * A_DAY
        for attack in attacks
        if attack.precision != Precision.YEAR
        for n in range((attack.last - attack.first).days + 1)
    }
    due = interval(of)
    return Cycle(
        len(starts),
        due,
        by_day(
            starts,
            until,
            due + BEYOND_DAYS,
            felt={day: FELT[worst] for day, worst in said.items() if worst in FELT},
            attacks=[
                a.first for a in attacks if a.counted and a.precision in TO_THE_DAY
            ],
            left_out=in_attacks,
        ),
        sum(starts[0] <= day <= until for day in in_attacks) if starts else 0,
    )


def interval(of: Window) -> int:
    """The days from one course to the next: by the last plan, else as they were."""
    planned = [period.planned for period in of.periods if period.planned]
    if planned:
        due_after = planned[-1].due_after
        due = due_after(of.today)  # or the plan's first day, if that is still to come
        return (due_after(due) - due).days
    gaps = [n for period in of.periods for n in period.intervals]
    usual = round(median(gaps)) if gaps else DEFAULT_INTERVAL_DAYS
    return min(usual, LONGEST_INTERVAL_DAYS)


def cycle_drawing(of: Cycle) -> CycleChart:
    """The cycle as the chart draws it, in the reader's language."""
    return CycleChart(
        title=_("Symptoms and attacks by day of the cycle"),
        desc=cycle_sentence(of),
        bars=[CycleBar(d.observed, d.symptoms, d.worse, d.attacks) for d in of.days],
        due=of.due,
        words=CycleWords(
            observed=_("days with an entry"),
            symptoms=_("of those with symptoms"),
            worse=_("moderate or severe"),
            attack=_("an attack began"),
            due=_("next due"),
            axis=_("Days since the last infusion"),
            days=_("Days"),
        ),
    )


def cycle_sentence(of: Cycle) -> str:
    """What the chart of the cycle shows, in one sentence."""
    days = sum(day.days for day in of.days)
    observed = sum(day.observed for day in of.days)
    symptoms = sum(day.symptoms for day in of.days)
    return _(
        "%(cycles)d cycles: %(observed)d of %(days)d days have an entry about "
        "symptoms, %(symptoms)d of those with symptoms."
    ) % {
        "cycles": of.cycles,
        "observed": observed,
        "days": days,
        "symptoms": symptoms,
    }
