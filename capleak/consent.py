"""What everyone agrees to before CapLeak keeps anything of them, and who has.

The words stand in templates/capleak/_consent_words.html. Whoever changes what they say
gives them a new version here; everyone is then asked at their next sign-in. Nobody is
interrupted in a sign-in that goes on: it may be 3 a.m., and they are ill.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

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
