"""What CapLeak asks of allauth beyond its settings."""

from __future__ import annotations

import base64
import logging
import time
from smtplib import SMTPException
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from qrcode.image.svg import SvgPathImage
from qrcode.main import QRCode

from capleak.account_log import note_refused

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

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        note_refused(request, credentials.get("email") or "")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whoever signed in a moment ago is not asked again who they are."""
        if not super().is_reauthentication_required(app=app, **kwargs):
            return False
        records = get_authentication_records(context.request, context.request.user)
        age = time.time() - records[-1]["at"] if records else None
        return age is None or age >= app_settings.REAUTHENTICATION_TIMEOUT

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        words = {
            "reauthenticate": _("Use the password"),
            "mfa_reauthenticate": _("Use a code from the app, or a recovery code"),
            "mfa_reauthenticate:webauthn": _("Use a passkey"),
        }
        ways = super().get_reauthentication_methods(user)
        return [way | {"description": words[way["id"]]} for way in ways]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped library
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy(
            "That is not right, or was used before. Please try again with the next "
            "code."
        ),
        "unverified_email": gettext_lazy(
            "Please confirm your e-mail address first, or remove the one that is not "
            "confirmed."
        ),
    }

    def encrypt(self, text: str) -> str:
        """What is stored of an app's secret and of what recovery codes are made from.

        An app's secret must be readable to check a code, so it cannot be hashed; the
        key is not in the database, whose thief therefore gets no code.
        """
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()

    def build_totp_svg(self, url: str) -> str:
        """The QR code, to stand in the page: the policy allows no data: address."""
        code = QRCode(image_factory=SvgPathImage)
        code.add_data(url)
        svg: str = code.make_image().to_string(encoding="unicode")
        return svg

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002
        made = Authenticator.objects.filter(user=user, type=type).count()
        return _("Passkey %(number)s") % {"number": made + 1}


def _keys() -> MultiFernet:
    """The newest of SECRET_KEY encrypts; what older ones encrypted is still read."""
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(
                HKDF(SHA256(), 32, salt=None, info=b"capleak second factors").derive(
                    force_bytes(secret)
                )
            )
        )
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
