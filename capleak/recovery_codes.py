"""Recovery codes, kept as hashes from the moment at which they were shown.

allauth keeps for ever what all ten codes are made from. Here it is kept, encrypted,
only until its owner has seen the codes, once; then Argon2 hashes take its place. They
share one salt, so that a try costs one hash and not ten, and they are encrypted as
well: codes that people can type are short, and whoever has the database alone must
have nothing to try them on.
"""

from __future__ import annotations

import json
from typing import Any, Final

from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal import auth, flows
from allauth.mfa.utils import decrypt, encrypt
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils.crypto import constant_time_compare, get_random_string

SALT_LENGTH: Final = 22  # letters and digits: 128 bits, as Django's own salts


class RecoveryCodes(auth.RecoveryCodes):  # type: ignore[misc]  # untyped library
    """allauth's codes, whose origin is forgotten when they have been shown."""

    instance: Any

    def __init__(self, instance: Any) -> None:
        super().__init__(instance)
        self._shown: list[str] | None = None

    def get_unused_codes(self) -> list[str]:
        """The codes left: themselves while they are shown, afterwards their hashes."""
        if self._shown is not None:
            return self._shown
        if "seed" in self.instance.data:
            codes: list[str] = super().get_unused_codes()
            return codes
        return self._hashes()

    def mark_as_viewed(self) -> None:
        """Show the codes for this once and forget what they are made from."""
        if self.did_view:
            return
        self._shown = super().get_unused_codes()
        self._forget_origin()
        super().mark_as_viewed()

    @transaction.atomic
    def validate_code(self, code: str) -> bool:
        """Whether the code is one of those left, which it then no longer is."""
        self.instance = Authenticator.objects.select_for_update().get(
            pk=self.instance.pk
        )
        if "seed" in self.instance.data:  # of before codes were hashed
            self._forget_origin()
        hashes = self._hashes()
        typed = make_password(normalize_user_code(code), self.instance.data["salt"])
        left = [kept for kept in hashes if not constant_time_compare(kept, typed)]
        self.instance.data["hashes"] = encrypt(json.dumps(left))
        self.instance.save(update_fields=["data"])
        return len(left) < len(hashes)

    def _hashes(self) -> list[str]:
        kept: list[str] = json.loads(decrypt(self.instance.data["hashes"]))
        return kept

    def _forget_origin(self) -> None:
        """Let hashes take the place of what the codes are made from; not saved yet."""
        salt = get_random_string(SALT_LENGTH)
        hashes = [make_password(code, salt) for code in super().get_unused_codes()]
        seen = {k: v for k, v in self.instance.data.items() if k == "viewed_at"}
        kept = {"salt": salt, "hashes": encrypt(json.dumps(hashes))}
        self.instance.data = seen | kept


def install() -> None:
    """Let allauth use these; it has no setting for it. Once, when the site starts."""
    auth.RecoveryCodes = RecoveryCodes
    flows.RecoveryCodes = RecoveryCodes
