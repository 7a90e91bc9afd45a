"""The diary: check-ins with their symptoms, measurements, vaccines and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Element, Resource, concept, instant, notes
from capleak.exports.fhir.measured import Usuals, readings, usual, usual_values
from capleak.exports.fhir.people import People
from capleak.exports.fhir.record import Record, named, reference_to
from capleak.exports.fhir.times import in_words
from diary.models import CheckIn, Comment, Measurement, Symptom, Tag
from diary.words import tags_in_words

AT_ONCE: Final = 500  # entries in memory


def entries(record: Record, people: People) -> Iterator[Resource]:
    """All that was felt and measured in the period, oldest first, without what is
    hidden."""
    usuals = usual_values(record)
    for row in usuals.values():
        yield usual(record, row)
    for checkin in _checkins(record):
        yield from _checkin(record, checkin, usuals, people)
    for together in loose(record):
        found = list(readings(record, together, usuals))
        first = together[0]
        name = f"reading|{first.client_id}|{first.at.timestamp()}"
        yield from found
        yield people.entered(name, found, first.entered_by_id, first.recorded_at)
    yield from _comments(record, people)


def loose(record: Record) -> Iterator[list[Measurement]]:
    """Measurements without a check-in, those read together in one list."""
    rows = Measurement.objects.readable(record.patient).filter(checkin=None)
    in_order = record.on_days(rows).order_by("at", "client_id", "pk").iterator(AT_ONCE)
    for _moment, together in groupby(in_order, _reading):
        yield list(together)


def vaccines(record: Record) -> Iterator[Resource]:
    """Vaccines that a check-in tells of."""
    rows = CheckIn.objects.readable(record.patient).filter(tags__contains=[Tag.VACCINE])
    for checkin in record.on_days(rows).order_by("at", "pk"):
        yield _vaccine(record, checkin)


def _checkins(record: Record) -> Iterator[CheckIn]:
    measured = Prefetch("measurements", Measurement.objects.order_by("pk"))
    rows = CheckIn.objects.readable(record.patient).prefetch_related(measured)
    found: Iterator[CheckIn]
    found = record.on_days(rows).order_by("at", "pk").iterator(AT_ONCE)
    return found


def _checkin(
    record: Record, checkin: CheckIn, usuals: Usuals, people: People
) -> Iterator[Resource]:
    """The check-in, after what belongs to it, and who entered it."""
    members = [
        *(_symptom(record, checkin, symptom) for symptom in checkin.symptoms.all()),
        *readings(record, checkin.measurements.all(), usuals),
    ]
    yield from members
    of_it = [*members, _panel(record, checkin, members)]
    yield of_it[-1]
    if Tag.VACCINE in checkin.shown_tags:
        of_it.append(_vaccine(record, checkin))
        yield of_it[-1]
    name = f"checkin|{checkin.client_id}"
    yield people.entered(name, of_it, checkin.entered_by_id, checkin.recorded_at)


def _panel(record: Record, checkin: CheckIn, members: Iterable[Resource]) -> Resource:
    """What holds one check-in together: its tags, its note, and references."""
    tags = [
        {
            "code": codes.text(_("What else went on")),
            "valueCodeableConcept": codes.text(words),
        }
        for words in tags_in_words(checkin.shown_tags, checkin.vaccine)
    ]
    well = {"code": codes.text(_("Symptoms of any kind")), "valueBoolean": False}
    components: list[Element] = [*([well] if checkin.no_symptoms else []), *tags]
    return record.resource(
        "Observation",
        "checkin",
        checkin.client_id,
        lines=[
            _("Diary check-in, %(when)s") % {"when": _when(checkin)},
            _("No symptoms") if checkin.no_symptoms else "",
            *tags_in_words(checkin.shown_tags, checkin.vaccine),
            checkin.shown_note,
        ],
        status="final",
        category=codes.category("survey"),
        code=codes.text(_("Diary check-in")),
        subject=record.subject,
        effectiveDateTime=_felt(checkin),
        note=notes(checkin.shown_note),
        hasMember=[reference_to(member) for member in members],
        component=components,
    )


def _symptom(record: Record, checkin: CheckIn, symptom: Symptom) -> Resource:
    """A symptom that is present or, where that was said, absent."""
    present = symptom.severity != 0
    own = symptom.custom
    grade = symptom.severity_label or _("not graded")
    graded: Element = {"dataAbsentReason": codes.unknown()}
    if symptom.severity_label:
        graded = {"valueCodeableConcept": codes.text(symptom.severity_label)}
    return record.resource(
        "Observation",
        "symptom",
        checkin.client_id,
        own.public_id if own else symptom.code,
        lines=[f"{_when(checkin)}: {symptom.label}, {grade}"],
        status="final",
        category=codes.category("survey"),
        code=concept(symptom.label, *codes.of_key(own.key if own else symptom.code)),
        subject=record.subject,
        effectiveDateTime=_felt(checkin),
        valueBoolean=present,
        component=[{"code": codes.text(_("Severity")), **graded}] if present else None,
    )


def _vaccine(record: Record, checkin: CheckIn) -> Resource:
    name = named(checkin.vaccine)
    return record.resource(
        "Immunization",
        checkin.client_id,
        lines=[f"{_when(checkin)}: {name}"],
        status="completed",
        vaccineCode=codes.text(name),
        patient=record.subject,
        occurrenceDateTime=_felt(checkin),
        primarySource=False,
        reportOrigin=codes.text(_("As entered in the diary")),
    )


def _comments(record: Record, people: People) -> Iterator[Resource]:
    """Remarks on a day; what was said stands in the note, under who said it."""
    rows = Comment.objects.filter(patient=record.patient).select_related("author")
    for row in record.on_days(rows).order_by("day", "pk").iterator(AT_ONCE):
        comment = record.resource(
            "Observation",
            "comment",
            row.client_id,
            lines=[f"{row.day.isoformat()}, {row.signed}: {row.text}"],
            status="final",
            category=codes.category("survey"),
            code=codes.text(_("Comment on the day")),
            subject=record.subject,
            effectiveDateTime=row.day.isoformat(),
            note=[{"authorString": row.signed, "text": row.text}],
        )
        yield comment
        name = f"comment|{row.client_id}"
        yield people.entered(name, [comment], row.author_id, row.at)


def _felt(checkin: CheckIn) -> str:
    return instant(checkin.at, ZoneInfo(checkin.zone))


def _when(checkin: CheckIn) -> str:
    return in_words(checkin.at, ZoneInfo(checkin.zone))


def _reading(row: Measurement) -> tuple[object, UUID]:
    return row.at, row.client_id
