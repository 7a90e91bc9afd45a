"""Inviting, accepting and revoking: how somebody gets into a record, and out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from sharing import managers
from sharing.authority import grants_changed, managed
from sharing.models import (
    INVITATION_LIFE,
    LINK_LIFE,
    Grant,
    Patient,
    Topic,
    User,
    hash_token,
    new_token,
)

INVITATIONS_A_DAY = 20  # design choice: a large family, and no use to a spammer


class CannotInvite(Exception):
    """Why nobody was invited, in words for the page."""


class InvitationGone(Exception):
    """Revoked, expired or answered in the meantime."""


@dataclass(frozen=True, slots=True)
class InvitationDraft:
    """Whom to invite (lower-case address) and what they are to be allowed.

    Without an address it is a link for whoever is to be let in; then `client_id`, made
    by the form, keeps one that is sent twice from making two.
    """

    email: str
    kind: str
    permissions: tuple[str, ...]
    hidden: tuple[str, ...] = ()
    expires_at: datetime | None = None
    starts_at: datetime | None = None  # None: at once
    meant_for: str = ""
    client_id: UUID = field(default_factory=uuid4)


def invite(patient: Patient, draft: InvitationDraft, *, by: User) -> tuple[Grant, str]:
    """Store an invitation; the text is the secret of its link, kept nowhere.

    It ends no later than the access of the inviter.
    CannotInvite for an address that has access or an invitation already. Only what the
    people page shows is compared, so that the answer tells nothing about accounts.
    """
    token = new_token()
    with Patient.objects.writing(patient):
        record = managed(patient, by)
        if draft.email:
            _refuse_known(patient, draft.email, by)
        _refuse_many(patient)
        if Grant.objects.filter(public_id=draft.client_id).exists():
            raise CannotInvite(
                _(
                    "This link was made already, and is shown only once. Go back to "
                    "Sharing: take it back there, and make another."
                )
            )
        expires_at = earliest(draft.expires_at, record.granted_until)
        if expires_at and draft.starts_at and expires_at <= draft.starts_at:
            raise CannotInvite(_("Your own access ends before theirs would begin."))
        life = INVITATION_LIFE if draft.email else LINK_LIFE
        grant = Grant.objects.create(
            public_id=draft.client_id,
            patient=patient,
            kind=draft.kind,
            permissions=list(draft.permissions),
            hidden=list(draft.hidden),
            expires_at=expires_at,
            invited_email=draft.email,
            meant_for=draft.meant_for,
            invited_by=by,
            invitation_expires_at=timezone.now() + life,
            token_hash=hash_token(token),
            # Else by the clock of the database, which also looks whether it has begun.
            **({"starts_at": draft.starts_at} if draft.starts_at else {}),
        )
    return grant, token


def earliest(*ends: datetime | None) -> datetime | None:
    """The first of some ends of access; None is no end."""
    return min((end for end in ends if end), default=None)


def _refuse_known(patient: Patient, email: str, by: User) -> None:
    standing = Grant.objects.standing().filter(patient=patient)
    if email == by.email or (patient.owner and email == patient.owner.email):
        raise CannotInvite(_("This address already has access to the diary."))
    if standing.filter(
        Q(user__email=email) | Q(user__isnull=False, invited_email=email)
    ).exists():
        raise CannotInvite(
            _("This address already has access. You can change it under Sharing.")
        )
    if standing.filter(user=None, invited_email=email).exists():
        raise CannotInvite(
            _(
                "This address is invited already. To send a new link, take the old "
                "invitation back first."
            )
        )


def _refuse_many(patient: Patient) -> None:
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
    return by.known_as


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
        give_to(invitation, to=by, by=by)
        grants_changed(patient)


def give_to(invitation: Grant, *, to: User, by: User) -> None:
    """Give what an invitation holds to `to`, in place of what they had before.

    What they were told they are told still: whoever may look may be told of anything,
    and an alarm must not fall silent unseen. For use under the record's lock.
    InvitationGone if it can be given no more, and then the transaction must not be
    kept.
    """
    before = held_before(invitation, to)
    earlier = invitation.patient.grants.filter(user=to, revoked_at=None)
    earlier.update(revoked_at=Now(), revoked_by=by)
    waiting = Grant.objects.standing().filter(pk=invitation.pk, user=None)
    if (stored := waiting.first()) is None:
        raise InvitationGone
    topics = {*stored.told, *(before.told if before else ())}
    Grant.objects.filter(pk=stored.pk).update(
        user=to,
        accepted_at=Now(),
        told=[topic for topic in Topic.values if topic in topics],
    )


def held_before(invitation: Grant, user: User | None) -> Grant | None:
    """The access to the record that an invitation would take the place of."""
    held = Grant.objects.standing().filter(user=user, user__isnull=False)
    others = held.filter(patient=invitation.patient).exclude(pk=invitation.pk)
    return others.first()


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
        grants_changed(patient)
