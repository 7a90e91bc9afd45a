"""Measurements as Observations: value and unit for machines, what was typed for people.

The value is the canonical one, because a LOINC code says what kind of amount it is: an
amount of substance under the code of a mass would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Element, Resource, concept, instant, quantity
from capleak.exports.fhir.record import Record
from capleak.exports.fhir.times import in_words
from diary.models import Measurement, Usual
from diary.vocabulary import QUANTITIES, URINE_GRADES, Quantity
from diary.words import in_words as with_unit
from diary.words import with_circumstance

BODY_POSITION: Final = (
    "http://hl7.org/fhir/StructureDefinition/observation-bodyPosition"
)
_PRESSURES: Final = ("systolic", "diastolic")
_CATEGORIES: Final = {"vital": "vital-signs", "lab": "laboratory"}

Usuals = Mapping[str, Usual]


def usual_values(record: Record) -> dict[str, Usual]:
    """What is usual for this person, by quantity."""
    return {row.quantity: row for row in record.patient.usual_values.all()}


def readings(
    record: Record, rows: Iterable[Measurement], usuals: Usuals
) -> Iterator[Resource]:
    """What was read together; the halves of a blood pressure become one panel."""
    panels: dict[tuple[str, str], dict[str, Measurement]] = {}
    for row in rows:
        if row.quantity in _PRESSURES:
            panels.setdefault((row.posture, row.site), {})[row.quantity] = row
        else:
            yield _single(record, row, usuals)
    for halves in panels.values():
        yield _pressure(record, halves, usuals)


def usual(record: Record, row: Usual) -> Resource:
    """A usual value, in words alone, so that nobody takes it for a reading."""
    known = QUANTITIES.get(row.quantity)
    label = _("Usual value: %(what)s") % {"what": _label(row.quantity)}
    return record.resource(
        "Observation",
        "usual",
        row.quantity,
        lines=[f"{label}, {_typed(row)}"],
        status="final",
        code=codes.text(label),
        subject=record.subject,
        effectiveDateTime=row.measured_on.isoformat() if row.measured_on else None,
        **_value(row.value, known, row),
    )


def _single(record: Record, row: Measurement, usuals: Usuals) -> Resource:
    known = QUANTITIES.get(row.quantity)
    coded = codes.loinc(known.loinc) if known and known.loinc else ()
    return _observation(
        record,
        row,
        "measured",
        row.client_id,
        row.quantity,
        row.posture,
        row.site,
        told=_told(row),
        category=codes.category(_category(known)),
        code=concept(row.label, *coded),
        referenceRange=_ranges(row.quantity, usuals),
        **_value(row.value, known, row),
    )


def _pressure(
    record: Record, halves: Mapping[str, Measurement], usuals: Usuals
) -> Resource:
    """A panel with both halves; a half that was not given says that it is unknown."""
    first = next(iter(halves.values()))
    return _observation(
        record,
        first,
        "pressure",
        first.client_id,
        *sorted(halves),
        first.posture,
        first.site,
        told="; ".join(_told(row) for row in halves.values()),
        category=codes.category("vital-signs"),
        code=concept(_("Blood pressure"), *codes.loinc(codes.PRESSURE)),
        component=[_half(name, halves.get(name), usuals) for name in _PRESSURES],
    )


def _half(name: str, row: Measurement | None, usuals: Usuals) -> Element:
    known = QUANTITIES[name]
    assert known.loinc is not None
    value = _value(row.value, known, row) if row else None
    return {
        "code": concept(_(known.label), *codes.loinc(known.loinc)),
        **(value or {"dataAbsentReason": codes.unknown()}),
        "referenceRange": _ranges(name, usuals) if row else None,
    }


def _observation(
    record: Record, row: Measurement, *name: object, told: str, **elements: Any
) -> Resource:
    zone = ZoneInfo(row.zone)
    posture = row.get_posture_display() if row.posture else ""
    device = {"display": row.device} if row.device else None
    return record.resource(
        "Observation",
        *name,
        lines=[f"{in_words(row.at, zone)}: {told}"],
        status="final",
        subject=record.subject,
        effectiveDateTime=instant(row.at, zone),
        bodySite=codes.text(row.site),
        device=device,
        extension=[
            {"url": BODY_POSITION, "valueCodeableConcept": codes.text(posture)},
        ]
        if posture
        else None,
        **elements,
    )


def _value(
    value: Decimal, known: Quantity | None, row: Measurement | Usual
) -> dict[str, Any]:
    """The value in the canonical unit; in words what is a grade."""
    if known is None:
        return {"valueQuantity": quantity(row.typed_value, row.typed_unit, None)}
    if known.key == "urine_relative" and int(value) in URINE_GRADES:
        return {"valueCodeableConcept": codes.text(_(URINE_GRADES[int(value)]))}
    unit = known.canonical_unit
    if unit == "grade":
        return {"valueInteger": int(value)}
    return {"valueQuantity": quantity(value, unit, codes.UCUM[unit])}


def _ranges(key: str, usuals: Usuals) -> list[Element] | None:
    """What is usual for this person; a laboratory's own ranges are not in the diary."""
    row = usuals.get(key)
    if row is None:
        return None
    told = _("Usual for this person: %(value)s") % {"value": _typed(row)}
    if row.measured_on:
        told = _("%(usual)s, since %(day)s") % {
            "usual": told,
            "day": row.measured_on.isoformat(),
        }
    return [{"text": told}]


def _category(known: Quantity | None) -> str:
    return _CATEGORIES.get(known.group if known else "", "exam")


def _label(key: str) -> str:
    known = QUANTITIES.get(key)
    return _(known.label) if known else key


def _typed(row: Measurement | Usual) -> str:
    return with_unit(row.quantity, row.typed_value, row.typed_unit)


def _told(row: Measurement) -> str:
    """As it was entered, with its unit."""
    label = with_circumstance(row.label, row.posture, row.site)
    return f"{label}: {_typed(row)}"
