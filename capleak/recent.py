"""The last 30 days of a record, as rows and as a chart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.utils import formats
from django.utils.translation import gettext as _

from attacks.models import Attack
from attacks.phases import spans
from capleak.charts import Band, RecentChart, RecentDay, RecentWords
from diary.models import CheckIn, Measurement
from diary.vocabulary import SYMPTOMS
from prophylaxis.models import Infusion
from sharing.models import Patient

DAYS = 30
ALL_DAYS = timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class DayRow:
    """One local day as the table shows it; None: nothing was said or measured."""

    day: date
    burden: int | None
    well: bool  # "no symptoms" was said, and nothing else that day
    ungraded: int  # symptoms that were present without a grade
    symptoms: tuple[str, ...]
    systolic: Decimal | None
    infusion: bool


def month(patient: Patient, now: datetime) -> list[DayRow]:
    """The last 30 local days, oldest first, today included."""
    today = now.astimezone(patient.tz).date()
    first = today - timedelta(days=DAYS - 1)
    worst: dict[date, dict[str, int | None]] = defaultdict(dict)
    labels: dict[str, str] = {}
    said: set[date] = set()
    well: set[date] = set()
    for checkin in CheckIn.objects.readable(patient).filter(day__gte=first):
        symptoms = checkin.symptoms.all()
        if checkin.no_symptoms or symptoms:
            said.add(checkin.day)
        if checkin.no_symptoms:
            well.add(checkin.day)
        of_day = worst[checkin.day]
        for s in symptoms:
            if s.severity != 0:
                of_day[s.name] = max(of_day.get(s.name) or 0, s.severity or 0) or None
                if s.custom or s.code in SYMPTOMS:
                    labels[s.name] = s.label
    systolic: dict[date, Decimal] = {}
    readings = Measurement.objects.readable(patient).filter(quantity="systolic")
    for day, value in readings.filter(day__gte=first).values_list("day", "value"):
        systolic[day] = min(value, systolic.get(day, value))
    infusions = set(
        Infusion.objects.readable(patient)
        .filter(day__gte=first)
        .values_list("day", flat=True)
    )
    return [
        DayRow(
            day=day,
            burden=sum(v or 0 for v in worst[day].values()) if day in said else None,
            well=day in well and not worst[day],
            ungraded=sum(v is None for v in worst[day].values()),
            symptoms=tuple(labels[name] for name in worst[day] if name in labels),
            systolic=systolic.get(day),
            infusion=day in infusions,
        )
        for day in (first + timedelta(days=n) for n in range(DAYS))
    ]


def month_chart(rows: list[DayRow], patient: Patient) -> RecentChart:
    """The month as a chart: symptom burden, lowest systolic, attacks, infusions."""
    first = rows[0].day
    since = datetime.combine(first, time(), patient.tz)
    attacks = Attack.objects.readable(patient).overlapping(since, since + ALL_DAYS)

    def position(at: datetime) -> float:
        """Days since the chart's first midnight, on the patient's clock."""
        local = at.astimezone(patient.tz)
        midnight = datetime.combine(local.date(), time(), local.tzinfo)
        return (local.date() - first).days + (local - midnight) / timedelta(days=1)

    end = datetime.combine(rows[-1].day, time.max, patient.tz)  # of an ongoing attack
    bands = [
        Band(span.phase.value, start, min(stop, DAYS), "", soft_end=span.ongoing)
        for attack in attacks
        for span in spans(attack.clock, end)
        if (stop := position(span.end)) > 0
        and (start := max(0.0, position(span.start))) < DAYS
    ]
    return RecentChart(
        title=_("Last 30 days"),
        desc=_(
            "Symptom burden and lowest systolic pressure by day; gaps are no entry."
        ),
        days=tuple(
            RecentDay(
                burden=row.burden,
                well=row.well,
                ungraded=row.ungraded,
                systolic=None if row.systolic is None else float(row.systolic),
            )
            for row in rows
        ),
        ticks=tuple(
            (index, formats.date_format(rows[index].day, "j M"))
            for index in range(0, DAYS, 7)
        ),
        bands=tuple(bands),
        infusions=tuple(n + 0.5 for n, row in enumerate(rows) if row.infusion),
        words=RecentWords(
            symptoms=_("Symptoms, sum of severities"),
            systolic=_("Upper pressure, mmHg"),
            usual=_("usual"),
            burden=_("symptoms"),
            ungraded=_("not graded"),
            well=_("no symptoms"),
            no_entry=_("no entry"),
            infusion=_("infusion"),
        ),
    )
