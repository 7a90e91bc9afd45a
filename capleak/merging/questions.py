"""What two records are asked about before they become one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks.models import Attack
from capleak.merging import attacks, prophylaxis
from capleak.merging.circle import Circle, circle
from capleak.merging.shared import CannotMerge, Pair
from diary.models import CheckIn, Comment, ImportRun, Measurement
from prophylaxis.models import Infusion, MedicinePlan
from sharing.models import Deletion, Patient, Permission, User

MOST_OFFERED = 50  # records to choose the other one from


@dataclass(frozen=True, slots=True)
class Questions:
    """What only a person can decide, and what the page tells beside that."""

    attacks: list[Pair]
    counts: list[Pair]
    infusions: list[Pair]
    plans: Pair | None
    circle: Circle
    goes: list[str]  # how much goes over, in words
    two_births: bool  # the dates of birth differ: one person has one


def candidates(user: User, record: Patient) -> QuerySet[Patient]:
    """The other records that the user owns or manages, the likely one first."""
    may_manage = Q(is_own=True) | Q(granted__contains=[Permission.MANAGE])
    visible = Patient.objects.visible_to(user).filter(
        may_manage, closed_at=None, is_demo=record.is_demo
    )
    alike = Case(When(name__iexact=record.name, then=0), default=1)
    return visible.exclude(pk=record.pk).order_by(alike, "name", "pk")[:MOST_OFFERED]


def refuse(target: Patient, source: Patient) -> None:
    """CannotMerge for two records that cannot become one, whatever is answered.

    Both as their reader opened them.
    """
    if target.is_closed or source.is_closed:
        raise CannotMerge(_("One of the two is closed. Open it again first."))
    if Deletion.objects.filter(patient__in=[target, source]).exists():
        raise CannotMerge(_("One of the two is to be deleted. Keep it first."))
    if source.owner_id is not None and target.owner_id is not None:
        raise CannotMerge(
            _(
                "Both diaries belong to a sign-in of their own, and one person has "
                "one. Take the diary of the sign-in that is not used out as files, "
                "and delete that sign-in."
            )
        )
    if source.owner_id is not None:
        raise CannotMerge(
            _(
                "The other diary is its person’s own, and that one must stay. Open it "
                "and merge this one into it."
            )
        )
    if target.hidden or source.hidden:
        raise CannotMerge(
            _("Something of one of the two is hidden from you, so you cannot decide.")
        )
    if source.imports.filter(state=ImportRun.State.QUEUED).exists():
        raise CannotMerge(
            _("A file is being brought into the other diary. Wait until it is done.")
        )


def questions(target: Patient, source: Patient, by: User) -> Questions:
    """Everything to ask and to tell of two records that can be one."""
    refuse(target, source)
    return Questions(
        attacks=attacks.overlapping(target, source),
        counts=attacks.counted_twice(target, source),
        infusions=prophylaxis.doubled(target, source),
        plans=prophylaxis.two_plans(target, source),
        circle=circle(target, source, by),
        goes=_goes(source),
        two_births=bool(
            target.born_on and source.born_on and target.born_on != source.born_on
        ),
    )


def _goes(source: Patient) -> list[str]:
    """How many rows of each kind that a person knows."""
    number = {
        model: model._meta.base_manager.filter(patient=source).count()
        for model in (CheckIn, Measurement, Attack, Infusion, MedicinePlan, Comment)
    }
    words = {
        CheckIn: ngettext("%(n)d check-in", "%(n)d check-ins", number[CheckIn]),
        Measurement: ngettext(
            "%(n)d measurement", "%(n)d measurements", number[Measurement]
        ),
        Attack: ngettext("%(n)d attack", "%(n)d attacks", number[Attack]),
        Infusion: ngettext("%(n)d infusion", "%(n)d infusions", number[Infusion]),
        MedicinePlan: ngettext(
            "%(n)d line of medicines", "%(n)d lines of medicines", number[MedicinePlan]
        ),
        Comment: ngettext("%(n)d comment", "%(n)d comments", number[Comment]),
    }
    return [words[model] % {"n": n} for model, n in number.items() if n]
