"""What is to be taken: the immunoglobulin plan and medicines, with dated changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Final

from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Element, Resource, day, notes, quantity
from capleak.exports.fhir.people import People
from capleak.exports.fhir.record import Record, named
from prophylaxis.figures import trimmed
from prophylaxis.models import Cadence, MedicinePlan, Plan

_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def plans(record: Record, people: People) -> Iterator[Resource]:
    """Plans and medicines that were in force on any day of the period."""
    ordered = Plan.objects.filter(patient=record.patient).order_by("began_at", "pk")
    for plan in ordered:
        until = _local(record, plan.ended_at)
        if _in_force(record, plan.valid_from, until):
            told = _plan(record, plan, until)
            yield told
            name = f"plan|{plan.pk}"
            yield people.entered(name, [told], plan.entered_by_id, plan.began_at)
    rows = MedicinePlan.objects.filter(patient=record.patient)
    for row in rows.order_by("began_at", "pk"):
        ends = (_local(record, row.ended_at), row.valid_until)
        until = min((end for end in ends if end), default=None)
        if _in_force(record, row.valid_from, until):
            told = _medicine(record, row, until)
            yield told
            name = f"medicine|{row.client_id}"
            yield people.entered(name, [told], row.entered_by_id, row.began_at)


def _plan(record: Record, plan: Plan, until: date | None) -> Resource:
    dose = _("%(dose)s g/kg, %(rhythm)s") % {
        "dose": trimmed(plan.dose_g_per_kg),
        "rhythm": plan.rhythm_label,
    }
    around = {
        _("Pre-medication"): plan.premedication,
        _("Prescribed by"): plan.prescriber,
        _("Where"): plan.get_site_display() if plan.site else "",
    }
    said = [f"{label}: {text}" for label, text in around.items() if text]
    per_kg = quantity(plan.dose_g_per_kg, "g/kg", codes.UCUM["g/kg"])
    return record.resource(
        "MedicationStatement",
        "plan",
        plan.pk,
        lines=[plan.product, dose, _dates(plan.valid_from, until), *said],
        status=_status(record, plan, until),
        medicationCodeableConcept=codes.text(named(plan.product)),
        subject=record.subject,
        effectivePeriod={"start": day(plan.valid_from), "end": day(until)},
        dosage=[
            {
                "text": dose,
                "timing": {"repeat": _repeat(plan)},
                "route": codes.text(plan.get_route_display()),
                "doseAndRate": [{"doseQuantity": per_kg}],
            }
        ],
        note=notes(*said),
    )


def _repeat(plan: Plan) -> Element:
    """How often, for machines. A dose over several days is told in the text."""
    at = f"{plan.local_time:%H:%M:00}"
    match plan.cadence:
        case Cadence.WEEKS:
            weekday = _WEEKDAYS[plan.weekday or 0]
            each: Element = {"period": plan.interval_days // 7, "periodUnit": "wk"}
            each["dayOfWeek"] = [weekday]
        case Cadence.MONTH:
            each = {"period": 1, "periodUnit": "mo"}
        case _:
            each = {"period": plan.interval_days, "periodUnit": "d"}
    return {"frequency": 1, **each, "timeOfDay": [at]}


def _medicine(record: Record, row: MedicinePlan, until: date | None) -> Resource:
    times = [f"{time:%H:%M}" for time in row.times]
    dose = f"{row.dose}, {', '.join(times)}"
    by = _("Prescribed by: %(name)s") % {"name": row.prescriber}
    return record.resource(
        "MedicationStatement",
        "medicine",
        row.client_id,
        lines=[
            row.name,
            dose,
            _dates(row.valid_from, until),
            by if row.prescriber else "",
        ],
        status=_status(record, row, until),
        medicationCodeableConcept=codes.text(named(row.name)),
        subject=record.subject,
        effectivePeriod={"start": day(row.valid_from), "end": day(until)},
        dosage=[
            {
                "text": dose,
                "timing": {
                    "repeat": {
                        "frequency": len(times),
                        "period": 1,
                        "periodUnit": "d",
                        "timeOfDay": [f"{time}:00" for time in times],
                    }
                },
            }
        ],
        note=notes(by) if row.prescriber else None,
    )


def _in_force(record: Record, since: date, until: date | None) -> bool:
    """Never, if it was changed before its first day."""
    if until is not None and until < since:
        return False
    first, last = record.period.since, record.period.until
    return (last is None or since <= last) and (
        first is None or until is None or until >= first
    )


def _status(record: Record, row: Plan | MedicinePlan, until: date | None) -> str:
    today = record.now.astimezone(record.patient.tz).date()
    if row.ended_at is not None or (until is not None and until < today):
        return "completed"
    return "intended" if row.valid_from > today else "active"


def _local(record: Record, at: datetime | None) -> date | None:
    return at.astimezone(record.patient.tz).date() if at else None


def _dates(since: date, until: date | None) -> str:
    if until is None:
        return _("since %(day)s") % {"day": since.isoformat()}
    return f"{since.isoformat()} – {until.isoformat()}"
