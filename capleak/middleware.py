"""Request log without health data, input that no form should see, and no-store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control

log = logging.getLogger("capleak.request")

LARGEST_BODY = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestLogMiddleware:
    """One line a request: the route's pattern and ids, no address and no query.

    Addresses hold invitation tokens; patterns do not.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        user = getattr(request, "user", None)
        record = getattr(request, "record", None)
        log.info(
            "request",
            extra={
                "method": request.method,
                "route": match.route if match else None,
                "status": response.status_code,
                "ms": round(1000 * (time.perf_counter() - began)),
                "user": user.pk if user else None,
                "record": record.pk if record else None,
            },
        )
        return response


def refused(request: HttpRequest) -> bool:
    """Whether no form could do anything with this request.

    A NUL byte in the address or a cookie: PostgreSQL has none, and forms check theirs.
    A body larger than any of our forms: files are spooled to disk before a form
    could refuse them.
    """
    places = (request.path, *request.COOKIES.values())
    length = request.META.get("CONTENT_LENGTH") or "0"
    return (
        any("\0" in place for place in places)
        or "%00" in request.META.get("QUERY_STRING", "")
        or not (length.isdecimal() and len(length) < 19)
        or int(length) > LARGEST_BODY
    )


class HostileInputMiddleware:
    """Refuse what is no use to anyone before it costs anything."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if refused(request):
            return HttpResponseBadRequest(render_to_string("400.html"))
        return self.get_response(request)


class RecordClockMiddleware:
    """Put the clock back to UTC after a page was shown on its patient's clock."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


class NoStoreMiddleware:
    """Signed-in pages stay out of every cache, the browser's included."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            patch_cache_control(response, no_store=True, private=True)
        return response


class NothingLeftMiddleware:
    """Let the browser forget all that it kept of this site when somebody is signed out.

    Pages of a diary are stored nowhere (no-store); this empties what could be left:
    the memory behind the back button, and whatever scripts keep.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        was_in = request.user.is_authenticated
        response = self.get_response(request)
        if was_in and not request.user.is_authenticated:
            response["Clear-Site-Data"] = '"cache", "storage"'
            patch_cache_control(response, no_store=True, private=True)
        return response


class SlidingSessionMiddleware:
    """Count a session's age from the last visit: an entry must not meet a sign-in page.

    Once a day is enough. Saving each time would let two requests of one person write
    over each other's session.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            today = timezone.now().date().isoformat()
            if request.session.get("visited_on") != today:
                request.session["visited_on"] = today
        return self.get_response(request)
