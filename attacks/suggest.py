"""Boundaries of an attack that its entries suggest, each with the reason.

Pure: standard library only, no clock. A suggestion is shown and asked about; nothing
here is ever applied by itself. The markers are the domain sheet's, section 1: the leak
began at the first of a systolic pressure below 90, a fall of 40 or more from one's own
usual, hematocrit or hemoglobin above the limit, arrival in hospital, the patient's own
word that it was an attack; recovery with a lasting fall of weight while urine rises;
the end with weight back within 1 kg of usual and no red flag for 24 hours. Which
readings make a fall "lasting", and that the word about a flag stands for the last entry
that the flag rests on, are design choices.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, Literal

from attacks.phases import Clock, problems

LOW_SYSTOLIC_MMHG: Final = 90.0  # below it; the triad, Ebdrup 2018, PMC6119378
SYSTOLIC_DROP_MMHG: Final = 40.0  # Karsen 2017, Harran University series
# The limits of the triad are 49 to 50 % in men and 43 to 45 % in women (Ebdrup 2018).
# The diary does not ask for the sex, so the highest is taken: design choice.
HIGH_HEMATOCRIT_PCT: Final = 50.0
# The sheet gives no limit: a third of that hematocrit, as usual (design choice).
HIGH_HEMOGLOBIN_G_DL: Final = 17.0
# Design choices: two weighings in a row below the highest one, the second a kilogram
# below it, and a sign of more urine within a day of the first.
WEIGHT_FALL_KG: Final = 1.0
URINE_WITHIN: Final = timedelta(hours=24)
# The end: the sheet, section 1.
BACK_WITHIN_KG: Final = 1.0
CALM_FOR: Final = timedelta(hours=24)

Boundary = Literal["leak_start", "recovery_start", "end"]
Why = Literal[
    "low_systolic",
    "systolic_drop",
    "high_hematocrit",
    "high_hemoglobin",
    "admission",
    "flag_answer",
    "weight_falls",
    "urine_rises",
    "weight_back",
    "calm",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value, canonical."""

    at: datetime
    quantity: str
    value: float


@dataclass(frozen=True, slots=True)
class Felt:
    """One check-in, as far as it counts here."""

    at: datetime
    red_flag: bool = False
    more_urine: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """All that the suggestions rest on. Order does not matter."""

    readings: Sequence[Reading] = ()
    felt: Sequence[Felt] = ()
    arrivals: Sequence[datetime] = ()
    marks: Sequence[datetime] = ()  # last entries of flags said to be an attack
    usual_systolic: float | None = None
    usual_weight: float | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """One fact that speaks for a time; numbers are canonical, None where there is none.

    `other` is what `value` is held against: a limit, one's usual, an earlier value.
    """

    why: Why
    value: float | None = None
    other: float | None = None
    quantity: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A time for a boundary that is not known yet."""

    boundary: Boundary
    at: datetime
    reasons: tuple[Reason, ...]

    @property
    def key(self) -> str:
        """The same for the same suggestion; a new time is a new suggestion."""
        return f"{self.boundary} {self.at.timestamp():.0f}"


def suggestions(clock: Clock, told: Told, now: datetime) -> list[Suggestion]:
    """A time for each unknown boundary that the entries speak for, in their order.

    Each leaves the clock without problems. What came to nothing gets none.
    """
    if clock.came_to_nothing:
        return []
    readings = sorted(told.readings, key=lambda reading: reading.at)
    told = replace(told, readings=readings, felt=sorted(told.felt, key=lambda f: f.at))
    found: list[Suggestion] = []
    # What is suggested for one boundary holds for the next: the end is looked for after
    # the recovery, even if nobody has said yes to that one.
    likely = clock
    for suggest in (_leak, _recovery, _end):
        one = suggest(likely, told)
        if one is None:
            continue
        after = _with(likely, one)
        if not problems(after, now):
            found.append(one)
            likely = after
    return found


def applied(clock: Clock, suggestion: Suggestion) -> Clock:
    """The clock with a suggested time; an end closes the attack, nothing else moves."""
    return _with(clock, suggestion)


def _with(clock: Clock, suggestion: Suggestion) -> Clock:
    match suggestion.boundary:
        case "leak_start":
            return replace(clock, leak_start=suggestion.at)
        case "recovery_start":
            return replace(clock, recovery_start=suggestion.at)
        case "end":
            return replace(clock, end=suggestion.at, ongoing=False)


def _leak(clock: Clock, told: Told) -> Suggestion | None:
    if clock.leak_start:
        return None
    early, until = clock.prodrome_start, clock.recovery_start or clock.end
    signs = [
        *((r.at, reason) for r in told.readings for reason in _signs(r, told)),
        *((at, Reason("admission")) for at in told.arrivals),
        # With the first early signs a flag says nothing of when more than these began.
        *((at, Reason("flag_answer")) for at in told.marks if at != early),
    ]
    inside = [
        (at, reason)
        for at, reason in signs
        if (early is None or early <= at) and (until is None or at <= until)
    ]
    if not inside:
        return None
    first = min(at for at, _reason in inside)
    reasons = tuple(reason for at, reason in inside if at == first)
    return Suggestion("leak_start", first, reasons)


def _signs(reading: Reading, told: Told) -> Iterator[Reason]:
    value = reading.value
    match reading.quantity:
        case "systolic":
            if value < LOW_SYSTOLIC_MMHG:
                yield Reason("low_systolic", value, LOW_SYSTOLIC_MMHG, "systolic")
            usual = told.usual_systolic
            if usual is not None and usual - value >= SYSTOLIC_DROP_MMHG:
                yield Reason("systolic_drop", value, usual, "systolic")
        case "hematocrit" if value > HIGH_HEMATOCRIT_PCT:
            yield Reason("high_hematocrit", value, HIGH_HEMATOCRIT_PCT, "hematocrit")
        case "hemoglobin" if value > HIGH_HEMOGLOBIN_G_DL:
            yield Reason("high_hemoglobin", value, HIGH_HEMOGLOBIN_G_DL, "hemoglobin")


def _recovery(clock: Clock, told: Told) -> Suggestion | None:
    if clock.recovery_start or not clock.leak_start:
        return None
    weights = list(_within(_of(told, "weight"), clock.leak_start, clock.end))
    if len(weights) < 3:
        return None
    top = max(range(len(weights)), key=lambda i: (weights[i].value, i))
    falling = weights[top : top + 3]
    if len(falling) < 3 or any(a.value < b.value for a, b in pairwise(falling)):
        return None
    highest, first, second = falling
    if first.value >= highest.value:
        return None
    if highest.value - second.value < WEIGHT_FALL_KG:
        return None
    urine = _more_urine(told, first.at)
    if urine is None:
        return None
    falls = Reason("weight_falls", second.value, highest.value, "weight")
    return Suggestion("recovery_start", first.at, (falls, urine))


def _more_urine(told: Told, around: datetime) -> Reason | None:
    """What says that urine rose within a day of an instant."""
    first, last = around - URINE_WITHIN, around + URINE_WITHIN
    if any(first <= felt.at <= last and felt.more_urine for felt in told.felt):
        return Reason("urine_rises")
    for quantity in ("urine_volume", "urine_relative"):
        measured = _of(told, quantity)
        for before, after in pairwise(measured):
            if first <= after.at <= last and after.value > before.value:
                return Reason("urine_rises", after.value, before.value, quantity)
    return None


def _end(clock: Clock, told: Told) -> Suggestion | None:
    if clock.end or told.usual_weight is None:
        return None
    limit = told.usual_weight + BACK_WITHIN_KG
    began = clock.recovery_start or _heavy_since(clock, told, limit)
    if began is None:
        return None
    for weight in _within(_of(told, "weight"), began, None):
        if weight.value > limit or weight.at == began:
            continue
        # Silence is not calm: somebody must have checked in on the day before it.
        since, until = weight.at - CALM_FOR, weight.at + CALM_FOR
        near = [felt for felt in told.felt if since <= felt.at <= until]
        asked = any(felt.at <= weight.at for felt in near)
        if asked and not any(felt.red_flag for felt in near):
            back = Reason("weight_back", weight.value, told.usual_weight, "weight")
            return Suggestion("end", weight.at, (back, Reason("calm")))
    return None


def _heavy_since(clock: Clock, told: Told, limit: float) -> datetime | None:
    """When weight was first above the limit in the leak: it cannot be back before."""
    if clock.leak_start is None:
        return None
    weights = _within(_of(told, "weight"), clock.leak_start, None)
    return next((weight.at for weight in weights if weight.value > limit), None)


def _of(told: Told, quantity: str) -> list[Reading]:
    return [reading for reading in told.readings if reading.quantity == quantity]


def _within(
    readings: Iterable[Reading], since: datetime, until: datetime | None
) -> Iterator[Reading]:
    for reading in readings:
        if since <= reading.at and (until is None or reading.at <= until):
            yield reading
