"""The report for a visit: one page to read in 12 minutes, and to print as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from attacks.numbers import LEAST_ATTACKS
from capleak.cache import cached_chart
from capleak.charts import life_chart, rates_chart, trend_chart
from capleak.drawn import Width, both
from capleak.period import Period
from capleak.report import attack_rows, drawing
from capleak.report.read import Report, read
from diary.forms.profile import PastDayField
from diary.forms.visit import VisitSheetForm
from diary.visit import SheetChanged, save_sheet, sheet_of
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission

A_YEAR: Final = timedelta(days=365)


class PeriodForm(forms.Form):
    """Which days the report is about; a blank end is open."""

    since = PastDayField(required=False, label=gettext_lazy("From"))
    until = PastDayField(required=False, label=gettext_lazy("Until"))
    visit = PastDayField(required=False, label=gettext_lazy("Last visit"))

    def __init__(self, data: Any, *, patient: Patient) -> None:
        super().__init__(data)
        for field in self.fields.values():
            assert isinstance(field, PastDayField)
            field.zone = patient.tz
        self.zone = patient.tz

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("This is before the first day."))
        return cleaned

    @property
    def period(self) -> Period:
        """What was chosen; everything if that cannot be read."""
        if not self.is_valid():
            return Period(None, None, self.zone)
        return Period(self.cleaned_data["since"], self.cleaned_data["until"], self.zone)

    @property
    def visit_on(self) -> date | None:
        return self.cleaned_data["visit"] if self.is_valid() else None


@dataclass(frozen=True, slots=True)
class Choice:
    """A period at one tap."""

    label: str
    since: date | None
    is_chosen: bool


@require_safe
def report(request: UserRequest, patient: UUID) -> HttpResponse:
    """What a visit needs first, then tables, charts and details."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    form = PeriodForm(request.GET, patient=record)
    found = read(record, form.period, now, form.visit_on)
    context = {
        "form": form,
        "report": found,
        "choices": choices(found, form.period, now),
        "extremes": attack_rows.extreme_labels(record.units),
        "least_attacks": LEAST_ATTACKS,
    }
    return render(request, "capleak/report.html", context | drawings(found))


def choices(found: Report, period: Period, now: datetime) -> list[Choice]:
    """Everything, five years, one year, and since the last visit."""
    today = now.astimezone(found.patient.tz).date()
    named = [
        (_("Everything"), None),
        (_("5 years"), today - 5 * A_YEAR),
        (_("12 months"), today - A_YEAR),
    ]
    if found.visit_on:
        named.append((_("Since the last visit"), found.visit_on))
    return [
        Choice(label, since, since == period.since and period.until is None)
        for label, since in named
    ]


def drawings(found: Report) -> dict[str, SafeString]:
    """The three charts in both layouts; blank where nothing is there to be drawn."""

    def life(width: Width) -> str:
        return life_chart(drawing.years(found), key="life", width=width)

    def rates(width: Width) -> str:
        if not any(line.rate for line in found.lines):
            return ""
        return rates_chart(drawing.rates(found), key="rates", width=width)

    def trend(width: Width) -> str:
        values = drawing.trend(found)
        return trend_chart(values, key="trend", width=width) if values else ""

    # What else they depend on than the record; an open attack grows by the hour.
    state = f"{found.since}:{found.until}:{found.now:%Y%m%d%H}"
    return {
        draw.__name__: cached_chart(
            found.patient, f"report:{draw.__name__}:{state}", partial(both, draw)
        )
        for draw in (life, rates, trend)
    }


@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: UserRequest, patient: UUID) -> HttpResponse:
    """Three questions for the next visit, and the day of the last."""
    record = open_record(request, patient, Permission.MANAGE)
    form = VisitSheetForm(
        request.POST if request.method == "POST" else None,
        patient=record,
        sheet=sheet_of(record),
    )
    if request.method == "POST" and form.is_valid():
        try:
            save_sheet(
                record, form.typed, seen=form.cleaned_data["seen"], by=request.user
            )
        except SheetChanged as refusal:
            form.show_conflict(refusal.stored, sheet_of(record))
        else:
            messages.success(request, _("Saved."))
            return redirect("report", record.public_id)
    return render(request, "capleak/report_questions.html", {"form": form})
