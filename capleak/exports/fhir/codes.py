"""The code systems that an export may use, and the codes that say what HL7 asks for.

Pure: standard library only. Clinical codes come from `diary.vocabulary`, where each
was seen beside its name; what has none there is told in words alone. Here stand the
codes of FHIR's own value sets (R4, 4.0.1), of UCUM, and of the sections of the
International Patient Summary (HL7 FHIR IPS 2.0, Composition-uv-ips).
"""

from __future__ import annotations

from typing import Final

from capleak.exports.fhir.elements import Element, coding, concept
from diary.vocabulary import FINDINGS, SYMPTOMS, Symptom

LOINC: Final = "http://loinc.org"
SNOMED: Final = "http://snomed.info/sct"
HPO: Final = "http://human-phenotype-ontology.org"
ICD_10: Final = "http://hl7.org/fhir/sid/icd-10"
HL7: Final = "http://terminology.hl7.org/CodeSystem"

# The domain sheet: "ICD-10 shown as I78.8" (rarerheumatologynews), without its name.
DISEASE: Final = coding(ICD_10, "I78.8")
# Human Phenotype Ontology, label list of 2023-07-21.
CAPILLARY_LEAK: Final = coding(HPO, "HP:0030005", "Capillary leak")
PRESSURE: Final = "85354-9"  # blood pressure panel
# Both are in use for the same reading; R4's vital signs profile asks for the second.
ALSO: Final = {"59408-5": ("2708-6",)}

# The canonical units of diary.quantities. What counts a grade has no unit.
UCUM: Final = {
    "mmHg": "mm[Hg]",
    "/min": "/min",
    "kg": "kg",
    "°C": "Cel",
    "%": "%",
    "mL/24h": "mL/(24.h)",
    "cm": "cm",
    "g/dL": "g/dL",
    "g/L": "g/L",
    "mg/dL": "mg/dL",
    "U/L": "U/L",
    "mmol/L": "mmol/L",
    "mg/L": "mg/L",
    "10^9/L": "10*9/L",
    "mL/min/1.73m2": "mL/min/{1.73_m2}",
    "g/kg": "g/kg",
    "mL/h": "mL/h",
    "g": "g",
    "mg": "mg",
    "L": "L",
    "mL": "mL",
}

SUMMARY: Final = "60591-5"  # the document: a patient summary
PROBLEMS: Final = "11450-4"
PAST_PROBLEMS: Final = "11348-0"
ALLERGIES: Final = "48765-2"
MEDICINES: Final = "10160-0"
IMMUNIZATIONS: Final = "11369-6"
RESULTS: Final = "30954-2"
VITAL_SIGNS: Final = "8716-3"
PROCEDURES: Final = "47519-4"
ENCOUNTERS: Final = "46240-8"
PLAN_OF_CARE: Final = "18776-5"


def of_symptom(symptom: Symptom | None) -> tuple[Element, ...]:
    """The codes that the vocabulary has for a symptom or a finding."""
    if symptom is None:
        return ()
    systems = ((SNOMED, symptom.snomed), (HPO, symptom.hpo))
    return tuple(coding(system, code) for system, code in systems if code)


def of_key(key: str) -> tuple[Element, ...]:
    """The codes of a key of the vocabulary; none for a key that it does not have."""
    return of_symptom(SYMPTOMS.get(key) or FINDINGS.get(key))


def loinc(code: str) -> tuple[Element, ...]:
    """A LOINC code, and those that are in use for the same."""
    return tuple(coding(LOINC, each) for each in (code, *ALSO.get(code, ())))


def status(system: str, code: str) -> Element:
    """A concept of one of HL7's own systems, which speaks for itself."""
    return {"coding": [coding(f"{HL7}/{system}", code)]}


def category(code: str) -> list[Element]:
    """What kind of observation it is."""
    return [status("observation-category", code)]


def unknown() -> Element:
    """Why a value is absent: nobody said it."""
    return status("data-absent-reason", "unknown")


def text(words: str) -> Element:
    """A concept that only words tell."""
    return concept(words)
