"""Entries of a diary as far as they can be read, for the rule that compares them.

Pure: standard library only, no clock. Everything is counted back from `now` in hours,
so zones and the order of entries cannot matter. What cannot be read (a severity that
is no number, a pulse of 9000) is left out rather than believed or fatal.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import floor, isfinite
from types import MappingProxyType
from typing import Any, Final

from diary.quantities import QUANTITIES

MILD: Final = 1.0
MODERATE: Final = 2.0
SEVERE: Final = 3.0
# Present, but nobody said how bad: the middle (design).
UNGRADED: Final = MODERATE

CURRENT_HOURS: Final = 24  # what a person calls today (design)
HISTORY_HOURS: Final = 90 * 24  # as much as the rule looks at (design)
_HOUR: Final = timedelta(hours=1)
# A phone's clock may run ahead of the server's (design).
_CLOCK_AHEAD_HOURS: Final = 1 / 6

# Words for the same thing: people tick the one that they see first (design). Growing
# malaise and weakness are one sign of the prodrome's trio (Wu 2019,
# 10.1007/s11739-019-02113-4); a puffy face is kept apart from legs, because tired legs
# swell every evening and faces do not.
SAME_SIGN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lightheaded": "dizziness",
        "malaise": "weakness",
        "runny_nose": "stuffy_nose",
        "upper_respiratory": "stuffy_nose",
        "edema_generalized": "edema_face",
    }
)

# Names of the record's quantities beside those of the simulator.
_VITALS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sbp": "systolic",
        "systolic": "systolic",
        "hr": "pulse",
        "pulse": "pulse",
        "weight_kg": "weight",
        "weight": "weight",
        "temp_c": "temperature",
        "temperature": "temperature",
        "urine_relative": "urine_relative",
        "limb_tightness": "limb_tightness",
        # The second half of a guided pair, lying or sitting and then standing.
        "sbp_standing": "systolic_standing",
        "systolic_standing": "systolic_standing",
    }
)
_RANGES: Final = {
    name: (float(QUANTITIES[key].low), float(QUANTITIES[key].high))
    for name, key in (
        *((name, name) for name in set(_VITALS.values()) & set(QUANTITIES)),
        ("systolic_standing", "systolic"),
    )
}

INFUSION_TAGS: Final = frozenset(("ivig", "scig", "infusion"))

FEVER_C: Final = 38.0  # the usual limit (design)
HIGH_FEVER_C: Final = 39.0
# Systolic fall on standing, Freeman 2011, 10.1007/s10286-011-0119-5.
ORTHOSTATIC_DROP_MMHG: Final = 20


@dataclass(frozen=True, slots=True)
class Note:
    """One entry as far as it can be read; `grades` None if symptoms were not asked."""

    entry_id: str
    hours_ago: float
    grades: Mapping[str, float] | None  # MILD to SEVERE by sign, absent ones left out
    codes: Mapping[str, str]  # the code that was logged, by sign
    vitals: Mapping[str, float]  # canonical units, by quantity
    tags: frozenset[str]

    @property
    def days_ago(self) -> int:
        """Whole days before now."""
        return int(self.hours_ago // 24)

    @property
    def is_current(self) -> bool:
        return self.hours_ago < CURRENT_HOURS

    def grade(self, sign: str) -> float:
        """MILD to SEVERE, 0 if not felt or not asked."""
        return (self.grades or {}).get(sign, 0.0)


def step(grade: float, level: int) -> float:
    """How much of the step up to MILD (1), MODERATE (2) or SEVERE (3) is reached."""
    return min(1.0, max(0.0, grade - (level - 1)))


def read(
    entries: Iterable[object], now: datetime, severity_max: object = None
) -> list[Note]:
    """The readable entries of the last 90 days, newest first.

    Entries without a time, from the future or older are left out. ValueError if `now`
    has a zone and an entry has none, or the other way round: which one is wrong by
    hours cannot be told.
    """
    scale = _scale(severity_max)
    notes = (_note(e, now, scale) for e in entries if isinstance(e, Mapping))
    return sorted((note for note in notes if note), key=_place)


def _place(note: Note) -> tuple[object, ...]:
    """Newest first; the rest makes the order one of content, not of arrival."""
    grades, vitals = sorted((note.grades or {}).items()), sorted(note.vitals.items())
    return note.hours_ago, note.entry_id, grades, vitals


def told_usual(usual: object, severity_max: object = None) -> dict[str, float]:
    """What a person said is usual for them, by sign."""
    if not isinstance(usual, Mapping):
        return {}
    return _grades(usual, _scale(severity_max))[0]


def _scale(severity_max: object) -> float:
    top = _number(severity_max)
    return top if top is not None and top >= 1 else SEVERE


def _note(entry: Mapping[Any, Any], now: datetime, scale: float) -> Note | None:
    at = entry.get("at")
    if not isinstance(at, datetime):
        return None
    if (at.utcoffset() is None) != (now.utcoffset() is None):
        raise ValueError("`now` and the entries must all have a zone, or none of them")
    hours = (now - at) / _HOUR
    if not -_CLOCK_AHEAD_HOURS <= hours < HISTORY_HOURS:
        return None
    symptoms, tags = entry.get("symptoms"), entry.get("tags")
    if not isinstance(tags, list | tuple | set | frozenset):
        tags = ()
    vitals = _vitals(entry.get("vitals"))
    grades, codes = (
        _grades(symptoms, scale) if isinstance(symptoms, Mapping) else ({}, {})
    )
    measured = _measured_signs(vitals) if vitals else {}
    for sign, grade in measured.items():
        if grade > grades.get(sign, 0.0):
            grades[sign], codes[sign] = grade, sign
    return Note(
        entry_id=str(entry.get("entry_id", "")),
        hours_ago=max(0.0, hours),
        grades=grades if isinstance(symptoms, Mapping) or measured else None,
        codes=codes,
        vitals=vitals,
        tags=frozenset(tag for tag in tags if isinstance(tag, str)),
    )


def _grades(
    symptoms: Mapping[Any, Any], scale: float
) -> tuple[dict[str, float], dict[str, str]]:
    """Grades by sign and the codes that gave them; of several codes the worst."""
    grades: dict[str, float] = {}
    codes: dict[str, str] = {}
    for code in sorted(key for key in symptoms if isinstance(key, str)):
        grade = _grade(symptoms[code], scale)
        sign = SAME_SIGN.get(code, code)
        if grade > grades.get(sign, 0.0):
            grades[sign], codes[sign] = grade, code
    return grades, codes


def _grade(severity: object, scale: float) -> float:
    """The grade nearest to a severity; 0 for what cannot be read.

    The lowest grade of any scale is mild and its top is severe.
    """
    if severity is None or severity is True:
        return UNGRADED
    value = _number(severity)
    if value is None or value <= 0:
        return 0.0
    if scale <= 1:
        return UNGRADED
    grade = MILD + (value - 1) * (SEVERE - MILD) / (scale - 1)
    return float(floor(min(SEVERE, max(MILD, grade)) + 0.5))


def _vitals(vitals: object) -> dict[str, float]:
    """Values by quantity; what cannot be true of a person is left out."""
    found: dict[str, float] = {}
    if isinstance(vitals, Mapping):
        for key in sorted(k for k in vitals if isinstance(k, str) and k in _VITALS):
            value, quantity = _number(vitals[key]), _VITALS[key]
            low, high = _RANGES[quantity]
            if value is not None and low <= value <= high:
                found[quantity] = value
    return found


def _measured_signs(vitals: Mapping[str, float]) -> dict[str, float]:
    """Measurements that say the same as a symptom."""
    signs: dict[str, float] = {}
    temperature = vitals.get("temperature", 0.0)
    if temperature >= FEVER_C:
        signs["fever"] = MODERATE if temperature >= HIGH_FEVER_C else MILD
    if vitals.get("urine_relative", 0.0) < 0:  # -1 less, -2 much less than usual
        signs["low_urine"] = max(MILD, -vitals["urine_relative"])
    drop = vitals.get("systolic", 0.0) - vitals.get("systolic_standing", 1e9)
    if drop >= ORTHOSTATIC_DROP_MMHG:
        signs["orthostatic_hypotension"] = MILD
    if vitals.get("limb_tightness", 0.0) > 0:
        signs["limb_tightness"] = min(SEVERE, max(MILD, vitals["limb_tightness"]))
    return signs


def _number(value: object) -> float | None:
    """A finite number, or None. A bool is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None
