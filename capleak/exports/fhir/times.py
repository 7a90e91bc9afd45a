"""Times that people know roughly, never told more exactly than they are known."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from attacks.models import Precision
from attacks.words import MARGIN, moment
from capleak.exports.fhir.elements import Element, instant

_AROUND: Final = (Precision.HOURS, Precision.WEEK)  # no FHIR date is as rough as these


def rough(at: datetime, precision: str, zone: ZoneInfo) -> str:
    """A dateTime that is as long as its precision allows: "2024-03" for a month."""
    day = at.astimezone(zone).date().isoformat()
    match precision:
        case Precision.EXACT:
            return instant(at, zone)
        case Precision.HOURS | Precision.DAY:
            return day
        case Precision.WEEK | Precision.MONTH:
            return day[:7]
        case _:
            return day[:4]


def in_words(at: datetime, zone: ZoneInfo) -> str:
    """A moment that is known to the minute, for people."""
    return moment(at, Precision.EXACT, zone)


def known(
    element: str, at: datetime | None, precision: str, zone: ZoneInfo
) -> dict[str, Any]:
    """`element`DateTime, or the Period in which it was where only that is known.

    FHIR gives onset and abatement a Period for just this.
    """
    if at is None:
        return {}
    if precision not in _AROUND:
        return {f"{element}DateTime": rough(at, precision, zone)}
    margin, as_known = MARGIN[Precision(precision)], Precision.EXACT
    if precision == Precision.WEEK:
        as_known = Precision.DAY
    period = {
        "start": rough(at - margin, as_known, zone),
        "end": rough(at + margin, as_known, zone),
    }
    return {f"{element}Period": period}


def span(
    start: datetime | None, end: datetime | None, precision: str, zone: ZoneInfo
) -> Element:
    """A Period between two times that are known equally well."""
    return {
        "start": rough(start, precision, zone) if start else None,
        "end": rough(end, precision, zone) if end else None,
    }


def during(
    element: str,
    start: datetime | None,
    end: datetime | None,
    precision: str,
    zone: ZoneInfo,
) -> dict[str, Any]:
    """`element`DateTime, or `element`Period where an end is known."""
    if end is None:
        return {f"{element}DateTime": rough(start, precision, zone)} if start else {}
    return {f"{element}Period": span(start, end, precision, zone)}
