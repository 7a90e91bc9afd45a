"""Writes of the diary that touch several tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from diary.drafts import CheckInDraft
from diary.models import CheckIn, Measurement, Symptom
from diary.redflags import RedFlag, red_flags
from sharing.models import Patient, User


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the stored check-in, and whether this call stored it."""

    checkin: CheckIn
    is_new: bool


class AlreadySaved(Exception):
    """This client id was used before, for a check-in that says something else."""

    def __init__(self, checkin: CheckIn) -> None:
        super().__init__("client id used before")
        self.checkin = checkin


def record_checkin(patient: Patient, draft: CheckInDraft, *, by: User) -> Saved:
    """Store the check-in once.

    A draft sent twice returns the stored check-in. AlreadySaved if the client id is
    the same and the content is not: the person went back and changed it, and neither
    version may be lost silently.
    """
    with Patient.objects.writing(patient):
        stored = patient.checkins.filter(client_id=draft.client_id).first()
        if stored is not None:
            if not same(stored, draft):
                raise AlreadySaved(stored)
            return Saved(stored, is_new=False)
        checkin = CheckIn(
            patient=patient,
            client_id=draft.client_id,
            no_symptoms=draft.no_symptoms,
            note=draft.note,
            entered_by=by,
        )
        checkin.set_moment(draft.at, draft.zone)
        checkin.save()
        Symptom.objects.bulk_create(
            Symptom(checkin=checkin, code=code, severity=severity)
            for code, severity in draft.symptoms.items()
        )
        Measurement.objects.bulk_create(
            readings(patient, draft, checkin=checkin, by=by)
        )
    return Saved(checkin, is_new=True)


def readings(
    patient: Patient, draft: CheckInDraft, *, checkin: CheckIn | None, by: User
) -> list[Measurement]:
    """The draft's measurements, not saved yet."""
    rows = []
    for reading in draft.readings:
        row = Measurement(
            patient=patient,
            checkin=checkin,
            client_id=draft.client_id,
            quantity=reading.quantity,
            value=reading.value,
            typed_value=reading.typed_value,
            typed_unit=reading.typed_unit,
            entered_by=by,
        )
        row.set_moment(draft.at, draft.zone)
        rows.append(row)
    return rows


def same(stored: CheckIn, draft: CheckInDraft) -> bool:
    """Whether a stored check-in says what the draft says; sent when is no matter."""
    symptoms = {s.code: s.severity for s in stored.symptoms.all()}
    values = {m.quantity: m.value for m in stored.measurements.all()}
    return (
        symptoms == dict(draft.symptoms)
        and (stored.at == draft.at or not draft.timed)
        and stored.no_symptoms == draft.no_symptoms
        and stored.note == draft.note
        and values == {r.quantity: r.value for r in draft.readings}
    )


def red_flags_of(checkin: CheckIn, now: datetime) -> list[RedFlag]:
    """The red flags in one check-in; no score, no baseline, nothing else is asked."""
    return red_flags(
        {s.code: s.severity for s in checkin.symptoms.all()},
        {m.quantity: m.value for m in checkin.measurements.all()},
        is_child=checkin.patient.is_child(now),
    )


@dataclass(frozen=True, slots=True)
class Flagged:
    """A check-in with red flags, and when that was, on the clock it was lived by."""

    local_at: datetime
    flags: list[RedFlag]


def recent_red_flags(patient: Patient, now: datetime) -> list[Flagged]:
    """Check-ins with red flags that were saved within a day, the last saved first.

    A later check-in without any does not make an earlier one unsaid.
    """
    saved = patient.checkins.filter(recorded_at__gte=now - timedelta(days=1))
    latest = saved.select_related("patient").order_by("-recorded_at", "-pk")
    return [
        Flagged(checkin.local_at, flags)
        for checkin in latest.prefetch_related("symptoms", "measurements")[:50]
        if (flags := red_flags_of(checkin, now))
    ]
