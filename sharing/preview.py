"""Seeing a record as somebody else sees it, for whoever manages it.

The door answers as that person's grant would, so every page of the record shows what
it would show them. It is for looking alone. But whoever falls ill meanwhile must not
meet a diary that takes no entries: it ends by itself, and what was refused can be sent
once more as oneself, with one tap and nothing typed again.

What hangs on the person and not on the record stays one's own: their calendar link and
the files that they sent are nobody else's to see.
"""

from __future__ import annotations

import copy
import time
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from sharing.models import Category, Grant, Patient, Permission

KEY: Final = "preview"  # in the session
AS_MYSELF: Final = "as_myself"  # sent with what was refused, to save it all the same
PREVIEW_LIFE: Final = timedelta(minutes=10)  # design choice
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def begin(session: SessionBase, record: Patient, grant: Grant) -> None:
    session[KEY] = {
        "record": str(record.public_id),
        "grant": str(grant.public_id),
        "until": time.time() + PREVIEW_LIFE.total_seconds(),
    }


def end(session: SessionBase) -> None:
    session.pop(KEY, None)


def as_seen(request: HttpRequest, patient: Patient) -> Patient:
    """The opened record as a preview shows it; `patient` itself when there is none.

    One query, and only while a preview is going on. One that has run out, or whose
    grant has ended, is over; so is one of somebody who manages the record no more.
    """
    going_on = request.session.get(KEY)
    if going_on is None or going_on["record"] != str(patient.public_id):
        return patient
    grant = _grant(patient, UUID(going_on["grant"]))
    over = time.time() >= going_on["until"] or AS_MYSELF in request.POST
    if over or grant is None or Permission.MANAGE not in patient.given:
        end(request.session)
        return patient
    shown = copy.copy(patient)
    shown.is_own = False
    shown.grant_pk, shown.grant_kind = grant.pk, grant.kind
    # A manager who has not everything themselves gets no more by looking as another.
    shown.granted = [p for p in grant.permissions if p in patient.given]
    shown.hidden = [c for c in Category if c in grant.hidden or patient.hides(c)]
    shown.granted_until = grant.expires_at
    shown.preview_of = grant
    return shown


def _grant(patient: Patient, public_id: UUID) -> Grant | None:
    standing = Grant.objects.standing().filter(patient=patient, public_id=public_id)
    return standing.select_related("user", "claimed_by").first()
