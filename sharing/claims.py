"""A link that names nobody: claimed once by whoever opens it, who is then let in.

A link can be photographed, forwarded or read over a shoulder, and nothing proves whom
it was meant for. So it opens nothing by itself: the first who opens it and signs in has
spent it, and whoever manages the record sees their confirmed address and decides.
"""

from __future__ import annotations

from django.db.models.functions import Now

from sharing import managers
from sharing.authority import grants_changed, managed
from sharing.models import INVITATION_LIFE, Grant, Patient, User
from sharing.services import InvitationGone, give_to


def claim(invitation: Grant, *, by: User) -> None:
    """Spend the link on `by`, who now waits to be let in; claimed twice is once.

    InvitationGone if somebody else was first, or the link has ended.
    """
    with Patient.objects.writing(invitation.patient):
        waiting = Grant.objects.standing().filter(
            pk=invitation.pk, user=None, invited_email=""
        )
        if waiting.filter(claimed_by=by).exists():
            return
        spent = waiting.filter(claimed_at=None).update(
            claimed_by=by,
            claimed_at=Now(),
            # Who made it may look tomorrow. The link itself is spent.
            invitation_expires_at=Now() + INVITATION_LIFE,
        )
        if not spent:
            raise InvitationGone


def admit(patient: Patient, grant: Grant, *, by: User) -> User:
    """Let in who claimed a link, and return them; an older grant of theirs goes.

    InvitationGone if nobody waits any more, PermissionDenied if `by` may not let in.
    """
    with Patient.objects.writing(patient), managers.kept(patient):
        managed(patient, by)
        asked = Grant.objects.standing().filter(pk=grant.pk, claimed_by__isnull=False)
        waiting = asked.select_related("claimed_by").first()
        if waiting is None or waiting.claimed_by is None:
            raise InvitationGone
        if waiting.user_id is None:
            give_to(waiting, to=waiting.claimed_by, by=by)
            grants_changed(patient)
    return waiting.claimed_by
