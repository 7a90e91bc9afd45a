"""Writes of infusions, and of what was said about one that has not begun.

Each change of a stored infusion is one pghistory context with who made it, so that
`prophylaxis.history` can show what it said before. Each carries the version that its
page was made from: what arrives late or twice undoes nothing that came between.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import pghistory

from prophylaxis import history
from prophylaxis.drafts import InfusionDraft, LotDraft, RateDraft, ReactionDraft
from prophylaxis.models import Appointment, Infusion, Lot, Plan, RateStep, Reaction
from prophylaxis.services import replan, standing
from sharing.models import Patient, User
from sharing.zones import local_day

EDITED: Final = "edited"
FINISHED: Final = "finished"
DELETED: Final = "deleted"


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a draft: the stored infusion, and whether this call stored it."""

    infusion: Infusion
    is_new: bool


class AlreadySaved(Exception):
    """This client id was used before, for an infusion that says something else."""

    def __init__(self, infusion: Infusion) -> None:
        super().__init__("client id used before")
        self.infusion = infusion


class Conflict(Exception):
    """The infusion was changed or deleted since the page of this change was opened."""


@contextmanager
def _changing(patient: Patient, *, by: User, what: str) -> Iterator[None]:
    context = pghistory.context(by=by.pk, what=what)
    with Patient.objects.writing(patient), context:
        yield
        replan(patient)


def record_infusion(patient: Patient, draft: InfusionDraft, *, by: User) -> Saved:
    """Store the infusion once and plan the reminders of the next one.

    A draft sent twice returns the stored infusion. AlreadySaved if the client id is
    the same and the content is not: neither version may be lost silently. Conflict if
    it was deleted since: a form that is sent again brings nothing back.
    """
    with Patient.objects.writing(patient):
        stored = Infusion.objects.filter(
            patient=patient, client_id=draft.client_id
        ).first()
        if stored is not None:
            if draft_of(stored) != draft:
                raise AlreadySaved(stored)
            return Saved(stored, is_new=False)
        if history.was_deleted(patient, draft.client_id):
            raise Conflict
        infusion = Infusion(
            patient=patient,
            client_id=draft.client_id,
            plan=Plan.objects.current(patient),
            entered_by=by,
        )
        _say(infusion, draft)
        _keep_appointment(infusion)
        replan(patient)
    return Saved(infusion, is_new=True)


def edit_infusion(
    patient: Patient, public_id: UUID, draft: InfusionDraft, *, version: int, by: User
) -> Infusion:
    """Replace what an infusion says; its earlier version is kept.

    `version` is the one that the person saw. Conflict if another came between, unless
    it says the same, or if the infusion is gone.
    """
    with _changing(patient, by=by, what=EDITED):
        stored = _stored(patient, public_id)
        if draft_of(stored) == draft:
            return stored
        if stored.version != version:
            raise Conflict
        _replace(stored, draft)
    return stored


def finish_infusion(
    patient: Patient, public_id: UUID, *, at: datetime, by: User
) -> Infusion:
    """Say that a running infusion ended at `at`. One that has ended stays as it is.

    ValueError if that is before its start.
    """
    with _changing(patient, by=by, what=FINISHED):
        stored = _stored(patient, public_id)
        if stored.status == Infusion.Status.STARTED:
            if at < stored.started_at:
                raise ValueError("an infusion ends after its start")
            stored.status, stored.finished_at = Infusion.Status.FINISHED, at
            stored.version += 1
            stored.save()
    return stored


def delete_infusion(
    patient: Patient, public_id: UUID, *, version: int, by: User
) -> None:
    """Remove an infusion; what it said stays in its history. Twice is once."""
    with _changing(patient, by=by, what=DELETED):
        rows = Infusion.objects.filter(patient=patient, public_id=public_id)
        stored = rows.first()
        if stored is None:
            return
        if stored.version != version:
            raise Conflict
        stored.delete()


def restore_infusion(patient: Patient, public_id: UUID) -> Infusion | None:
    """Bring a removed infusion back as it was, its rows with it. Twice is once.

    None if there was never one in this record.
    """
    with Patient.objects.writing(patient):
        rows = Infusion.objects.filter(patient=patient, public_id=public_id)
        if (stored := rows.first()) is not None:
            return stored
        if (last := history.last_words(patient, public_id)) is None:
            return None
        said = last.said
        infusion = Infusion(
            patient=patient,
            public_id=public_id,
            client_id=said.client_id,
            version=said.version + 1,
            plan=Plan.objects.filter(pk=said.plan_id).first(),
            entered_by=User.objects.filter(pk=said.entered_by_id).first(),
            recorded_at=said.recorded_at,
        )
        _say(infusion, _draft(said, last.lots, last.rate_steps, last.reactions))
        replan(patient)
    return infusion


def _stored(patient: Patient, public_id: UUID) -> Infusion:
    rows = Infusion.objects.filter(patient=patient, public_id=public_id)
    stored = rows.first()
    if stored is None:
        raise Conflict
    return stored


def _replace(stored: Infusion, draft: InfusionDraft) -> None:
    # Deleted one by one with the change, not by cascade: their events carry them.
    for rows in (stored.lots, stored.rate_steps, stored.reactions):
        rows.all().delete()
    stored.version += 1
    _say(stored, draft)


def _say(infusion: Infusion, draft: InfusionDraft) -> None:
    """Save an infusion that has no rows of its own yet, with those of the draft."""
    running = draft.is_running
    infusion.set_start(draft.started_at, draft.zone)
    infusion.status = Infusion.Status.STARTED if running else Infusion.Status.FINISHED
    infusion.finished_at = draft.finished_at
    infusion.course_day = draft.course_day
    infusion.product = draft.product
    infusion.dose_g = draft.dose_g
    infusion.weight_kg = draft.weight_kg
    infusion.premedication = draft.premedication
    infusion.hydration_ml = draft.hydration_ml
    infusion.site = draft.site
    infusion.given_by = draft.given_by
    infusion.note = draft.note
    infusion.save()
    Lot.objects.bulk_create(Lot(infusion=infusion, **asdict(x)) for x in draft.lots)
    RateStep.objects.bulk_create(
        RateStep(infusion=infusion, **asdict(x)) for x in draft.rate_steps
    )
    Reaction.objects.bulk_create(
        Reaction(infusion=infusion, **asdict(x)) for x in draft.reactions
    )


def draft_of(infusion: Infusion) -> InfusionDraft:
    """A stored infusion as a draft that says the same."""
    return _draft(
        infusion,
        infusion.lots.all(),
        infusion.rate_steps.all(),
        infusion.reactions.all(),
    )


def _draft(
    infusion: Infusion,
    lots: Iterable[Lot],
    rate_steps: Iterable[RateStep],
    reactions: Iterable[Reaction],
) -> InfusionDraft:
    return InfusionDraft(
        client_id=infusion.client_id,
        started_at=infusion.started_at,
        zone=infusion.zone,
        product=infusion.product,
        dose_g=infusion.dose_g,
        weight_kg=infusion.weight_kg,
        note=infusion.note,
        is_running=infusion.status == Infusion.Status.STARTED,
        finished_at=infusion.finished_at,
        course_day=infusion.course_day,
        premedication=infusion.premedication,
        hydration_ml=infusion.hydration_ml,
        site=infusion.site,
        given_by=infusion.given_by,
        lots=tuple(map(lot_draft, lots)),
        rate_steps=tuple(RateDraft(step.at, step.ml_per_h) for step in rate_steps),
        reactions=tuple(
            ReactionDraft(r.kind, r.severity, r.other, r.onset_at, r.action)
            for r in reactions
        ),
    )


def lot_draft(lot: Lot) -> LotDraft:
    """A stored lot as a draft that says the same."""
    return LotDraft(
        number=lot.number,
        count=lot.count,
        vial_g=lot.vial_g,
        expires_on=lot.expires_on,
        product=lot.product,
        gtin=lot.gtin,
    )


def _keep_appointment(infusion: Infusion) -> None:
    """An infusion that begins takes the place of the appointment made for it.

    Back-dated ones, from before it was made, leave it standing.
    """
    if infusion.course_day > 1:
        return
    Appointment.objects.filter(
        patient=infusion.patient,
        status=Appointment.Status.PLANNED,
        recorded_at__lte=infusion.started_at,
    ).delete()


def arrange(patient: Patient, at: datetime, *, by: User) -> Appointment:
    """Plan the next infusion for a moment of its own; one planned before gives way."""
    with _changing(patient, by=by, what=EDITED):
        planned = Appointment.Status.PLANNED
        row = Appointment.objects.filter(patient=patient, status=planned).first()
        row = row or Appointment(patient=patient, status=planned, entered_by=by)
        row.set_moment(at, patient.zone)
        row.save()
    return row


class NotDue(Exception):
    """What was to be skipped or called missed is not what is due any more."""


def settle(
    patient: Patient,
    status: Appointment.Status,
    *,
    due: datetime,
    reason: str,
    by: User,
    now: datetime,
) -> Appointment:
    """Say that the infusion due then was skipped, for a reason, or missed.

    Said twice is said once; a skip takes the place of "missed". NotDue if something
    else is due by now: the page that this comes from is old.
    """
    with _changing(patient, by=by, what=EDITED):
        day = local_day(due, patient.zone)
        fates = Appointment.objects.filter(patient=patient, day=day)
        fate = fates.exclude(status=Appointment.Status.PLANNED).first()
        if fate is not None and fate.status in {status, Appointment.Status.SKIPPED}:
            return fate
        if due != standing(patient, now).due:
            raise NotDue
        arranged = fates.filter(status=Appointment.Status.PLANNED).first()
        row = fate or arranged or Appointment(patient=patient, entered_by=by)
        row.status, row.reason = status, reason
        row.set_moment(due, patient.zone)
        row.save()
    return row


def withdraw(patient: Patient, client_id: UUID, *, by: User) -> bool:
    """Take back an appointment, a skip or a "missed". False if it never was one."""
    with _changing(patient, by=by, what=DELETED):
        rows = Appointment.objects.filter(patient=patient, client_id=client_id)
        gone, _rows = rows.delete()
        return bool(gone) or history.was_withdrawn(patient, client_id)
