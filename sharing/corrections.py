"""Asking for a correction, and deciding about one."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid5

from django.db.models.functions import Now

from sharing.models import Correction, Patient, User

About, State = Correction.About, Correction.State


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked to be corrected, and of which entry."""

    client_id: UUID
    about: Correction.About
    target: UUID
    words: str


def ask(patient: Patient, request: Request, *, by: User) -> Correction:
    """Store a request once, with the name of who asks as it is now.

    A form that was sent, changed and sent again is a request of its own.
    """
    said = (request.about, request.target, request.words, by.pk)
    with Patient.objects.writing(patient):
        client_id = request.client_id
        stored = patient.corrections.filter(client_id=client_id).first()
        if stored is not None and _says(stored) != said:
            client_id = uuid5(client_id, f"{by.pk} {request.target} {request.words}")
        correction, _is_new = patient.corrections.get_or_create(
            client_id=client_id,
            defaults={
                "about": request.about,
                "target": request.target,
                "words": request.words,
                "asked_by": by,
                "asked_by_name": str(by)[:80],
            },
        )
        return correction


def _says(stored: Correction) -> tuple[str, UUID, str, int | None]:
    return stored.about, stored.target, stored.words, stored.asked_by_id


def decide(
    correction: Correction, state: Correction.State, reply: str = "", *, by: User
) -> Correction:
    """Close an open request; as it is stored then, decided now or by somebody before.

    No entry is changed: who accepts corrects it themselves.
    """
    with Patient.objects.writing(correction.patient):
        Correction.objects.filter(pk=correction.pk, state=State.OPEN).update(
            state=state,
            reply=reply,
            decided_by=by,
            decided_by_name=str(by)[:80],
            decided_at=Now(),
        )
        return Correction.objects.get(pk=correction.pk)
