"""Alice's record as Alice opened it."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache.backends.locmem import LocMemCache

from capleak.exports import formats
from capleak.exports.formats import Format
from sharing.models import Patient, User
from tests.capleak.exporting import broken, exports, told


@pytest.fixture(autouse=True)
def _charts_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep charts in this process: records of parallel test databases share numbers."""
    monkeypatch.setattr("capleak.cache.cache", LocMemCache(uuid4().hex, {}))


@pytest.fixture
def own(patient: Patient, alice: User) -> Patient:
    """Alice's record as Alice opened it."""
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


@pytest.fixture
def export_formats(
    monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    """Formats of these tests too, a folder of their own, and no worker but the test."""
    settings.EXPORT_ROOT = tmp_path / "exports"
    kinds = {
        "told": Format("told", "Told", "", "txt", "text/plain", told),
        "broken": Format("broken", "Broken", "", "txt", "text/plain", broken),
        **formats.FORMATS,
    }
    monkeypatch.setattr(formats, "FORMATS", kinds)
    monkeypatch.setattr("capleak.exports.many_form.FORMATS", kinds)
    monkeypatch.setattr("capleak.views.many.write_exports", None)
    monkeypatch.setattr("capleak.views.many.after_commit", lambda task: None)


@pytest.fixture
def two(doctor: User) -> list[Patient]:
    """Ben's and Cleo's records, which the doctor may export."""
    people = []
    for name in ("Ben", "Cleo"):
        person = Patient.objects.create(name=name, zone="Europe/Berlin")
        exports(doctor, person)
        people.append(person)
    return people
