"""Writes to the facts of an attack: each under the lock of the patient, each kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from uuid import UUID

from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    Stay,
    Treatment,
    Trigger,
)
from attacks.models.facts import Fact
from attacks.services import Refused, source_of
from attacks.severity import Course
from diary.history import DELETED, EDITED
from diary.services import changing
from sharing.models import Patient, User

KINDS: Final[Mapping[str, type[Fact]]] = {
    "trigger": Trigger,
    "stay": Stay,
    "treatment": Treatment,
    "complication": Complication,
}
COURSE: Final = ("drank_at_home", "iv_fluids", "ward", "icu", "ventilated", "surgery")
# What a person types; who and when are not.
NOT_TYPED: Final = {
    "id",
    "client_id",
    "attack",
    "source",
    "entered_by",
    "recorded_at",
}

F = TypeVar("F", bound=Fact)


class FactChanged(Refused):
    """Somebody saved the same thing after the form was opened; it is what is stored."""

    def __init__(self, stored: Any) -> None:
        super().__init__("changed meanwhile")
        self.stored = stored


class FactDeleted(Refused):
    """It was deleted since the form was opened; sending it brings nothing back."""


class NoneOrSome(Refused):
    """That no trigger is known cannot stand beside one."""


def digest(fact: Fact, *, with_note: bool) -> str:
    """The same for two rows that say the same; a hidden note is no part of it."""
    told = [
        f"{column.name} {getattr(fact, column.name)!r}"
        for column in fact._meta.concrete_fields
        if column.name not in NOT_TYPED and (with_note or column.name != "note")
    ]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def save_fact(
    patient: Patient,
    attack: Attack,
    fact: F,
    *,
    seen: str | None,
    with_note: bool = True,
    by: User,
) -> F:
    """Store one fact, new (`seen` None) or changed.

    `seen` is the digest of what the form showed: FactChanged if something else is
    stored by now. A new one that is sent twice is one; sent again with other words it
    says these, and the earlier ones are kept. FactDeleted if it is gone; NoneOrSome for
    "none known" beside a known trigger.
    """
    model = type(fact)
    with changing(patient, by=by, what=EDITED):
        rows = model.objects.filter(attack__patient=patient, attack=attack)
        stored = rows.filter(client_id=fact.client_id).first()
        if stored is None and was_deleted(attack, fact.client_id):
            raise FactDeleted
        if stored is not None and seen is not None:
            now, wanted = (digest(f, with_note=with_note) for f in (stored, fact))
            if now not in {seen, wanted}:
                raise FactChanged(stored)
        if isinstance(fact, Trigger):
            _one_or_none(patient, attack, fact)
        fact.attack = attack
        if stored is None:
            fact.entered_by = by
        else:
            fact.pk = stored.pk
            fact.entered_by, fact.recorded_at = stored.entered_by, stored.recorded_at
        fact.source = source_of(patient, by)
        fact.save()
    return fact


def delete_fact(
    patient: Patient, attack: Attack, kind: str, client_id: UUID, *, by: User
) -> None:
    """Take a fact away; what it said stays in the history. Deleting twice is once."""
    with changing(patient, by=by, what=DELETED):
        rows = KINDS[kind].objects.filter(attack__patient=patient)
        rows.filter(attack=attack, client_id=client_id).delete()


def was_deleted(attack: Attack, client_id: UUID) -> bool:
    """Whether a fact of this attack was here and is gone."""
    gone = {"attack": attack, "client_id": client_id, "pgh_label": "delete"}
    models: Any = KINDS.values()  # pghistory adds what no type checker can see
    events = [model.pgh_event_model.objects for model in models]
    return any(of_kind.filter(**gone).exists() for of_kind in events)


def _one_or_none(patient: Patient, attack: Attack, fact: Trigger) -> None:
    """A known trigger replaces "none known"; "none known" replaces nothing."""
    others = Trigger.objects.readable(patient).filter(attack=attack)
    others = others.exclude(client_id=fact.client_id)
    none = Trigger.Kind.NONE_KNOWN
    if fact.kind != none:
        others.filter(kind=none).delete()
    elif others.exists():
        raise NoneOrSome


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """How far the attack went and what stayed behind, as it shall be stored, whole."""

    course: Course = field(default_factory=Course)
    sequelae: tuple[str, ...] = ()
    no_sequelae: bool = False
    no_complications: bool = False
    sequelae_note: str = ""
    grade: int | None = None
    scale_name: str = ""
    scale_version: str = ""

    @property
    def digest(self) -> str:
        """The same for two drafts that say the same."""
        return hashlib.sha256(repr(self).encode()).hexdigest()


def course_of(attack: Attack, *, given_as: str) -> CourseDraft:
    """What is stored, with the grade that this kind of person gave."""
    facts = Facts.objects.filter(attack=attack).first() or Facts(attack=attack)
    grade = Grade.objects.filter(attack=attack, assigned_as=given_as).first()
    return CourseDraft(
        course=Course(**{name: getattr(facts, name) for name in COURSE}),
        sequelae=tuple(facts.sequelae),
        no_sequelae=facts.no_sequelae,
        no_complications=facts.no_complications,
        sequelae_note=facts.sequelae_note,
        grade=grade.value if grade else None,
        scale_name=grade.scale_name if grade else "",
        scale_version=grade.scale_version if grade else "",
    )


def save_course(
    patient: Patient, attack: Attack, draft: CourseDraft, *, seen: str, by: User
) -> None:
    """Store how far the attack went; FactChanged if somebody else did meanwhile."""
    with changing(patient, by=by, what=EDITED):
        given_as = source_of(patient, by)
        stored = course_of(attack, given_as=given_as)
        if stored == draft:
            return
        if stored.digest != seen:
            raise FactChanged(stored)
        facts = Facts.objects.filter(attack=attack).first() or Facts(attack=attack)
        for name in COURSE:
            setattr(facts, name, getattr(draft.course, name))
        facts.sequelae = list(draft.sequelae)
        facts.no_sequelae = draft.no_sequelae
        facts.no_complications = draft.no_complications
        facts.sequelae_note = draft.sequelae_note
        facts.entered_by = by
        facts.save()
        _save_grade(attack, draft, given_as=given_as, by=by)


def _save_grade(attack: Attack, draft: CourseDraft, *, given_as: str, by: User) -> None:
    mine = Grade.objects.filter(attack=attack, assigned_as=given_as).first()
    if draft.grade is None:
        if mine:
            mine.delete()
        return
    told = (draft.grade, draft.scale_name, draft.scale_version)
    if mine and told == (mine.value, mine.scale_name, mine.scale_version):
        return  # whoever gave it first stays its author
    grade = mine or Grade(attack=attack, assigned_as=given_as)
    grade.value, grade.scale_name, grade.scale_version = told
    grade.assigned_by = by
    grade.save()
