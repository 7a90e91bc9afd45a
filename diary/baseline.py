"""What is usual for one person: read from the diary, leaving the unusual times out.

Pure: standard library only, no clock.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from diary.entries import CURRENT_HOURS, INFUSION_TAGS, MODERATE, Note, step

# Two days between today and the usual, as in EARS C2 and C3 (Zhu 2005, MMWR 54 suppl),
# so that a slow prodrome does not teach itself away.
GAP_HOURS: Final = 48
USUAL_FROM_HOURS: Final = CURRENT_HOURS + GAP_HOURS

# How a small robust spread is kept from making a big deviation out of nothing. Home
# systolic pressure varies by 7 to 11 mmHg from day to day (Kato 2010, as the
# simulator has it), the others are design.
_LEAST_SPREAD: Final = {"systolic": 7.0, "pulse": 5.0, "weight": 0.5}
_LEAST_READINGS: Final = 4  # below, there is no usual yet (design)
_MAD_TO_SD: Final = 1.4826  # of a normal distribution

# Windows of days that say nothing about the usual, before and after their mark.
_AROUND_INFUSION: Final = (0, 3)  # reactions within 72 h; domain sheet, section 12
# The leak lasts 1 to 4 days and recovery 3 to 15 (Orphanet Urgences); 3 days of
# prodrome before it (quartiles 1 to 3 in case reports, domain sheet, section 1).
_AROUND_ATTACK: Final = (3, 12)
_AROUND_INFECTION: Final = (1, 1)  # its days mark themselves (design)

_ATTACK_SIGNS: Final = frozenset(
    ("syncope", "limb_tightness", "confusion", "cold_clammy", "low_urine")
)
_LOW_SYSTOLIC_MMHG: Final = 90  # the triad, Ebdrup 2018, PMC6119378
_INFECTION_SIGNS: Final = frozenset(
    ("stuffy_nose", "sore_throat", "cough", "chills", "diarrhea", "vomiting")
)
_ATTACK_TAGS: Final = frozenset(("attack", "prodrome", "leak", "recovery"))
_INFECTION_TAGS: Final = frozenset(("infection", "cold", "flu"))


_LEAST_DAYS: Final = 5  # before, the two days of the gap count too (design)

# Before any diary a sign counts as if there had been four days and this share of them
# with it (design): most people have some symptom in most weeks (Petrie 2014), so with
# little diary what is common is not called new, and what hardly anybody has is.
_PRIOR_DAYS: Final = 4.0
_COMMON_SHARE: Final = 0.12
_RARE_SHARE: Final = 0.02
_RARE_SIGNS: Final = _ATTACK_SIGNS | {
    "numbness",
    "chest_pain",
    "edema_face",
    "weight_gain",
    "orthostatic_hypotension",
}
# From one usual day in four on, a sign is a part of this person's life (design).
_USUAL_SHARE: Final = 0.25
# What people say is usual for them counts like so many days of diary (design).
_TOLD_DAYS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Level:
    """The usual of one quantity: median, robust spread and newest reading."""

    median: float
    spread: float
    latest: float


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for one person, from the days that can say so."""

    days: int
    counts: Mapping[str, tuple[float, float, float]]  # days at MILD, MODERATE, SEVERE
    told: Mapping[str, float]  # what the person said is usual, by sign
    levels: Mapping[str, Level]

    def novelty(self, sign: str, grade: int) -> float:
        """How new this sign is at this grade (1 to 3): 1 never felt so, 0 usual."""
        told = _TOLD_DAYS if sign in self.told else 0.0
        as_bad = self.counts.get(sign, (0.0, 0.0, 0.0))[grade - 1]
        if told:
            as_bad += told * step(self.told[sign], grade)
        prior = _RARE_SHARE if sign in _RARE_SIGNS else _COMMON_SHARE
        share = (as_bad + _PRIOR_DAYS * prior) / (self.days + told + _PRIOR_DAYS)
        return 1.0 - min(1.0, share / _USUAL_SHARE)

    def days_with(self, sign: str) -> int:
        """Usual days on which the sign was felt at all."""
        return round(self.counts.get(sign, (0.0,))[0])


def usual_of(notes: Iterable[Note], told: Mapping[str, float]) -> Usual:
    """The usual, from notes older than the gap and outside of unusual windows."""
    older = _older(notes)
    unusual = set(_unusual_days(older))
    kept = [note for note in older if note.days_ago not in unusual]
    # Where most days would be left out, they are this person's life (design).
    if 2 * len({n.days_ago for n in kept}) < len({n.days_ago for n in older}):
        kept = older
    by_day: dict[int, dict[str, float]] = {d: {} for d in sorted(_asked_days(kept))}
    readings: dict[str, list[float]] = {}
    for note in kept:
        for sign, grade in (note.grades or {}).items():
            day = by_day[note.days_ago]
            day[sign] = max(day.get(sign, 0.0), grade)
        for quantity, value in note.vitals.items():
            readings.setdefault(quantity, []).append(value)
    return Usual(
        days=len(by_day),
        counts=_counts(by_day.values()),
        told=told,
        levels={
            quantity: _level(quantity, readings[quantity])
            for quantity in _LEAST_SPREAD
            if len(readings.get(quantity, ())) >= _LEAST_READINGS
        },
    )


def _older(notes: Iterable[Note]) -> list[Note]:
    """What is not today and not in the gap; a young diary cannot afford the gap."""
    past = [note for note in notes if not note.is_current]
    older = [note for note in past if note.hours_ago >= USUAL_FROM_HOURS]
    return older if len({note.days_ago for note in older}) >= _LEAST_DAYS else past


def _asked_days(notes: Iterable[Note]) -> set[int]:
    return {note.days_ago for note in notes if note.grades is not None}


def _counts(
    days: Iterable[Mapping[str, float]],
) -> dict[str, tuple[float, float, float]]:
    counts: dict[str, list[float]] = {}
    for day in days:
        for sign, grade in day.items():
            row = counts.setdefault(sign, [0.0, 0.0, 0.0])
            for place in range(3):
                row[place] += step(grade, place + 1)
    return {sign: (row[0], row[1], row[2]) for sign, row in counts.items()}


def _level(quantity: str, values: list[float]) -> Level:
    middle = median(values)
    spread = _MAD_TO_SD * median(abs(value - middle) for value in values)
    return Level(
        median=middle,
        spread=max(spread, _LEAST_SPREAD[quantity]),
        latest=values[0],
    )


def _unusual_days(notes: Iterable[Note]) -> Iterator[int]:
    """Days ago that an attack, an infection or an infusion covers."""
    for note in notes:
        for before, after in _windows(note):
            yield from range(note.days_ago - after, note.days_ago + before + 1)


def _windows(note: Note) -> Iterator[tuple[int, int]]:
    grades = note.grades or {}
    if note.tags & INFUSION_TAGS:
        yield _AROUND_INFUSION
    if (
        note.tags & _ATTACK_TAGS
        or note.vitals.get("systolic", _LOW_SYSTOLIC_MMHG) < _LOW_SYSTOLIC_MMHG
        or any(grades.get(sign, 0.0) >= MODERATE for sign in _ATTACK_SIGNS)
    ):
        yield _AROUND_ATTACK
    if (
        note.tags & _INFECTION_TAGS
        or {"fever", "flu_like"} & grades.keys()
        or len(_INFECTION_SIGNS & grades.keys()) >= 2
    ):
        yield _AROUND_INFECTION
