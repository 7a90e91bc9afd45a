"""Mail about access. It names no illness: it can light up on somebody's lock screen."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from sharing.models import Grant, User
from sharing.services import inviter_name

log = logging.getLogger(__name__)


def send_invitation(grant: Grant, link: str) -> bool:
    """Mail the link to the invited address; whether a mail server took it."""
    context = {
        "inviter": inviter_name(grant),
        "patient": grant.patient,
        "by_owner": grant.invited_by_id == grant.patient.owner_id,
        "email": grant.invited_email,
        "link": link,
        "until": grant.invitation_expires_at.astimezone(grant.patient.tz).date(),
    }
    return _send(
        grant, "invitation", _("An invitation for you"), context, [grant.invited_email]
    )


def tell_claimed(grant: Grant, asker: User) -> None:
    """Ask those who gave a link whether the person who opened it is to be let in."""
    context = {"asker": asker, "link": _home()}
    _send(grant, "claimed", _("Somebody asks to be let in"), context, _givers(grant))


def tell_accepted(grant: Grant, by: User, *, replaced: bool) -> None:
    """Tell those who invited somebody that they came, and if they had access before."""
    context = {"who": by, "replaced": replaced, "link": _home()}
    _send(grant, "accepted", _("Your invitation was accepted"), context, _givers(grant))


def tell_admitted(grant: Grant, who: User) -> None:
    """Tell somebody who waited that they were let in."""
    context = {
        "inviter": inviter_name(grant),
        "starts_on": grant.starts_at.astimezone(grant.patient.tz).date(),
        "link": _home(),
    }
    _send(grant, "admitted", _("You were let in"), context, [who.email])


def tell_change(people: Iterable[User], template: str, context: Any) -> None:
    """Tell people that somebody changed something of theirs, which stands all the same.

    The text is given `home`, the address of everyone's list of diaries.
    """
    text = render_to_string(template, context | {"home": _home()})
    for person in people:
        try:
            send_mail(_("Something was changed for you"), text, None, [person.email])
        except (SMTPException, OSError):
            log.exception("mail not sent", extra={"user": person.pk, "kind": template})


def _givers(grant: Grant) -> list[str]:
    """The owner and whoever made the invitation; each is told once."""
    givers = (grant.patient.owner, grant.invited_by)
    return sorted({giver.email for giver in givers if giver})


def _home() -> str:
    """Where everyone's diaries are: the address of a record says that there is one."""
    return f"{settings.BASE_URL.rstrip('/')}{reverse('home')}"


def _send(
    grant: Grant, name: str, subject: str, context: Any, to: Collection[str]
) -> bool:
    """One mail to each address; a mail server that is away is not the user's error."""
    text = render_to_string(f"sharing/mail/{name}.txt", context)
    try:
        for address in to:
            send_mail(subject, text, None, [address])
    except (SMTPException, OSError):
        log.exception("mail not sent", extra={"grant": grant.pk, "kind": name})
        return False
    return True
