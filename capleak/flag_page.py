"""The flags of one record with what followed them: what the page on flags shows.

Counting is in `diary.flag_history`; here attacks and entries are gathered for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    When,
)
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.models import Attack, Precision
from capleak.charts import LifeFlag
from capleak.flag_facts import facts_of
from diary.baseline import usual_of
from diary.entries import read, told_usual
from diary.flag_entries import HISTORY, window
from diary.flag_history import (
    EARLY,
    Flagged,
    Followed,
    History,
    Onset,
    followed,
    history,
)
from diary.flag_words import Answered, Shown, amount, answered, shown, sign_label
from diary.models import FlagChange, FlagChoice, Measurement, ProdromeFlag, Symptom
from diary.models.entries import OWN
from diary.models.flags import Level
from diary.personal import profile_of
from sharing.models import Category, Patient

# The first of these that is known is when it leaked, or had leaked at the latest. Early
# signs alone are none: the flag may be what they were noted from.
LEAKED: Final = ("leak_start", "recovery_start", "end")
# Known well enough to say what lay in the 72 hours before.
DATED: Final = (Precision.EXACT, Precision.HOURS, Precision.DAY)
MOST_SIGNS: Final = 12
FOLLOWED_WORDS: Final = {
    Followed.ATTACK: gettext_lazy("an attack followed"),
    Followed.NO_ATTACK: gettext_lazy("no attack followed"),
    Followed.TOO_EARLY: gettext_lazy("too early to say what follows"),
    Followed.IN_ATTACK: gettext_lazy("during or soon after an attack"),
}


@dataclass(frozen=True, slots=True)
class Past:
    """One flag of the history."""

    shown: Shown
    peak: str
    is_act: bool
    followed: str
    answers: list[Answered]


@dataclass(frozen=True, slots=True)
class UsualLine:
    """One thing that is usual now: a symptom by its days, a reading by its middle."""

    label: str
    value: str


def onsets(patient: Patient) -> list[Onset]:
    """When each attack began to leak, and if the diary said anything before; one query.

    Attacks known no better than by week are left out: what lay before them is not
    not known either. What was written down only afterwards is no trace, and neither is
    what is hidden from the reader of the opened record.
    """
    since = ExpressionWrapper(OuterRef("onset") - EARLY, output_field=DateTimeField())
    felt = (
        Symptom.objects.seen_by(patient)
        .filter(
            checkin__patient=patient,
            checkin__at__gte=since,
            checkin__at__lt=OuterRef("onset"),
            checkin__recorded_at__lt=OuterRef("onset"),
        )
        .exclude(severity=0)
    )
    measured = Measurement.objects.filter(
        patient=patient,
        at__gte=since,
        at__lt=OuterRef("onset"),
        recorded_at__lt=OuterRef("onset"),
    )
    attacks = (
        Attack.objects.counted()
        .filter(patient=patient)
        .annotate(onset=Coalesce(*map(F, LEAKED)), onset_precision=_precision())
        .filter(onset__isnull=False, onset_precision__in=DATED)
        .annotate(traced=Exists(felt) | Exists(measured))
    )
    return [Onset(*row) for row in attacks.values_list("onset", "traced")]


def _precision() -> Case:
    """How well the boundary is known that counts as the onset."""
    known = (
        When(**{f"{name}__isnull": False}, then=f"{name}_precision") for name in LEAKED
    )
    return Case(*known, output_field=CharField())


def flagged(flags: Iterable[ProdromeFlag]) -> list[Flagged]:
    return [Flagged(flag.opened_at, flag.last_at) for flag in flags]


def counts(
    flags: Sequence[ProdromeFlag],
    attacks: Sequence[Onset],
    choice: FlagChoice | None,
    now: datetime,
) -> History:
    """What followed the flags since the diary is looked at for them."""
    return history(flagged(flags), attacks, choice.since if choice else now, now)


def past(
    flags: Iterable[ProdromeFlag],
    attacks: Sequence[Onset],
    patient: Patient,
    now: datetime,
) -> list[Past]:
    """Each flag as the reader may see it, in the order given."""
    return [
        Past(
            shown=shown(flag, patient),
            peak=str(Level(flag.peak).label),
            is_act=flag.peak == Level.ACT,
            followed=str(FOLLOWED_WORDS[followed(one, attacks, now)]),
            answers=list(answered(flag.answers.all(), patient)),
        )
        for flag in flags
        for one in flagged([flag])
    ]


def usual(patient: Patient, now: datetime) -> tuple[int, list[UsualLine]]:
    """What the rule takes for usual now: of how many days, and what it is."""
    facts = facts_of(patient, now - HISTORY, now)
    hides = patient.hides(Category.OWN_SYMPTOMS)
    notes = read(window(patient, facts, now, own_words=not hides), now)
    found = usual_of(notes, told_usual(profile_of(patient).usual_symptoms))
    own = dict(patient.custom_symptoms.values_list("pk", "label"))
    lines = [
        UsualLine(sign_label(code), amount(code, level.median, patient))
        for code, level in found.levels.items()
    ]
    often = sorted(found.counts, key=lambda sign: (-found.days_with(sign), sign))
    for sign in often[:MOST_SIGNS]:
        if not found.days_with(sign):
            continue
        label = sign_label(sign)
        if sign.startswith(OWN):
            label = own.get(int(sign.removeprefix(OWN)), label)
        days = _("on %(k)d of %(n)d days") % {
            "k": found.days_with(sign),
            "n": found.days,
        }
        lines.append(UsualLine(label, days))
    return found.days, lines


def on_life_line(patient: Patient) -> list[LifeFlag]:
    """Every flag of the record on the day it opened, by the level it came to."""
    opened = FlagChange.objects.filter(patient=patient, before="").order_by("at", "pk")
    return [
        LifeFlag(day, act=peak == Level.ACT)
        for day, peak in opened.values_list("day", "flag__peak")
    ]


def changes_on_attack(
    patient: Patient, since: datetime, until: datetime
) -> list[FlagChange]:
    """The openings and rises of flags in [since, until], oldest first."""
    rows = FlagChange.objects.filter(patient=patient, at__range=(since, until))
    return [change for change in rows if change.rose]
