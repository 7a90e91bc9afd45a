"""Attacks of two records: the same one written twice becomes one."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.models import (
    BOUNDARIES,
    Attack,
    CaseReport,
    Complication,
    Facts,
    Grade,
    PastCount,
    Stay,
    Treatment,
    Trigger,
)
from attacks.services import FOREVER
from attacks.words import boundary, dates
from capleak.merging.shared import MINE, Merging, Pair, ask_about, label_of
from sharing.models import Patient

ROWS: Final = (Stay, Treatment, Complication)
ANSWERS: Final = ("drank_at_home", "iv_fluids", "ward", "icu", "ventilated", "surgery")
TIMES: Final = (
    *(f"{name}{part}" for name in BOUNDARIES for part in ("", "_precision", "_source")),
    "ongoing",
    "outcome",
    "certainty",
    "zone",
)
ATTACK: Final = gettext_lazy("Attack of %(dates)s")


def overlapping(target: Patient, source: Patient) -> list[Pair]:
    """Attacks of both that lie in each other's time: they must be the same one."""
    mine = list(Attack.objects.filter(patient=target).order_by("pk"))
    theirs = list(Attack.objects.filter(patient=source).order_by("pk"))
    return [
        Pair(a, b)
        for b in theirs
        for a in mine
        if _first(a) <= _last(b) and _first(b) <= _last(a)
    ]


def counted_twice(target: Patient, source: Patient) -> list[Pair]:
    """Numbers of attacks before the diary that are about the same days."""
    mine = list(PastCount.objects.filter(patient=target).order_by("pk"))
    return [
        Pair(a, b)
        for b in PastCount.objects.filter(patient=source).order_by("pk")
        for a in mine
        if a.from_on <= b.until_on and b.from_on <= a.until_on
    ]


def settle(merging: Merging) -> None:
    """Make one of each pair; what is not in the way is left for the rules to move."""
    gone: set[int] = set()
    for pair in overlapping(merging.target, merging.source):
        if pair.theirs.pk not in gone:
            _become_one(pair, merging)
            gone.add(pair.theirs.pk)
    for pair in counted_twice(merging.target, merging.source):
        loser = pair.theirs if merging.answer(pair) == MINE else pair.mine
        if PastCount.objects.filter(pk=loser.pk).exists():
            _leave_count(merging, loser)
            loser.delete()


def _become_one(pair: Pair, merging: Merging) -> None:
    """The attack that stays takes the facts of the other, and its times if chosen."""
    stays, goes = pair.mine, pair.theirs
    loser = goes if merging.answer(pair) == MINE else stays
    merging.leave(ATTACK % {"dates": dates(loser)}, times(loser))
    _move_facts(stays, goes)
    if loser is stays:
        for name in TIMES:
            setattr(stays, name, getattr(goes, name))
    stays.note = joined(stays.note, goes.note)
    ask_about(stays.public_id, instead_of=goes.public_id)
    goes.delete()
    stays.save()


def times(attack: Attack) -> str:
    """Every boundary of an attack that is known, on a line of its own."""
    known = [
        f"{label_of(attack, name)}: {boundary(attack, name)}"
        for name in BOUNDARIES
        if getattr(attack, name)
    ]
    if attack.ongoing:
        known.append(_("still going on"))
    return "\n".join(known)


def joined(mine: str, theirs: str) -> str:
    """Two notes as one, in which nothing stands twice."""
    if not theirs or theirs in mine:
        return mine
    return f"{mine}\n\n{theirs}" if mine else theirs


def _move_facts(stays: Attack, goes: Attack) -> None:
    for model in ROWS:
        rows = model.objects.filter(attack=goes)
        rows.update(attack=stays)
    _move_triggers(stays, goes)
    graded = Grade.objects.filter(attack=stays).values("assigned_as")
    others = Grade.objects.filter(attack=goes).exclude(assigned_as__in=graded)
    others.update(attack=stays)
    if not CaseReport.objects.filter(attack=stays).exists():
        CaseReport.objects.filter(attack=goes).update(attack=stays)
    _add_answers(stays, goes)


def _move_triggers(stays: Attack, goes: Attack) -> None:
    """All of both; that none was known is not true any more if the other knew one."""
    none = {"kind": Trigger.Kind.NONE_KNOWN}
    theirs = Trigger.objects.filter(attack=goes)
    if theirs.exclude(**none).exists():
        Trigger.objects.filter(attack=stays, **none).delete()
    if Trigger.objects.filter(attack=stays).exists():
        theirs = theirs.exclude(**none)
    theirs.update(attack=stays)


def _add_answers(stays: Attack, goes: Attack) -> None:
    """Answers that only one of the two has; where they differ, that which stays."""
    mine = Facts.objects.filter(attack=stays).first()
    theirs = Facts.objects.filter(attack=goes).first()
    if theirs is None:
        return
    if mine is None:
        Facts.objects.filter(pk=theirs.pk).update(attack=stays)
        return
    for name in ANSWERS:
        if getattr(mine, name) is None:
            setattr(mine, name, getattr(theirs, name))
    if not mine.no_sequelae:
        mine.sequelae = sorted({*mine.sequelae, *theirs.sequelae})
        mine.sequelae_note = mine.sequelae_note or theirs.sequelae_note
    mine.save()


def _leave_count(merging: Merging, count: PastCount) -> None:
    what = _("Attacks from %(first)s to %(last)s") % {
        "first": date_format(count.from_on, "j F Y"),
        "last": date_format(count.until_on, "j F Y"),
    }
    merging.leave(what, "\n".join(filter(None, [str(count.count), count.note])))


def _first(attack: Attack) -> datetime:
    return min(at for at in attack.clock.boundaries if at)


def _last(attack: Attack) -> datetime:
    known = [at for at in attack.clock.boundaries if at]
    return FOREVER if attack.ongoing else max(known)
