"""Handing a record to the person whose it is: offered, then taken by themselves."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import timedelta
from smtplib import SMTPException
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing import managers
from sharing.authority import grants_changed, managed
from sharing.deletion import keep_account
from sharing.mails import tell_change
from sharing.models import (
    HAND_OVER_LIFE,
    Deletion,
    Grant,
    GrantQuerySet,
    HandOver,
    Patient,
    Permission,
    User,
    hash_token,
    new_token,
)

OFFERS_A_DAY: Final = 5  # design choice: a slip of the hand or two

log = logging.getLogger(__name__)


class Keeps(models.TextChoices):
    """What somebody who ran the record is left with, as its new owner chooses."""

    MANAGE = "manage", gettext_lazy("Goes on running it with me, as strong as I am")
    LOG = "log", gettext_lazy("Sees it and adds entries")
    VIEW = "view", gettext_lazy("Sees it")
    END = "end", gettext_lazy("Does not see it any more")


class CannotOffer(Exception):
    """Why nothing was offered, in words for the page."""


class OfferGone(Exception):
    """Taken back, expired or answered in the meantime."""


class HasOwnRecord(Exception):
    """Nobody owns two records; two of one person are merged."""


class ManagersChanged(Exception):
    """Other people run the record by now than those who were chosen about."""


def offer(patient: Patient, email: str, *, by: User) -> tuple[HandOver, str]:
    """Offer the record to whoever owns a (lower-case) address.

    The text is the secret of the link, kept nowhere. An earlier offer ends.
    Everybody else who manages it is told, so that they can take it back. CannotOffer
    for a record that has an owner, from who manages it for a time, and for one's own
    address.
    """
    token = new_token()
    with Patient.objects.writing(patient):
        record = managed(patient, by)
        if record.owner_id is not None:
            raise CannotOffer(_("This diary is its own person’s already."))
        if not record.runs_for_good:
            raise CannotOffer(
                _("Only who manages this diary without an end can hand it over.")
            )
        if EmailAddress.objects.filter(user=by, email__iexact=email).exists() or (
            email == by.email
        ):
            raise CannotOffer(
                _("This is your own address. Enter that of the person in this diary.")
            )
        since = timezone.now() - timedelta(days=1)
        if patient.hand_overs.filter(created_at__gt=since).count() >= OFFERS_A_DAY:
            raise CannotOffer(_("That were many offers today. Go on tomorrow."))
        _end_offers(patient)
        made = HandOver.objects.create(
            patient=patient,
            email=email,
            by=by,
            token_hash=hash_token(token),
            expires_at=timezone.now() + HAND_OVER_LIFE,
        )
        transaction.on_commit(lambda: _tell_offered(made, by), robust=True)
    return made, token


def link(token: str) -> str:
    path = reverse("hand_over:open", args=[token])
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def send(made: HandOver, address: str) -> bool:
    """Mail the link to the new owner; whether a mail server took it.

    Subject and text name no illness: they can light up on somebody's lock screen.
    """
    assert made.by is not None  # it is sent by who offers it
    context = {
        "giver": made.by.known_as,
        "link": address,
        "email": made.email,
        "until": made.expires_at.astimezone(made.patient.tz).date(),
    }
    text = render_to_string("sharing/mail/hand_over.txt", context)
    try:
        send_mail(_("Something is to become yours"), text, None, [made.email])
    except (SMTPException, OSError):
        log.exception("hand-over not sent", extra={"hand_over": made.pk})
        return False
    return True


def _tell_offered(made: HandOver, by: User) -> None:
    """Tell all others who can take it back, and where."""
    context = {
        "by": by,
        "name": made.patient.name,
        "email": made.email,
        "until": made.expires_at.astimezone(made.patient.tz).date(),
    }
    people = managers.told(made.patient, besides=by)
    tell_change(people, "sharing/mail/offered.txt", context)


def take_back(patient: Patient) -> None:
    """End the offer that is open, if any."""
    with Patient.objects.writing(patient):
        _end_offers(patient)


def decline(made: HandOver) -> None:
    """End an offer that was not accepted."""
    with Patient.objects.writing(made.patient):
        HandOver.objects.filter(pk=made.pk, accepted_at=None, revoked_at=None).update(
            revoked_at=Now()
        )


def _end_offers(patient: Patient) -> None:
    open_ones = patient.hand_overs.filter(accepted_at=None, revoked_at=None)
    open_ones.update(revoked_at=Now())


def is_for(made: HandOver, user: User) -> bool:
    """Whether the address of the offer is known to be this user's."""
    own = EmailAddress.objects.filter(user=user, verified=True)
    return bool(own.filter(email__iexact=made.email).exists())


def who_runs(patient: Patient) -> GrantQuerySet:
    """Those whose access has to be decided about, in the order they came.

    Also who begins later: what was promised must not come over the new owner.
    """
    standing = Grant.objects.standing().filter(
        patient=patient, user__isnull=False, permissions__contains=[Permission.MANAGE]
    )
    return standing.select_related("user")


def others(patient: Patient, besides: User) -> GrantQuerySet:
    """Those who see the record and do not run it; they keep what they have."""
    standing = Grant.objects.standing().filter(patient=patient, user__isnull=False)
    running = models.Q(permissions__contains=[Permission.MANAGE])
    return standing.exclude(running).exclude(user=besides).select_related("user")


def take_over(made: HandOver, chosen: Mapping[int, Keeps], *, by: User) -> Patient:
    """Make the record its person's own; what each of those who ran it is left with.

    `chosen` is by the key of the grant. OfferGone if it cannot be accepted any more,
    HasOwnRecord and ManagersChanged: then nothing has changed. Invitations that wait
    end; the new owner invites anew. Neither the record nor their account is deleted
    any more, if that was asked for. All who managed it until then are told.
    """
    patient = made.patient
    try:
        with Patient.objects.writing(patient):
            if not HandOver.objects.standing().filter(pk=made.pk).exists():
                raise OfferGone
            running = {g.pk for g in who_runs(patient) if g.user_id != by.pk}
            if running != chosen.keys():
                raise ManagersChanged
            ran = list(managers.told(patient, besides=by))
            with transaction.atomic():
                Patient.objects.filter(pk=patient.pk).update(owner=by)
            HandOver.objects.filter(pk=made.pk).update(
                accepted_at=Now(), accepted_by=by
            )
            ending = models.Q(user=by) | models.Q(user=None)
            left = {pk for pk, keeps in chosen.items() if keeps == Keeps.END}
            patient.grants.filter(
                ending | models.Q(pk__in=left), revoked_at=None
            ).update(revoked_at=Now(), revoked_by=by)
            for pk, keeps in chosen.items():
                _leave(patient.grants.filter(pk=pk, revoked_at=None), keeps)
            User.objects.filter(pk=by.pk, name="").update(name=patient.name)
            # Whoever takes a diary over wants it: it must not go with their account,
            # nor because somebody who ran it once asked for that.
            Deletion.objects.filter(patient=patient).delete()
            keep_account(by)
            grants_changed(patient)
            transaction.on_commit(lambda: _tell_taken(ran, made, by), robust=True)
    except IntegrityError as error:
        if Patient.objects.filter(owner=by).exists():
            raise HasOwnRecord from error
        raise
    return patient


def _tell_taken(ran: Collection[User], made: HandOver, by: User) -> None:
    context = {"by": by, "name": made.patient.name, "email": made.email}
    tell_change(ran, "sharing/mail/taken_over.txt", context)


def _leave(grant: models.QuerySet[Grant], keeps: Keeps) -> None:
    """Take from one who ran the record what its owner does not leave them."""
    match keeps:
        case Keeps.LOG:
            grant.update(permissions=[Permission.VIEW, Permission.LOG])
        case Keeps.VIEW:
            grant.update(permissions=[Permission.VIEW])
