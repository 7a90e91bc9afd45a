"""What others are called in a take-out: by name, never by an address.

And without the words that they were brought over, or the file that is taken out of a
record that was brought over would not be the one that was brought.
"""

from __future__ import annotations

from typing import Final

from sharing.models import User

UNNAMED: Final = "?"  # with an account, and without a name


def called(user: User) -> str:
    """The name of somebody, as it is; never blank."""
    return user.name or UNNAMED
