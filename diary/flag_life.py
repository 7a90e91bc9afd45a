"""When a flag opens, rises, falls back and closes: the rule, and what silence means.

Pure: standard library only, the clock is an argument.

The rule (diary/prodrome.py) looks at the last 24 hours, so with nothing but time its
level falls to "none" a day after the last unusual entry. A silent diary says nothing,
so that alone must not clear a flag: as long as nobody wrote, the diary's last word
stands. A flag falls back and closes

- by later entries that are not unusual. A flag that rests on how somebody felt needs a
  check-in that says how they feel; one that rests on measurements alone needs one of
  these measured again, or such a check-in;
- when the entries that it rests on are corrected or deleted;
- when nothing was written for `WINDOW`: then it is over without an answer, which is
  kept as what it is. An attack within that time counts as one that followed.

Nothing here makes a flag from silence, and none from a back-fill about days long past:
a flag opens and rises by the last 24 hours only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from diary.entries import CURRENT_HOURS
from diary.prodrome import Assessment, FlagLevel, assess

# As long as an attack after a flag counts as one that followed (bench/prodrome_sim).
WINDOW: Final = timedelta(days=5)
_CURRENT: Final = timedelta(hours=CURRENT_HOURS)
_MOMENT: Final = timedelta(seconds=1)

RANK: Final[Mapping[str, int]] = {"none": 0, "watch": 1, "act": 2}
Fell = Literal["entries", "corrected", "silence"]
Entry = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Standing:
    """An open flag, as far as its next step depends on it."""

    level: str
    reasons: Sequence[Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class Step:
    """What a flag is to be now. `why` says why it fell back or closed, if it did."""

    level: FlagLevel
    finding: Assessment  # its reasons are those of `level`, if that is not "none"
    why: Fell | None = None


def step(
    entries: Sequence[Entry],
    now: datetime,
    profile: Mapping[str, object],
    standing: Standing | None = None,
) -> Step:
    """The level that a flag has now, or is to be opened with.

    `entries` as `assess` takes them; `standing` None if no flag is open.
    """
    current = assess(entries, now, profile)
    if standing is None or RANK[current.level] >= RANK[standing.level]:
        return Step(current.level, current)
    word_at = last_word(entries, standing.reasons, now)
    basis = {reason.get("entry_id") for reason in standing.reasons}
    if word_at is None or not basis & {entry["entry_id"] for entry in entries}:
        return Step(current.level, current, why="corrected")
    if now - word_at >= WINDOW:
        return Step(current.level, current, why="silence")
    # The last moment at which the diary's last word was not a day old.
    spoken = min(now, word_at + _CURRENT - _MOMENT)
    found = max(
        (assess(entries, spoken, profile), current), key=lambda a: RANK[a.level]
    )
    if RANK[found.level] >= RANK[standing.level]:
        # A correction of days gone by may keep a flag where it is, and not raise it.
        return Step("act" if standing.level == "act" else "watch", found)
    return Step(found.level, found, why=_why(entries, standing, spoken))


def _why(entries: Sequence[Entry], standing: Standing, spoken: datetime) -> Fell:
    """Whether any of what it rested on is a day old by now, or all says else."""
    basis = {reason.get("entry_id") for reason in standing.reasons}
    felt = {entry["entry_id"]: entry["at"] for entry in entries}
    if not basis <= felt.keys():
        return "corrected"
    oldest = min(at for i in basis if isinstance(at := felt[i], datetime))
    return "corrected" if spoken - oldest < _CURRENT else "entries"


def last_word(
    entries: Iterable[Entry], reasons: Iterable[Mapping[str, object]], now: datetime
) -> datetime | None:
    """When the diary last said something about what a flag rests on; None if never."""
    reasons = list(reasons)
    measured = {str(r["code"]) for r in reasons if r.get("usual_days") is None}
    by_measuring = len(measured) == len({str(r["code"]) for r in reasons})
    said = (
        at
        for entry in entries
        if isinstance(at := entry["at"], datetime) and at <= now
        if entry["symptoms"] is not None
        or (by_measuring and measured & _quantities(entry))
    )
    return max(said, default=None)


def _quantities(entry: Entry) -> set[str]:
    vitals = entry.get("vitals")
    return set(map(str, vitals)) if isinstance(vitals, Mapping) else set()
