"""The published attacks as diary entries: every fact of a report, and nothing else.

What a report does not say gets no row. The order and distance of its days are kept;
only the date of day 0, the first hospital presentation, is ours, and its hour is noon.
Pure but for reading its own file.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

from attacks.drafts import Boundary
from attacks.models import Precision
from attacks.reports import QUANTITY
from capleak.demo.parts import (
    HOME_ZONE,
    Entry,
    Window,
    at_local,
    client_id,
    reading,
)
from diary.drafts import CheckInDraft
from diary.vocabulary import SYMPTOMS

FILE: Final = Path(__file__).with_name("published.json")

# Days of each case's day 0 before today, in the order of the file. Two come before the
# first infusion: the second case says that there was no prophylaxis before it.
DAYS_AGO: Final = (1005, 860, 548, 143)
# Kept free of invented entries; the page of an attack shows three days around it.
BEFORE, AFTER = timedelta(days=4), timedelta(days=10)

# What vitals and labs of the reports are in, in the words of our vocabulary: the units
# that the file states; where it states none, the key does, but for the usual one of
# eGFR.
UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sbp": "mmHg",
        "dbp": "mmHg",
        "hr": "/min",
        "temp_c": "°C",
        "weight_kg": "kg",
        "spo2_pct": "%",
        "hct_pct": "%",
        "hgb_g_dl": "g/dL",
        "albumin_g_dl": "g/dL",
        "total_protein_g_dl": "g/dL",
        "creatinine_mg_dl": "mg/dL",
        "ck_u_l": "U/L",
        "lactate_mmol_l": "mmol/L",
        "wbc_10e9_l": "10^9/L",
        "crp_mg_l": "mg/L",
        "urea_mmol_l": "mmol/L",
        "urea_mg_dl": "mg/dL urea",
        "potassium_mmol_l": "mmol/L",
        "sodium_mmol_l": "mmol/L",
        "bicarbonate_mmol_l": "mmol/L",
        "egfr": "mL/min/1.73m2",
    }
)

# The keys of the reports that our vocabulary calls otherwise.
RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {"flu_like_unspecified": "flu_like", "uri_unspecified": "upper_respiratory"}
)

# A discharge is not the end of an attack, and no report tells when it was over.
BOUNDARIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "first_symptom_day": "prodrome_start",
        "first_hypotension_day": "leak_start",
        "leak_or_shock_resolved_day": "recovery_start",
    }
)

_NOTE: Final = (
    "Not Ana’s own: an attack of somebody else, put at this date for the demo. The "
    "days between its events are the report’s; the date and the hours are not."
)


@dataclass(frozen=True, slots=True)
class CaseAttack:
    """One published attack, placed in the demo record."""

    case_id: str
    told: Mapping[str, Any]  # the report's facts, word for word
    boundaries: Mapping[str, Boundary]  # by field of Attack; unknown ones are absent
    entries: tuple[Entry, ...]
    note: str
    window: Window
    recorded_at: datetime
    zero: datetime  # the instant of the report's day 0


def attacks(today: date) -> tuple[CaseAttack, ...]:
    """The attacks of the file, oldest first, with dates counted back from today."""
    file = json.loads(FILE.read_text(encoding="utf-8"))
    shared = {name: file[name] for name in ("about", "units")}
    return tuple(
        _attack(case, shared, today - timedelta(days=days_ago))
        for case, days_ago in zip(file["cases"], DAYS_AGO, strict=True)
    )


def _attack(case: dict[str, Any], shared: dict[str, Any], day_0: date) -> CaseAttack:
    zero = at_local(day_0, time(12))
    moments = [zero + timedelta(days=days) for days in _days_told(case["events"])]
    recorded_at = max(moments) + AFTER
    zone = ZoneInfo(HOME_ZONE)
    return CaseAttack(
        case_id=case["id"],
        told={**shared, **case},
        boundaries={
            field: Boundary(zero + timedelta(days=days), _precision(days))
            for key, field in BOUNDARIES.items()
            if (days := case["phases"][key]) is not None
        },
        entries=tuple(
            Entry(_draft(case["id"], number, event, zero), recorded_at)
            for number, event in enumerate(case["events"])
        ),
        note=_NOTE,
        window=Window(
            (min(moments) - BEFORE).astimezone(zone).date(),
            recorded_at.astimezone(zone).date(),
        ),
        recorded_at=recorded_at,
        zero=zero,
    )


def _days_told(events: list[dict[str, Any]]) -> Iterator[float]:
    for event in events:
        yield event["day"]
        if event["day_to"] is not None:
            yield event["day_to"]


def _precision(days: float) -> Precision:
    """A whole number of days is known to the day; a fraction knows the hours."""
    return Precision.DAY if float(days).is_integer() else Precision.HOURS


def _draft(
    case_id: str, number: int, event: dict[str, Any], zero: datetime
) -> CheckInDraft:
    """One event of a report. Symptoms are ungraded: no report says how bad."""
    codes = [RENAMED.get(code, code) for code in event["symptoms"]]
    return CheckInDraft(
        client_id=client_id(f"{case_id} {number}"),
        at=zero + timedelta(days=event["day"]),
        zone=HOME_ZONE,
        symptoms={SYMPTOMS[code].key: None for code in codes},
        note=_event_note(event),
        readings=tuple(
            reading(QUANTITY[key], Decimal(str(value)), UNITS[key])
            for key, value in (event["vitals"] | event["labs"]).items()
        ),
    )


def _event_note(event: dict[str, Any]) -> str:
    days = _day(event["day"])
    if event["day_to"] is not None:
        days += f" to {_day(event['day_to'])}"
    lines = [f"Published case, day {days}; the hour is not told.", event["note"]]
    if event["treatments"]:
        lines.append(f"Treatment: {'; '.join(event['treatments'])}.")
    return "\n".join(line for line in lines if line)


def _day(days: float) -> str:
    return f"{days:g}".replace("-", "−")
