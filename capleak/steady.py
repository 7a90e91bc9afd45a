"""Answers to strangers leave on the beat, so that no clock tells who has an account.

Signing in, signing up and asking for a new password do different work for an address
that is known and for one that is not: a few milliseconds, which a patient stranger can
measure. Their answers wait for the next full step; what is done in one step or the
other takes the same time to see. Whoever is signed in by the answer does not wait.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

ROUTES: Final = frozenset(
    {
        "account_login",
        "account_signup",
        "account_reset_password",
        "mfa_login_webauthn",
    }
)


class SteadyAnswerMiddleware:
    """Hold an answer until the next multiple of STEADY_SECONDS after the question."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        if settings.STEADY_SECONDS and hides_something(request):
            spent = time.perf_counter() - began
            time.sleep(settings.STEADY_SECONDS - spent % settings.STEADY_SECONDS)
        return response


def hides_something(request: HttpRequest) -> bool:
    """Whether a stranger must not learn how long the answer took to make."""
    match = request.resolver_match
    user = getattr(request, "user", None)
    return (
        request.method == "POST"
        and match is not None
        and match.view_name in ROUTES
        and user is not None
        and not user.is_authenticated
    )
