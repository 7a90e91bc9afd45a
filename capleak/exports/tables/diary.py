"""The tables of the diary: entries, flags, comments, and what is personal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Prefetch, Q

from capleak.exports.tables.declared import (
    AT_ONCE,
    Column,
    Table,
    amount,
    at_clock,
    author,
    day,
    kept,
    key,
    lived,
    on_days,
    read,
    within,
    words,
    yes_no,
)
from capleak.period import Period
from diary.flag_words import sentences
from diary.models import (
    CheckIn,
    Comment,
    CustomSymptom,
    FlagAnswer,
    Measurement,
    ProdromeFlag,
    Profile,
    Symptom,
    Tag,
    Usual,
)
from diary.models.flags import Closed, Level
from diary.vocabulary import QUANTITIES, SYMPTOMS
from sharing.models import Patient
from sharing.spreadsheet import defused

ENTRY: Final = Column(
    "entry",
    "Id of the check-in; the same in diary.csv, symptoms.csv and measurements.csv",
    lambda row, _patient: str(row.client_id),
)


# --- Check-ins ----------------------------------------------------------------------


def _checkins(patient: Patient, period: Period) -> Iterator[CheckIn]:
    rows = CheckIn.objects.readable(patient).select_related("entered_by")
    return read(within(rows.prefetch_related(None), period, "at").order_by("at", "pk"))


CHECKINS: Final = Table(
    "checkins",
    "One row for each check-in: that somebody wrote down how they felt.",
    (
        ENTRY,
        lived("at", "When it was felt"),
        words("zone", "Time zone that it was lived in"),
        day("day", "Day of it"),
        kept("recorded_at", "When it was saved"),
        yes_no("no_symptoms", "Whether “no symptoms” was said"),
        Column(
            "tags",
            "What else went on, with spaces between: " + ", ".join(Tag.values),
            lambda row, _patient: " ".join(row.shown_tags),
        ),
        words("vaccine", "Which vaccine"),
        words("note", "Note", "shown_note"),
        amount("version", "1, and one more with every change of it"),
        author(),
    ),
    _checkins,
)


def _symptoms(patient: Patient, period: Period) -> Iterator[Any]:
    """Through their check-ins: one that may not be seen shows no symptom either."""
    seen = Symptom.objects.seen_by(patient).select_related("custom")
    rows = CheckIn.objects.readable(patient).prefetch_related(None)
    rows = rows.prefetch_related(Prefetch("symptoms", seen))
    for checkin in within(rows, period, "at").order_by("at", "pk").iterator(AT_ONCE):
        for symptom in checkin.symptoms.all():
            symptom.checkin = checkin
            yield symptom


def _code(system: str) -> Column:
    def cell(row: Symptom, _patient: Patient) -> str:
        known = SYMPTOMS.get(row.code or (row.custom.key if row.custom else ""))
        return (getattr(known, system) or "") if known else ""

    name = {"hpo": "HPO", "snomed": "SNOMED CT"}[system]
    return Column(system, f"{name} code, where one is known", cell, code=name)


SYMPTOM_ROWS: Final = Table(
    "symptoms",
    "One row for each symptom of a check-in. A symptom without a row was not asked.",
    (
        Column(
            "entry", ENTRY.describes, lambda row, _patient: str(row.checkin.client_id)
        ),
        Column(
            "at",
            "When it was felt",
            lambda row, _patient: row.checkin.local_at.isoformat(),
            zone="column zone of checkins.csv",
        ),
        Column("day", "Day of it", lambda row, _patient: row.checkin.day.isoformat()),
        Column(
            "symptom",
            "Key of the symptom; “own” for one in the patient’s own words",
            lambda row, _patient: row.code or "own",
        ),
        words("label", "What it is called"),
        Column(
            "means",
            "Key that own words were said to mean",
            lambda row, _patient: row.custom.key if row.custom else "",
        ),
        amount(
            "severity", "0 none, 1 mild, 2 moderate, 3 severe; blank present, no grade"
        ),
        _code("hpo"),
        _code("snomed"),
    ),
    _symptoms,
)


def _measurements(patient: Patient, period: Period) -> Iterator[Measurement]:
    rows = Measurement.objects.readable(patient).select_related("entered_by")
    return read(within(rows, period, "at").order_by("at", "pk"))


def _unit(row: Any, _patient: Patient) -> str:
    known = QUANTITIES.get(row.quantity)
    return known.canonical_unit if known else ""


def _loinc(row: Any, _patient: Patient) -> str:
    known = QUANTITIES.get(row.quantity)
    return (known.loinc or "") if known else ""


_QUANTITY: Final = (
    key("quantity", "What was measured", {k: q.label for k, q in QUANTITIES.items()}),
    amount("value", "Value in the unit beside it, the same unit in all rows of it"),
    Column("unit", "Unit of value", _unit),
    Column("loinc", "LOINC code, where one is known", _loinc, code="LOINC"),
    amount("typed_value", "Value as it was typed"),
    words("typed_unit", "Unit as it was typed"),
)

MEASUREMENTS: Final = Table(
    "measurements",
    "One row for each measured value.",
    (
        ENTRY,
        lived("at", "When it was measured"),
        words("zone", "Time zone that it was measured in"),
        day("day", "Day of it"),
        *_QUANTITY,
        key("posture", "Posture", dict(Measurement.Posture.choices)),
        words("site", "Where on the body"),
        words("device", "Device"),
        yes_no("confirmed", "Whether an unusual value was confirmed"),
        kept("recorded_at", "When it was saved"),
        author(),
    ),
    _measurements,
)


# --- Flags and comments -------------------------------------------------------------


def _flags(patient: Patient, period: Period) -> Iterator[ProdromeFlag]:
    """Those that were open at any time of the period."""
    rows = ProdromeFlag.objects.readable(patient)
    if period.end:
        rows = rows.filter(opened_at__lt=period.end)
    if period.start:
        rows = rows.filter(Q(closed_at=None) | Q(closed_at__gte=period.start))
    return read(rows.order_by("opened_at", "pk"))


def _reasons(row: ProdromeFlag, patient: Patient) -> str:
    return defused("; ".join(sentences(row.reasons, patient)))


FLAGS: Final = Table(
    "flags",
    "One row for each time at which the diary looked unusual for its patient.",
    (
        kept("opened_at", "When it opened"),
        kept("closed_at", "When it closed; blank while it is open"),
        key("closed_why", "Why it closed", dict(Closed.choices)),
        key("level", "The last level of it", dict(Level.choices)),
        key("peak", "The highest level of it", dict(Level.choices)),
        Column("reasons", "What was unusual, in the patient’s own numbers", _reasons),
        kept("first_at", "The first entry that it rests on"),
        kept("last_at", "The last entry that it rests on"),
        words("rule_version", "Version of the rule that raised it"),
    ),
    _flags,
)


def _answers(patient: Patient, period: Period) -> Iterator[FlagAnswer]:
    rows = FlagAnswer.objects.filter(flag__patient=patient).select_related("flag", "by")
    return read(within(rows, period, "at").order_by("at", "pk"))


FLAG_ANSWERS: Final = Table(
    "flag_answers",
    "One row for each time that somebody said what a flag was.",
    (
        Column(
            "flag_opened_at",
            "When the flag opened, as in flags.csv",
            lambda row, patient: at_clock(row.flag.opened_at, patient.zone),
            zone="zone of the record",
        ),
        kept("at", "When it was said"),
        Column(
            "label",
            "What it was said to be",
            lambda row, patient: defused(row.label_for(patient)),
        ),
        Column(
            "words",
            "In their own words",
            lambda row, patient: defused(row.words_for(patient)),
        ),
        author("by"),
    ),
    _answers,
)


def _comments(patient: Patient, period: Period) -> Iterator[Comment]:
    rows = Comment.objects.filter(patient=patient).select_related("author")
    return read(on_days(rows, period, "day").order_by("day", "at", "pk"))


COMMENTS: Final = Table(
    "comments",
    "One row for each comment on a day.",
    (
        day("day", "Day that it is on"),
        kept("at", "When it was written"),
        words("text", "Comment"),
        author("author"),
    ),
    _comments,
)


# --- What is personal ---------------------------------------------------------------


def _own(patient: Patient, _period: Period) -> Iterator[CustomSymptom]:
    return read(CustomSymptom.objects.readable(patient).order_by("label", "pk"))


OWN_SYMPTOMS: Final = Table(
    "own_symptoms",
    "One row for each symptom in the patient’s own words.",
    (
        words("label", "In their words"),
        words("key", "Key of the symptom that it was said to mean"),
        kept("created_at", "Since when it is there"),
        kept("archived_at", "Since when it is not offered any more"),
    ),
    _own,
)


def _diagnosis(patient: Patient, _period: Period) -> Iterator[Profile]:
    return read(Profile.objects.filter(patient=patient))


DIAGNOSIS: Final = Table(
    "diagnosis",
    "The diagnosis as the patient was told it; one row at most.",
    (
        key("form", "Form", dict(Profile.Form.choices)),
        words("cause", "Key of the cause of a secondary form"),
        words("cause_text", "Cause in words"),
        day("diagnosed_on", "Day of the diagnosis"),
        words("m_protein", "Kind of M-protein"),
        yes_no("capillary_hemoglobin", "Whether hemoglobin is from a finger prick"),
        Column(
            "usual_symptoms",
            "Symptoms of every day with their severity",
            lambda row, _patient: defused(
                "; ".join(f"{k} {v}" for k, v in sorted(row.usual_symptoms.items()))
            ),
        ),
    ),
    _diagnosis,
)


def _usual(patient: Patient, _period: Period) -> Iterator[Usual]:
    return read(Usual.objects.filter(patient=patient).order_by("quantity"))


USUAL_VALUES: Final = Table(
    "usual_values",
    "One row for each value that is usual for the patient when well.",
    (*_QUANTITY, day("measured_on", "Day that it is from")),
    _usual,
)

TABLES: Final = (
    CHECKINS,
    SYMPTOM_ROWS,
    MEASUREMENTS,
    FLAGS,
    FLAG_ANSWERS,
    COMMENTS,
    OWN_SYMPTOMS,
    DIAGNOSIS,
    USUAL_VALUES,
)
