"""What everyone agrees to before CapLeak keeps anything of them, and who has.

The words stand in templates/capleak/_consent_words.html. Whoever changes what they say
gives them a new version here; everyone is then asked at their next sign-in. Nobody is
interrupted in a sign-in that goes on: it may be 3 a.m., and they are ill.

Anybody can type an address and agree. What was agreed to at a sign-up holds only if the
address is confirmed by the browser that signed up; otherwise the words are asked again.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from allauth.account.utils import user_pk_to_url_str
from django.http import HttpRequest

from sharing.models import Consent, User

VERSION: Final = "2026-11-23"
SINCE: Final = datetime.fromisoformat(VERSION).replace(tzinfo=UTC)


def agree(user: User) -> bool:
    """Keep that the user agrees to the words of now; whether that was news."""
    _kept, is_new = Consent.objects.get_or_create(user=user, version=VERSION)
    return is_new


def given_by(user: User) -> Consent | None:
    """What the user agreed to last."""
    return Consent.objects.filter(user=user).order_by("-given_at").first()


def _on_confirmed(
    sender: Any, request: HttpRequest, email_address: EmailAddress, **_: Any
) -> None:
    """Forget what was agreed to by who signed up, if somebody else may confirm.

    Only before the first sign-in: until then nobody had shown the address to be theirs.
    """
    user = email_address.user
    if user.last_login is None and not _signed_up_here(request, user):
        Consent.objects.filter(user=user).delete()


def _signed_up_here(request: HttpRequest, user: User) -> bool:
    """Whether this browser made the account, and did not only sign in to it."""
    begun = request.session.get("account_login") or {}  # of allauth
    return bool(begun.get("signup") and begun["user_pk"] == user_pk_to_url_str(user))


def connect() -> None:
    """Listen to allauth; once, when the site starts."""
    email_confirmed.connect(_on_confirmed)
