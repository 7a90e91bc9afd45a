"""The disease itself, as the patient was told it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Resource, concept, day
from capleak.exports.fhir.record import Record
from diary.causes import CAUSES, FORMS, M_PROTEINS, SECONDARY
from diary.models import Profile


def disease(record: Record, profile: Profile | None) -> Iterator[Resource]:
    """The diagnosis, if its form or its date was said."""
    if profile and (profile.form or profile.diagnosed_on):
        yield _condition(record, profile)


def m_protein(record: Record, profile: Profile | None) -> Iterator[Resource]:
    """The type of M-protein, or that none was found, if either was said."""
    if profile is None or profile.m_protein not in M_PROTEINS:
        return
    label, kind = _("M-protein, type"), _(M_PROTEINS[profile.m_protein].label)
    yield record.resource(
        "Observation",
        "m-protein",
        lines=[f"{label}: {kind}"],
        status="final",
        category=codes.category("laboratory"),
        code=codes.text(label),
        subject=record.subject,
        valueCodeableConcept=codes.text(kind),
    )


def profile_of(record: Record) -> Profile | None:
    """What the patient was told of the diagnosis, if that was written down."""
    return Profile.objects.filter(patient=record.patient).first()


def _condition(record: Record, profile: Profile) -> Resource:
    title = _("Systemic capillary leak syndrome")
    told = _told(profile)
    # The code is of the disease without a known cause, not of its secondary form.
    coded = [] if profile.form == SECONDARY else [codes.DISEASE]
    return record.resource(
        "Condition",
        "disease",
        lines=[
            title,
            *told,
            _("Diagnosed on %(day)s") % {"day": day(profile.diagnosed_on)}
            if profile.diagnosed_on
            else "",
        ],
        clinicalStatus=codes.status("condition-clinical", "active"),
        category=[codes.status("condition-category", "problem-list-item")],
        code=concept(", ".join([title, *told]), *coded),
        subject=record.subject,
        # FHIR R4's own extension: the day on which the condition was first asserted.
        extension=[
            {
                "url": "http://hl7.org/fhir/StructureDefinition/condition-assertedDate",
                "valueDateTime": day(profile.diagnosed_on),
            }
        ]
        if profile.diagnosed_on
        else None,
    )


def _told(profile: Profile) -> list[str]:
    """The form and, of the secondary one, the cause."""
    told = []
    if profile.form in FORMS:
        told.append(_(FORMS[profile.form].label))
    if profile.form == SECONDARY and profile.cause in CAUSES:
        told.append(_(CAUSES[profile.cause].label))
    if profile.form == SECONDARY and profile.cause_text:
        told.append(profile.cause_text)
    return told
