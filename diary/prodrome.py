"""How unusual today is for this person, set against how an attack begins.

Pure: standard library only, no clock, no randomness. Nothing here is a finding about
a body: it is a sum over what the diary says, and every part of it is a reason.

The rule. A symptom counts by how far it is new, or worse than usual, for this person
(diary/baseline.py), times how much the literature ties it to a beginning leak; pulse,
systolic pressure and weight count by their distance from the person's usual. The
points of the last 24 hours are added up, and from a number of points on the level is
"watch", from a higher one "act".

- Ordinary illness saturates below "act": that takes a sign of lost or leaking volume,
  as in the two tiers of the domain sheet, section 15.
- No symptom takes points away. A cold is not reassuring: 44 % of 134 patients had a
  trigger, infection in 88 % of these (Choi 2021, Emerg Infect Dis 27(11)).
- On IVIG attacks are rarer (2.6 to 0 a year, Xie 2015, Am J Med 128:91) and colds are
  not, so ordinary illness counts for less. Signs of lost or leaking volume count in
  full: fatal attacks on it are known (Pineton de Chambrun 2020).
- Points, caps and thresholds are design choices: round numbers, tried on simulated
  diaries (bench/prodrome.py). Simulated; not clinical evidence.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

from diary.baseline import Level, Usual, usual_of
from diary.entries import INFUSION_TAGS, Note, read, step, told_usual

RULE_VERSION: Final = "2026.1"

FlagLevel = Literal["none", "watch", "act"]
Kind = Literal["new", "worse_than_usual", "vital", "red_flag"]
# What a sign of ordinary illness adds is bounded, what nobody weighed even more.
Tier = Literal["telling", "supporting", "unknown"]

_WORDS: Final = ("none", "mild", "moderate", "severe")


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that is unusual, in this person's own numbers."""

    code: str  # a key of the vocabulary, or a quantity
    kind: Kind
    detail: str  # English, for logs and tests; pages word it from the numbers
    tier: Tier
    points: float
    now: float  # severity 1 to 3, or the reading
    usual: float | None  # the usual reading; of symptoms what the person told
    usual_days: int | None = None  # usual days on which it was felt ...
    of_days: int | None = None  # ... of so many usual days
    entry_id: str = ""  # the entry that says so


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the diary says now; `reasons` are dicts of Reason, most points first."""

    level: FlagLevel
    score: float
    reasons: list[dict[str, object]]
    after_infusion: bool  # within 72 hours, which explains ordinary symptoms
    rule_version: str = RULE_VERSION

    @property
    def entry_ids(self) -> list[str]:
        """The entries that the reasons rest on."""
        return sorted({str(r["entry_id"]) for r in self.reasons})


@dataclass(frozen=True, slots=True)
class Weight:
    """Points for reaching mild, moderate, severe, each on top of the one before.

    `red_from` is the grade (1 to 3) from which the sign is a red flag of the domain
    sheet, section 6, as in diary/redflags.py. A sign that is one at any grade gets
    points for it; with the others a higher grade has its points already, and people
    who live with swollen legs would see "act" for every hot day.
    """

    points: tuple[float, float, float]
    red_from: int | None = None
    supporting: bool = False  # seen in ordinary illness: never "act" by itself


# Four tiers, each about half of the one above; what is worse than usual, or worse than
# mild, adds half as much again. First the leak itself: fainting and a limb under
# pressure (section 6), swelling and falling urine, each enough for "watch" if new and
# for "act" if moderate. Urine is one of the Italian trio (Wu 2019,
# 10.1007/s11739-019-02113-4), edema came with 64.6 % of patients (Eo 2018), and fast
# swelling or sudden weight gain is what patients are told to act on (EMA 2021).
_LEAK: Final = (5.0, 2.0, 2.0)
# Volume that is missing: the other two of the trio, dizziness on standing and growing
# malaise or weakness (Wu 2019), thirst and a racing heart (domain sheet, section 0).
_VOLUME: Final = (2.5, 1.25, 1.25)
# Flu-like illness or muscle ache opened 14 of 25 attacks (Kapoor 2010, PMC2947962),
# and every flu, stomach bug and bad night brings them too.
_FLU_LIKE: Final = (1.0, 0.5, 0.5)
_BUNDLE: Final = (2.0, 0.5, 0.5)  # "flu-like" says several of them at once
# A cold, which is a trigger more than a sign (Choi 2021).
_COLD: Final = (0.5, 0.25, 0.25)
# Everyday symptoms, which the domain sheet does not list (Petrie 2014).
_EVERYDAY: Final = (0.25, 0.125, 0.125)
_RECOVERY: Final = (0.0, 0.0, 0.0)  # signs that an attack goes away

WEIGHTS: Final[Mapping[str, Weight]] = MappingProxyType(
    {
        "syncope": Weight(_LEAK, red_from=1),
        "limb_tightness": Weight(_LEAK, red_from=1),
        "numbness": Weight(_LEAK, red_from=1),
        "confusion": Weight(_LEAK, red_from=1),
        "cold_clammy": Weight(_LEAK, red_from=1),
        "chest_pain": Weight(_LEAK, red_from=1),
        # Every chesty cold brings it and lungs are spared at first (Orphanet), so it
        # counts like volume; the help page opens at any grade all the same.
        "dyspnea": Weight(_VOLUME, red_from=2),
        "low_urine": Weight(_LEAK, red_from=2),
        "edema_limbs": Weight(_LEAK, red_from=2),
        "edema_face": Weight(_LEAK, red_from=2),
        "weight_gain": Weight(_LEAK, red_from=2),
        "dizziness": Weight(_VOLUME, red_from=3),
        "orthostatic_hypotension": Weight(_VOLUME),
        "weakness": Weight(_VOLUME),
        "thirst": Weight(_VOLUME),
        "palpitations": Weight(_VOLUME),
        "limb_pain": Weight(_FLU_LIKE, red_from=3, supporting=True),
        "flu_like": Weight(_BUNDLE, supporting=True),
        **{
            sign: Weight(points, supporting=True)
            for points, signs in (
                (_FLU_LIKE, "fatigue myalgia fever chills headache sweating pallor"),
                (_FLU_LIKE, "nausea vomiting diarrhea abdominal_pain"),
                (_COLD, "stuffy_nose sore_throat cough"),
                (_EVERYDAY, "irritability poor_sleep joint_pain"),
                (_RECOVERY, "high_urine weight_loss"),
            )
            for sign in signs.split()
        },
    }
)
_RED_POINTS: Final = 5.0  # with those for the sign itself above every "act"
_NEW_FROM: Final = 0.5  # as new as that is called new, else worse than usual
_UNKNOWN: Final = Weight((0.25, 0.0, 0.0), supporting=True)
_UNKNOWN_AT_MOST: Final = 0.5

# Readings: one point for every spread beyond three (design).
_VITAL_FROM: Final = 3.0
_VITAL_AT_MOST: Final = 5.0  # one quantity alone is a "watch"
LOW_SYSTOLIC_MMHG: Final = 90  # the triad, Ebdrup 2018, PMC6119378
SYSTOLIC_DROP_MMHG: Final = 40  # from the own usual, Karsen 2017
_DROP_POINTS: Final = 8.0  # "act" at every budget
# Below 90, where that is new: with any other sign "watch", with a volume sign "act".
# Alone it opens the help page; a quarter of patients arrive with more than 105
# (Colombo, IRIS registry), so it must not be what a flag waits for.
_LOW_SYSTOLIC_POINTS: Final = 3.0
# All ten adults whose pulse case reports give had 102 to 130; without a usual to
# compare with, a pulse above that supports and never decides (design).
_FAST_PULSE: Final = 110
_FAST_PULSE_POINTS: Final = 2.0

# Infusion reactions look like a prodrome: ordinary symptoms count half for 72 hours,
# leak, volume and red-flag signs in full. Domain sheet, section 12.
_INFUSION_HOURS: Final = 72
_AFTER_INFUSION: Final = 0.5
_ON_IVIG: Final = 0.6  # see above; milder than the literature (design)


@dataclass(frozen=True, slots=True)
class Budget:
    """From how many points on the level is "watch" and "act"."""

    watch: float
    act: float


BUDGETS: Final[Mapping[str, Budget]] = MappingProxyType(
    {
        "fewer": Budget(4.4, 6.3),
        "standard": Budget(3.5, 5.3),
        "more": Budget(2.8, 4.6),
    }
)
_BELOW_ACT: Final = 0.25


def assess(
    entries: Iterable[object],
    now: datetime,
    profile: Mapping[str, object] | None = None,
) -> Assessment:
    """What the entries saved up to `now` say about a beginning attack.

    `entries` and `profile` are dicts as the README beside bench/prodrome_sim has them,
    in any order; quantities may have the record's names. What cannot be read in them
    is passed over. ValueError if some times have a zone and others have none.
    """
    about = profile if isinstance(profile, Mapping) else {}
    top = about.get("severity_max")
    notes = read(entries, now, top)
    usual = usual_of(notes, told_usual(about.get("usual"), top))
    current = [note for note in notes if note.is_current]
    budget = _budget(about.get("budget"))
    after_infusion = any(
        note.tags & INFUSION_TAGS and note.hours_ago <= _INFUSION_HOURS
        for note in notes
    )
    ordinary = _AFTER_INFUSION if after_infusion else 1.0
    if about.get("on_ivig") is True:
        ordinary = min(ordinary, _ON_IVIG)
    reasons = [*_symptom_reasons(current, usual, ordinary)]
    reasons += _vital_reasons(current, usual)
    reasons = sorted((r for r in reasons if r.points > 0), key=_most_points_first)
    score = _score(reasons, budget)
    return Assessment(
        level=_level(score, budget),
        score=score,
        reasons=[asdict(reason) for reason in reasons],
        after_infusion=after_infusion,
    )


def _most_points_first(reason: Reason) -> tuple[float, str]:
    return -reason.points, reason.code


def _budget(name: object) -> Budget:
    known = BUDGETS.get(name) if isinstance(name, str) else None
    return known or BUDGETS["standard"]


def _level(score: float, budget: Budget) -> FlagLevel:
    if score >= budget.act:
        return "act"
    return "watch" if score >= budget.watch else "none"


def _score(reasons: Iterable[Reason], budget: Budget) -> float:
    """All points; those of ordinary illness alone stay below "act"."""
    points = {"telling": 0.0, "supporting": 0.0, "unknown": 0.0}
    for reason in reasons:
        points[reason.tier] += reason.points
    ceiling = budget.act - _BELOW_ACT
    known = points["telling"] + min(points["supporting"], ceiling)
    # Words that nobody weighed may help a "watch" into being, and nothing more.
    helped = known + min(points["unknown"], _UNKNOWN_AT_MOST)
    return max(known, min(helped, ceiling))


def _symptom_reasons(
    current: Iterable[Note], usual: Usual, ordinary: float
) -> Iterator[Reason]:
    """What is felt now, each sign once, at its worst of the last 24 hours.

    The points of ordinary illness are taken times `ordinary`.
    """
    worst: dict[str, Note] = {}
    for note in current:
        for sign, grade in (note.grades or {}).items():
            if sign not in worst or grade > worst[sign].grade(sign):
                worst[sign] = note
    for sign, note in worst.items():
        weight = WEIGHTS.get(sign, _UNKNOWN)
        reason = _symptom_reason(sign, note, weight, usual)
        if reason.tier != "telling":
            reason = replace(reason, points=reason.points * ordinary)
        yield reason


def _symptom_reason(sign: str, note: Note, weight: Weight, usual: Usual) -> Reason:
    grade = note.grade(sign)
    novelty = [usual.novelty(sign, level) * step(grade, level) for level in (1, 2, 3)]
    points = sum(p * new for p, new in zip(weight.points, novelty, strict=True))
    red = novelty[weight.red_from - 1] if weight.red_from else 0.0
    kind: Kind = "new" if usual.novelty(sign, 1) >= _NEW_FROM else "worse_than_usual"
    tier: Tier = "supporting" if weight.supporting else "telling"
    felt_days = usual.days_with(sign)
    return Reason(
        code=note.codes[sign],
        kind="red_flag" if red > 0 else kind,
        detail=f"{_WORDS[round(grade)]} now; on {felt_days} of {usual.days} usual days",
        tier="telling" if red > 0 else "unknown" if weight is _UNKNOWN else tier,
        points=points + (_RED_POINTS * red if weight.red_from == 1 else 0.0),
        now=grade,
        usual=usual.told.get(sign),
        usual_days=felt_days,
        of_days=usual.days,
        entry_id=note.entry_id,
    )


def _vital_reasons(current: Iterable[Note], usual: Usual) -> Iterator[Reason]:
    """Readings of the last 24 hours, the worst of each quantity."""
    for quantity, points_of, worst in (
        ("systolic", _systolic_points, min),
        ("pulse", _pulse_points, max),
        ("weight", _weight_points, max),
    ):
        taken = [
            (n.vitals[quantity], n.entry_id) for n in current if quantity in n.vitals
        ]
        if taken:
            value, entry_id = worst(taken)
            level = usual.levels.get(quantity)
            points, is_red = points_of(value, level)
            against = f"usually {level.median:g}" if level else "no usual yet"
            yield Reason(
                code=quantity,
                kind="red_flag" if is_red else "vital",
                detail=f"{value:g} now; {against}",
                tier="telling",
                points=points,
                now=value,
                usual=level.median if level else None,
                entry_id=entry_id,
            )


def _systolic_points(value: float, level: Level | None) -> tuple[float, bool]:
    """Points for a low pressure, and whether it is a red flag that is new."""
    if level is None:
        low = value < LOW_SYSTOLIC_MMHG
        return (_LOW_SYSTOLIC_POINTS if low else 0.0), low
    drop = level.median - value
    points, is_low = _beyond(drop, level), False
    if value < LOW_SYSTOLIC_MMHG:  # as far as that is not this person's usual
        newness = min(1.0, max(0.0, drop / level.spread - 1.0))
        points = min(_VITAL_AT_MOST, points + _LOW_SYSTOLIC_POINTS * newness)
        is_low = newness >= _NEW_FROM
    if drop >= SYSTOLIC_DROP_MMHG:
        return _DROP_POINTS, True
    return points, is_low


def _pulse_points(value: float, level: Level | None) -> tuple[float, bool]:
    if level is None:
        return (_FAST_PULSE_POINTS if value > _FAST_PULSE else 0.0), False
    return _beyond(value - level.median, level), False


def _weight_points(value: float, level: Level | None) -> tuple[float, bool]:
    """Points for a sudden gain: above the usual and above the last one before."""
    if level is None:
        return 0.0, False
    return _beyond(value - max(level.median, level.latest), level), False


def _beyond(distance: float, level: Level) -> float:
    return min(_VITAL_AT_MOST, max(0.0, distance / level.spread - _VITAL_FROM))
