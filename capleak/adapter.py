"""What CapLeak asks of allauth beyond its settings."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account import forms
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

log = logging.getLogger(__name__)


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped library
    def send_mail(self, template_prefix: str, email: str, context: Any) -> None:
        """Send an account mail; a mail server that is away is not the user's error.

        The pages behind these mails all offer to send again.
        """
        try:
            super().send_mail(template_prefix, email, context)
        except (SMTPException, OSError):
            log.exception("account mail not sent")


class SignupForm(forms.SignupForm):  # type: ignore[misc]  # untyped library
    def try_save(self, request: HttpRequest) -> Any:
        """Answer as slowly for an address that has an account as for one that has not.

        Hashing is nearly all of the time; without it the clock would tell who uses
        a diary of an illness.
        """
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)
