"""Every change to who may open a record, and the mail that goes with it."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from smtplib import SMTPException

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing import managers
from sharing.models import (
    INVITATION_LIFE,
    Grant,
    Patient,
    User,
    hash_token,
    new_token,
)

INVITATIONS_A_DAY = 20  # design choice: a large family, and no use to a spammer

log = logging.getLogger(__name__)


class CannotInvite(Exception):
    """Why nobody was invited, in words for the page."""


class InvitationGone(Exception):
    """Revoked, expired or answered in the meantime."""


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """Whom to invite (lower-case address) and what they are to be allowed."""

    email: str
    kind: str
    permissions: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    expires_at: datetime | None = None


def invite(patient: Patient, draft: InvitationDraft, *, by: User) -> tuple[Grant, str]:
    """Store an invitation; the text is the secret of its link, kept nowhere.

    It ends no later than the access of the inviter.
    CannotInvite for an address that has access or an invitation already. Only what the
    people page shows is compared, so that the answer tells nothing about accounts.
    """
    token = new_token()
    with Patient.objects.writing(patient):
        _refuse_known(patient, draft.email, by)
        now = timezone.now()
        grant = Grant.objects.create(
            patient=patient,
            kind=draft.kind,
            permissions=list(draft.permissions),
            hidden=list(draft.hidden),
            expires_at=_end(patient, draft, by),
            invited_email=draft.email,
            invited_by=by,
            invitation_expires_at=now + INVITATION_LIFE,
            token_hash=hash_token(token),
        )
    return grant, token


def _end(patient: Patient, draft: InvitationDraft, by: User) -> datetime | None:
    """When the invited access ends: as drafted, or earlier with the inviter's own."""
    own = Grant.objects.managing().filter(patient=patient, user=by).first()
    ends = (draft.expires_at, own.expires_at if own else None)
    return min((end for end in ends if end), default=None)


def _refuse_known(patient: Patient, email: str, by: User) -> None:
    standing = Grant.objects.standing().filter(patient=patient)
    if email == by.email or (patient.owner and email == patient.owner.email):
        raise CannotInvite(_("This address already has access to the diary."))
    if standing.filter(
        Q(user__email=email) | Q(user__isnull=False, invited_email=email)
    ).exists():
        raise CannotInvite(
            _("This address already has access. To change it, remove it first.")
        )
    if standing.filter(user=None, invited_email=email).exists():
        raise CannotInvite(
            _(
                "This address is invited already. To send a new link, take the old "
                "invitation back first."
            )
        )
    since = timezone.now() - timedelta(days=1)
    if patient.grants.filter(created_at__gt=since).count() >= INVITATIONS_A_DAY:
        raise CannotInvite(_("That were many invitations today. Go on tomorrow."))


def invitation_link(token: str) -> str:
    path = reverse("invitation:open", args=[token])
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def inviter_name(grant: Grant) -> str:
    """Who invites, as the invited know them: the owner by the name on the record."""
    by, patient = grant.invited_by, grant.patient
    if by is None or by.pk == patient.owner_id:
        return patient.name
    return str(by)


def send_invitation(grant: Grant, link: str) -> bool:
    """Mail the link to the invited address; whether a mail server took it.

    Subject and text name no illness: they can light up on somebody's lock screen.
    """
    context = {
        "inviter": inviter_name(grant),
        "patient": grant.patient,
        "by_owner": grant.invited_by_id == grant.patient.owner_id,
        "email": grant.invited_email,
        "link": link,
        "until": grant.invitation_expires_at.astimezone(grant.patient.tz).date(),
    }
    try:
        send_mail(
            _("An invitation for you"),
            render_to_string("sharing/mail/invitation.txt", context),
            None,
            [grant.invited_email],
        )
    except (SMTPException, OSError):
        log.exception("invitation not sent", extra={"grant": grant.pk})
        return False
    return True


def addressed_to(invitation: Grant, user: User) -> bool:
    """Whether the invited address is known to be this user's."""
    own = EmailAddress.objects.filter(user=user, verified=True)
    return bool(own.filter(email__iexact=invitation.invited_email).exists())


def accept(invitation: Grant, *, by: User) -> None:
    """Give the invited person their access; an older one of theirs is replaced.

    The caller has asked addressed_to(). InvitationGone if it cannot be accepted any
    more, and then nothing has changed; LastManager if who runs the record alone would
    be left with less.
    """
    patient = invitation.patient
    with Patient.objects.writing(patient), managers.kept(patient):
        earlier = patient.grants.filter(user=by, revoked_at=None)
        earlier.update(revoked_at=Now(), revoked_by=by)
        waiting = Grant.objects.standing().filter(pk=invitation.pk, user=None)
        if not waiting.update(user=by, accepted_at=Now()):
            raise InvitationGone


def decline(invitation: Grant, *, by: User) -> None:
    """End an invitation; nothing happens if it has ended or was accepted."""
    with Patient.objects.writing(invitation.patient):
        waiting = Grant.objects.filter(pk=invitation.pk, user=None, revoked_at=None)
        waiting.update(revoked_at=Now(), revoked_by=by)


def revoke(patient: Patient, grant: Grant, *, by: User) -> None:
    """End a grant at once, with the invitations that its holder has still out.

    Someone who was removed must not come back by a link sent to another address.
    LastManager if nobody would be left to run the record.
    """
    with Patient.objects.writing(patient), managers.kept(patient):
        ending = Q(pk=grant.pk)
        if grant.user_id is not None:
            ending |= Q(user=None, invited_by=grant.user_id)
        live = patient.grants.filter(ending, revoked_at=None)
        live.update(revoked_at=Now(), revoked_by=by)
