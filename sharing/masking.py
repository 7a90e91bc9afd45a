"""An address on a page that others may see."""

from __future__ import annotations


def masked(email: str) -> str:
    """An address that its owner recognizes and that tells others little."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"
