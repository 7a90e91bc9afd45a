"""Twelve months of a record, day by day: rows for a table and for the heat map."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.contrib.postgres.aggregates import BoolOr
from django.db.models import Count, Max, Q
from django.utils import formats
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext as _

from attacks.models import BOUNDARIES, Attack, Precision
from attacks.phases import Phase, phase_at, spans
from capleak.charts import YearChart, YearDay, YearMonth, YearSaid, YearWords
from diary.models import CheckIn, Measurement
from diary.models.entries import seen_symptoms
from prophylaxis.models import Infusion
from sharing.models import Patient

MONTHS: Final = 12
EARLIEST: Final = date(1901, 1, 1)  # the last month of the earliest page
A_DAY: Final = timedelta(days=1)

SEVERITIES: Final[dict[int, YearSaid]] = {1: "mild", 2: "moderate", 3: "severe"}
SAID: Final[tuple[YearSaid, ...]] = (
    *("none", "mild", "moderate", "severe", "ungraded", "unasked"),
)
# What a day shows that lies in two phases (design choice).
PHASES: Final = (Phase.LEAK, Phase.RECOVERY, Phase.PRODROME, Phase.UNKNOWN)
ROUGH: Final = (Precision.WEEK, Precision.MONTH, Precision.YEAR)


@dataclass(frozen=True, slots=True)
class PhaseDay:
    """The phase that a day lies in; rough: its borders are not known to the day."""

    phase: Phase
    rough: bool

    @property
    def rank(self) -> int:
        return PHASES.index(self.phase)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day. What nobody said is None, and never a day without symptoms."""

    day: date
    said: YearSaid | None  # the worst of the day; None: no entry
    infusions: int = 0
    attack: PhaseDay | None = None

    @property
    def said_label(self) -> str:
        return words()[self.said] if self.said else _("no entry")

    @property
    def phase_label(self) -> str:
        return _(self.attack.phase.label) if self.attack else ""

    @property
    def is_blank(self) -> bool:
        return not (self.said or self.attack)


@dataclass(frozen=True, slots=True)
class Month:
    """The days of a month, up to today, and the attacks that began in it."""

    first: date
    days: list[DayRow]
    attacks: int

    @property
    def last(self) -> date:
        """The day to open the timeline at."""
        return self.days[-1].day

    @property
    def with_entry(self) -> int:
        return sum(row.said is not None for row in self.days)

    @property
    def infusions(self) -> int:
        return sum(row.infusions for row in self.days)

    @property
    def counts(self) -> list[int]:
        """How many days say each of SAID; they add up to the days with an entry."""
        found = Counter(row.said for row in self.days)
        return [found[said] for said in SAID]


@dataclass(frozen=True, slots=True)
class Year:
    """Twelve months, oldest first."""

    months: list[Month]
    only_by_year: int = 0  # attacks that no month can claim

    @property
    def days(self) -> list[DayRow]:
        """Every day about which something is known, newest first."""
        rows = [row for month in self.months for row in month.days]
        return [row for row in reversed(rows) if not row.is_blank]

    @property
    def newest(self) -> Month:
        return self.months[-1]

    @property
    def newest_first(self) -> list[Month]:
        return self.months[::-1]


def year(patient: Patient, last: date, now: datetime) -> Year:
    """The twelve months up to the one of `last`, or up to today; four queries.

    Days are those on which things were lived; of an attack, those of its zone.
    """
    today = now.astimezone(patient.tz).date()
    firsts = [month(last, -back) for back in reversed(range(MONTHS))]
    end = min(month(last, 1) - A_DAY, today)
    between = Q(day__range=(firsts[0], end))
    said = said_by_day(patient, between)
    started = Infusion.objects.readable(patient).filter(between)
    infusions = Counter(started.order_by().values_list("day", flat=True))
    attacks = [
        attack
        for attack in Attack.objects.readable(patient)
        if attack.outcome != Attack.Outcome.NOT_ATTACK
    ]
    phases = _phases(attacks, firsts[0], end, now)
    begun, only_by_year = _begun(attacks)
    return Year(
        months=[
            Month(
                first,
                [
                    DayRow(
                        day,
                        said.get(day) or ("unasked" if day in infusions else None),
                        infusions[day],
                        phases.get(day),
                    )
                    for day in _days(first, min(month(first, 1) - A_DAY, end))
                ],
                begun[first],
            )
            for first in firsts
        ],
        only_by_year=sum(only_by_year[first] for first in firsts),
    )


def month(day: date, away: int = 0) -> date:
    """The first day of the month of `day`, or of the one so many months away."""
    months = day.year * 12 + day.month - 1 + away
    return date(months // 12, months % 12 + 1, 1)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + n * A_DAY for n in range((last - first).days + 1))


def said_by_day(patient: Patient, between: Q) -> dict[date, YearSaid]:
    """The worst that each day with an entry says."""
    loose = Measurement.objects.readable(patient).filter(between, checkin=None)
    found: dict[date, YearSaid] = dict.fromkeys(
        loose.values_list("day", flat=True).distinct(), "unasked"
    )
    seen = seen_symptoms(patient, "symptoms__") & Q(symptoms__isnull=False)
    days = CheckIn.objects.readable(patient).filter(between).values("day")
    for day in days.annotate(
        well=BoolOr("no_symptoms"),
        asked=Count("symptoms", filter=seen),
        worst=Max("symptoms__severity", filter=seen),
        ungraded=Count("symptoms", filter=seen & Q(symptoms__severity=None)),
    ).order_by("day"):
        if day["worst"]:
            found[day["day"]] = SEVERITIES[day["worst"]]
        elif day["ungraded"]:
            found[day["day"]] = "ungraded"
        else:
            asked = day["well"] or day["asked"]
            found[day["day"]] = "none" if asked else "unasked"
    return found


def _phases(
    attacks: Iterable[Attack], first: date, last: date, now: datetime
) -> dict[date, PhaseDay]:
    """The phase of each day that lies in an attack."""
    found: dict[date, PhaseDay] = {}
    for attack in attacks:
        for phase_day, start, until in _stretches(attack, now):
            for day in _days(max(start, first), min(until, last)):
                kept = found.get(day, phase_day)
                found[day] = min(kept, phase_day, key=lambda one: one.rank)
    return found


def _stretches(attack: Attack, now: datetime) -> Iterator[tuple[PhaseDay, date, date]]:
    """The phases of an attack with their first and last local days."""
    clock = attack.clock
    rough = {
        at: getattr(attack, f"{name}_precision") in ROUGH
        for name, at in zip(BOUNDARIES, clock.boundaries, strict=True)
        if at
    }
    for span in spans(clock, now):
        uncertain = rough[span.start] or rough.get(span.end, False)
        last = (span.end - timedelta(microseconds=1)).astimezone(attack.tz).date()
        start = span.start.astimezone(attack.tz).date()
        yield PhaseDay(span.phase, uncertain), start, last
    latest = max(rough)
    if phase := phase_at(clock, latest):  # known to begin, and nothing after it
        day = latest.astimezone(attack.tz).date()
        yield PhaseDay(phase, rough[latest]), day, day


def _begun(attacks: Iterable[Attack]) -> tuple[Counter[date], Counter[date]]:
    """Counted attacks by the month in which they began; those known by year apart."""
    by_month: Counter[date] = Counter()
    by_year: Counter[date] = Counter()
    counted = {Attack.Outcome.ATTACK, Attack.Outcome.SELF_LIMITED}
    for attack in attacks:
        if attack.outcome not in counted:
            continue
        name = next(name for name in BOUNDARIES if getattr(attack, name))
        began_in = month(getattr(attack, name).astimezone(attack.tz).date())
        vague = getattr(attack, f"{name}_precision") == Precision.YEAR
        (by_year if vague else by_month)[began_in] += 1
    return by_month, by_year


# --- The heat map ---------------------------------------------------------------------


def words() -> dict[YearSaid, str]:
    """What each kind of day is called."""
    return {
        "none": _("no symptoms"),
        "mild": _("mild"),
        "moderate": _("moderate"),
        "severe": _("severe"),
        "ungraded": _("not graded"),
        "unasked": _("symptoms not asked"),
    }


def drawing(of: Year) -> YearChart:
    """The twelve months as the chart draws them, in the reader's language."""
    starts = int(formats.get_format("FIRST_DAY_OF_WEEK"))  # 0 is Sunday
    weekdays = [(starts - 1 + n) % 7 for n in range(7)]  # 0 is Monday
    return YearChart(
        title=_("12 months to %(month)s") % {"month": name(of.months[-1].first)},
        desc=_desc(of),
        weekdays=tuple(str(WEEKDAYS_ABBR[day]) for day in weekdays),
        months=tuple(
            YearMonth(
                label=formats.date_format(month.first, "M"),
                year=formats.date_format(month.first, "Y"),
                starts_on=weekdays.index(month.first.weekday()),
                days=tuple(_drawn(row) for row in month.days),
            )
            for month in of.months
        ),
        words=_words(),
    )


def name(month: date) -> str:
    """A month with its year, as it is spoken."""
    return formats.date_format(month, "F Y")


def _drawn(row: DayRow) -> YearDay:
    attack = row.attack
    return YearDay(
        said=row.said,
        infusion=bool(row.infusions),
        phase=attack.phase.value if attack else None,
        rough=bool(attack and attack.rough),
    )


def _words() -> YearWords:
    return YearWords(
        said=words(),
        silent=_("no entry"),
        infusion=_("infusion"),
        phases={
            "prodrome": _("prodrome"),
            "leak": _("leak phase"),
            "recovery": _("recovery phase"),
            "unknown": _("attack, phase not known"),
        },
        rough=_("time known roughly"),
    )


def _desc(of: Year) -> str:
    """What the map shows, for those who cannot see it."""
    found = Counter(row.said for month in of.months for row in month.days)
    named = [(said, name) for said, name in words().items() if found[said]]
    told = [f"{name} {found[said]}" for said, name in named]
    if found[None]:
        told.append(_("no entry %(n)d") % {"n": found[None]})
    return _("Days by the worst of each: %(told)s.") % {"told": ", ".join(told)}
