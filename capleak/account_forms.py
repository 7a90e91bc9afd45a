"""allauth's forms, where what they do is not enough for a diary of an illness."""

from __future__ import annotations

from typing import Any, Final

from allauth.account import forms
from allauth.account.models import EmailAddress
from django import forms as fields
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from capleak import account_log, consent
from sharing.models import AccountEvent, User

# An address that somebody added to an account, and nobody showed to be theirs.
WAITING: Final = {"verified": False, "primary": False}


class SignupForm(forms.SignupForm):  # type: ignore[misc]  # untyped library
    agree = fields.BooleanField(
        label=_("I agree to this"),
        error_messages={
            "required": _("Without your agreement CapLeak may keep nothing of you.")
        },
    )

    def validate_unique_email(self, value: str) -> Any:
        """Take the address, also if some account waits for it to be confirmed.

        Otherwise anybody could hold the address of somebody else by typing it in.
        """
        email = super().validate_unique_email(value)
        held = EmailAddress.objects.filter(email=email).exclude(**WAITING)
        of_a_user = User.objects.filter(email=email)
        self.account_already_exists = held.exists() | of_a_user.exists()
        return email

    def try_save(self, request: HttpRequest) -> Any:
        """Answer as slowly for an address that has an account as for one that has not.

        Hashing is nearly all of the time; without it the clock would tell who uses
        a diary of an illness.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)

    def save(self, request: HttpRequest) -> Any:
        user = super().save(request)
        consent.agree(user)
        account_log.note(AccountEvent.Kind.CONSENTED, request, user.pk)
        return user


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]  # untyped library
    users: list[User]

    def clean_email(self) -> Any:
        """Forget accounts that only wait for this address to be confirmed.

        A slip of the hand in an address must not give a stranger the account.
        """
        email = super().clean_email()
        own = EmailAddress.objects.filter(
            email=email.lower(), user__in=[user.pk for user in self.users]
        )
        waiting = own.filter(**WAITING)
        strangers = set(waiting.values_list("user", flat=True))
        self.users = [user for user in self.users if user.pk not in strangers]
        return email
