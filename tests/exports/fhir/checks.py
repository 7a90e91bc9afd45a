"""What holds of a Bundle beyond what the two validators look at.

References resolve to the type they name, times are whole and in order, codes are known,
narratives are XHTML, and the invariants of R4 that software refuses files for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree

from capleak.exports.fhir import codes
from diary.quantities import QUANTITIES
from diary.vocabulary import FINDINGS, SYMPTOMS

_SYMPTOMS: Final = (*SYMPTOMS.values(), *FINDINGS.values())
SECTIONS: Final = {
    *("60591-5", "11450-4", "11348-0", "48765-2", "10160-0", "11369-6"),
    *("30954-2", "8716-3", "47519-4", "46240-8", "18776-5"),
}
# Every clinical code that the domain sheet saw beside its name; nothing else may occur.
KNOWN: Final[dict[str, set[str]]] = {
    codes.LOINC: {
        *(known.loinc for known in QUANTITIES.values() if known.loinc),
        *("85354-9", "2708-6"),
        *SECTIONS,
    },
    codes.SNOMED: {symptom.snomed for symptom in _SYMPTOMS if symptom.snomed},
    codes.HPO: {*(s.hpo for s in _SYMPTOMS if s.hpo), "HP:0030005"},
    codes.ICD_10: {"I78.8"},
}
UCUM: Final = "http://unitsofmeasure.org"

_ZONE = r"(Z|[+-](0\d|1[0-4]):[0-5]\d)"
_INSTANT = rf"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d{_ZONE}"
_DATE_TIME: Final = re.compile(rf"\d{{4}}(-\d\d(-\d\d)?)?|{_INSTANT}")
_IS_INSTANT: Final = re.compile(_INSTANT)
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ID: Final = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TIMES: Final = re.compile(
    r"(DateTime|Date|recorded|timestamp|date|authoredOn|start|end)$"
)
_XHTML: Final = "{http://www.w3.org/1999/xhtml}"


def parsed(pieces: Iterable[bytes]) -> dict[str, Any]:
    """The Bundle that the pieces of a file make."""
    bundle: dict[str, Any] = json.loads(b"".join(pieces))
    return bundle


def resources(bundle: dict[str, Any], kind: str = "") -> list[dict[str, Any]]:
    """The resources of a Bundle, of one type or all."""
    found = [entry["resource"] for entry in bundle["entry"]]
    return [row for row in found if kind in {"", row["resourceType"]}]


def everything(value: Any, key: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a resource, however deep, with the name that it stands under."""
    yield key, value
    if isinstance(value, dict):
        for name, part in value.items():
            yield from everything(part, name)
    elif isinstance(value, list):
        for part in value:
            yield from everything(part, key)


def problems(bundle: dict[str, Any]) -> list[str]:
    """Everything that is wrong with a Bundle; nothing, if all is well."""
    kinds = {e["fullUrl"]: e["resource"]["resourceType"] for e in bundle["entry"]}
    found = [] if len(kinds) == len(bundle["entry"]) else ["the same id twice"]
    for entry in bundle["entry"]:
        resource = entry["resource"]
        here = f"{resource['resourceType']}/{resource['id']}"
        if entry["fullUrl"] != f"urn:uuid:{resource['id']}":
            found.append(f"{here}: its address is not its id")
        found += [f"{here}: {said}" for said in _wrong(resource, kinds)]
    return found


def unreached(document: dict[str, Any]) -> set[str]:
    """Resources that nothing leads to from the Composition; Provenance may point in."""
    by_url = {e["fullUrl"]: e["resource"] for e in document["entry"]}
    waiting, seen = [document["entry"][0]["fullUrl"]], set()
    while waiting:
        url = waiting.pop()
        if url not in seen:
            seen.add(url)
            waiting += references(by_url[url])
    provenances = resources(document, "Provenance")
    seen |= {f"urn:uuid:{row['id']}" for row in provenances}
    seen |= {url for row in provenances for url in references(row)}
    return set(by_url) - seen


def references(resource: dict[str, Any]) -> list[str]:
    """Where a resource points to."""
    return [value for key, value in everything(resource) if key == "reference"]


def _wrong(resource: dict[str, Any], kinds: dict[str, str]) -> Iterator[str]:
    for key, value in everything(resource):
        if value is None or value in ("", [], {}):
            yield f"{key} is empty"
        elif isinstance(value, dict):
            yield from _wrong_part(value, kinds)
        elif isinstance(value, str):
            yield from _wrong_text(key, value)
    kind = resource["resourceType"]
    if kind != "Provenance":
        yield from _wrong_narrative(resource["text"]["div"])
    yield from _INVARIANTS.get(kind, lambda row: ())(resource)


def _wrong_part(part: dict[str, Any], kinds: dict[str, str]) -> Iterator[str]:
    target = part.get("reference")
    if isinstance(target, str) and kinds.get(target) != part.get("type"):
        yield f"{target} is not a {part.get('type')} of this Bundle"
    if "system" in part and "code" in part:
        system, code = part["system"], part["code"]
        ours = system.startswith(codes.HL7) or system == UCUM
        if not ours and code not in KNOWN.get(system, ()):
            yield f"{code} of {system} is no code that was seen"
    start, end = part.get("start"), part.get("end")
    if isinstance(start, str) and isinstance(end, str) and not in_order(start, end):
        yield f"a period that ends before it starts: {start}, {end}"


def in_order(start: str, end: str) -> bool:
    """The invariant per-1, as far as both times are known."""
    if "T" in start and "T" in end:
        return datetime.fromisoformat(start) <= datetime.fromisoformat(end)
    known = min(len(start), len(end), 10)
    return start[:known] <= end[:known]


def _wrong_text(key: str, value: str) -> Iterator[str]:
    if _CONTROL.search(value):
        yield f"{key} has a control character"
    if key == "id" and not _ID.fullmatch(value):
        yield f"{value} is no id"
    if _TIMES.search(key) and not _DATE_TIME.fullmatch(value):
        yield f"{key} is no time: {value}"
    if key == "recorded" and not _IS_INSTANT.fullmatch(value):
        yield f"{key} is no instant: {value}"


def _wrong_narrative(div: str) -> Iterator[str]:
    """The invariants txt-1 and txt-2: plain XHTML with something in it."""
    root = ElementTree.fromstring(div)
    tags = {element.tag.removeprefix(_XHTML) for element in root.iter()}
    if not tags <= {"div", "p", "br"} or not root.tag.startswith(_XHTML):
        yield f"the narrative holds {tags}"
    if not "".join(root.itertext()).strip():
        yield "the narrative says nothing"


def _condition(row: dict[str, Any]) -> Iterator[str]:
    status = row.get("clinicalStatus", {}).get("coding", [{}])[0].get("code")
    abated = any(key.startswith("abatement") for key in row)
    if abated and status not in {"inactive", "resolved", "remission"}:
        yield f"con-4: abated, and {status}"


def _observation(row: dict[str, Any]) -> Iterator[str]:
    if "dataAbsentReason" in row and any(key.startswith("value") for key in row):
        yield "obs-6: a value, and why there is none"
    if any(part["code"] == row["code"] for part in row.get("component", ())):
        yield "obs-7: a component says the same as the whole"
    for part in row.get("component", ()):
        if not any(key.startswith(("value", "dataAbsent")) for key in part):
            yield "a component without a value or a reason"
    coded = row["code"].get("coding", [{}])[0].get("code")
    if coded == codes.PRESSURE and len(row["component"]) != 2:
        yield "a pressure without two halves"


def _administration(row: dict[str, Any]) -> Iterator[str]:
    dosage = row.get("dosage")
    if dosage and not {"dose", "rateQuantity", "rateRatio"} & set(dosage):
        yield "mad-1: a dosage without dose and rate"
    if len({"medicationReference", "medicationCodeableConcept"} & set(row)) != 1:
        yield "not exactly one medication"


def _composition(row: dict[str, Any]) -> Iterator[str]:
    for section in row["section"]:
        if "emptyReason" in section and "entry" in section:
            yield "cmp-2: empty, and not"
        if "text" not in section:
            yield "cmp-1: a section without text"


_INVARIANTS: Final[dict[str, Any]] = {
    "Condition": _condition,
    "Observation": _observation,
    "MedicationAdministration": _administration,
    "Composition": _composition,
}
