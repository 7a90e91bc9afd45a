"""Twelve months at a glance."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from capleak import year as twelve
from capleak.cache import cached_chart
from capleak.charts import year_chart
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_safe
def year(request: UserRequest, patient: UUID) -> HttpResponse:
    """The twelve months up to the month `to`, or up to this one."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    newest = twelve.month(now.astimezone(record.tz).date())
    last = last_month(request.GET.get("to", ""), newest)
    earlier = twelve.month(last, -twelve.MONTHS)
    later = min(twelve.month(last, twelve.MONTHS), newest)
    months = twelve.year(record, last, now)
    context = {
        "year": months,
        "chart": chart(months, record),
        "said": twelve.words(),
        "earlier": earlier if earlier >= twelve.EARLIEST else None,
        "later": later if later > last else None,
    }
    return render(request, "capleak/year.html", context)


def last_month(text: str, newest: date) -> date:
    """The first day of the month in an address; the newest for what is none."""
    try:
        asked = date.fromisoformat(f"{text}-01")
    except ValueError:
        return newest
    return max(twelve.EARLIEST, min(asked, newest))


def chart(months: twelve.Year, record: Patient) -> SafeString:
    """The map for a desk and for a phone; the stylesheet shows one of them."""

    def draw() -> str:
        drawing = twelve.drawing(months)
        return "".join(
            year_chart(drawing, key=f"year-{width}", width=width)
            for width in ("phone", "desk")
        )

    return cached_chart(record, f"year:{months.newest.last}", draw)
