"""Writes to attacks: each under the lock of the patient, each refused kindly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError

from attacks import phases
from attacks.drafts import AttackDraft, Boundary, draft_of
from attacks.models import BOUNDARIES, Attack, Precision, Source
from diary import flags
from diary.history import EDITED
from diary.services import changing
from sharing.models import Grant, Patient, User

FOREVER: Final = datetime.max.replace(tzinfo=UTC)


class Refused(Exception):
    """A write that the rules forbid; nothing was stored."""


class Overlaps(Refused):
    """The times lie in those of another attack."""

    def __init__(self, other: Attack | None) -> None:
        super().__init__("overlaps another attack")
        self.other = other


class AlreadyOngoing(Refused):
    """Another attack is still open."""

    def __init__(self, other: Attack | None) -> None:
        super().__init__("another attack is open")
        self.other = other


class NotNext(Refused):
    """A move that this attack cannot make, or cannot make any more."""


class ChangedMeanwhile(Refused):
    """Somebody saved the attack after the form was opened."""

    def __init__(self, attack: Attack) -> None:
        super().__init__("changed meanwhile")
        self.attack = attack


def start_attack(
    patient: Patient,
    begins: str,
    *,
    by: User,
    now: datetime,
    early_at: datetime | None = None,
) -> tuple[Attack, bool]:
    """Open an attack whose `begins` boundary is now: the attack, and whether it is new.

    `begins` is "prodrome_start" or "leak_start"; `early_at` is when the first early
    signs were, where that is known to be earlier. While one is open, that one is
    returned: two people may press at once, and a double tap is one attack.
    """
    if begins not in {"prodrome_start", "leak_start"}:
        raise NotNext(begins)
    try:
        with Patient.objects.writing(patient):
            attacks = Attack.objects.filter(patient=patient)
            if ongoing := attacks.filter(ongoing=True).first():
                # Early signs were noted before, and now it is more than that.
                leak = phases.Move.LEAK
                if begins == leak and leak in phases.next_moves(ongoing.clock):
                    move_attack(patient, ongoing.public_id, leak, by=by, now=now)
                return ongoing, False
            attack = Attack(
                patient=patient, zone=patient.zone, ongoing=True, entered_by=by
            )
            at, source = _free_from(patient, now), source_of(patient, by)
            stamp(attack, begins, at, source=source)
            if early_at is not None and early_at < now:
                early = Boundary(
                    min(_free_from(patient, early_at), at), Precision.HOURS
                )
                set_boundary(attack, "prodrome_start", early, source=source)
            attack.save()
            flags.reassess(patient, now)  # from here on the attack is what is open
            return attack, True
    except IntegrityError as error:
        # A writer without the lock came first; what it opened is the open attack. Two
        # constraints say so, and PostgreSQL names whichever it looks at first.
        if constraint(error) not in {
            "attacks_attack_one_ongoing",
            "attacks_attack_no_overlap",
        }:
            raise
        opened = Attack.objects.filter(patient=patient, ongoing=True).first()
        if opened is None:
            raise
        return opened, False


def _free_from(patient: Patient, now: datetime) -> datetime:
    """Now, or the first instant after an attack whose typed end lies a minute ahead."""
    before = Attack.objects.overlapping(now, FOREVER).filter(patient=patient)
    ends = [at for attack in before for at in attack.clock.boundaries if at]
    return max([now, *(at + timedelta(microseconds=1) for at in ends)])


def move_attack(
    patient: Patient, public_id: UUID, move: phases.Move, *, by: User, now: datetime
) -> Attack:
    """Cross the next boundary of an open attack now; NotNext if it cannot be crossed.

    Attack.DoesNotExist for an attack that is not this patient's.
    """
    with changing(patient, by=by, what=EDITED):
        attack = Attack.objects.get(patient=patient, public_id=public_id)
        # A time typed a moment ago may lie up to a minute ahead.
        known = [at for at in attack.clock.boundaries if at]
        at = max([now, *known])
        try:
            clock = phases.moved(attack.clock, move, at)
        except ValueError:
            raise NotNext(move) from None
        source = source_of(patient, by)
        for name in BOUNDARIES:
            if getattr(clock, name) != getattr(attack, name):
                stamp(attack, name, at, source=source)
        attack.ongoing = clock.ongoing
        if clock.came_to_nothing:
            attack.outcome = Attack.Outcome.ABORTED
        attack.save()
    return attack


def add_attack(patient: Patient, draft: AttackDraft, *, by: User) -> Attack:
    """Store an attack as typed. Sent twice, it is stored once.

    Overlaps or AlreadyOngoing if another attack is in the way.
    """
    with refusals(), Patient.objects.writing(patient):
        same = Attack.objects.overlapping(*_reach(draft)).filter(patient=patient)
        for stored in same:
            if draft_of(stored, note=stored.note).digest == draft.digest:
                return stored
        _make_room(patient, draft)
        attack = Attack(patient=patient, zone=patient.zone, entered_by=by)
        _apply(attack, draft, source=source_of(patient, by))
        attack.save()
        flags.reassess(patient)  # what lies in an attack is not what is usual
    return attack


def correct_attack(
    patient: Patient, public_id: UUID, draft: AttackDraft, *, seen: str, by: User
) -> Attack:
    """Store a corrected attack; nothing moves but what was changed.

    `seen` is the digest of what the form showed: ChangedMeanwhile if something else is
    stored by now. Overlaps or AlreadyOngoing if another attack is in the way.
    Attack.DoesNotExist for an attack that is not this patient's.
    """
    with refusals(), changing(patient, by=by, what=EDITED):
        attack = Attack.objects.get(patient=patient, public_id=public_id)
        note = None if draft.note is None else attack.note
        stored = draft_of(attack, note=note)
        if stored.digest == draft.digest:
            return attack
        if stored.digest != seen:
            raise ChangedMeanwhile(attack)
        _make_room(patient, draft, besides=attack)
        _apply(attack, draft, source=source_of(patient, by))
        attack.save()
    return attack


def _apply(attack: Attack, draft: AttackDraft, *, source: Source) -> None:
    for name in BOUNDARIES:
        boundary = draft.boundaries[name]
        stored = Boundary(getattr(attack, name), getattr(attack, f"{name}_precision"))
        if str(stored) != str(boundary):
            set_boundary(attack, name, boundary, source=source)
    attack.ongoing = draft.ongoing
    attack.outcome = draft.outcome
    attack.certainty = draft.certainty
    if draft.note is not None:
        attack.note = draft.note


def stamp(attack: Attack, name: str, at: datetime, *, source: Source) -> None:
    """Set a boundary that somebody sees happen."""
    set_boundary(attack, name, Boundary(at, Precision.EXACT), source=source)


def set_boundary(
    attack: Attack, name: str, boundary: Boundary, *, source: Source
) -> None:
    """Set an instant, how well it is known and who says so; the only way to."""
    setattr(attack, name, boundary.at)
    setattr(attack, f"{name}_precision", boundary.precision)
    setattr(attack, f"{name}_source", source)


def source_of(patient: Patient, by: User) -> Source:
    """As whom `by` writes into this record."""
    if patient.owner_id == by.pk:
        return Source.PATIENT
    grant = Grant.objects.filter(patient=patient, user=by, revoked_at=None).first()
    return Source(grant.kind) if grant else Source.CAREGIVER


def _reach(draft: AttackDraft) -> tuple[datetime, datetime]:
    """The time that a draft occupies; an open one has no end."""
    known = [at for at in draft.clock.boundaries if at]
    return min(known), FOREVER if draft.ongoing else max(known)


def _make_room(
    patient: Patient, draft: AttackDraft, *, besides: Attack | None = None
) -> None:
    """Refuse a draft that is in the way of another attack, and name that attack."""
    others = Attack.objects.filter(patient=patient)
    if besides:
        others = others.exclude(pk=besides.pk)
    if draft.ongoing and (other := others.filter(ongoing=True).first()):
        raise AlreadyOngoing(other)
    taken = Attack.objects.overlapping(*_reach(draft)).filter(pk__in=others)
    if other := taken.order_by("pk").first():
        raise Overlaps(other)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what the database refuses into the exceptions of this module."""
    try:
        yield
    except IntegrityError as error:
        match constraint(error):
            case "attacks_attack_no_overlap":
                raise Overlaps(None) from error
            case "attacks_attack_one_ongoing":
                raise AlreadyOngoing(None) from error
        raise


def constraint(error: IntegrityError) -> str | None:
    """The name of the constraint that was violated."""
    diagnostics = getattr(error.__cause__, "diag", None)
    return getattr(diagnostics, "constraint_name", None)
