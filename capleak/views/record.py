"""Today and timeline: what reads across a whole record."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from attacks import numbers, rate_words
from attacks.summary import summary
from capleak import corrections, recent
from capleak import timeline as days
from capleak.cache import cached_chart
from capleak.charts import recent_chart
from capleak.views.search import SearchForm
from diary.flag_banner import banner
from diary.flags import standing_flag
from diary.forms import CheckInForm
from diary.offer import last_time, offer
from diary.views.move import others_of
from sharing.access import UserRequest, open_record
from sharing.models import Grant, Patient, Permission

A_DAY: Final = timedelta(days=1)


@require_safe
def today(request: UserRequest, patient: UUID) -> HttpResponse:
    """The check-in first, then where things stand."""
    record = open_record(request, patient, Permission.VIEW)
    if record.is_closed:
        return render(request, "capleak/closed.html")
    now = timezone.now()
    month = recent.month(record, now)
    context = {
        "now": now,
        "corrections": corrections.news(record, request.user, now),
        "standing": summary(record, now),
        "rates_tile": rates_tile(record, now),
        "month": month,
        "month_svg": cached_chart(
            record,
            f"month:{month[-1].day}",
            lambda: recent_chart(recent.month_chart(month, record), key="month"),
        ),
    }
    if flag := standing_flag(record):
        context["banner"] = banner(flag, record, now)
    if Permission.LOG in record.permissions:
        context["form"] = CheckInForm(patient=record, offer=offer(record))
        context["last_time"] = last_time(record)
    if Permission.MANAGE in record.permissions:
        context["shared_with"] = (
            Grant.objects.standing()
            .filter(Q(user__isnull=False) | Q(claimed_by__isnull=False), patient=record)
            .select_related("user", "claimed_by")
        )
    return render(request, "capleak/today.html", context)


def rates_tile(record: Patient, now: datetime) -> SafeString:
    """How many attacks came before and on prophylaxis; empty if that cannot be said."""
    today = now.astimezone(record.tz).date()

    def draw() -> str:
        found = numbers.read(record, now)
        if not (found.tallies.before.days and found.tallies.treated.days):
            return ""
        lines = [
            rate_words.line("", tally)
            for tally in (found.tallies.treated, found.tallies.before)
        ]
        context = {"patient": record, "treated": lines[0], "before": lines[1]}
        return render_to_string("attacks/_rates_tile.html", context)

    return cached_chart(record, f"rates-tile:{today}", draw)


class DateForm(forms.Form):
    """The day to go to in the timeline."""

    on = forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        label=gettext_lazy("Day"),
        error_messages={"invalid": gettext_lazy("Enter a date like 2026-03-14.")},
    )


@require_safe
def timeline(request: UserRequest, patient: UUID) -> HttpResponse:
    """Days, newest first: those before `before`, or up to the day `on`."""
    record = open_record(request, patient, Permission.VIEW)
    jump = DateForm(request.GET if "on" in request.GET else None)
    on: date | None = jump.cleaned_data["on"] if jump.is_valid() else None
    if on is not None:
        before = on + A_DAY if on < date.max else None
    else:
        before = day_of(request.GET.get("before", ""))
    choices = days.choices(record)
    kind = request.GET.get("kind")
    only = next((choice for choice in choices if choice.value == kind), None)
    page = days.page(record, before, only)
    found = page.days[0].day if page.days else None
    context = {
        "page": page,
        "only": only,
        "choices": choices,
        "jump": jump,
        "search": SearchForm(),
        "elsewhere": before is not None,
        "missed": on if on != found else None,
        "can_move": Permission.LOG in record.permissions
        and others_of(request.user, record).exists(),
    }
    part = "HX-Request" in request.headers
    template = "capleak/_timeline_days.html" if part else "capleak/timeline.html"
    return render(request, template, context)


def day_of(text: str) -> date | None:
    """A day in an address; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
