"""What a person sees when something broke, and what the log is told."""

from __future__ import annotations

import logging
import sys

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

log = logging.getLogger("capleak.request")


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The 400 page. Django's own reads the body again, which may be what is bad."""
    return HttpResponse(render_to_string("400.html"), status=400)


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """The 500 page; 503 while the database is away, because trying again will help."""
    error = sys.exc_info()[1]
    match = request.resolver_match
    log.error(
        "request failed",
        exc_info=error,
        extra={"route": match.route if match else None},
    )
    if isinstance(error, OperationalError | InterfaceError):
        page = render_to_string("503.html")
        return HttpResponse(page, status=503, headers={"Retry-After": "10"})
    return HttpResponse(render_to_string("500.html"), status=500)
