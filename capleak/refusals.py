"""Refusals that a page can come to at any point, each with a page of its own."""

from __future__ import annotations

from collections.abc import Callable

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sharing import managers
from sharing.closed import RecordClosed
from sharing.models import RecordGone


class RefusalMiddleware:
    """Answer a write to a closed record or to one that was erased meanwhile, and one
    that would leave nobody to run it.

    Every view may meet them, those of tomorrow included, so none has to know.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        if isinstance(error, RecordClosed):
            return render(request, "sharing/record_closed.html", status=409)
        if isinstance(error, RecordGone):
            request.record = None  # type: ignore[attr-defined]  # the page shows none
            return render(request, "404.html", status=404)
        if isinstance(error, managers.LastManager) or (
            isinstance(error, IntegrityError) and managers.says_so(error)
        ):
            return render(request, "sharing/last_manager.html", status=409)
        return None
