"""What CapLeak asks of allauth beyond its settings."""

from __future__ import annotations

import logging
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

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
