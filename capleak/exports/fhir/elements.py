"""The data types of FHIR R4 as plain dictionaries. Pure: standard library only.

None, blank text, and lists and objects with nothing in them may stand anywhere while a
resource is put together; `bare` takes them out at the end, because FHIR has no such
thing (https://hl7.org/fhir/R4/json.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from html import escape
from typing import Any, Final

Element = dict[str, Any]
Resource = dict[str, Any]

# What neither a FHIR string nor XML 1.0 can carry, as the sign that stands for it.
_SIGNS: Final = str.maketrans(
    {c: chr(0x2400 + c) for c in range(0x20) if chr(c) not in "\t\n\r"}
    | {0xFFFE: "\ufffd", 0xFFFF: "\ufffd"}
)


def told(text: str) -> str:
    """The text as FHIR can carry it: only control characters change, to signs."""
    return text if text.isprintable() else text.translate(_SIGNS)


def bare(value: Any) -> Any:
    """The value without what says nothing, all its text as FHIR can carry it.

    None if nothing is left. False and 0 say something.
    """
    if isinstance(value, str):
        return told(value) if value.strip() else None
    if isinstance(value, dict):
        said = {key: kept for key, v in value.items() if (kept := bare(v)) is not None}
        return said or None
    if isinstance(value, (list, tuple)):
        return [kept for v in value if (kept := bare(v)) is not None] or None
    return value


def coding(system: str, code: str, display: str = "") -> Element:
    """A code of a system; no display where none was seen beside the code."""
    return {"system": system, "code": code, "display": display}


def concept(text: str, *codings: Element) -> Element:
    """What is meant, in words, and by the codes that mean the same."""
    return {"coding": list(codings), "text": text}


def quantity(value: Decimal, unit: str, ucum: str | None) -> Element:
    """An amount; without a code where the unit has none in UCUM."""
    coded = {"system": "http://unitsofmeasure.org", "code": ucum} if ucum else {}
    return {"value": number(value), "unit": unit, **coded}


def number(value: Decimal) -> int | float:
    """The same number for JSON. What is stored has 12 digits, which a float keeps."""
    return int(value) if value == value.to_integral_value() else float(value)


def notes(*texts: str) -> list[Element]:
    """Annotations, without blank ones."""
    return [{"text": text} for text in texts if text.strip()]


def instant(at: datetime, zone: tzinfo) -> str:
    """A moment to the second, on the clock of a zone.

    FHIR has offsets of whole minutes; before time zones there were others: then UTC.
    """
    local = at.astimezone(zone)
    if (local.utcoffset() or timedelta()) % timedelta(minutes=1):
        local = at.astimezone(UTC)
    return local.isoformat(timespec="seconds")


def day(on: date | None) -> str | None:
    """A date, or nothing."""
    return on.isoformat() if on else None


_LINE_END: Final = re.compile(r"\r\n|\r|\n")
_BEGIN, _END = '<div xmlns="http://www.w3.org/1999/xhtml">', "</div>"


def narrative(lines: Iterable[str], *, complete: bool = True) -> Element:
    """What a person reads, one paragraph a line.

    `complete`: all of it stands in the elements, too.
    """
    paragraphs = "".join(f"<p>{_xhtml(line)}</p>" for line in lines if line.strip())
    return {
        "status": "generated" if complete else "additional",
        "div": f"{_BEGIN}{paragraphs}{_END}",
    }


def together(narratives: Iterable[Element]) -> Element:
    """Several narratives as one, each apart from the next."""
    told = (each["div"].removeprefix(_BEGIN).removesuffix(_END) for each in narratives)
    parts = "".join(f"<div>{each}</div>" for each in told)
    return {"status": "generated", "div": f"{_BEGIN}{parts}{_END}"}


def _xhtml(line: str) -> str:
    """Text without markup of its own; its lines stay lines."""
    return "<br/>".join(_LINE_END.split(escape(told(line), quote=False)))
