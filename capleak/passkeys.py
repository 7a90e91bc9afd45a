"""The forms that take what a passkey answers, whatever a stranger sends instead."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final

from allauth.core import context
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms
from cryptography.exceptions import InvalidSignature
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from capleak.account_log import note
from sharing.models import AccountEvent

# What the libraries raise for an answer that no passkey gives.
MALFORMED: Final = (
    AttributeError,
    IndexError,
    InvalidSignature,
    KeyError,
    TypeError,
    ValueError,
    struct.error,
)


def refused_if_malformed(read: Callable[[], Any]) -> Any:
    """What `read` returns; a ValidationError where it fails on hostile input."""
    try:
        return read()
    except MALFORMED as error:
        raise get_adapter().validation_error("incorrect_code") from error


class Noted(forms.AuthenticateWebAuthnForm):  # type: ignore[misc]  # untyped library
    """Whatever is refused stands in the log of the account, if one is known by now."""

    def clean_credential(self) -> Any:
        try:
            return refused_if_malformed(super().clean_credential)
        except ValidationError:
            known = self.user.pk if self.user else None
            note(AccountEvent.Kind.STEP_REFUSED, context.request, known)
            raise


class AuthenticateForm(Noted):
    pass


class LoginForm(Noted, forms.LoginWebAuthnForm):  # type: ignore[misc]  # untyped library
    pass


class ReauthenticateForm(Noted, forms.ReauthenticateWebAuthnForm):  # type: ignore[misc]  # untyped
    pass


class AddForm(forms.AddWebAuthnForm):  # type: ignore[misc]  # untyped library
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("What to call it")
        self.fields["name"].required = False
        alone = self.fields["passwordless"]
        alone.label = _("Sign in with it alone, without the password")
        alone.help_text = _(
            "Right for a phone or a computer. A simple security key without a PIN can "
            "only come after the password: take the tick away."
        )
        alone.initial = True
        self.order_fields(["credential", "name", "passwordless"])  # hidden ones first

    def clean(self) -> Any:
        return refused_if_malformed(super().clean)
