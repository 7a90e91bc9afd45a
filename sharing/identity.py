"""Asking who somebody is once more, before access is given or data leaves."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.http import HttpRequest


@reauthentication_required(app="sharing")  # type: ignore[untyped-decorator]
def confirm_identity(request: HttpRequest) -> None:
    """Return if whoever asks proved who they are in the last 15 minutes.

    Else this raises, and allauth's middleware asks for the password or a second factor
    and then goes on with the request, what was typed included. Call it after
    open_record, so that strangers learn nothing.
    """
