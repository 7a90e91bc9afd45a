"""Attacks: a Condition each, its phases, what set it off and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from attacks import severity
from attacks.fact_rows import Rows, rows_of_each
from attacks.fact_words import COURSE_WORDS
from attacks.known import touches
from attacks.models import (
    BOUNDARIES,
    Attack,
    Complication,
    Grade,
    PastCount,
    Precision,
    Sequela,
    Trigger,
)
from attacks.models.kinds import ComplicationKind
from attacks.words import PHASES, lines, moment
from attacks.words import boundary as in_words
from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Element, Resource, concept, notes
from capleak.exports.fhir.people import People
from capleak.exports.fhir.record import Record, reference_to
from capleak.exports.fhir.times import known, rough

DUE_TO: Final = "http://hl7.org/fhir/StructureDefinition/condition-dueTo"

# Complications that the vocabulary has under another name.
_FINDING: Final[Mapping[str, str]] = {
    ComplicationKind.RHABDOMYOLYSIS: "rhabdomyolysis",
    ComplicationKind.COMPARTMENT: "compartment_syndrome",
    ComplicationKind.KIDNEY_INJURY: "acute_kidney_injury",
    ComplicationKind.PULMONARY_EDEMA: "pulmonary_edema",
}
_VERIFICATION: Final[Mapping[str, str]] = {
    Attack.Certainty.CONFIRMED: "confirmed",
    Attack.Certainty.PROBABLE: "provisional",
    Attack.Certainty.POSSIBLE: "unconfirmed",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One attack with its facts, and how the Bundle refers to it."""

    attack: Attack
    rows: Rows
    reference: Element


def told(record: Record) -> list[Told]:
    """The attacks that can have any day in the period, oldest first."""
    found = [
        attack
        for attack in Attack.objects.readable(record.patient)
        if touches(attack, record.period.since, record.period.until)
    ]
    rows = rows_of_each(record.patient, found)
    return [
        Told(
            attack,
            rows[attack.pk],
            record.reference("Condition", "attack", attack.public_id),
        )
        for attack in reversed(found)
    ]


def conditions(record: Record, one: Told, people: People) -> Iterator[Resource]:
    """The attack and its complications, and what was observed of it."""
    phases = list(_phases(record, one))
    triggers = [_trigger(record, one, row) for row in one.rows.triggers]
    course = list(_course(record, one))
    seen = [*triggers, *course]
    yield from people.signed(_attack(record, one, phases, seen), one.attack)
    yield from phases
    yield from course
    for row, trigger in zip(one.rows.triggers, triggers, strict=True):
        yield from people.signed(trigger, row)
    for complication in one.rows.complications:
        yield from people.signed(_complication(record, one, complication), complication)


def past_counts(record: Record, people: People) -> Iterator[Resource]:
    """How many attacks there were in times of which the diary knows no more."""
    rows = PastCount.objects.readable(record.patient)
    since, until = record.period.since, record.period.until
    if since:
        rows = rows.filter(until_on__gte=since)
    if until:
        rows = rows.filter(from_on__lte=until)
    for row in rows:
        counted = record.resource(
            "Observation",
            "count",
            row.client_id,
            lines=[f"{_('Attacks before the diary')}: {row.count}", row.shown_note],
            status="final",
            code=codes.text(_("Attacks before the diary")),
            subject=record.subject,
            effectivePeriod={"start": _from(row), "end": _until(row)},
            valueInteger=row.count,
            component=[
                {
                    "code": codes.text(_("All attacks of that time are known")),
                    "valueBoolean": row.complete,
                }
            ],
            note=notes(row.shown_note),
        )
        yield from people.signed(counted, row)


def _attack(
    record: Record, one: Told, phases: list[Resource], seen: list[Resource]
) -> Resource:
    attack, rows = one.attack, one.rows
    outcome = Attack.Outcome
    leaked = attack.outcome in {outcome.ATTACK, outcome.SELF_LIMITED}
    title = _("Attack of systemic capillary leak syndrome")
    if attack.outcome != outcome.ATTACK:
        title = f"{title}: {attack.get_outcome_display()}"
    after = _after(rows)
    verification = _verification(attack)
    grade = _grade(rows)
    return record.resource(
        "Condition",
        "attack",
        attack.public_id,
        lines=[title, *_course_lines(record, attack), grade, *after, attack.shown_note],
        complete=False,  # how roughly a time is known, in words
        clinicalStatus=codes.status("condition-clinical", _clinical(attack)),
        verificationStatus=verification
        and codes.status("condition-ver-status", verification),
        category=[codes.status("condition-category", "problem-list-item")],
        severity=codes.text(grade),
        code=concept(title, *([codes.CAPILLARY_LEAK] if leaked else [])),
        subject=record.subject,
        **_known("onset", attack, next(n for n in BOUNDARIES if getattr(attack, n))),
        **_known("abatement", attack, "end"),
        recordedDate=rough(attack.recorded_at, Precision.EXACT, attack.tz),
        stage=[
            {"summary": phase["code"], "assessment": [reference_to(phase)]}
            for phase in phases
        ],
        evidence=[{"detail": [reference_to(each) for each in seen]}],
        note=notes(attack.shown_note, *after),
    )


def _phases(record: Record, one: Told) -> Iterator[Resource]:
    """Each phase whose start or end is known, as one Observation with its time."""
    attack = one.attack
    came_to_nothing = attack.outcome == Attack.Outcome.ABORTED
    for phase, start, until in zip(
        PHASES, BOUNDARIES[:-1], BOUNDARIES[1:], strict=True
    ):
        if getattr(attack, start) is None:
            continue
        end = "end" if came_to_nothing else until  # of a prodrome, all that there was
        yield _of_attack(
            record,
            one,
            "phase",
            phase,
            code=codes.text(_(phase.label)),
            effectivePeriod={
                "start": boundary(attack, start),
                "end": boundary(attack, end) if getattr(attack, end) else None,
            },
            lines=[_lasted(attack, _(phase.label), start, end)],
        )


def _lasted(attack: Attack, phase: str, start: str, end: str) -> str:
    """A phase with its limits, in words."""
    known = getattr(attack, end) is not None
    return _("%(phase)s: %(start)s to %(end)s") % {
        "phase": phase,
        "start": in_words(attack, start),
        "end": in_words(attack, end) if known else _("not known"),
    }


def _trigger(record: Record, one: Told, row: Trigger) -> Resource:
    label = row.get_kind_display()
    more = ", ".join(t for t in (row.detail, row.get_evidence_display()) if t)
    when = {}
    if row.at:
        when["effectiveDateTime"] = rough(row.at, row.precision, one.attack.tz)
    return _of_attack(
        record,
        one,
        "trigger",
        row.client_id,
        lines=[f"{_('What may have set it off')}: {label}", more, row.shown_note],
        code=codes.text(_("What may have set it off")),
        valueCodeableConcept=codes.text(f"{label} ({more})" if more else label),
        note=notes(row.shown_note),
        **when,
    )


def _course(record: Record, one: Told) -> Iterator[Resource]:
    """How far it went, where that was answered."""
    course = one.rows.course
    for name, words in COURSE_WORDS.items():
        said = getattr(course, name)
        if said is not None:
            yield _of_attack(
                record,
                one,
                "course",
                name,
                lines=[f"{words}: {_('yes') if said else _('no')}"],
                code=codes.text(str(words)),
                valueBoolean=said,
            )


def _complication(record: Record, one: Told, row: Complication) -> Resource:
    label = row.get_kind_display()
    key = _FINDING.get(row.kind, "")
    text = f"{label}: {row.detail}" if row.detail else label
    zone = one.attack.tz
    return record.resource(
        "Condition",
        "complication",
        one.attack.public_id,
        row.client_id,
        lines=[
            text,
            moment(row.at, row.precision, zone) if row.at else "",
            row.shown_note,
        ],
        category=[codes.status("condition-category", "encounter-diagnosis")],
        code=concept(text, *codes.of_key(key)),
        subject=record.subject,
        extension=[{"url": DUE_TO, "valueReference": one.reference}],
        note=notes(row.shown_note),
        **known("onset", row.at, row.precision, zone),
    )


def _of_attack(record: Record, one: Told, *name: object, **elements: Any) -> Resource:
    """An Observation that is about one attack."""
    return record.resource(
        "Observation",
        *name,
        one.attack.public_id,
        status="final",
        subject=record.subject,
        focus=[one.reference],
        **elements,
    )


def _clinical(attack: Attack) -> str:
    if attack.ongoing:
        return "active"
    return "resolved" if attack.end else "inactive"  # it is past, its end not known


def _verification(attack: Attack) -> str | None:
    if attack.outcome == Attack.Outcome.NOT_ATTACK:
        return "refuted"
    return _VERIFICATION.get(attack.certainty)  # blank: nobody said


def _grade(rows: Rows) -> str:
    """How severe, who or what says so, and on which scale; blank if nothing does."""
    given: Grade | None = severity.outranking(rows.grades)
    if given:
        scale = " ".join(t for t in (given.scale_name, given.scale_version) if t)
        return _("Grade %(grade)s (%(scale)s), by: %(who)s") % {
            "grade": given.value,
            "scale": scale,
            "who": given.get_assigned_as_display(),
        }
    found = severity.provisional(rows.course)
    if found is None:
        return ""
    return _("Grade %(grade)s of 4, provisional, from these facts: %(because)s") % {
        "grade": found.value,
        "because": ", ".join(_(text) for text in found.because),
    }


def _after(rows: Rows) -> list[str]:
    """What stayed behind, and what is said not to have been."""
    facts = rows.facts
    left = [str(Sequela(name).label) for name in facts.sequelae]
    if facts.sequelae_note and not rows.hides_notes:
        left.append(facts.sequelae_note)
    told = []
    if left:
        told.append(_("What stayed behind: %(what)s") % {"what": ", ".join(left)})
    if facts.no_sequelae:
        told.append(_("Nothing stayed behind."))
    if facts.no_complications and not rows.complications:
        told.append(_("No complications."))
    return told


def _course_lines(record: Record, attack: Attack) -> list[str]:
    return [
        f"{line.label}: {line.at or _('not known')}"
        for line in lines(attack, record.now)
        if not line.to_come
    ]


def boundary(attack: Attack, name: str) -> str:
    """A known boundary of the attack, as exactly as it is known."""
    at: datetime = getattr(attack, name)
    return rough(at, getattr(attack, f"{name}_precision"), attack.tz)


def _known(element: str, attack: Attack, boundary: str) -> dict[str, Any]:
    precision = getattr(attack, f"{boundary}_precision")
    return known(element, getattr(attack, boundary), precision, attack.tz)


def _from(row: PastCount) -> str:
    return _day_of(row.from_on.isoformat(), row.precision)


def _until(row: PastCount) -> str:
    return _day_of(row.until_on.isoformat(), row.precision)


def _day_of(day: str, precision: str) -> str:
    """As much of a day as is known."""
    length: dict[str, int]
    length = {Precision.YEAR: 4, Precision.MONTH: 7, Precision.WEEK: 7}
    return day[: length.get(precision, 10)]
