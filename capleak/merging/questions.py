"""What two records are asked about before they become one."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, Q, QuerySet, When
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks.models import Attack
from capleak.merging import attacks, prophylaxis
from capleak.merging.circle import Circle, circle, refuse_loss
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
    """The other records that the user may merge, see _may_merge; the likely first."""
    everything = Q(granted__contains=Permission.values, granted_until=None)
    visible = Patient.objects.visible_to(user).filter(
        Q(is_own=True) | everything, closed_at=None, is_demo=record.is_demo
    )
    alike = Case(When(name__iexact=record.name, then=0), default=1)
    return visible.exclude(pk=record.pk).order_by(alike, "name", "pk")[:MOST_OFFERED]


def refuse_into(target: Patient) -> None:
    """CannotMerge if who opened this record may not let another one go into it."""
    if target.owner_id is not None and not target.is_own:
        raise CannotMerge(
            _(
                "This diary is its person’s own, and only they can let another one go "
                "into it. Let them manage the other one too, with every permission and "
                "without an end; then they merge the two."
            )
        )
    if not _may_merge(target):
        raise CannotMerge(
            _(
                "Only who manages this diary without an end, with every permission, "
                "can merge it. Ask somebody who does."
            )
        )


def _may_merge(record: Patient) -> bool:
    """Whether who opened it has it whole and for good: a merge cannot be undone."""
    return record.runs_for_good and record.given.issuperset(Permission.values)


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
    if source.is_own:
        raise CannotMerge(
            _(
                "The other diary is your own, and that one must stay. Open it and "
                "merge this one into it."
            )
        )
    if source.owner_id is not None:
        raise CannotMerge(
            _(
                "The other diary is its person’s own, and that one must stay. Let them "
                "manage this one too, with every permission and without an end; then "
                "they merge the two."
            )
        )
    refuse_into(target)
    if not _may_merge(source):
        raise CannotMerge(
            _(
                "Only who manages the other diary without an end, with every "
                "permission, can merge it. Ask somebody who does."
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
    people = circle(target, source, by)
    refuse_loss(target, source, by, kept={grant.pk for grant in people.one})
    return Questions(
        attacks=attacks.overlapping(target, source),
        counts=attacks.counted_twice(target, source),
        infusions=prophylaxis.doubled(target, source),
        plans=prophylaxis.two_plans(target, source),
        circle=people,
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
