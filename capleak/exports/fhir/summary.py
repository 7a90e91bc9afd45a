"""A document in the shape of the International Patient Summary: sections, then rows.

The shape is that of HL7's IPS 2.0 on plain R4. A section of which nothing is known says
so in words and with a code of R4, instead of being left out: an empty list of allergies
must not read as "no allergies".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext as _

from capleak.exports.fhir import (
    attacks,
    care,
    codes,
    diary,
    flags,
    infusions,
    plans,
    problem,
)
from capleak.exports.fhir.elements import (
    Element,
    Resource,
    coding,
    day,
    instant,
    narrative,
    together,
)
from capleak.exports.fhir.measured import Usuals, readings, usual_values
from capleak.exports.fhir.people import (
    SOFTWARE,
    People,
    intended_use,
    patient,
    software,
)
from capleak.exports.fhir.record import Record, reference_to
from diary.models import Measurement
from diary.visit import sheet_of
from diary.vocabulary import QUANTITIES


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it. `why`: the code of why it is empty."""

    title: str
    code: str | None  # LOINC; None: the guide has no section for it
    resources: list[Resource]
    beside: list[Resource]  # what these need, and the section does not list
    lines: tuple[str, ...] = ()  # in place of resources
    why: str = "unavailable"


def composed(record: Record) -> Iterator[Resource]:
    """The Composition, which has to come first, and all that it refers to."""
    people = People(record)
    sections = list(_sections(record, people))
    yield _composition(record, sections)
    yield patient(record)
    yield software(record)
    for section in sections:
        yield from section.resources
        yield from section.beside
    yield from people.met()


def _sections(record: Record, people: People) -> Iterator[Section]:
    if asked := tuple(sheet_of(record.patient).questions_for(record.patient)):
        yield Section(_("Questions of the patient"), None, [], [], asked)
    told = attacks.told(record)
    current: list[Resource] = []
    past: list[Resource] = []
    for one in told:
        kept = current if one.attack.ongoing else past
        kept.extend(attacks.conditions(record, one, people))
    profile, usuals = problem.profile_of(record), usual_values(record)
    diagnosis = list(problem.disease(record, profile))
    yield _section(_("Problems"), codes.PROBLEMS, [*diagnosis, *current], "Condition")
    yield _section(_("Attacks that are over"), codes.PAST_PROBLEMS, past, "Condition")
    yield Section(
        _("Allergies"), codes.ALLERGIES, [], [], (_not_asked(),), why="notasked"
    )
    medicines = [
        *plans.plans(record, people),
        *infusions.infusions(record, people),
        *(row for one in told for row in care.given(record, one, people)),
    ]
    yield _section(
        _("Medicines and infusions"),
        codes.MEDICINES,
        medicines,
        "MedicationStatement",
        "MedicationAdministration",
        "Observation",  # reactions
    )
    yield _section(
        _("Vaccines"), codes.IMMUNIZATIONS, diary.vaccines(record), "Immunization"
    )
    labs = [*problem.m_protein(record, profile), *_labs(record, usuals)]
    yield _section(_("Laboratory"), codes.RESULTS, labs, "Observation")
    yield _section(
        _("Latest vital signs"),
        codes.VITAL_SIGNS,
        _vitals(record, usuals),
        "Observation",
    )
    done = [row for one in told for row in care.done(record, one, people)]
    yield _section(_("Procedures"), codes.PROCEDURES, done, "Procedure")
    stays = [row for one in told for row in care.stays(record, one, people)]
    yield _section(_("Stays in hospital"), codes.ENCOUNTERS, stays, "Encounter")
    yield _section(_("Flags"), None, flags.flags(record), "Flag")
    plan = record.patient.plan_text
    yield Section(_("The plan"), codes.PLAN_OF_CARE, [], [], (plan,) if plan else ())


def _section(
    title: str, code: str | None, resources: Iterable[Resource], *kinds: str
) -> Section:
    """A section that lists resources of some kinds, beside others that these need."""
    listed: list[Resource] = []
    beside: list[Resource] = []
    for resource in resources:
        (listed if resource["resourceType"] in kinds else beside).append(resource)
    return Section(title, code, listed, beside)


def _composition(record: Record, sections: Iterable[Section]) -> Resource:
    period = record.period
    return record.resource(
        "Composition",
        period.since,
        period.until,
        lines=[
            _("Patient summary"),
            _("Days: %(since)s to %(until)s")
            % {
                "since": day(period.since) or _("the beginning"),
                "until": day(period.until) or _("now"),
            },
            intended_use(),
        ],
        complete=False,
        status="final",
        type={"coding": [coding(codes.LOINC, codes.SUMMARY)]},
        subject=record.subject,
        date=instant(record.now, record.patient.tz),
        author=[record.reference("Device", SOFTWARE)],
        title=_("Patient summary from a symptom diary"),
        event=[{"period": {"start": day(period.since), "end": day(period.until)}}],
        section=[_told(section) for section in sections],
    )


def _told(section: Section) -> Element:
    coded = [coding(codes.LOINC, section.code)] if section.code else []
    empty = not section.resources and not section.lines
    rows = [row["text"] for row in section.resources]
    return {
        "title": section.title,
        "code": {"coding": coded},
        "text": together(rows)
        if rows
        else narrative(section.lines or [_("No information.")]),
        "entry": [reference_to(row) for row in section.resources],
        "emptyReason": codes.status("list-empty-reason", section.why)
        if empty or section.why == "notasked"
        else None,
    }


def _not_asked() -> str:
    return _("No information: CapLeak does not ask about allergies.")


def _labs(record: Record, usuals: Usuals) -> Iterator[Resource]:
    """Every laboratory value of the period, oldest first."""
    labs = [key for key, known in QUANTITIES.items() if known.group == "lab"]
    rows = Measurement.objects.readable(record.patient).filter(quantity__in=labs)
    return readings(record, record.on_days(rows).order_by("at", "pk"), usuals)


def _vitals(record: Record, usuals: Usuals) -> Iterator[Resource]:
    """The latest reading of each vital sign, with what was read along with it."""
    vitals = [key for key, known in QUANTITIES.items() if known.group == "vital"]
    rows = record.on_days(Measurement.objects.readable(record.patient))
    rows = rows.filter(quantity__in=vitals)
    latest = rows.order_by("quantity", "-at", "-pk").distinct("quantity")
    read = rows.filter(client_id__in=[row.client_id for row in latest])
    for _together, found in groupby(read.order_by("at", "client_id", "pk"), _reading):
        yield from readings(record, found, usuals)


def _reading(row: Measurement) -> tuple[object, object]:
    return row.at, row.client_id
