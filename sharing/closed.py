"""A record that was closed after a death: it is read, and nothing is added to it.

Who had access keeps it. What a family and a clinic still have to do stays possible:
to look things up, take them out, decide who sees them, and open the record again if it
was closed by mistake.
"""

from __future__ import annotations

from typing import Final

from django.http import HttpRequest
from django.urls import resolve

from sharing.models import Permission

# Beginnings of the names of addresses that take what is sent to a closed record.
STILL_TAKEN: Final = (
    "sharing:",  # who sees it, and who runs it
    "closing",  # opens it again
    "memorial",
    "export",  # taking it out
    "takeout",
    "erase",  # deleting it as a whole
    "search",  # words are sent, and nothing is written
    "prophylaxis:lots",
)
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class RecordClosed(Exception):
    """A write to a record that was closed; the answer is a page that says so (409)."""


def is_still_taken(request: HttpRequest, need: Permission) -> bool:
    """Whether a closed record answers this request; `need` is what its page asks for.

    A form that changes it is not even shown: what is typed there could not be kept.
    """
    if request.method in SAFE and need in {Permission.VIEW, Permission.EXPORT}:
        return True
    return resolve(request.path_info).view_name.startswith(STILL_TAKEN)
