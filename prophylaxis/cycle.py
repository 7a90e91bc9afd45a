"""Symptoms and attacks by the day of the infusion cycle: counts, and no conclusion.

Pure: standard library only. Days are the patient's own; day 0 is the day on which a
course of infusions began. A day without an entry says nothing: it is counted among the
days and never among those without symptoms.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum
from typing import Final

# Design choices: how far past the due day to look, and from when on counts are shown.
BEYOND_DAYS: Final = 14
LEAST_CYCLES: Final = 3
LEAST_OBSERVED: Final = 20  # days with an entry, for a week of the cycle
WEEK: Final = 7


class Felt(IntEnum):
    """The worst that a day with an entry says."""

    NOTHING = 0
    SOMETHING = 1  # mild, or present without a grade
    WORSE = 2  # moderate or severe


@dataclass(frozen=True, slots=True)
class Stretch:
    """One or more days of the cycle, first to last, over all cycles."""

    first: int
    last: int
    days: int = 0  # that there were, attacks left out
    observed: int = 0  # of those, with an entry about symptoms
    symptoms: int = 0  # of those, with any
    worse: int = 0  # of those, moderate or severe
    attacks: int = 0  # that began

    def __add__(self, other: "Stretch") -> "Stretch":
        return Stretch(
            self.first,
            other.last,
            self.days + other.days,
            self.observed + other.observed,
            self.symptoms + other.symptoms,
            self.worse + other.worse,
            self.attacks + other.attacks,
        )

    @property
    def silent(self) -> int:
        """Days on which nobody said how it was."""
        return self.days - self.observed

    @property
    def is_enough(self) -> bool:
        """Whether there are days enough to compare a week with another."""
        return self.observed >= LEAST_OBSERVED


def by_day(
    starts: Sequence[date],
    today: date,
    last: int,
    *,
    felt: Mapping[date, Felt],
    attacks: Collection[date],
    left_out: Collection[date] = (),
) -> list[Stretch]:
    """Day 0 to day `last` of the cycle, over all cycles until today.

    `attacks` are the days on which one began; `left_out` days that lie in one and say
    nothing about the others. Starts are oldest first; ValueError otherwise.
    """
    if list(starts) != sorted(set(starts)):
        raise ValueError("courses must be oldest first, one a day")
    numbered = dict(_numbered(starts, today, last))
    found = [Stretch(number, number) for number in range(last + 1)]
    for day, number in numbered.items():
        if day not in left_out:
            worst = felt.get(day)
            found[number] += Stretch(
                number,
                number,
                days=1,
                observed=worst is not None,
                symptoms=worst is not None and worst >= Felt.SOMETHING,
                worse=worst == Felt.WORSE,
            )
    for day in attacks:
        if day in numbered:
            found[numbered[day]] += Stretch(numbered[day], numbered[day], attacks=1)
    return found


def _numbered(
    starts: Sequence[date], today: date, last: int
) -> Iterator[tuple[date, int]]:
    """Each day from the first start on, with its number in its cycle up to `last`."""
    ends = [*starts[1:], today + timedelta(days=1)]  # one too many without a start
    for start, end in zip(starts, ends, strict=False):
        for number in range(min((end - start).days, last + 1)):
            yield start + timedelta(days=number), number


def weeks(days: Sequence[Stretch]) -> list[Stretch]:
    """The days of the cycle taken together by sevens; a lone last one joins a week."""
    found: list[Stretch] = []
    for day in days:
        begins = day.first % WEEK == 0 and (day is not days[-1] or not found)
        if begins:
            found.append(day)
        else:
            found[-1] += day
    return found
