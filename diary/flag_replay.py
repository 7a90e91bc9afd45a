"""The flags that a diary would have had, had it been looked at all along.

For a record that is made whole, such as the demo: each entry is assessed at the moment
it was saved, with what had been saved by then. Nobody is told of anything. A file that
is brought in is not replayed: a flag is kept because somebody saw it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from diary.flag_entries import HISTORY, Entry, entries_between, facts_of, profile_for
from diary.flag_life import Standing, step
from diary.flags import close, take_step
from diary.models import FlagChoice, ProdromeFlag, Profile
from diary.models.flags import Closed
from sharing.models import Patient

# How often an open flag is looked at while nothing is saved.
LOOK_EVERY: Final = timedelta(hours=6)
EVER: Final = timedelta(days=36525)


def replay(patient: Patient, now: datetime) -> None:
    """Make the flags of a whole record, oldest first, up to `now`.

    Inside `Patient.objects.writing`, for a record that has no flags yet.
    """
    first = now - EVER
    rows = entries_between(patient, facts_of(patient, first, now), first, now)
    rows = sorted(
        (row for row in rows if row["recorded_at"] <= now),
        key=lambda row: row["recorded_at"],
    )
    if not rows:
        return
    choice, _ = FlagChoice.objects.get_or_create(
        patient=patient, defaults={"since": rows[0]["recorded_at"]}
    )
    profile = Profile.objects.filter(patient=patient).first()
    flag: ProdromeFlag | None = None
    for number, row in enumerate(rows, start=1):
        if flag is None and not _says_anything(row):
            continue
        at = row["recorded_at"]
        following = rows[number]["recorded_at"] if number < len(rows) else now
        flag = _look(patient, flag, rows[:number], at, choice, profile)
        while flag is not None and at + LOOK_EVERY < following:
            at += LOOK_EVERY
            flag = _look(patient, flag, rows[:number], at, choice, profile)


def _says_anything(row: Entry) -> bool:
    """Whether an entry could open a flag at all; most days of most diaries do not."""
    return bool(row["vitals"]) or any(s != 0 for s in (row["symptoms"] or {}).values())


def _look(
    patient: Patient,
    flag: ProdromeFlag | None,
    saved: Sequence[Entry],
    at: datetime,
    choice: FlagChoice,
    profile: Profile | None,
) -> ProdromeFlag | None:
    """The flag as it is after one look; None if none is open."""
    facts = facts_of(patient, at - HISTORY, at)
    if any(began <= at <= ended for began, ended in facts.attacks):
        close(flag, at, Closed.ATTACK)
        return None
    recent = [row for row in saved if row["at"] >= at - HISTORY]
    standing = Standing(flag.level, flag.reasons) if flag else None
    found = step(recent, at, profile_for(profile, facts, choice), standing)
    change = take_step(flag, found, recent, at, patient)
    flag = change.flag if change else flag
    return flag if flag and flag.is_open else None
