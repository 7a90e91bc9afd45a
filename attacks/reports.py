"""A published report as its page shows it: every field, and what is not stated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.models import CaseReport
from diary.vocabulary import FINDINGS, QUANTITIES, SYMPTOMS

FACTS: Final = {
    "id": gettext_lazy("Case"),
    "diagnosis_class": gettext_lazy("Diagnosis"),
    "age": gettext_lazy("Age"),
    "sex": gettext_lazy("Sex"),
    "comorbidities": gettext_lazy("Other conditions"),
    "m_protein": gettext_lazy("M-protein"),
    "trigger": gettext_lazy("Trigger"),
    "prophylaxis_before": gettext_lazy("Prophylaxis before"),
    "day_zero": gettext_lazy("Day 0 is"),
    "hypotension_at_first_measurement": gettext_lazy(
        "Low blood pressure at the first measurement"
    ),
    "complications": gettext_lazy("Complications"),
    "outcome": gettext_lazy("Outcome"),
    "prophylaxis_after": gettext_lazy("Prophylaxis after"),
    "prior_attacks_n": gettext_lazy("Earlier attacks, number"),
    "prior_attacks_note": gettext_lazy("Earlier attacks"),
    "later_attacks": gettext_lazy("Later attacks"),
    "caveats": gettext_lazy("Caveats"),
}
SOURCE: Final = {
    "authors": gettext_lazy("Authors"),
    "title": gettext_lazy("Title"),
    "journal": gettext_lazy("Journal"),
    "year": gettext_lazy("Year"),
    "pmcid": gettext_lazy("PubMed Central"),
    "doi": gettext_lazy("DOI"),
    "url": gettext_lazy("Address"),
}
PHASES: Final = {
    "first_symptom_day": gettext_lazy("First symptom"),
    "first_hypotension_day": gettext_lazy("First low blood pressure"),
    "leak_or_shock_resolved_day": gettext_lazy("Leak or shock resolved"),
    "recovery_complication_day": gettext_lazy("Complication in recovery"),
    "discharge_day": gettext_lazy("Discharge"),
    "death_day": gettext_lazy("Death"),
}
LABELS: Final = FACTS | SOURCE | PHASES
APART: Final = ("about", "units", "source", "events", "phases")  # shown by themselves
# What a word of a report means; each is shown beside its own code.
WORDS: Final = {
    "ISCLS": gettext_lazy("idiopathic SCLS"),
    "ISCLS_MGUS": gettext_lazy("idiopathic SCLS with MGUS"),
    "F": gettext_lazy("female"),
    "M": gettext_lazy("male"),
    "pre_renal_acute_kidney_injury": gettext_lazy("pre-renal acute kidney injury"),
    "flu_like_unspecified": gettext_lazy("flu-like illness, not specified"),
    "uri_unspecified": gettext_lazy("cold-like symptoms, not specified"),
    "metabolic_acidosis": gettext_lazy("metabolic acidosis"),
}
# A report's name for a quantity, and ours.
QUANTITY: Final = {
    "sbp": "systolic",
    "dbp": "diastolic",
    "hr": "pulse",
    "temp_c": "temperature",
    "weight_kg": "weight",
    "spo2_pct": "spo2",
    "hct_pct": "hematocrit",
    "hgb_g_dl": "hemoglobin",
    "albumin_g_dl": "albumin",
    "total_protein_g_dl": "total_protein",
    "creatinine_mg_dl": "creatinine",
    "ck_u_l": "creatine_kinase",
    "lactate_mmol_l": "lactate",
    "wbc_10e9_l": "wbc",
    "crp_mg_l": "crp",
    "urea_mmol_l": "urea",
    "urea_mg_dl": "urea",
    "potassium_mmol_l": "potassium",
    "sodium_mmol_l": "sodium",
    "bicarbonate_mmol_l": "bicarbonate",
    "egfr": "egfr",
}
# Units that the file gives in words, and those that only its keys name.
UNIT: Final = {
    "Celsius": "°C",
    "potassium_mmol_l": "mmol/L",
    "sodium_mmol_l": "mmol/L",
    "bicarbonate_mmol_l": "mmol/L",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A published report, ready to be shown."""

    facts: list[Fact]
    phases: list[Fact]
    events: list[Event]
    unit_notes: list[str]
    source: list[Fact]
    treatment_days: tuple[float, ...]  # from this attack's day 0, for its chart


@dataclass(frozen=True, slots=True)
class Term:
    """One thing said: in our words, and as the file has it."""

    text: str
    raw: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """A field of the report. Nothing in `terms`: see `silence`."""

    label: str
    terms: list[Term]
    silence: str  # what an empty field means: never "none", never "normal"


@dataclass(frozen=True, slots=True)
class Event:
    """What a report tells of one day, or of some days."""

    day: Term | None
    until: Term | None
    symptoms: list[Term]
    vitals: list[Term]
    labs: list[Term]
    treatments: list[Term]
    note: str


def told(report: CaseReport) -> Told:
    """Everything that the report says, field by field, and what it leaves out."""
    case: Mapping[str, Any] = report.told
    units: Mapping[str, str] = case.get("units") or {}
    source: Mapping[str, Any] = case.get("source") or {}
    phases: Mapping[str, Any] = case.get("phases") or {}
    events: list[Mapping[str, Any]] = case.get("events") or []
    # A field that we do not know yet is shown too, under its own name.
    others = [name for name in case if name not in (*FACTS, *APART)]
    return Told(
        facts=[_fact(name, case.get(name)) for name in (*FACTS, *others)],
        phases=[
            _fact(name, value, day=True)
            for name, value in {**dict.fromkeys(PHASES), **phases}.items()
        ],
        events=[_event(event, units) for event in events],
        unit_notes=[*_unit_notes(events, units)],
        source=[
            _fact(name, value)
            for name, value in {**dict.fromkeys(SOURCE), **source}.items()
        ],
        treatment_days=tuple(_treatment_days(case)),
    )


def _fact(name: str, value: Any, *, day: bool = False) -> Fact:
    silence = _("none listed") if value == [] else _("not stated")
    label = str(LABELS.get(name) or _spoken(name))
    values = value if isinstance(value, list) else [value]
    terms = [_day(v) if day else _term(v) for v in values if v not in (None, "", {})]
    if name == "id":  # a name, whatever it looks like
        terms = [Term(term.raw, term.raw) for term in terms]
    if name == "age":
        terms = [Term(_("%(age)s years") % {"age": t.text}, t.raw) for t in terms]
    return Fact(label, terms, silence)


def _term(value: Any) -> Term:
    """A value in words: codes are spelled out, sentences and numbers stay."""
    raw = str(value)
    if isinstance(value, bool):
        return Term(_("yes") if value else _("no"), raw.lower())
    if isinstance(value, Mapping):
        parts = (f"{_spoken(str(k))}: {_term(v).text}" for k, v in value.items())
        return Term("; ".join(parts), "")
    if raw.startswith(("https://", "http://")):
        return Term(raw, raw, url=raw)
    if raw in WORDS:
        return Term(str(WORDS[raw]), raw)
    if known := SYMPTOMS.get(raw) or FINDINGS.get(raw):
        return Term(_(known.label), raw)
    return Term(_spoken(raw) if raw.isidentifier() and "_" in raw else raw, raw)


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _day(value: Any) -> Term:
    """A day from the report's day 0, with a true minus sign."""
    if not isinstance(value, int | float):
        return _term(value)
    day = f"{value:g}".replace("-", "−")
    return Term(_("day %(day)s") % {"day": day}, str(value))


def _event(event: Mapping[str, Any], units: Mapping[str, str]) -> Event:
    day, until = (event.get(name) for name in ("day", "day_to"))
    return Event(
        day=None if day is None else _day(day),
        until=None if until is None else _day(until),
        symptoms=[_term(code) for code in event.get("symptoms") or ()],
        vitals=[_measured(name, v, units) for name, v in _items(event, "vitals")],
        labs=[_measured(name, v, units) for name, v in _items(event, "labs")],
        treatments=[_term(text) for text in event.get("treatments") or ()],
        note=str(event.get("note") or ""),
    )


def _items(event: Mapping[str, Any], group: str) -> Iterable[tuple[str, Any]]:
    """Values in the order in which people read them; a database forgets the file's."""
    values: Mapping[str, Any] = event.get(group) or {}
    known = [name for name in QUANTITY if name in values]
    return [(n, values[n]) for n in (*known, *(n for n in values if n not in known))]


def _measured(name: str, value: Any, units: Mapping[str, str]) -> Term:
    """A value as published, in the unit that the file states; no unit, none shown."""
    known = QUANTITIES.get(QUANTITY.get(name, ""))
    label = _(known.label) if known else _spoken(name)
    # "mg/dL (1 mg/dL = 88.4 umol/L)": the conversion is no part of the value.
    unit = (units.get(name) or "").partition(" (")[0]
    unit = UNIT.get(unit) or unit or UNIT.get(name, "")
    return Term(f"{label} {value} {unit}".strip(), str(value))


def _unit_notes(
    events: list[Mapping[str, Any]], units: Mapping[str, str]
) -> Iterator[str]:
    """What the file says about a unit beyond its name: how it was converted."""
    used = {name for event in events for name in event.get("labs") or ()}
    for name in sorted(used):
        note = (units.get(name) or "").partition(" (")[2].removesuffix(")")
        known = QUANTITIES.get(QUANTITY.get(name, ""))
        if note and known:
            yield f"{_(known.label)}: {note}"


def _treatment_days(case: Mapping[str, Any]) -> Iterator[float]:
    """Days of treatments from leak onset; the report counts from its own day 0."""
    onset = (case.get("phases") or {}).get("first_hypotension_day")
    if onset is not None:
        for event in case.get("events") or ():
            if event.get("treatments") and event.get("day") is not None:
                yield event["day"] - onset
