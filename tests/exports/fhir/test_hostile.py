"""A thousand hostile notes come out as they went in, and do nothing."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from random import Random
from xml.etree import ElementTree

from fhir.resources.R4B.bundle import Bundle

from capleak.exports.fhir import collection
from capleak.exports.fhir.elements import told as as_fhir
from capleak.period import Period
from diary.models import CheckIn
from tests.exports.fhir.checks import problems, resources
from tests.exports.fhir.drawn import HOSTILE, NOW

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
PARTS = [text for text in HOSTILE if text.strip()]


def hostile_notes(count: int) -> list[str]:
    """Different notes put together from bad manners and from any characters."""
    random = Random(20260601)
    planes = [(1, 0xD7FF), (0xE000, 0xFFFF), (0x10000, 0x10FFFF)]  # no surrogates
    notes = []
    for number in range(count):
        text = "".join(chr(random.randint(*random.choice(planes))) for _ in range(20))
        notes.append(f"{number}{random.choice(PARTS)}{text}{random.choice(PARTS)}")
    return notes


def test_a_thousand_hostile_notes_are_unharmed_and_harmless(own):
    notes, rows = hostile_notes(1000), []
    for place, note in enumerate(notes):
        row = CheckIn(patient=own, note=note, recorded_at=AT)
        row.set_moment(AT + timedelta(minutes=place), "UTC")
        rows.append(row)
    CheckIn.objects.bulk_create(rows)
    file = b"".join(collection(own, Period(None, None, own.tz), NOW))
    bundle = json.loads(file)
    panels = resources(bundle, "Observation")
    assert [row["note"][0]["text"] for row in panels] == [*map(as_fhir, notes)]
    for row, note in zip(panels, notes, strict=True):
        last = list(ElementTree.fromstring(row["text"]["div"]))[-1]
        lines = [last.text or "", *(line_break.tail or "" for line_break in last)]
        assert lines == re.split(r"\r\n|\r|\n", as_fhir(note))
    assert problems(bundle) == []
    assert len(Bundle.model_validate_json(file).entry) == len(bundle["entry"])


def test_only_characters_that_fhir_cannot_carry_are_changed():
    notes = hostile_notes(1000)
    changed = {
        (before, after)
        for note in notes
        for before, after in zip(note, as_fhir(note), strict=True)
        if before != after
    }
    assert all(ord(b) < 0x20 or b in "\ufffe\uffff" for b, _after in changed)
