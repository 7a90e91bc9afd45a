"""Attacks side by side."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_safe

from capleak import comparison_drawing as drawing
from capleak.cache import cached_chart
from capleak.charts import compare_chart, lengths_chart, signature_chart
from capleak.comparison import AFTER, BEFORE, By, Comparison
from capleak.comparison import compare as compared
from capleak.drawn import both
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_safe
def compare(request: UserRequest, patient: UUID) -> HttpResponse:
    """Up to thirty attacks, aligned at leak onset or at the first early signs."""
    record = open_record(request, patient, Permission.VIEW)
    by = By.PRODROME if request.GET.get("by") == By.PRODROME else By.LEAK
    now = timezone.now()

    def draw() -> str:
        return render_to_string(
            "attacks/_compare.html", context(record, compared(record, by, now))
        )

    # An open attack grows: its phases are drawn anew each hour.
    body = cached_chart(record, f"compare:{by}:{now:%Y%m%d%H}", draw)
    return render(request, "attacks/compare.html", {"body": body, "by": by.value})


def context(record: Patient, found: Comparison) -> dict[str, object]:
    """What the body of the page shows."""
    now = timezone.now()
    chart, first = drawing.chart(found, now), drawing.signature(found)
    return {
        "patient": record,
        "found": found,
        "overlay": both(lambda width: compare_chart(chart, key="over", width=width)),
        "lengths": both(lambda width: lengths_chart(chart, key="lengths", width=width)),
        "first": both(lambda width: signature_chart(first, key="first", width=width)),
        "quantities": [drawing.label(q, found) for q in found.quantities],
        "value_rows": drawing.value_rows(found),
        "phase_labels": list(drawing.phase_labels()),
        "phase_rows": drawing.phase_rows(found, now),
        "before": BEFORE.days,
        "after": AFTER.days,
    }
