"""The numbers of a record: all years, rates with their intervals, and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from attacks import rate_words
from attacks.exposure import GRACE_DAYS, USUAL_INTERVAL_DAYS
from attacks.numbers import LEAST_ATTACKS, Numbers, read
from capleak import numbers_drawing as drawing
from capleak.cache import cached_chart
from capleak.charts import LifeFlag, life_chart, rates_chart
from capleak.drawn import both
from capleak.flag_page import on_life_line
from sharing.access import UserRequest, open_record
from sharing.models import Permission


@require_safe
def numbers(request: UserRequest, patient: UUID) -> HttpResponse:
    """Counts with the time observed and an exact interval, by prophylaxis period."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    today = now.astimezone(record.tz).date()

    def draw() -> str:
        found, flags = read(record, now), on_life_line(record)
        return render_to_string("attacks/_numbers.html", context(found, flags))

    # The page changes with the record or the day; an open attack grows by the hour.
    body = cached_chart(record, f"numbers:{today}:{now:%H}", draw)
    return render(request, "attacks/numbers.html", {"body": body})


def context(found: Numbers, flags: Sequence[LifeFlag]) -> dict[str, object]:
    """What the body of the page shows."""
    lines = rate_words.lines(found)
    severe = rate_words.line("", found.severe)
    life, rates = drawing.life(found, flags), drawing.rates(lines)
    return {
        "numbers": found,
        "lines": lines,
        "conclusion": rate_words.conclusion(found),
        "severe": severe,
        "years": drawing.year_rows(found, flags),
        "life": both(lambda width: life_chart(life, key="life", width=width)),
        "rates": both(lambda width: rates_chart(rates, key="rates", width=width)),
        "phase_times": found.phase_times,
        "grace": GRACE_DAYS,
        "usual_interval": USUAL_INTERVAL_DAYS,
        "least_attacks": LEAST_ATTACKS,
    }
