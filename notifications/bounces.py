"""What a mail service may tell us: which addresses mail came back from.

    POST /mail/bounces/
    Authorization: Bearer <the value of BOUNCE_SECRET>
    Content-Type: application/json

    {"bounced": ["al@example.org"]}

Only what came back for good belongs in it, not what the service still tries.
"""

from __future__ import annotations

import json
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

LARGEST_BYTES: Final = 100_000
MOST_AT_ONCE: Final = 1_000
LONGEST_ADDRESS: Final = 254

_is_address = EmailValidator()


class MalformedError(Exception):
    """What came is not what is documented; the text says in which way."""


def read(body: bytes) -> list[str]:
    """The addresses in the body of a request; MalformedError for anything else."""
    if len(body) > LARGEST_BYTES:
        raise MalformedError("too long")
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("not JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("bounced"), list):
        raise MalformedError('not {"bounced": [addresses]}')
    addresses = told["bounced"]
    if len(addresses) > MOST_AT_ONCE:
        raise MalformedError("too many addresses")
    return [_address(text) for text in addresses]


def _address(text: object) -> str:
    if not isinstance(text, str) or len(text) > LONGEST_ADDRESS:
        raise MalformedError("not an address")
    try:
        text.encode()  # half of a surrogate pair is no text for a database
        _is_address(text)
    except (UnicodeEncodeError, ValidationError):
        raise MalformedError("not an address") from None
    return text
