"""The two files: all of a record as a collection, and a summary as a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from capleak.exports.fhir import attacks, care, diary, flags, infusions, plans, problem
from capleak.exports.fhir.elements import Resource, bare, instant
from capleak.exports.fhir.people import People, patient, software
from capleak.exports.fhir.record import Record
from capleak.exports.fhir.summary import composed
from capleak.exports.moment import one_moment
from capleak.period import Period
from sharing.models import Patient

AT_LEAST: Final = 64 * 1024  # bytes that leave together


def collection(whose: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """All that the opened record holds of the period, as a Bundle of resources.

    JSON in pieces: however long the diary, only a part of it is in memory.
    """
    record = Record(whose, period, now)
    return _pieces(_bundle(record, "collection", _everything(record)))


def document(whose: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """A summary of the opened record in the shape of the International Patient Summary.

    Base FHIR R4: not validated against the profiles of that guide.
    """
    record = Record(whose, period, now)
    return _pieces(_bundle(record, "document", composed(record)))


def _everything(record: Record) -> Iterator[Resource]:
    people = People(record)
    yield patient(record)
    yield software(record)
    profile = problem.profile_of(record)
    yield from problem.disease(record, profile)
    yield from problem.m_protein(record, profile)
    for attack in attacks.told(record):
        yield from attacks.conditions(record, attack, people)
        yield from care.stays(record, attack, people)
        yield from care.done(record, attack, people)
        yield from care.given(record, attack, people)
    yield from attacks.past_counts(record, people)
    yield from plans.plans(record, people)
    yield from infusions.infusions(record, people)
    yield from flags.flags(record)
    yield from diary.entries(record, people)
    yield from people.met()


def _bundle(record: Record, kind: str, resources: Iterable[Resource]) -> Iterator[str]:
    """The Bundle as text, resource by resource.

    Read as it is at one moment, so that no reference points at what was deleted since.
    """
    name = (record.period.since, record.period.until, record.now.isoformat())
    identity = record.id("Bundle", kind, *name)
    head = {
        "resourceType": "Bundle",
        "id": identity,
        "identifier": {
            "system": "urn:ietf:rfc:3986",
            "value": f"urn:uuid:{identity}",
        },
        "type": kind,
        "timestamp": instant(record.now, record.patient.tz),
    }
    yield f'{_json(head)[:-1]},"entry":['
    with one_moment():
        for place, resource in enumerate(resources):
            url = f"urn:uuid:{resource['id']}"
            entry = {"fullUrl": url, "resource": bare(resource)}
            yield f"{',' if place else ''}\n{_json(entry)}"
    yield "\n]}\n"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _pieces(texts: Iterable[str]) -> Iterator[bytes]:
    """The text in UTF-8: its beginning at once, then pieces that are worth sending."""
    waiting, enough = bytearray(), 0
    for text in texts:
        waiting += text.encode()
        if len(waiting) >= enough:
            yield bytes(waiting)
            waiting.clear()
            enough = AT_LEAST
    if waiting:
        yield bytes(waiting)
