"""The page that makes the link of a calendar, and what is behind the link."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import (
    get_conditional_response,
    patch_cache_control,
    set_response_etag,
)
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from notifications.schedule import local_day
from prophylaxis import calendar as calendars
from prophylaxis.models import CalendarFeed
from sharing.access import UserRequest, device_of, open_record
from sharing.identity import confirm_identity
from sharing.limits import too_many
from sharing.models import AccessEvent, Patient, Permission

PLAIN = "text/plain; charset=utf-8"
# Of one address. Large calendar services ask for many people from one.
READS_PER_MINUTE = 120


class FeedForm(forms.Form):
    """What the calendar shows."""

    past = forms.BooleanField(
        required=False, label=gettext_lazy("Infusions that were given, too")
    )
    plain = forms.BooleanField(
        required=False,
        label=gettext_lazy("Say “Infusion” instead of “Appointment”"),
        help_text=gettext_lazy(
            "Whoever sees your calendar or its notices on a locked phone can read it, "
            "and so can the company that keeps the calendar."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def calendar(request: UserRequest, patient: UUID) -> HttpResponse:
    """The link of whoever asks: made anew, or with other things in it."""
    record = open_record(request, patient, Permission.VIEW)
    confirm_identity(request)
    feed = CalendarFeed.objects.of_person(record, request.user).first()
    form = _form(request, record, feed)
    context: dict[str, object] = {"form": form, "feed": feed}
    if request.method == "POST" and form.is_valid():
        chosen = {
            "past": form.cleaned_data["past"],
            "plain": form.cleaned_data.get("plain", False),
        }
        if feed and request.POST.get("do") == "change":
            calendars.change(feed, record, **chosen)
            messages.success(request, _("Saved. The link stays as it is."))
            return redirect("prophylaxis:calendar", record.public_id)
        token = calendars.make(record, by=request.user, **chosen)
        context |= {"link": link(token), "webcal": link(token, "webcal")}
        context["feed"] = CalendarFeed.objects.of_person(record, request.user).first()
    return render(request, "prophylaxis/calendar.html", context)


def _form(request: UserRequest, record: Patient, feed: CalendarFeed | None) -> FeedForm:
    form = FeedForm(
        request.POST if request.method == "POST" else None,
        initial={"past": feed.past, "plain": feed.plain} if feed else None,
    )
    if Permission.MANAGE not in record.permissions:
        del form.fields["plain"]
    return form


@require_POST
def calendar_end(request: UserRequest, patient: UUID) -> HttpResponse:
    """Take one's own link back."""
    record = open_record(request, patient, Permission.VIEW)
    calendars.end(record, by=request.user)
    messages.success(
        request,
        _("The link does not work any more. Remove the calendar where you added it."),
    )
    return redirect("prophylaxis:calendar", record.public_id)


def link(token: str, scheme: str = "") -> str:
    """The whole address; with a scheme by which calendar programs open it."""
    base = settings.BASE_URL.rstrip("/")
    if scheme:
        base = f"{scheme}:{base.partition(':')[2]}"
    return f"{base}{reverse('calendar', args=[token])}"


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """The calendar behind a link; one taken back looks like one that never was."""
    if too_many(request, "calendar", per_minute=READS_PER_MINUTE):
        return _kept_private(HttpResponse(status=429, content_type=PLAIN))
    found = CalendarFeed.objects.of_token(token)
    record = found.record() if found else None
    if found is None or record is None:
        words = "There is no such calendar.\n"
        return _kept_private(HttpResponse(words, PLAIN, status=404))
    _remember(request, found, record)
    with translation.override(settings.LANGUAGE_CODE):  # not the program's language
        content = calendars.written(calendars.entries(found, record, timezone.now()))
    response = HttpResponse(content, "text/calendar; charset=utf-8")
    set_response_etag(response)
    _kept_private(response)
    same = get_conditional_response(
        request, etag=quote_etag(response["ETag"]), response=response
    )
    return same or response


def _kept_private(response: HttpResponse) -> HttpResponse:
    patch_cache_control(response, private=True, no_cache=True)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the secret
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _remember(request: HttpRequest, found: CalendarFeed, record: Patient) -> None:
    """Keep when it was read; somebody else's first read of a day is in the log.

    Programs look every few hours: a line for each would bury those of people. Nothing
    of the record changes, so it gets no new version.
    """
    now = timezone.now()
    before = found.fetched_at
    first = before is None or local_day(before, record.tz) < local_day(now, record.tz)
    CalendarFeed.objects.filter(pk=found.pk).update(fetched_at=now)
    if first and not record.is_own:
        AccessEvent.objects.create(
            patient_pk=record.pk,
            actor_pk=found.user_id,
            grant_pk=record.grant_pk,
            grant_kind=record.grant_kind or "",
            permission=Permission.VIEW,
            route="calendar",
            method="GET",
            device=device_of(request.headers.get("User-Agent", "")),
            allowed=True,
        )
