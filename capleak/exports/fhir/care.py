"""What was done in attacks: stays in hospital, procedures, and what was given."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.fact_words import COURSE_WORDS
from attacks.models import BOUNDARIES, Site, Stay, Treatment
from attacks.words import moment
from capleak.exports.fhir import codes
from capleak.exports.fhir.attacks import Told, boundary
from capleak.exports.fhir.elements import Element, Resource, coding, notes, quantity
from capleak.exports.fhir.people import People
from capleak.exports.fhir.record import Record
from capleak.exports.fhir.times import during, span
from prophylaxis.figures import trimmed

_INPATIENT: Final = coding(f"{codes.HL7}/v3-ActCode", "IMP", "inpatient encounter")
_TIMES: Final = {
    "arrived_at": gettext_lazy("Arrived"),
    "icu_from": gettext_lazy("Intensive care from"),
    "icu_until": gettext_lazy("Intensive care until"),
    "discharged_at": gettext_lazy("Went home"),
}
_KIND: Final = Treatment.Kind
_DONE: Final = (_KIND.DECOMPRESSION, _KIND.DIALYSIS, _KIND.VENTILATION, _KIND.OTHER)


def stays(record: Record, one: Told, people: People) -> Iterator[Resource]:
    """A stay in hospital each."""
    for row in one.rows.stays:
        yield from people.signed(_stay(record, one, row), row)


def done(record: Record, one: Told, people: People) -> Iterator[Resource]:
    """Procedures: surgery, dialysis, ventilation, and what is not named."""
    for row in one.rows.treatments:
        if row.kind in _DONE:
            yield from people.signed(_procedure(record, one, row), row)


def given(record: Record, one: Told, people: People) -> Iterator[Resource]:
    """Fluids and medicines that were given in the attack."""
    for row in one.rows.treatments:
        if row.kind not in _DONE:
            yield from people.signed(_administration(record, one, row), row)


def _stay(record: Record, one: Told, row: Stay) -> Resource:
    zone, precision = one.attack.tz, row.precision
    intensive = None
    if row.icu_from or row.icu_until:
        intensive = {
            "location": {"display": str(COURSE_WORDS["icu"])},
            "period": span(row.icu_from, row.icu_until, precision, zone),
        }
    first_called = _("First called: %(name)s") % {"name": row.first_called}
    return record.resource(
        "Encounter",
        one.attack.public_id,
        row.client_id,
        lines=[
            _("Stay in hospital"),
            *(
                f"{label}: {moment(at, precision, zone)}"
                for name, label in _TIMES.items()
                if (at := getattr(row, name))
            ),
            first_called if row.first_called else "",
            row.shown_note,
        ],
        complete=not row.shown_note,  # an Encounter has no element for notes
        status=_status(one, row),
        **{"class": _INPATIENT},
        subject=record.subject,
        period=span(row.arrived_at, row.discharged_at, precision, zone),
        reasonCode=[codes.text(first_called)] if row.first_called else None,
        diagnosis=[{"condition": one.reference}],
        location=[intensive] if intensive else None,
    )


def _status(one: Told, row: Stay) -> str:
    if row.discharged_at:
        return "finished"
    return "unknown" if one.attack.ongoing else "finished"


def _procedure(record: Record, one: Told, row: Treatment) -> Resource:
    label = _label(row)
    return record.resource(
        "Procedure",
        one.attack.public_id,
        row.client_id,
        lines=[label, _when(one, row), _amount(row), *_sites(row), row.shown_note],
        status="completed",
        code=codes.text(label),
        subject=record.subject,
        reasonReference=[one.reference],
        bodySite=[codes.text(site) for site in _sites(row)],
        note=notes(_amount(row), row.shown_note),
        **during("performed", row.at, row.until, row.precision, one.attack.tz),
    )


def _administration(record: Record, one: Told, row: Treatment) -> Resource:
    label = _label(row)
    dosage = None
    if row.amount is not None:
        dose = quantity(row.amount, row.unit, codes.UCUM[row.unit])
        dosage = {"text": _amount(row), "dose": dose}
    return record.resource(
        "MedicationAdministration",
        "treatment",
        one.attack.public_id,
        row.client_id,
        lines=[label, _when(one, row), _amount(row), row.shown_note],
        status="completed",
        medicationCodeableConcept=codes.text(label),
        subject=record.subject,
        reasonReference=[one.reference],
        dosage=dosage,
        note=notes(row.shown_note),
        **_effective(one, row),
    )


def _effective(one: Told, row: Treatment) -> dict[str, Any]:
    """When it was given; where nobody said, some time in the attack.

    FHIR asks for a time or an interval, and the attack is the interval that is known.
    """
    attack = one.attack
    if row.at or row.until:
        return during("effective", row.at, row.until, row.precision, attack.tz)
    first = next(name for name in BOUNDARIES if getattr(attack, name))
    whole: Element = {"start": boundary(attack, first)}
    if attack.end:
        whole["end"] = boundary(attack, "end")
    return {"effectivePeriod": whole}


def _label(row: Treatment) -> str:
    kind = row.get_kind_display()
    return f"{kind}: {row.detail}" if row.detail else kind


def _when(one: Told, row: Treatment) -> str:
    ends = (row.at, row.until)
    known = [moment(at, row.precision, one.attack.tz) for at in ends if at]
    return " – ".join(known)


def _amount(row: Treatment) -> str:
    return "" if row.amount is None else f"{trimmed(row.amount)} {row.unit}"


def _sites(row: Treatment) -> list[str]:
    return [str(Site(site).label) for site in row.sites]
