"""Helping somebody who lost every second factor, without seeing anything of theirs.

Staff say how they know who it is. The owner is told at once and has 72 hours to say no
by a link or in the app; only then can the second step be removed. The password and the
mailbox stay what they were, so staff can never sign in as anybody.
"""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import signing
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from capleak import account_log
from capleak.sign_in import FACTORS
from sharing.models import RECOVERY_WAIT, AccountEvent, AccountRecovery, User

SALT: Final = "capleak.rescue"

log = logging.getLogger(__name__)


class CannotRescue(Exception):
    """Why nothing was begun or done, in words for the page."""


def ask(email: str, reason: str, request: HttpRequest, *, by: User) -> AccountRecovery:
    """Begin the wait, and tell the owner; CannotRescue if it makes no sense.

    Without the mail to the owner nothing begins: it is what protects them.
    """
    confirmed = EmailAddress.objects.filter(email=email.lower(), verified=True)
    address = confirmed.select_related("user").first()
    if address is None:
        raise CannotRescue(_("No account has confirmed this address."))
    user = address.user
    if user.pk == by.pk:
        raise CannotRescue(_("Somebody else must do this for your own account."))
    if not Authenticator.objects.filter(user=user, type__in=FACTORS).exists():
        raise CannotRescue(
            _("This account has no second step. A new password can be asked for.")
        )
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one at a time
        if AccountRecovery.objects.open().filter(user=user).exists():
            raise CannotRescue(_("This was asked for already: it stands below."))
        unfinished = AccountRecovery.objects.filter(user=user, done_at=None)
        unfinished.filter(stopped_at=None).update(stopped_at=Now())
        rescue = AccountRecovery.objects.create(
            user=user,
            reason=reason,
            asked_by=by,
            ready_at=timezone.now() + RECOVERY_WAIT,
        )
        account_log.note(AccountEvent.Kind.RESCUE_ASKED, request, user.pk, by_pk=by.pk)
        if not _tell(user, "asked", rescue=rescue, link=stop_link(rescue)):
            raise CannotRescue(
                _("The owner could not be told by mail, so nothing was begun.")
            )
    return rescue


def stop(rescue: AccountRecovery, request: HttpRequest, *, by: User | None) -> bool:
    """Stop the removal, if it still can be; whether it could.

    `by` is staff, or None for the owner.
    """
    stopped = _open(rescue).update(stopped_at=Now())
    if stopped:
        account_log.note(
            AccountEvent.Kind.RESCUE_STOPPED,
            request,
            rescue.user_id,
            by_pk=by.pk if by else None,
        )
    return bool(stopped)


def finish(rescue: AccountRecovery, request: HttpRequest, *, by: User) -> None:
    """Remove every second factor and every sign-in of the account; tell its owner."""
    with transaction.atomic():
        ready = AccountRecovery.objects.ready().filter(pk=rescue.pk)
        if by.pk == rescue.user_id or not ready.update(done_at=Now(), done_by=by):
            raise CannotRescue(_("This cannot be done, or not yet."))
        Authenticator.objects.filter(user=rescue.user).delete()
        get_adapter().end_sessions(UserSession.objects.filter(user=rescue.user))
        account_log.note(
            AccountEvent.Kind.RESCUE_DONE, request, rescue.user_id, by_pk=by.pk
        )
    _tell(rescue.user, "done", rescue=rescue)


def token_of(rescue: AccountRecovery) -> str:
    return signing.dumps(rescue.pk, salt=SALT)


def by_token(token: str) -> AccountRecovery | None:
    """What a link of a mail is about, if it can still be stopped."""
    try:
        pk = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    return AccountRecovery.objects.open().filter(pk=pk).first()


def stop_link(rescue: AccountRecovery) -> str:
    path = reverse("rescue_stop", args=[token_of(rescue)])
    return f"{settings.BASE_URL.rstrip('/')}{path}"


def _open(rescue: AccountRecovery) -> QuerySet[AccountRecovery]:
    return AccountRecovery.objects.open().filter(pk=rescue.pk)


def _tell(user: User, what: str, **context: Any) -> bool:
    """Mail every confirmed address of the account; whether a mail server took it."""
    addresses = EmailAddress.objects.filter(user=user, verified=True)
    try:
        send_mail(
            _("About the second step of your account"),
            render_to_string(f"capleak/mail/rescue_{what}.txt", context),
            None,
            list(addresses.values_list("email", flat=True)),
        )
    except (SMTPException, OSError):
        log.exception("notice of a rescue not sent", extra={"user": user.pk})
        return False
    return True
