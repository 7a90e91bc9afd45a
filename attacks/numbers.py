"""The numbers of a record: its attacks, what was observed, and on which prophylaxis.

Read once, in a constant number of queries, into the pure rules of attacks.exposure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cached_property
from statistics import median
from typing import Final

from django.utils.translation import gettext as _

from attacks import exposure, words
from attacks.exposure import (
    A_DAY,
    Attacked,
    Course,
    Free,
    Past,
    Stretch,
    Tallies,
    Tally,
)
from attacks.known import Known, known_attacks
from attacks.models import PastCount, Trigger
from attacks.phases import Phase, duration
from attacks.statistics import DAYS_A_YEAR, Rate, Ratio, attack_rate, rate_ratio
from attacks.summary import first_entry
from prophylaxis.figures import trimmed
from prophylaxis.kept import planned
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient

# Design choices: below this much the page gives counts and draws no conclusion.
LEAST_ATTACKS: Final = 5  # before and on prophylaxis together
LEAST_DAYS: Final = DAYS_A_YEAR  # on either side


@dataclass(frozen=True, slots=True)
class SinceInfusion:
    """The leak onset of one attack, and how long before it the last infusion was."""

    dates: str
    onset: date
    days: int | None  # None: no infusion before
    dose: str


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """All time that attacks spent in a phase."""

    phase: Phase
    attacks: int  # of which the time in it is known
    total: timedelta
    middle: timedelta


@dataclass
class Numbers:
    """What a record says about its attacks; everything else is computed from it."""

    today: date
    now: datetime
    since: date | None  # the diary's first entry
    attacks: list[Known]  # oldest first, those that do not count included
    past: list[PastCount]
    infusions: list[Infusion]  # oldest first
    plans: list[Plan]  # as they were entered

    @cached_property
    def counted(self) -> list[Known]:
        return [known for known in self.attacks if known.counted]

    @cached_property
    def courses(self) -> list[Course]:
        """The plans as they were in force; the first from its first infusion on."""
        by_key = {plan.pk: plan for plan in self.plans}
        courses = []
        for place, stretch in enumerate(planned(self.plans)):
            plan, began = by_key[stretch.key], stretch.since
            if not place:
                began = min(began, plan.first_on)
            courses.append(
                Course(began, stretch.until, plan.interval_days, plan_words(plan))
            )
        return courses

    @cached_property
    def timeline(self) -> list[Stretch]:
        """From the earliest day that can matter until today, by cover."""
        days = [self.since or self.today, self.today]
        days += [past.from_on for past in self.past]
        days += [known.onset.first for known in self.attacks]
        return exposure.stretches(
            [infusion.day for infusion in self.infusions],
            self.courses,
            min(days),
            self.today + A_DAY,
        )

    @cached_property
    def tallies(self) -> Tallies:
        """Counts with the time observed; a past count must be said to be complete."""
        return exposure.tallies(
            [known.onset for known in self.counted],
            [
                Past(past.from_on, past.until_on + A_DAY, past.count)
                for past in self.past
                if past.complete
            ],
            self.since,
            self.today,
            self.timeline,
        )

    def up_to(self, day: date) -> Numbers:
        """The same record as it stood at the end of a day."""
        if day >= self.today:
            return self
        return replace(
            self,
            today=day,
            attacks=[known for known in self.attacks if known.onset.first <= day],
            past=[past for past in self.past if past.until_on <= day],
            infusions=[given for given in self.infusions if given.day <= day],
            plans=[plan for plan in self.plans if plan.valid_from <= day],
        )

    def observed_in(self, since: date, until: date) -> Tally:
        """Attacks that began on these days, and how many of them were observed."""
        last = min(until, self.today)
        found = exposure.tallies(
            [k.onset for k in self.counted if since <= k.onset.first <= last],
            [
                Past(past.from_on, past.until_on + A_DAY, past.count)
                for past in self.past
                if past.complete and since <= past.from_on and past.until_on <= last
            ],
            max(self.since, since) if self.since else None,
            last,
            self.timeline,
        )
        return found.overall

    @property
    def incomplete(self) -> int:
        """Past counts that are in no rate: nobody said that they are complete."""
        return sum(not past.complete for past in self.past)

    @cached_property
    def ratio(self) -> Ratio | None:
        """On prophylaxis over before; None unless both were observed."""
        before, treated = self.tallies.before, self.tallies.treated
        if not before.days or not treated.days:
            return None
        return rate_ratio(before.count, before.days, treated.count, treated.days)

    @property
    def enough(self) -> bool:
        """Whether there is enough to say more than the counts."""
        before, treated = self.tallies.before, self.tallies.treated
        return (
            before.count + treated.count >= LEAST_ATTACKS
            and min(before.days, treated.days) >= LEAST_DAYS
        )

    @cached_property
    def free(self) -> list[Free]:
        """Intervals without an attack, within the diary's own time."""
        return exposure.attack_free(
            [
                Attacked(known.onset.first, known.last, known.attack.ongoing)
                for known in self.counted
            ],
            self.since,
            self.today,
        )

    @property
    def free_now(self) -> Free | None:
        return next((free for free in self.free if not free.until_attack), None)

    @property
    def free_longest(self) -> Free | None:
        return max(self.free, key=lambda free: free.days, default=None)

    @cached_property
    def in_diary(self) -> list[Known]:
        """Counted attacks that began while the diary was kept."""
        since = self.since
        return [k for k in self.counted if since and k.onset.first >= since]

    @property
    def diary_days(self) -> int:
        return (self.today - self.since).days + 1 if self.since else 0

    @property
    def severe(self) -> Tally:
        """Severe attacks in the diary's own time."""
        count = sum(known.severe for known in self.in_diary)
        return Tally(count, self.diary_days)

    @property
    def ungraded(self) -> int:
        return sum(known.grade is None for known in self.in_diary)

    @property
    def severity_known(self) -> bool:
        """Whether some attack has a grade, or there is none that could have one."""
        return self.ungraded < len(self.in_diary) or not self.in_diary

    @cached_property
    def icu_days(self) -> float | None:
        """Days in intensive care in the diary's own time; None: not said anywhere."""
        return _days(
            (stay.icu_from, stay.icu_until or stay.discharged_at)
            for known in self.in_diary
            for stay in known.stays
        )

    @cached_property
    def hospital_days(self) -> float | None:
        return _days(
            (stay.arrived_at, stay.discharged_at)
            for known in self.in_diary
            for stay in known.stays
        )

    @cached_property
    def phase_times(self) -> list[PhaseTime]:
        """Time in each phase, of attacks that count and whose times are known."""
        found = []
        for phase in Phase:
            times = [
                time
                for known in self.counted
                if (time := duration(known.attack.clock, phase, self.now))
                and not known.rough
            ]
            if times:
                total = sum(times, timedelta())
                middle = timedelta(seconds=median(t.total_seconds() for t in times))
                found.append(PhaseTime(phase, len(times), total, middle))
        return found

    @cached_property
    def triggers(self) -> list[tuple[str, int, list[str]]]:
        """Each trigger with how many attacks name it, and how that is known."""
        named: Counter[str] = Counter()
        evidence: dict[str, list[str]] = {}
        for known in self.counted:
            for kind in {trigger.kind for trigger in known.triggers}:
                named[kind] += 1
            for trigger in known.triggers:
                if trigger.evidence:
                    told = evidence.setdefault(trigger.kind, [])
                    told.append(str(trigger.get_evidence_display()))
        labels = dict(Trigger.Kind.choices)
        return [
            (str(labels[kind]), count, sorted(set(evidence.get(kind, []))))
            for kind, count in sorted(named.items(), key=lambda one: (-one[1], one[0]))
        ]

    @property
    def without_trigger(self) -> int:
        """Attacks about whose trigger nothing was said, not even "none known"."""
        return sum(not known.triggers for known in self.counted)

    @cached_property
    def since_infusion(self) -> list[SinceInfusion]:
        """Each leak onset known to the day, newest first."""
        return list(self._since_infusion())

    @property
    def since_infusion_days(self) -> list[int]:
        """The days of those with an infusion before, fewest first."""
        return sorted(row.days for row in self.since_infusion if row.days is not None)

    def _since_infusion(self) -> Iterator[SinceInfusion]:
        for known in reversed(self.counted):
            onset = known.leak_on
            if onset is None:
                continue
            before = [i for i in self.infusions if i.day <= onset]
            days = exposure.days_since_infusion(onset, [i.day for i in before])
            dose = before[-1].g_per_kg if before else None
            told = _("%(dose)s g/kg") % {"dose": trimmed(dose)} if dose else ""
            yield SinceInfusion(words.dates(known.attack), onset, days, told)


def read(patient: Patient, now: datetime) -> Numbers:
    """Everything that the numbers of an opened record rest on."""
    now = patient.until(now)
    today = now.astimezone(patient.tz).date()
    return Numbers(
        today=today,
        now=now,
        since=first_entry(patient),
        attacks=known_attacks(patient, today),
        past=list(PastCount.objects.readable(patient)),
        infusions=list(Infusion.objects.readable(patient).reverse()),
        plans=list(Plan.objects.filter(patient=patient).order_by("began_at", "pk")),
    )


def rate(tally: Tally) -> Rate | None:
    """The rate of a tally; None if nothing was observed."""
    return attack_rate(tally.count, tally.days) if tally.days else None


def plan_words(plan: Plan) -> str:
    """A plan in a few words, such as "2 g/kg every 28 days"."""
    return _("%(dose)s g/kg every %(days)d days") % {
        "dose": trimmed(plan.dose_g_per_kg),
        "days": plan.interval_days,
    }


def _days(times: Iterator[tuple[datetime | None, datetime | None]]) -> float | None:
    """The sum of stays with both ends known, in days; None without any."""
    lasted = [(end - start) / A_DAY for start, end in times if start and end]
    return sum(lasted) if lasted else None
