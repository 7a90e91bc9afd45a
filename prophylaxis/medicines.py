"""Writes of the medicines that are taken daily, and their reminders."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from itertools import count, takewhile
from typing import Final
from uuid import UUID

from django.db.models import CharField, Exists, F, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat, Greatest, Now
from django.utils import timezone

import notifications.services as notifications
from notifications.models import Occurrence
from notifications.schedule import local_day, resolve_local
from prophylaxis.drafts import MedicineDraft
from prophylaxis.models import MedicinePlan
from sharing.models import Patient, User

SUBJECT: Final = "medicine:"  # and a key: what reminders are filed under

# Design choices. Reminders are written down this far ahead, and written on when less
# than ENOUGH is left, so that they go on for a week if that job stands still; a late
# one is of use for a while.
AHEAD: Final = timedelta(days=8)
ENOUGH: Final = timedelta(days=7)
STILL_USEFUL: Final = timedelta(hours=2)

# What came due and is not sent yet, or was put off until tomorrow, is still wanted.
LOOK_BACK: Final = timedelta(days=2)


class MedicineChanged(Exception):
    """The medicine was changed or ended since the page of this change was opened."""


def save_medicine(
    patient: Patient, draft: MedicineDraft, *, by: User, seen: int | None = None
) -> tuple[MedicinePlan, bool]:
    """Store a medicine, or a change of the one with the key `seen`, as a new row.

    Also tells whether anything changed: what says what is stored already, such as a
    form sent twice, stores nothing. MedicineChanged if `seen` is not current.
    """
    with Patient.objects.writing(patient):
        rows = MedicinePlan.objects.filter(patient=patient)
        twice = rows.filter(client_id=draft.client_id).first()
        if twice is not None:
            if replace(draft_of(twice), client_id=draft.client_id) != draft:
                raise MedicineChanged
            return twice, False
        new = MedicinePlan(patient=patient, entered_by=by, **_fields(draft))
        if seen is not None:
            stored = rows.filter(pk=seen, ended_at=None).first()
            if stored is None:
                raise MedicineChanged
            if replace(draft_of(stored), client_id=draft.client_id) == draft:
                return stored, False
            _end(stored)
            new.medicine = stored.medicine
        new.save()
        replan_medicine(new)
    return new, True


def end_medicine(patient: Patient, medicine: UUID, seen: int | None) -> bool:
    """End a medicine and whatever reminder of it was to come. Twice is once.

    False if another version than the one with the key `seen` is current by now: that
    one was not meant, and goes on.
    """
    with Patient.objects.writing(patient):
        stored = current(patient, medicine)
        if stored is not None:
            if stored.pk != seen:
                return False
            _end(stored)
    return True


def current(patient: Patient, medicine: UUID) -> MedicinePlan | None:
    """What this medicine's plan says now, if it was not ended."""
    return MedicinePlan.objects.current(patient).filter(medicine=medicine).first()


def _end(stored: MedicinePlan) -> None:
    # Greatest: a clock that was set back must not leave one that cannot be ended.
    MedicinePlan.objects.filter(pk=stored.pk).update(
        ended_at=Greatest(Now(), F("began_at"))
    )
    notifications.cancel(stored.patient, subject_of(stored))


def _fields(draft: MedicineDraft) -> dict[str, object]:
    return asdict(draft) | {"times": list(draft.times)}


def draft_of(stored: MedicinePlan) -> MedicineDraft:
    """A stored medicine as a draft that says the same."""
    return MedicineDraft(
        client_id=stored.client_id,
        name=stored.name,
        dose=stored.dose,
        times=tuple(stored.times),
        zone=stored.zone,
        valid_from=stored.valid_from,
        valid_until=stored.valid_until,
        prescriber=stored.prescriber,
        remind=stored.remind,
    )


def subject_of(stored: MedicinePlan) -> str:
    """What its reminders are filed under."""
    return f"{SUBJECT}{stored.pk}"


def replan_medicine(stored: MedicinePlan) -> None:
    """Make the reminders of the coming days those of this plan.

    Call it inside `Patient.objects.writing`.
    """
    notifications.plan(
        stored.patient,
        subject_of(stored),
        Occurrence.Kind.MEDICINE,
        reminders(stored, timezone.now()) if stored.remind else [],
    )


def reminders(stored: MedicinePlan, now: datetime) -> list[notifications.Due]:
    """The reminders of the last two days and as far ahead as they are written down.

    Oldest first. Those that have passed are kept if they are planned, and not begun
    anew. Two times of day that fall together where clocks go forward are one reminder.
    """
    today = local_day(now, stored.tz)
    first = max(local_day(now - LOOK_BACK, stored.tz), stored.valid_from)
    last = min(
        local_day(now + AHEAD, stored.tz), stored.valid_until or today + 2 * AHEAD
    )
    days = takewhile(lambda day: day <= last, (first + timedelta(n) for n in count()))
    moments = {resolve_local(day, at, stored.tz) for day in days for at in stored.times}
    return [
        notifications.Due(
            key=f"{subject_of(stored)}:{at.astimezone(UTC):%Y%m%dT%H%MZ}",
            due_at=at,
            expires_at=at + STILL_USEFUL,
            about_at=at,
            zone=stored.zone,
            urgency=Occurrence.Urgency.ASKED,
        )
        for at in sorted(moments)
        if at > now - LOOK_BACK
    ]


def extend_reminders() -> int:
    """Write on the reminders that end within a week; of how many records.

    Safe to run at any time and twice, and to be cut off: the next run does the rest.
    """
    now = timezone.now()
    far_ahead = Occurrence.objects.filter(
        patient=OuterRef("patient"),
        subject=Concat(Value(SUBJECT), Cast(OuterRef("pk"), CharField())),
        due_at__gt=now + ENOUGH,
    )
    ending = MedicinePlan.objects.filter(
        ~Exists(far_ahead),
        Q(valid_until=None) | Q(valid_until__gte=now - LOOK_BACK),
        ended_at=None,
        remind=True,
    )
    records = Patient.objects.filter(
        pk__in=ending.values("patient"), closed_at=None
    ).order_by("pk")
    return len(records) - len(notifications.each_record(records, remind_again))


def remind_again(patient: Patient) -> None:
    """Make the reminders of the coming days those of all medicines taken now.

    Call it inside `Patient.objects.writing`.
    """
    for stored in MedicinePlan.objects.current(patient).select_related("patient"):
        replan_medicine(stored)
