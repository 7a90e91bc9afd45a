"""The tables of the diary: entries, flags, comments, and what is personal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Q

from capleak.exports.tables.declared import (
    AT_ONCE,
    Column,
    Opened,
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
from diary.visit import sheet_of
from diary.vocabulary import FINDINGS, QUANTITIES, SYMPTOMS
from sharing.models import Patient
from sharing.spreadsheet import defused

ENTRY: Final = Column(
    "entry",
    "Id of the check-in; the same in diary.csv, symptoms.csv and measurements.csv",
    lambda row, _: str(row.client_id),
)


# --- Check-ins ----------------------------------------------------------------------


def _checkins(patient: Patient, period: Period) -> Iterator[Any]:
    """As plain rows, as those below: 20,000 objects would take thrice the time."""
    rows = on_days(CheckIn.objects.readable(patient), period, "day").order_by(
        "at", "pk"
    )
    return rows.values_list(*_CHECKIN, named=True).iterator(AT_ONCE)


_CHECKIN: Final = (
    *("client_id", "at", "zone", "day", "recorded_at", "no_symptoms"),
    *("shown_tags", "vaccine", "shown_note", "version", "entered_by_id"),
)

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
            lambda row, _: " ".join(row.shown_tags),
        ),
        words("vaccine", "Which vaccine"),
        words("note", "Note", "shown_note"),
        amount("version", "1, and one more with every change of it"),
        author(),
    ),
    _checkins,
)


def _symptoms(patient: Patient, period: Period) -> Iterator[Any]:
    """Of check-ins that may be seen: another shows no symptom either."""
    checkins = on_days(CheckIn.objects.readable(patient), period, "day")
    rows = Symptom.objects.seen_by(patient).filter(checkin__in=checkins.values("pk"))
    in_order = rows.order_by("checkin__at", "checkin", "pk")
    return in_order.values_list(*_SYMPTOM, named=True).iterator(AT_ONCE)


_SYMPTOM: Final = (
    *("checkin__client_id", "checkin__at", "checkin__zone", "checkin__day"),
    *("code", "custom__label", "custom__key", "severity"),
)


def _label(row: Any, _: Opened) -> str:
    known = SYMPTOMS.get(row.code) or FINDINGS.get(row.code)
    return defused(row.custom__label or (known.label if known else row.code))


def _code(system: str, called: str) -> Column:
    def cell(row: Any, _: Opened) -> str:
        known = SYMPTOMS.get(row.code or row.custom__key)
        return (getattr(known, system) or "") if known else ""

    return Column(system, f"{called} code, where one is known", cell, code=called)


SYMPTOM_ROWS: Final = Table(
    "symptoms",
    "One row for each symptom of a check-in. A symptom without a row was not asked.",
    (
        Column("entry", ENTRY.describes, lambda row, _: str(row.checkin__client_id)),
        Column(
            "at",
            "When it was felt",
            lambda row, _: at_clock(row.checkin__at, row.checkin__zone),
            zone="column zone of checkins.csv",
        ),
        Column("day", "Day of it", lambda row, _: row.checkin__day.isoformat()),
        Column(
            "symptom",
            "Key of the symptom; “own” for one in the patient’s own words",
            lambda row, _: row.code or "own",
        ),
        Column("label", "What it is called", _label),
        Column(
            "means",
            "Key that own words were said to mean",
            lambda row, _: row.custom__key or "",
        ),
        amount(
            "severity", "0 none, 1 mild, 2 moderate, 3 severe; blank present, no grade"
        ),
        _code("hpo", "HPO"),
        _code("snomed", "SNOMED CT"),
    ),
    _symptoms,
)


def _measurements(patient: Patient, period: Period) -> Iterator[Any]:
    rows = on_days(Measurement.objects.readable(patient), period, "day")
    in_order = rows.order_by("at", "pk")
    return in_order.values_list(*_MEASUREMENT, named=True).iterator(AT_ONCE)


_MEASUREMENT: Final = (
    *("client_id", "at", "zone", "day", "quantity", "value", "typed_value"),
    *("typed_unit", "posture", "site", "device", "confirmed", "recorded_at"),
    "entered_by_id",
)


def _unit(row: Any, _: Opened) -> str:
    known = QUANTITIES.get(row.quantity)
    return known.canonical_unit if known else ""


def _loinc(row: Any, _: Opened) -> str:
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


def _reasons(row: ProdromeFlag, opened: Opened) -> str:
    return defused("; ".join(sentences(row.reasons, opened.patient)))


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
    rows = FlagAnswer.objects.filter(flag__patient=patient).select_related("flag")
    return read(within(rows, period, "at").order_by("at", "pk"))


FLAG_ANSWERS: Final = Table(
    "flag_answers",
    "One row for each time that somebody said what a flag was.",
    (
        Column(
            "flag_opened_at",
            "When the flag opened, as in flags.csv",
            lambda row, opened: at_clock(row.flag.opened_at, opened.zone),
            zone="zone of the record",
        ),
        kept("at", "When it was said"),
        Column(
            "label",
            "What it was said to be",
            lambda row, opened: defused(row.label_for(opened.patient)),
        ),
        Column(
            "words",
            "In their own words",
            lambda row, opened: defused(row.words_for(opened.patient)),
        ),
        author("by"),
    ),
    _answers,
)


def _comments(patient: Patient, period: Period) -> Iterator[Comment]:
    rows = Comment.objects.filter(patient=patient)
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
            lambda row, _: defused(
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


def _questions(patient: Patient, _period: Period) -> Iterator[dict[str, str]]:
    """What is to be asked at the next visit, in the order of the patient."""
    for number, text in enumerate(sheet_of(patient).questions_for(patient), 1):
        yield {"number": str(number), "question": defused(text)}


QUESTIONS: Final = Table(
    "visit_questions",
    "One row for each question that the patient has for the next visit.",
    (
        Column("number", "Place in their order", lambda row, _: row["number"]),
        Column("question", "In their words", lambda row, _: row["question"]),
    ),
    _questions,
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
    QUESTIONS,
)
