"""Infusions with their lots and reactions, and those that were due and not given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import (
    Element,
    Resource,
    day,
    instant,
    notes,
    quantity,
)
from capleak.exports.fhir.people import People
from capleak.exports.fhir.record import Record, named, reference_to
from capleak.exports.fhir.times import in_words
from prophylaxis.figures import trimmed
from prophylaxis.models import Appointment, Infusion, Lot, RateStep, Reaction

AT_ONCE: Final = 200  # infusions in memory


def infusions(record: Record, people: People) -> Iterator[Resource]:
    """Each infusion that was begun, oldest first, with its lots and reactions."""
    told: set[str] = set()  # a lot of several infusions is told once
    for infusion in _infusions(record):
        lots = list(infusion.lots.all())
        medicine = list(_medicine(record, infusion, lots))
        for resource in medicine:
            if resource["id"] not in told:
                told.add(resource["id"])
                yield resource
        what = _of(medicine, infusion.product)
        given = _administration(record, infusion, what)
        yield from people.signed(given, infusion)
        for place, reaction in enumerate(infusion.reactions.all()):
            yield _reaction(record, infusion, place, reaction, given)
    for row in _not_given(record):
        yield from people.signed(_missed(record, row), row)


def _infusions(record: Record) -> Iterator[Infusion]:
    seen = Reaction.objects.readable(record.patient).order_by("pk")
    rows = record.on_days(Infusion.objects.readable(record.patient))
    found: Iterator[Infusion]
    found = (
        rows.select_related("plan")
        .prefetch_related("lots", "rate_steps", Prefetch("reactions", seen))
        .order_by("started_at", "pk")
        .iterator(AT_ONCE)
    )
    return found


def _not_given(record: Record) -> Iterable[Appointment]:
    rows = Appointment.objects.readable(record.patient)
    planned = Appointment.Status.PLANNED
    return record.on_days(rows.exclude(status=planned)).order_by("at", "pk")


def _medicine(
    record: Record, infusion: Infusion, lots: Sequence[Lot]
) -> Iterator[Resource]:
    """A Medication for each lot; of several lots also the mixture that was given, last.

    So the dose is told once, and every lot can be found.
    """
    made = [_lot(record, infusion, lot) for lot in lots]
    yield from made
    if len(made) > 1:
        yield record.resource(
            "Medication",
            "mixture",
            infusion.client_id,
            lines=[infusion.product, *(_vials(lot) for lot in lots)],
            code=codes.text(named(infusion.product)),
            ingredient=[
                {
                    "itemReference": reference_to(resource),
                    "strength": {
                        "numerator": {"value": lot.count, "unit": _("vials")},
                        "denominator": {"value": 1, "unit": _("infusion")},
                    },
                }
                for lot, resource in zip(lots, made, strict=True)
            ],
        )


def _lot(record: Record, infusion: Infusion, lot: Lot) -> Resource:
    product = named(lot.product, infusion.product)
    gtin = {"type": codes.text("GTIN"), "value": lot.gtin} if lot.gtin else None
    vial = None
    if lot.vial_g is not None:
        vial = {
            "numerator": quantity(lot.vial_g, "g", codes.UCUM["g"]),
            "denominator": {"value": 1, "unit": _("vial")},
        }
    return record.resource(
        "Medication",
        "lot",
        product,
        lot.number,
        lot.gtin,
        lot.vial_g,
        lot.expires_on,
        lines=[product, _lot_words(lot)],
        identifier=[gtin] if gtin else None,
        code=codes.text(product),
        amount=vial,
        batch={"lotNumber": lot.number, "expirationDate": day(lot.expires_on)},
    )


def _of(medicine: Sequence[Resource], product: str) -> Element:
    """What was given: by reference to its lots, else by its name."""
    if medicine:
        return {"medicationReference": reference_to(medicine[-1])}
    return {"medicationCodeableConcept": codes.text(named(product))}


def _administration(record: Record, infusion: Infusion, what: Element) -> Resource:
    running = infusion.status == Infusion.Status.STARTED
    around = _around(infusion)
    started = in_words(infusion.started_at, ZoneInfo(infusion.zone))
    lots = [_vials(lot) for lot in infusion.lots.all()]
    steps = [_step(step) for step in infusion.rate_steps.all()]
    return record.resource(
        "MedicationAdministration",
        "infusion",
        infusion.client_id,
        lines=[
            f"{started}: {infusion.product}",
            _dose(infusion),
            *lots,
            *steps,
            *around,
            infusion.shown_note,
        ],
        complete=len(steps) < 2,  # FHIR has one rate for all of it
        status="in-progress" if running else "completed",
        **what,
        subject=record.subject,
        **_effective(infusion),
        performer=[{"actor": {"display": infusion.given_by}}]
        if infusion.given_by.strip()
        else None,
        dosage=_dosage(infusion),
        note=notes(infusion.shown_note, *around),
    )


def _effective(infusion: Infusion) -> Element:
    zone = ZoneInfo(infusion.zone)
    start = instant(infusion.started_at, zone)
    if infusion.finished_at is None:
        return {"effectiveDateTime": start}
    end = instant(infusion.finished_at, zone)
    return {"effectivePeriod": {"start": start, "end": end}}


def _dosage(infusion: Infusion) -> Element | None:
    """The dose and, if it never changed, the rate; FHIR wants one of them at least."""
    steps = list(infusion.rate_steps.all())
    dosage: Element = {}
    if infusion.dose_g is not None:
        dosage["dose"] = quantity(infusion.dose_g, "g", codes.UCUM["g"])
    if len(steps) == 1:
        rate = quantity(steps[0].ml_per_h, "mL/h", codes.UCUM["mL/h"])
        dosage["rateQuantity"] = rate
    if not dosage:
        return None
    dosage["text"] = _dose(infusion)
    if infusion.plan:
        dosage["route"] = codes.text(infusion.plan.get_route_display())
    return dosage


def _dose(infusion: Infusion) -> str:
    """Grams, and grams per kilogram where the weight is known."""
    if infusion.dose_g is None:
        return ""
    grams = f"{trimmed(infusion.dose_g)} g"
    if infusion.weight_kg is None or infusion.g_per_kg is None:
        return grams
    return _("%(grams)s, %(per_kg)s g/kg at %(weight)s kg") % {
        "grams": grams,
        "per_kg": trimmed(infusion.g_per_kg),
        "weight": trimmed(infusion.weight_kg),
    }


def _around(infusion: Infusion) -> list[str]:
    """What else was said of an infusion, a line each."""
    said = {
        _("Pre-medication"): infusion.premedication,
        _("Fluid given along"): f"{infusion.hydration_ml} mL"
        if infusion.hydration_ml is not None
        else "",
        _("Where"): infusion.get_site_display() if infusion.site else "",
        _("Day of the course"): str(infusion.course_day)
        if infusion.course_day > 1
        else "",
    }
    return [f"{label}: {text}" for label, text in said.items() if text]


def _vials(lot: Lot) -> str:
    """How many vials of which lot."""
    size = f"{trimmed(lot.vial_g)} g" if lot.vial_g is not None else ""
    return _("%(count)s × %(size)s, %(lot)s") % {
        "count": lot.count,
        "size": size or _("vial"),
        "lot": _lot_words(lot),
    }


def _lot_words(lot: Lot) -> str:
    return _("lot %(number)s") % {"number": lot.number}


def _step(step: RateStep) -> str:
    return f"{step.local_at:%H:%M}: {trimmed(step.ml_per_h)} mL/h"


def _reaction(
    record: Record, infusion: Infusion, place: int, row: Reaction, given: Resource
) -> Resource:
    """Something felt during or after an infusion, with what was done about it."""
    label = row.get_kind_display()
    if row.kind == Reaction.Kind.OTHER and row.shown_other:
        label = row.shown_other
    when: dict[str, Any] = {}
    if row.onset_at:
        at = instant(row.onset_at, ZoneInfo(infusion.zone))
        when = {"effectiveDateTime": at}
    return record.resource(
        "Observation",
        "reaction",
        infusion.client_id,
        place,
        lines=[
            in_words(row.onset_at, ZoneInfo(infusion.zone)) if row.onset_at else "",
            f"{label}: {row.get_severity_display()}",
            row.shown_action,
        ],
        status="final",
        category=codes.category("survey"),
        partOf=[reference_to(given)],
        code=codes.text(_("Reaction to an infusion: %(what)s") % {"what": label}),
        subject=record.subject,
        valueBoolean=True,
        component=[
            {
                "code": codes.text(_("Severity")),
                "valueCodeableConcept": codes.text(row.get_severity_display()),
            }
        ],
        note=notes(row.shown_action),
        **when,
    )


def _missed(record: Record, row: Appointment) -> Resource:
    """An infusion that was due and not given."""
    why = row.get_status_display()
    if row.shown_reason:
        why = f"{why}: {row.shown_reason}"
    product = _("Immunoglobulin, by the plan")
    return record.resource(
        "MedicationAdministration",
        "appointment",
        row.client_id,
        lines=[f"{in_words(row.at, ZoneInfo(row.zone))}: {product}", why],
        status="not-done",
        statusReason=[codes.text(why)],
        medicationCodeableConcept=codes.text(product),
        subject=record.subject,
        effectiveDateTime=instant(row.at, ZoneInfo(row.zone)),
    )
