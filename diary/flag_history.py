"""What followed the flags of one record, what they missed, and what chance would do.

Pure: standard library only; instants in, counts out. These are one person's own
counts. They say nothing about the rule in other people.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from math import comb
from typing import Final

# As the simulator scores it (bench/prodrome_sim/README.md), so that the words mean the
# same: an attack within 5 days of the last unusual entry followed the flag, a flag
# within 14 days after a leak is part of that attack, and early is up to 72 hours.
FOLLOWS: Final = timedelta(days=5)
AFTERMATH: Final = timedelta(days=14)
EARLY: Final = timedelta(hours=72)
# Below so many flags a percentage would say more than anybody knows (design choice).
LEAST_FOR_SHARE: Final = 10
_DAY: Final = timedelta(days=1)


class Followed(StrEnum):
    """What came after a flag."""

    ATTACK = "attack"
    NO_ATTACK = "no_attack"
    TOO_EARLY = "too_early"  # five days have not passed
    IN_ATTACK = "in_attack"  # it opened during an attack or soon after its leak


SETTLED: Final = (Followed.ATTACK, Followed.NO_ATTACK)


@dataclass(frozen=True, slots=True)
class Flagged:
    """One flag: when it opened, and when the last entry it rests on was felt."""

    opened_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Onset:
    """One attack: when it began to leak, and whether the diary said anything before."""

    at: datetime
    traced: bool


@dataclass(frozen=True, slots=True)
class History:
    """Counts since `since`. `share` only from LEAST_FOR_SHARE flags on."""

    since: datetime
    until: datetime
    followed: int
    settled: int  # flags of which is known whether an attack followed
    too_early: int
    in_attack: int
    attacks: int
    caught: int  # attacks with a flag in the 72 hours before
    missed: int  # attacks without one, though the diary said something
    traceless: int  # attacks that left nothing in the diary
    by_lot: (
        float  # of as many flags, as long, on days drawn by lot: followed on average
    )
    lot_as_good: float  # chance that these do as well or better

    @property
    def years(self) -> float:
        return (self.until - self.since) / timedelta(days=365.25)

    @property
    def share(self) -> tuple[float, float, float] | None:
        """Share followed by an attack, with its exact 95 % interval."""
        if self.settled < LEAST_FOR_SHARE:
            return None
        low, high = interval(self.followed, self.settled)
        return self.followed / self.settled, low, high


def followed(flag: Flagged, onsets: Iterable[Onset], now: datetime) -> Followed:
    """What came after one flag."""
    starts = [onset.at for onset in onsets]
    if any(flag.opened_at - AFTERMATH <= at < flag.opened_at for at in starts):
        return Followed.IN_ATTACK
    end = max(flag.opened_at, flag.last_at) + FOLLOWS
    if any(flag.opened_at <= at <= end for at in starts):
        return Followed.ATTACK
    return Followed.TOO_EARLY if now < end else Followed.NO_ATTACK


def history(
    flags: Sequence[Flagged], onsets: Sequence[Onset], since: datetime, now: datetime
) -> History:
    """The counts of [since, now]; what lies before is left out."""
    counted = [flag for flag in flags if flag.opened_at >= since]
    attacks = [onset for onset in onsets if since <= onset.at <= now]
    after = [followed(flag, onsets, now) for flag in counted]
    hits = after.count(Followed.ATTACK)
    settled = hits + after.count(Followed.NO_ATTACK)
    caught = [a for a in attacks if any(_before(f, a) for f in flags)]
    left = [a for a in attacks if a not in caught]
    known = [f for f, came in zip(counted, after, strict=True) if came in SETTLED]
    chances = [_chance(flag, attacks, since, now) for flag in known]
    return History(
        since=since,
        until=now,
        followed=hits,
        settled=settled,
        too_early=after.count(Followed.TOO_EARLY),
        in_attack=after.count(Followed.IN_ATTACK),
        attacks=len(attacks),
        caught=len(caught),
        missed=sum(a.traced for a in left),
        traceless=sum(not a.traced for a in left),
        by_lot=sum(chances),
        lot_as_good=at_least(hits, chances),
    )


def _before(flag: Flagged, onset: Onset) -> bool:
    """Whether a flag was open at some time in the 72 hours before an attack."""
    standing_until = max(flag.opened_at, flag.last_at) + _DAY
    return flag.opened_at <= onset.at and standing_until >= onset.at - EARLY


def _chance(
    flag: Flagged, attacks: Collection[Onset], since: datetime, now: datetime
) -> float:
    """Chance that a flag as long as this one, on a day drawn by lot, is followed."""
    reach = max(timedelta(), flag.last_at - flag.opened_at) + FOLLOWS
    days = max(1, (now - since) // _DAY)
    good: set[int] = set()
    for attack in attacks:
        last = (attack.at - since) // _DAY
        first = -((reach - (attack.at - since)) // _DAY)  # rounded up
        good.update(range(max(0, first), min(last, days - 1) + 1))
    return len(good) / days


def at_least(hits: int, chances: Iterable[float]) -> float:
    """Chance of `hits` or more, each at a chance of its own; exact, term by term."""
    exactly = [1.0]  # chance of exactly so many
    for p in chances:
        missed = [q * (1 - p) for q in [*exactly, 0.0]]
        hit = [q * p for q in [0.0, *exactly]]
        exactly = [a + b for a, b in zip(missed, hit, strict=True)]
    return sum(exactly[hits:])


def interval(hits: int, of: int) -> tuple[float, float]:
    """The exact 95 % interval of a share (Clopper, Pearson 1934, 10.2307/2331986)."""
    low = 0.0 if not hits else _solve(lambda p: _tail(hits, of, p), 0.025)
    high = 1.0 if hits == of else _solve(lambda p: _tail(hits + 1, of, p), 0.975)
    return low, high


def _tail(hits: int, of: int, p: float) -> float:
    """Chance of `hits` or more of `of` at chance `p` each."""
    return sum(comb(of, k) * p**k * (1 - p) ** (of - k) for k in range(hits, of + 1))


def _solve(rises: Callable[[float], float], target: float) -> float:
    """Where a function that rises from 0 to 1 over [0, 1] reaches `target`."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rises(middle) < target else (low, middle)
    return (low + high) / 2
