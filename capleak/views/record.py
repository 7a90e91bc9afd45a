"""Today and timeline: what reads across a whole record."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from attacks.summary import summary
from capleak import recent
from capleak import timeline as days
from capleak.cache import cached_chart
from capleak.charts import recent_chart
from diary.forms import CheckInForm, top_symptoms
from sharing.access import UserRequest, open_record
from sharing.models import Grant, Permission


@require_safe
def today(request: UserRequest, patient: UUID) -> HttpResponse:
    """The check-in first, then where things stand."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    month = recent.month(record, now)
    context = {
        "now": now,
        "standing": summary(record, now),
        "month": month,
        "month_svg": cached_chart(
            record,
            f"month:{month[-1].day}",
            lambda: recent_chart(recent.month_chart(month, record), key="month"),
        ),
    }
    if Permission.LOG in record.permissions:
        context["form"] = CheckInForm(patient=record, top=top_symptoms(record))
    if Permission.MANAGE in record.permissions:
        context["shared_with"] = (
            Grant.objects.standing()
            .filter(patient=record, user__isnull=False)
            .select_related("user")
        )
    return render(request, "capleak/today.html", context)


@require_safe
def timeline(request: UserRequest, patient: UUID) -> HttpResponse:
    """Days, newest first. `before` is the day that the last page ended with."""
    record = open_record(request, patient, Permission.VIEW)
    try:
        before = date.fromisoformat(request.GET.get("before", ""))
    except ValueError:
        before = None
    context = {"page": days.page(record, before), "before": before}
    part = "HX-Request" in request.headers
    template = "capleak/_timeline_days.html" if part else "capleak/timeline.html"
    return render(request, template, context)
