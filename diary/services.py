"""Writes of the diary that touch several tables.

Each change of a stored check-in is one pghistory context with who made it, so that
`diary.history` can show and give back what was there before. Each carries the number
of the change that its page was made after: what arrives late, twice or out of order
undoes nothing that came between.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pghistory
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from diary import flags, history
from diary.drafts import CheckInDraft, Reading, reading_of, same
from diary.history import draft_of
from diary.models import CheckIn, CustomSymptom, Measurement, Symptom
from diary.personal import usual_values
from diary.redflags import RedFlag, red_flags, unnamed, worst
from diary.visible import Hidden, keeping, visible, without
from notifications.services import checked_in
from sharing.models import Patient, User

__all__ = [
    "AlreadySaved",
    "Conflict",
    "Deleted",
    "Flagged",
    "Saved",
    "delete_checkin",
    "draft_of",
    "edit_checkin",
    "measurement",
    "move_checkin",
    "reading_of",
    "recent_red_flags",
    "record_checkin",
    "red_flags_in",
    "red_flags_of",
    "restore_checkin",
    "same",
]


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the stored check-in, and whether this call stored it."""

    checkin: CheckIn
    is_new: bool
    flagged: bool = False  # a flag opened or rose with it


class AlreadySaved(Exception):
    """This client id was used before, for a check-in that says something else."""

    def __init__(self, checkin: CheckIn) -> None:
        super().__init__("client id used before")
        self.checkin = checkin


class Conflict(Exception):
    """The check-in was changed since the page of this change was opened."""


class Deleted(Conflict):
    """It was deleted or moved away since then."""


@contextmanager
def changing(*patients: Patient, by: User, what: str) -> Iterator[None]:
    """One change of stored entries, by one person, under the lock of each record."""
    with ExitStack() as stack:
        for patient in sorted(patients, key=lambda p: p.pk):  # never two orders
            stack.enter_context(Patient.objects.writing(patient))
        stack.enter_context(pghistory.context(by=by.pk, what=what))
        yield
        for patient in patients:
            flags.reassess(patient)


def record_checkin(patient: Patient, draft: CheckInDraft, *, by: User) -> Saved:
    """Store the check-in once.

    A draft sent twice returns the stored check-in. AlreadySaved if the client id is
    the same and the content is not: the person went back and changed it, and neither
    version may be lost silently. Deleted if it was stored and then deleted: a form
    that is sent again brings nothing back.
    """
    with Patient.objects.writing(patient):
        stored = patient.checkins.filter(client_id=draft.client_id).first()
        if stored is not None:
            moved = draft.timed and stored.at != draft.at
            if moved or not same(draft_of(stored), draft):
                raise AlreadySaved(stored)
            return Saved(stored, is_new=False)
        if history.deletion(patient, draft.client_id):
            raise Deleted
        new = CheckIn(patient=patient, client_id=draft.client_id, entered_by=by)
        _say(new, draft, by=by)
        checked_in(patient, new.at)
        change = flags.reassess(patient)
        return Saved(new, is_new=True, flagged=bool(change and change.rose))


def edit_checkin(
    patient: Patient, draft: CheckInDraft, *, version: int, by: User
) -> CheckIn:
    """Replace what a check-in says; its earlier version is kept.

    `version` is the one that the person saw. Conflict if another came between, unless
    it says the same.
    """
    with changing(patient, by=by, what=history.EDITED):
        stored = _stored(patient, draft.client_id)
        return _replace(stored, draft, version=version, by=by)


def delete_checkin(
    patient: Patient, client_id: UUID, *, version: int, by: User
) -> None:
    """Remove a check-in; what it said stays in the history. Deleting twice is once."""
    with changing(patient, by=by, what=history.DELETED):
        stored = patient.checkins.filter(client_id=client_id).first()
        if stored is None:
            return
        if stored.version != version:
            raise Conflict
        stored.delete()


def restore_checkin(
    patient: Patient,
    client_id: UUID,
    number: int,
    *,
    version: int,
    by: User,
    hidden: Hidden = (),
) -> CheckIn:
    """Make a check-in say what its version `number` said, deleted or not.

    What comes back keeps its author and the time it was first saved; what is `hidden`
    from `by` of a live one stays as it is. Conflict if it was changed after change
    `version`; CheckIn.DoesNotExist if there is no such version.
    """
    with changing(patient, by=by, what=history.RESTORED):
        versions = history.versions(patient, client_id)
        wanted = next((v for v in versions if v.number == number), None)
        if wanted is None:
            raise CheckIn.DoesNotExist
        draft = replace(wanted.said, own=_still_there(patient, wanted.said.own))
        if not versions[0].is_gone:
            stored = _stored(patient, client_id)
            draft = _but_unseen(draft, draft_of(stored), hidden)
            return _replace(stored, draft, version=version, by=by)
        if versions[0].changes != version:
            raise Conflict
        back = CheckIn(
            patient=patient,
            entered_by=wanted.entered_by,
            recorded_at=wanted.recorded_at,
            moved_at=wanted.moved_at,
            moved_by=wanted.moved_by,
        )
        return _bring_back(back, draft)


def move_checkin(
    source: Patient,
    target: Patient,
    client_id: UUID,
    *,
    version: int,
    by: User,
    hidden: Hidden = (),
) -> CheckIn:
    """Take an entry made for the wrong person to the right one.

    The source keeps it in its history, the target says that it was moved in. Author
    and first saving stay. A client id that the target has already is replaced by a new
    one. Without the categories that are `hidden` from `by`: a move must not show them.
    """
    with changing(source, target, by=by, what=history.MOVED):
        stored = _stored(source, client_id)
        if stored.version != version:
            raise Conflict
        draft = without(draft_of(stored), hidden)
        draft = replace(draft, own=_own_words(target, draft.own))
        if target.checkins.filter(client_id=client_id).exists():
            draft = replace(draft, client_id=uuid4())
        moved = CheckIn(
            patient=target,
            entered_by=stored.entered_by,
            recorded_at=stored.recorded_at,
            moved_at=timezone.now(),
            moved_by=by,
        )
        stored.delete()
        return _bring_back(moved, draft)


def _stored(patient: Patient, client_id: UUID) -> CheckIn:
    """The check-in as it is now; Deleted if it is no more, DoesNotExist if never."""
    stored = patient.checkins.filter(client_id=client_id).first()
    if stored is not None:
        return stored
    if history.deletion(patient, client_id):
        raise Deleted
    raise CheckIn.DoesNotExist


def _replace(
    stored: CheckIn, draft: CheckInDraft, *, version: int, by: User
) -> CheckIn:
    """Let a stored check-in say what the draft says, as its next version."""
    said = draft_of(stored)
    if same(said, draft) and (said.at, said.zone) == (draft.at, draft.zone):
        return stored
    if stored.version != version:
        raise Conflict
    stored.symptoms.all().delete()
    stored.measurements.all().delete()
    stored.version += 1
    _say(stored, _with_devices(draft, said), by=by)
    return stored


def _with_devices(draft: CheckInDraft, said: CheckInDraft) -> CheckInDraft:
    """The draft, with the devices of values that it leaves as they were.

    An import knows which device measured; no form asks for it.
    """
    devices = {(r.identity, r.value): r.device for r in said.readings}
    readings = (
        replace(r, device=r.device or devices.get((r.identity, r.value), ""))
        for r in draft.readings
    )
    return replace(draft, readings=tuple(readings))


def _bring_back(checkin: CheckIn, draft: CheckInDraft) -> CheckIn:
    """Store what was stored before, here or elsewhere, as a row of its own again."""
    checkin.client_id = draft.client_id
    checkin.version = history.deletion(checkin.patient, draft.client_id) + 1
    _say(checkin, draft, by=checkin.entered_by)
    return checkin


def _say(checkin: CheckIn, draft: CheckInDraft, *, by: User | None) -> None:
    """Save a check-in that has no symptoms and measurements yet, with the draft's."""
    checkin.set_moment(draft.at, draft.zone)
    checkin.no_symptoms = draft.no_symptoms
    checkin.note = draft.note
    checkin.tags = list(draft.tags)
    checkin.vaccine = draft.vaccine
    checkin.save()
    known = (
        Symptom(checkin=checkin, code=code, severity=severity)
        for code, severity in draft.symptoms.items()
    )
    own = (
        Symptom(checkin=checkin, custom_id=custom, severity=severity)
        for custom, severity in draft.own.items()
    )
    Symptom.objects.bulk_create([*known, *own])
    Measurement.objects.bulk_create(
        measurement(checkin, reading, by=by) for reading in draft.readings
    )


def measurement(checkin: CheckIn, reading: Reading, *, by: User | None) -> Measurement:
    """A reading of a check-in as a row, not saved yet."""
    row = Measurement(
        patient_id=checkin.patient_id,
        checkin=checkin,
        client_id=checkin.client_id,
        quantity=reading.quantity,
        value=reading.value,
        typed_value=reading.typed_value,
        typed_unit=reading.typed_unit,
        posture=reading.posture,
        site=reading.site,
        device=reading.device,
        confirmed=reading.confirmed,
        entered_by=by,
    )
    row.set_moment(checkin.at, checkin.zone)
    return row


def _but_unseen(
    draft: CheckInDraft, stored: CheckInDraft, hidden: Hidden
) -> CheckInDraft:
    """An earlier version, with what is stored now where its reader cannot see that."""
    kept = keeping(without(draft, hidden), stored, hidden)
    present = any(s != 0 for s in (*kept.symptoms.values(), *kept.own.values()))
    return replace(kept, no_symptoms=kept.no_symptoms and not present)


def _still_there(
    patient: Patient, own: Mapping[int, int | None]
) -> dict[int, int | None]:
    """Those of the patient's own symptoms that can still be pointed at."""
    known = set(patient.custom_symptoms.filter(pk__in=own).values_list("pk", flat=True))
    return {pk: severity for pk, severity in own.items() if pk in known}


def _own_words(target: Patient, own: Mapping[int, int | None]) -> dict[int, int | None]:
    """Own symptoms of another diary as such of the target: the same words.

    Words that the target does not have come archived: the entry keeps them, and the
    form does not begin to offer them.
    """
    found: dict[int, int | None] = {}
    words = target.custom_symptoms.annotate(word=Lower("label"))
    for theirs in CustomSymptom.objects.filter(pk__in=own):
        same_word = words.filter(word=Lower(Value(theirs.label)))
        pk = same_word.values_list("pk", flat=True).first()
        if pk is None:
            pk = target.custom_symptoms.create(
                label=theirs.label, key=theirs.key, archived_at=timezone.now()
            ).pk
        found[pk] = own[theirs.pk]
    return found


def red_flags_of(checkin: CheckIn, now: datetime) -> list[RedFlag]:
    """The red flags in one check-in; no score, no baseline, nothing else is asked."""
    return red_flags_in(draft_of(checkin), checkin.patient, now)


def red_flags_in(draft: CheckInDraft, patient: Patient, now: datetime) -> list[RedFlag]:
    """The red flags in what was filled in, stored or not.

    A symptom in own words counts as what it was said to mean; of two that mean the
    same the worse counts.
    """
    meant = CustomSymptom.objects.filter(pk__in=draft.own).exclude(key="")
    keys = dict(meant.values_list("pk", "key"))
    said = [*draft.symptoms.items()]
    said += [(keys[pk], severity) for pk, severity in draft.own.items() if pk in keys]
    # The worst is written last; not graded counts as severe.
    said.sort(key=lambda pair: 3 if pair[1] is None else pair[1])
    values = worst((r.quantity, r.value) for r in draft.readings)
    return red_flags(
        dict(said),
        values,
        is_child=patient.is_child(now),
        usual_systolic=usual_values(patient).get("systolic"),
    )


@dataclass(frozen=True, slots=True)
class Flagged:
    """A check-in with red flags, and when that was, on the clock it was lived by."""

    local_at: datetime
    flags: list[RedFlag]


def recent_red_flags(patient: Patient, now: datetime) -> list[Flagged]:
    """Check-ins with red flags that were saved, changed or moved in within a day.

    A later check-in without any does not make an earlier one unsaid. Newest first.
    Flags that rest on what the reader may not see are one flag that does not say why.
    """
    latest = history.saved_since(patient, now - timedelta(days=1))
    return [
        Flagged(checkin.local_at, flags)
        for checkin in latest.order_by("-at", "-pk")[:50]
        if (flags := _flags_shown(patient, draft_of(checkin), now))
    ]


def _flags_shown(patient: Patient, said: CheckInDraft, now: datetime) -> list[RedFlag]:
    flags, seen = red_flags_in(said, patient, now), visible(patient, said)
    if seen == said:
        return flags
    shown = red_flags_in(seen, patient, now)
    return shown if len(shown) == len(flags) else [*shown, unnamed()]
