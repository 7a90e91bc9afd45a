"""What comes and goes in an invented diary: colds, bad nights, days after an infusion.

Pure. Chances and severities are guesses that make a plausible page; they are evidence
for nothing. No red flag among them: those belong to the published attacks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final

from capleak.demo.parts import Window


class Kind(StrEnum):
    COLD = "cold"
    FLU = "flu"
    STOMACH = "stomach"
    BAD_NIGHT = "bad night"
    HEADACHE = "headache"
    JOINTS = "joints"
    INFUSION = "infusion"
    FLIGHT = "flight"


@dataclass(frozen=True, slots=True)
class _Sign:
    """A symptom of a kind: how likely, how bad, and in which part of the spell."""

    code: str
    chance: float
    peak: int
    since: float = 0.0
    until: float = 1.0


@dataclass(frozen=True, slots=True)
class _Course:
    days: tuple[int, int]
    signs: tuple[_Sign, ...]
    notes: tuple[str, ...]
    systolic: int = 0  # shift of the readings, mmHg and beats per minute
    pulse: int = 0


_COURSES: Final[Mapping[Kind, _Course]] = MappingProxyType(
    {
        Kind.COLD: _Course(
            (6, 9),
            (
                _Sign("sore_throat", 0.9, 2, until=0.4),
                _Sign("runny_nose", 0.9, 2, until=0.7),
                _Sign("stuffy_nose", 0.8, 2, since=0.3),
                _Sign("cough", 0.7, 2, since=0.4),
                _Sign("fatigue", 0.8, 2, until=0.6),
                _Sign("headache", 0.4, 1, until=0.5),
                _Sign("fever", 0.3, 1, until=0.3),
            ),
            ("A cold, half the office has it.", "Cold, slept a lot.", "Nose is worst."),
            pulse=3,
        ),
        Kind.FLU: _Course(
            (6, 8),
            (
                _Sign("fever", 1, 2, until=0.5),
                _Sign("chills", 1, 2, until=0.3),
                _Sign("myalgia", 1, 3, until=0.6),
                _Sign("fatigue", 1, 3),
                _Sign("headache", 0.9, 2, until=0.6),
                _Sign("cough", 0.9, 2, since=0.2),
            ),
            ("Flu, in bed.", "Stayed in bed, drank tea."),
            systolic=-3,
            pulse=10,
        ),
        Kind.STOMACH: _Course(
            (2, 3),
            (
                _Sign("nausea", 1, 2, until=0.7),
                _Sign("diarrhea", 0.9, 2),
                _Sign("vomiting", 0.4, 1, until=0.4),
                _Sign("abdominal_pain", 0.8, 1),
                _Sign("fatigue", 0.8, 2),
            ),
            ("Ana is asleep, so I write this down. Stomach bug.",),
            systolic=-6,
            pulse=7,
        ),
        Kind.BAD_NIGHT: _Course(
            (1, 1),
            (
                _Sign("poor_sleep", 1, 2),
                _Sign("fatigue", 0.8, 1),
                _Sign("irritability", 0.4, 1),
            ),
            ("Awake from three to five.", "Neighbors had a party."),
        ),
        Kind.HEADACHE: _Course(
            (1, 2),
            (_Sign("headache", 1, 2), _Sign("nausea", 0.3, 1)),
            ("Headache since noon.", "Long day at the screen."),
        ),
        Kind.JOINTS: _Course(
            (2, 4),
            (_Sign("joint_pain", 1, 1),),
            ("Knees, after the stairs.", "Moved the bookshelf."),
        ),
        Kind.INFUSION: _Course(
            (2, 2),
            (
                _Sign("headache", 0.85, 2),
                _Sign("fatigue", 0.6, 1),
                _Sign("chills", 0.2, 1, until=0.5),
                _Sign("nausea", 0.2, 1, until=0.5),
            ),
            ("Headache since the infusion, as usual.", "Tired after the infusion."),
            pulse=2,
        ),
        Kind.FLIGHT: _Course(
            (2, 2),
            (
                _Sign("poor_sleep", 1, 2),
                _Sign("fatigue", 1, 1),
                _Sign("edema_limbs", 1, 1, until=0.5),
            ),
            ("Feet a bit thick from sitting in the plane.", "Jet lag."),
        ),
    }
)

_PER_YEAR: Final = (
    (Kind.STOMACH, 0.9),
    (Kind.BAD_NIGHT, 9),
    (Kind.HEADACHE, 6),
    (Kind.JOINTS, 3),
)
_WINTER: Final = (10, 11, 12, 1, 2, 3)
_COLDS_APART: Final = timedelta(days=45)
# A cold just before a published attack would read as part of it.
_BEFORE_WINDOW: Final = timedelta(days=14)
_COLDS: Final = 9
_FLU_NUMBER: Final = 4  # one of them is a flu
_DAYS_SINCE_COLD: Final = 13  # one that the last thirty days still show


@dataclass(frozen=True, slots=True)
class Felt:
    """One symptom of one spell: its worst severity and the days it lasted."""

    code: str
    peak: int
    first: date
    last: date

    def on(self, day: date) -> int:
        """Severity on a day: at its peak first, then one less; 0 outside."""
        if not self.first <= day <= self.last:
            return 0
        half = self.first + (self.last - self.first) / 2
        return self.peak if day <= half else max(1, self.peak - 1)


@dataclass(frozen=True, slots=True)
class Spell:
    """Some days with something, and what is felt on each."""

    kind: Kind
    first: date
    last: date
    felt: tuple[Felt, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        return _COURSES[self.kind].notes

    @property
    def systolic(self) -> int:
        """What it does to an upper blood pressure, mmHg."""
        return _COURSES[self.kind].systolic

    @property
    def pulse(self) -> int:
        """What it does to a pulse, beats per minute."""
        return _COURSES[self.kind].pulse

    def on(self, day: date) -> dict[str, int]:
        """Severities by symptom on one day."""
        severities = {felt.code: felt.on(day) for felt in self.felt}
        return {code: severity for code, severity in severities.items() if severity}


def begin(kind: Kind, first: date, rng: Random) -> Spell:
    """A spell from a day on; which of its signs come is up to `rng`."""
    course = _COURSES[kind]
    length = rng.randint(*course.days) - 1
    felt = tuple(
        Felt(
            sign.code,
            sign.peak if rng.random() < 0.7 else max(1, sign.peak - 1),
            first + timedelta(days=round(sign.since * length)),
            first + timedelta(days=round(sign.until * length)),
        )
        for sign in course.signs
        if rng.random() < sign.chance
    )
    return Spell(kind, first, first + timedelta(days=length), felt)


def illnesses(
    first: date, last: date, windows: Sequence[Window], rng: Random
) -> list[Spell]:
    """Colds of three winters, one flu, two stomach bugs and everyday trouble."""
    spells = [begin(Kind.COLD, last - timedelta(days=_DAYS_SINCE_COLD), rng)]
    all_days = [first + timedelta(days=n) for n in range((last - first).days - 20)]
    days = [day for day in all_days if _is_free(day, windows)]
    for day in rng.sample(days, len(days)):
        likely = 0.9 if day.month in _WINTER else 0.3
        apart = all(abs(day - spell.first) >= _COLDS_APART for spell in spells)
        if apart and rng.random() < likely:
            kind = Kind.FLU if len(spells) == _FLU_NUMBER else Kind.COLD
            spells.append(begin(kind, day, rng))
        if len(spells) == _COLDS:
            break
    years = (last - first).days / 365
    for kind, per_year in _PER_YEAR:
        chosen = rng.sample(days, round(per_year * years))
        spells += [begin(kind, day, rng) for day in chosen]
    return spells


def _is_free(day: date, windows: Sequence[Window]) -> bool:
    return not any(
        window.meets(day, day + timedelta(days=9) + _BEFORE_WINDOW)
        for window in windows
    )
