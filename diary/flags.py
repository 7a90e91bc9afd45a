"""Flags, kept in step with the diary: whatever changes an entry comes through here.

`reassess` runs in the transaction of the change, under the lock of the record, so two
saves at once see each other and one flag comes of both. It costs a constant number of
queries over 90 days of entries. Time alone can let a flag fall back or close as well
(diary/flag_life.py): `diary.tasks.reassess_flags` looks after the open ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from diary.flag_entries import (
    HISTORY,
    Entry,
    Facts,
    facts_of,
    marked,
    profile_for,
    window,
)
from diary.flag_life import RANK, Standing, Step, step
from diary.flag_notices import forget, tell, watch_silence
from diary.models import (
    FlagAnswer,
    FlagChange,
    FlagChoice,
    ProdromeFlag,
    Profile,
)
from diary.models.flags import Closed
from sharing.models import Patient, User


@dataclass(frozen=True, slots=True)
class Reading:
    """What one assessment read of a record."""

    flag: ProdromeFlag | None
    choice: FlagChoice
    profile: Profile | None
    facts: Facts
    entries: Sequence[Entry] = ()

    @property
    def is_on(self) -> bool:
        return is_on(self.choice, self.profile)

    def step(self, now: datetime) -> Step:
        """Where the flag stands now, by the rule."""
        flag = self.flag
        standing = Standing(flag.level, flag.reasons) if flag else None
        about = profile_for(self.profile, self.facts, self.choice)
        return step(self.entries, now, about, standing)


def is_on(choice: FlagChoice | None, profile: Profile | None) -> bool:
    """Whether this diary is looked at for flags: as chosen, else by the form.

    Off by itself for the chronic form, where there are no attacks to be early for
    (domain sheet, section 8); the help page for red flags is never off.
    """
    if choice is not None and choice.wanted is not None:
        return choice.wanted
    return profile is None or profile.form != Profile.Form.CHRONIC


def reassess(patient: Patient, now: datetime | None = None) -> FlagChange | None:
    """Open, raise, lower or close the flag of a record; the change of level, if any.

    Call it inside `Patient.objects.writing`, after every change of entries.
    """
    now = now or timezone.now()
    read = _read(patient, now)
    if not read.is_on:
        return close(read.flag, now, Closed.OFF)
    if read.facts.attack_open:
        return close(read.flag, now, Closed.ATTACK)
    found = read.step(now)
    change = take_step(read.flag, found, read.entries, now, patient)
    flag = change.flag if change else read.flag
    if flag is not None and flag.is_open:
        if change is not None and change.rose:
            tell(flag, change, now)
        watch_silence(flag, read.entries, now, circle=read.choice.silence_told)
    return change


def reassess_open(now: datetime | None = None) -> int:
    """Bring every open flag up to now; how many changed their level.

    A lock is taken only where something changes, so that no page and no chart of a
    quiet record is made anew.
    """
    now = now or timezone.now()
    changed = 0
    for flag in (
        ProdromeFlag.objects.standing().select_related("patient").order_by("pk")
    ):
        if is_out_of_step(flag, now):
            with Patient.objects.writing(flag.patient):
                changed += reassess(flag.patient, now) is not None
    return changed


def is_out_of_step(flag: ProdromeFlag, now: datetime) -> bool:
    """Whether an open flag would change its level if it were looked at."""
    read = _read(flag.patient, now)
    on = read.is_on and not read.facts.attack_open
    return not on or read.step(now).level != flag.level


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody chose about flags; `wanted` None leaves it to the form of SCLS."""

    budget: str
    wanted: bool | None
    silence_told: bool


def set_choice(patient: Patient, chosen: Choice, now: datetime) -> None:
    """Store the choice and let it count at once.

    What is turned on again is counted anew: nobody was looking in between.
    """
    with Patient.objects.writing(patient):
        read = _read(patient, now)
        stored, was_on = read.choice, read.is_on
        stored.budget, stored.wanted = chosen.budget, chosen.wanted
        stored.silence_told = chosen.silence_told
        if not was_on and is_on(stored, read.profile):
            stored.since = now
        stored.save()
        reassess(patient, now)


def answer(
    flag: ProdromeFlag, client_id: UUID, label: str, words: str, *, by: User
) -> None:
    """Keep what somebody said a flag was, once; nothing else changes.

    Who goes back and sends the form with another answer has said that one as well.
    """
    with Patient.objects.writing(flag.patient):
        stored = flag.answers.filter(client_id=client_id).first()
        if stored is not None and (stored.label, stored.words) != (label, words):
            client_id = uuid5(client_id, f"{label} {words}")
        FlagAnswer.objects.get_or_create(
            flag=flag,
            client_id=client_id,
            defaults={"label": label, "words": words, "by": by, "by_name": str(by)},
        )


def standing_flag(patient: Patient) -> ProdromeFlag | None:
    """The open flag of a record, if there is one."""
    flag = ProdromeFlag.objects.standing().filter(patient=patient).first()
    if flag is not None:
        flag.patient = patient  # as it was opened, and without another query
    return flag


def choice_of(patient: Patient) -> FlagChoice | None:
    """What was chosen; None before the first assessment."""
    return FlagChoice.objects.filter(patient=patient).first()


def _read(patient: Patient, now: datetime) -> Reading:
    person = Patient.objects.select_related("profile", "flag_choice").get(pk=patient.pk)
    profile = getattr(person, "profile", None)
    choice = getattr(person, "flag_choice", None)
    if choice is None:
        choice, _ = FlagChoice.objects.get_or_create(
            patient=patient, defaults={"since": now}
        )
    flag = standing_flag(patient)
    if not is_on(choice, profile):
        return Reading(flag, choice, profile, Facts())
    facts = facts_of(patient, now - HISTORY, now)
    if facts.attack_open:
        return Reading(flag, choice, profile, facts)
    return Reading(flag, choice, profile, facts, window(patient, facts, now))


def take_step(
    flag: ProdromeFlag | None,
    found: Step,
    entries: Sequence[Entry],
    now: datetime,
    patient: Patient,
) -> FlagChange | None:
    """Store where a step leads; the change, if the level is another one now."""
    if found.level == "none":
        return close(flag, now, Closed(found.why or Closed.ENTRIES))
    before = flag.level if flag else ""
    flag = flag or ProdromeFlag(patient=patient, opened_at=now, peak=found.level)
    if _say(flag, found, entries) or before != found.level:
        flag.level = found.level
        flag.peak = max(flag.peak, found.level, key=RANK.__getitem__)
        flag.save()
    return _change(flag, before, now) if before != found.level else None


def _say(flag: ProdromeFlag, found: Step, entries: Sequence[Entry]) -> bool:
    """Write into a flag why it is; whether it says something else than before."""
    about = found.finding
    reasons = list(marked(about.reasons, entries))
    told: tuple[Any, ...] = reasons, about.rule_version
    if told == (flag.reasons, flag.rule_version):
        return False
    flag.reasons, flag.rule_version = told
    flag.score, flag.after_infusion = about.score, about.after_infusion
    basis = {*map(str, flag.entries), *about.entry_ids}
    felt = {e["entry_id"]: e["at"] for e in entries if e["entry_id"] in basis}
    flag.entries = sorted(UUID(entry) for entry in felt)
    flag.first_at, flag.last_at = min(felt.values()), max(felt.values())
    return True


def close(flag: ProdromeFlag | None, now: datetime, why: Closed) -> FlagChange | None:
    """Close a flag, if there is one, and take back what was to be said about it."""
    if flag is None:
        return None
    before = flag.level
    flag.closed_at, flag.closed_why = max(now, flag.opened_at), why
    flag.save(update_fields=["closed_at", "closed_why"])
    forget(flag)
    return _change(flag, before, now)


def _change(flag: ProdromeFlag, before: str, now: datetime) -> FlagChange:
    change = FlagChange(
        flag=flag,
        patient=flag.patient,
        before=before,
        level=flag.level if flag.is_open else "",
        closed_why=flag.closed_why,
        score=flag.score,
        reasons=flag.reasons,
        rule_version=flag.rule_version,
    )
    change.set_moment(now, flag.patient.zone)
    change.save()
    return change
