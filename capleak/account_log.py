"""What happened to an account, written down for its owner: rows only ever added.

allauth tells of most of it by signals. A change of how somebody signs in also ends
every other sign-in of theirs: whoever was in with what was replaced is out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from allauth.account import signals as account
from allauth.account.adapter import get_adapter as get_account_adapter
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib.auth.signals import user_logged_out
from django.db.models import Q
from django.dispatch import Signal
from django.http import HttpRequest

from sharing.access import device_of
from sharing.models import AccountEvent, Patient, User

Kind = AccountEvent.Kind
Type = Authenticator.Type

SHOWN: Final = 50

# Signals of allauth that mean one thing each.
ALWAYS: Final[Mapping[Signal, AccountEvent.Kind]] = {
    account.user_logged_in: Kind.SIGNED_IN,
    account.password_changed: Kind.PASSWORD_CHANGED,
    account.password_set: Kind.PASSWORD_CHANGED,
    account.password_reset: Kind.PASSWORD_RESET,
    account.email_removed: Kind.EMAIL_REMOVED,
    mfa.authentication_failed: Kind.STEP_REFUSED,
}
# What it means depends on the factor; what is not named here is of no interest.
BY_FACTOR: Final[Mapping[Signal, Mapping[str, AccountEvent.Kind]]] = {
    mfa.authenticator_added: {
        Type.WEBAUTHN: Kind.PASSKEY_ADDED,
        Type.TOTP: Kind.APP_ON,
        Type.RECOVERY_CODES: Kind.CODES_MADE,
    },
    mfa.authenticator_removed: {
        Type.WEBAUTHN: Kind.PASSKEY_REMOVED,
        Type.TOTP: Kind.APP_OFF,
    },
    mfa.authenticator_reset: {Type.RECOVERY_CODES: Kind.CODES_MADE},
    mfa.authenticator_used: {Type.RECOVERY_CODES: Kind.CODE_USED},
}
# All that change how one signs in. A new password ends the others by itself: Django
# binds each session to the password it began with.
CHANGES: Final = (
    mfa.authenticator_added,
    mfa.authenticator_removed,
    mfa.authenticator_reset,
)


def note(
    kind: AccountEvent.Kind,
    request: HttpRequest,
    user_pk: int | None,
    *,
    by_pk: int | None = None,
) -> None:
    """Add a line to the log of an account; `by_pk` is staff, if not the owner."""
    AccountEvent.objects.create(
        kind=kind,
        user_pk=user_pk,
        by_pk=by_pk,
        device=device_of(request.headers.get("User-Agent", "")),
    )


def note_refused(request: HttpRequest, email: str) -> None:
    """A wrong password; as many queries for an address that nobody has."""
    known = User.objects.filter(
        Q(email=email.lower()) | Q(emailaddress__email=email.lower())
    )
    note(Kind.PASSWORD_REFUSED, request, known.values_list("pk", flat=True).first())


def end_other_sign_ins(request: HttpRequest, user: Any) -> None:
    """Sign the user out everywhere but in the browser that asks."""
    key = request.session.session_key
    others = UserSession.objects.filter(user=user).exclude(session_key=key)
    if ending := list(others):
        get_adapter().end_sessions(ending)
        note(Kind.OTHERS_OUT, request, user.pk)


def last_events(user: User) -> list[AccountEvent]:
    """What happened to the account of `user`, newest first."""
    events = AccountEvent.objects.filter(user_pk=user.pk).order_by("-at", "-pk")
    return list(events[:SHOWN])


def zone_of(user: User) -> tzinfo:
    """The clock that an account's log is shown on: of the own diary, else UTC."""
    own = Patient.objects.filter(owner=user).first()
    return own.tz if own else ZoneInfo("UTC")


def _on_signal(sender: Any, signal: Signal, **told: Any) -> None:
    note(ALWAYS[signal], told["request"], told["user"].pk)


def _on_factor(sender: Any, signal: Signal, **told: Any) -> None:
    kind = BY_FACTOR[signal].get(told["authenticator"].type)
    if kind is not None:
        note(kind, told["request"], told["user"].pk)
    if signal in CHANGES:
        end_other_sign_ins(told["request"], told["user"])


def _on_email_added(sender: Any, signal: Signal, **told: Any) -> None:
    """Tell the address that was there before, while the new one is not confirmed."""
    note(Kind.EMAIL_ADDED, told["request"], told["user"].pk)
    get_account_adapter(told["request"]).send_notification_mail(
        "account/email/email_added",
        told["user"],
        {"added_email": told["email_address"].email},
    )


def _on_email_changed(sender: Any, signal: Signal, **told: Any) -> None:
    if told["from_email_address"] is not None:  # else it is the first one, at sign-up
        note(Kind.EMAIL_CHANGED, told["request"], told["user"].pk)


def _on_sign_out(sender: Any, request: HttpRequest, user: Any, **_: Any) -> None:
    if user is not None:
        note(Kind.SIGNED_OUT, request, user.pk)


def connect() -> None:
    """Listen to allauth; once, when the site starts."""
    for signal in ALWAYS:
        signal.connect(_on_signal)
    for signal in BY_FACTOR:
        signal.connect(_on_factor)
    account.email_added.connect(_on_email_added)
    account.email_changed.connect(_on_email_changed)
    user_logged_out.connect(_on_sign_out)
