"""Attacks from before the diary: by year, or as a number for some years."""

from __future__ import annotations

import hashlib
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError
from django.db.models.functions import Least

from attacks.drafts import AttackDraft, Boundary
from attacks.models import BOUNDARIES, Attack, PastCount, Precision
from attacks.services import (
    Overlaps,
    Refused,
    add_attack,
    constraint,
    source_of,
)
from diary.history import DELETED, EDITED
from diary.services import changing
from sharing.models import Patient, User

_MINUTES_A_DAY: Final = 1440
_TRIES: Final = 50


class PastOverlaps(Refused):
    """Another count has some of the same days."""


class MoreRecorded(Refused):
    """More attacks are written down one by one than the count says there were."""

    def __init__(self, recorded: int) -> None:
        super().__init__("more are recorded")
        self.recorded = recorded


class PastDeleted(Refused):
    """It was deleted since the form was opened; sending it brings nothing back."""


class PastChanged(Refused):
    """Somebody changed the count after the form was opened."""

    def __init__(self, stored: PastCount) -> None:
        super().__init__("changed meanwhile")
        self.stored = stored


@dataclass(frozen=True, slots=True)
class Month:
    """A year, or a month of it, as people remember it."""

    year: int
    month: int | None = None

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year, month, monthrange(self.year, month)[1])

    @property
    def precision(self) -> Precision:
        return Precision.MONTH if self.month else Precision.YEAR


def add_by_year(
    patient: Patient,
    when: Month,
    *,
    certainty: str,
    note: str,
    client_id: UUID,
    by: User,
    now: datetime,
) -> Attack:
    """Store an attack that is known by its year or month only.

    It needs an instant all the same, and two of one year need two. So it gets one
    around the middle that follows from `client_id`: the same form sent twice is one
    attack. Overlaps if the time is full of other attacks, or if the same form was sent
    before and said something else.
    """
    zone = patient.tz
    start = datetime.combine(when.first, time(), zone).astimezone(UTC)
    end = datetime.combine(when.last, time(23), zone).astimezone(UTC)
    room = (min(end, now) - start) / 4
    span = max(int(room / timedelta(minutes=1)), 1)
    seed = int.from_bytes(client_id.bytes[:8])
    refusal: Overlaps | None = None
    for attempt in range(_TRIES):
        minutes = (seed + attempt * 7 * _MINUTES_A_DAY) % (2 * span) + span
        at = start + timedelta(minutes=minutes)
        boundaries = dict.fromkeys(BOUNDARIES, Boundary(None, Precision.EXACT))
        boundaries["leak_start"] = Boundary(at, when.precision)
        draft = AttackDraft(
            boundaries=boundaries,
            ongoing=False,
            outcome=Attack.Outcome.ATTACK,
            certainty=certainty,
            note=note,
        )
        try:
            return add_attack(patient, draft, by=by)
        except Overlaps as full:
            refusal = full
            if not attempt and full.other and full.other.leak_start == at:
                break  # this form was saved before, with other words
    assert refusal is not None
    raise refusal


def digest(count: PastCount) -> str:
    """The same for two counts that say the same."""
    told = (
        count.from_on,
        count.until_on,
        count.count,
        str(count.precision),
        count.complete,
        count.note,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()


def save_count(
    patient: Patient, count: PastCount, *, seen: str | None, by: User
) -> PastCount:
    """Store a count, new (`seen` None) or changed; sent twice is one.

    PastOverlaps, MoreRecorded, PastChanged or PastDeleted say what is in the way;
    nothing is stored then.
    """
    try:
        with changing(patient, by=by, what=EDITED):
            rows = PastCount.objects.filter(patient=patient)
            stored = rows.filter(client_id=count.client_id).first()
            if stored is None and was_deleted(patient, count.client_id):
                raise PastDeleted
            changed = stored and digest(stored) not in {seen, digest(count)}
            if stored and changed and seen is not None:
                raise PastChanged(stored)
            recorded = recorded_in(patient, count.from_on, count.until_on)
            if recorded > count.count:
                raise MoreRecorded(recorded)
            count.patient = patient
            count.source = source_of(patient, by)
            if stored:
                count.pk, count.entered_by = stored.pk, stored.entered_by
                count.recorded_at = stored.recorded_at
            else:
                count.entered_by = by
            count.save()
    except IntegrityError as error:
        if constraint(error) == "attacks_pastcount_no_overlap":
            raise PastOverlaps from error
        raise
    return count


def delete_count(patient: Patient, client_id: UUID, *, by: User) -> None:
    """Take a count away; it stays in the history. Deleting twice is once."""
    with changing(patient, by=by, what=DELETED):
        PastCount.objects.filter(patient=patient, client_id=client_id).delete()


def was_deleted(patient: Patient, client_id: UUID) -> bool:
    """Whether a count of this record was here and is gone."""
    events: Any = PastCount.pgh_event_model.objects  # type: ignore[attr-defined]  # of pghistory
    gone = events.filter(patient=patient, client_id=client_id, pgh_label="delete")
    return bool(gone.exists())


def recorded_in(patient: Patient, first: date, last: date) -> int:
    """How many attacks that are written down began on these days, both included."""
    since = datetime.combine(first, time(), patient.tz)
    until = datetime.combine(last + timedelta(days=1), time(), patient.tz)
    counted = Attack.objects.counted().filter(patient=patient)
    began = counted.annotate(first_at=Least(*BOUNDARIES))
    return began.filter(first_at__gte=since, first_at__lt=until).count()
