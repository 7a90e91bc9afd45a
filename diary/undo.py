"""One step back, for ten minutes after a change of a check-in."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from diary import history
from diary.history import Version
from diary.models import CheckIn
from diary.saved import UNDO_FOR
from diary.services import Conflict, delete_checkin, restore_checkin
from diary.visible import Hidden
from sharing.models import Patient, User


class CannotUndo(Exception):
    """Too late, or something else was changed since; the history helps further."""


def undo(
    patient: Patient,
    client_id: UUID,
    *,
    version: int,
    by: User,
    now: datetime,
    hidden: Hidden = (),
) -> CheckIn | None:
    """Take back the change `version` of a check-in, if it is the last and is recent.

    What was new goes, what was edited says again what it said, but where it is `hidden`
    from `by`, and what was deleted comes back. Returns the check-in as it is then; None
    if it is gone. CheckIn.DoesNotExist if there never was one.
    """
    versions = history.versions(patient, client_id)
    if not versions:
        raise CheckIn.DoesNotExist
    last, *earlier = versions
    if last.changes != version or not can_undo(last, now):
        raise CannotUndo
    try:
        if last.is_gone:
            return restore_checkin(
                patient, client_id, last.number, version=version, by=by
            )
        if earlier and not earlier[0].is_gone:
            return restore_checkin(
                patient,
                client_id,
                earlier[0].number,
                version=version,
                by=by,
                hidden=hidden,
            )
        delete_checkin(patient, client_id, version=version, by=by)
    except Conflict:  # somebody was quicker, between looking and locking
        raise CannotUndo from None
    return None


def can_undo(last: Version, now: datetime) -> bool:
    """Whether the newest version's last change is still one step away.

    A move is not: its other half lies in another diary.
    """
    change = last.last_change
    return change.what != history.MOVED and now - change.at <= UNDO_FOR
