"""One attack: where it stands, its chart, its times, and what a report says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from attacks import words
from attacks.around import usual, window
from attacks.fact_rows import rows_of
from attacks.fact_words import facts_shown, since_infusion
from attacks.models import Attack
from attacks.phases import next_moves
from attacks.reports import Told, told
from attacks.suggestions import shown, suggested
from capleak.attack_drawing import drawing
from capleak.attack_entries import Entries, entries
from capleak.attack_extremes import extremes
from capleak.attack_facts import happened
from capleak.cache import cached_chart
from capleak.charts import attack_chart
from capleak.flag_page import changes_on_attack
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_safe
def detail(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """First what to do now, then what was recorded."""
    record = open_record(request, patient, Permission.VIEW)
    found = get_object_or_404(
        Attack.objects.readable(record).select_related("report"), public_id=attack
    )
    now = timezone.now()

    @cache
    def around() -> Entries:
        return entries(record, found, now)

    report = told(found.report) if hasattr(found, "report") else None
    offered = suggested(record, found, now)
    return render(
        request,
        "attacks/detail.html",
        {
            "attack": found,
            "dates": words.dates(found),
            "standing": words.standing(found, now),
            "moves": [(m.value, _(m.label)) for m in next_moves(found.clock)],
            "lines": words.lines(found, now),
            "unknown": words.unknown(found, now),
            "chart": chart(record, found, around, report),
            "table": table(record, found, around),
            "report": report,
            "suggestions": shown(offered, found, record.units),
            "facts": facts(record, found, around, report),
        },
    )


def chart(
    record: Patient,
    attack: Attack,
    around: Callable[[], Entries],
    report: Told | None,
) -> SafeString:
    """The chart in both layouts, drawn once for each state of the record."""
    now = timezone.now().replace(second=0, microsecond=0)

    def draw() -> str:
        rows = happened(record, attack, now)
        # A published attack is not this person's, so nothing here is their usual.
        data = drawing(
            attack,
            around().rows,
            now,
            record.units,
            usual={} if report else usual(record, attack, now),
            treatments=report.treatment_days if report and not rows else (),
            flags=() if report else changes_on_attack(record, *window(attack, now)),
            happened=rows,
        )
        key = f"attack-{attack.pk}"
        return "".join(
            attack_chart(data, key=key, width=width) for width in ("phone", "desk")
        )

    return cached_chart(record, f"attack:{attack.pk}{_minute(attack, now)}", draw)


def table(record: Patient, attack: Attack, around: Callable[[], Entries]) -> SafeString:
    """The numbers of the chart, kept as long as it."""

    def draw() -> str:
        return render_to_string("attacks/_entries.html", {"entries": around()})

    name = f"attack-table:{attack.pk}{_minute(attack, timezone.now())}"
    return cached_chart(record, name, draw)


def facts(
    record: Patient,
    attack: Attack,
    around: Callable[[], Entries],
    report: Told | None,
) -> SafeString:
    """What was told of the attack, put together once for each state of the record."""
    may_log = Permission.LOG in record.permissions

    def draw() -> str:
        values = extremes(attack, around().rows, by_day=report is not None)
        measured = {value.quantity for value in values}
        context = {
            "patient": record,
            "attack": attack,
            "report": report,
            "facts": facts_shown(attack, rows_of(record, attack), measured),
            # A published attack is not this person's, and neither is its infusion.
            "infusion": None if report else since_infusion(record, attack),
            "extremes": values,
        }
        return render_to_string("attacks/_facts.html", context)

    minute = _minute(attack, timezone.now())
    name = f"attack-facts:{attack.pk}:{may_log:d}{minute}"
    return cached_chart(record, name, draw)


def _minute(attack: Attack, now: datetime) -> str:
    """An open attack grows, so what shows it is kept for a minute."""
    return f":{now:%Y%m%d%H%M}" if attack.ongoing else ""
