"""Alice's record as Alice opened it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.core.cache.backends.locmem import LocMemCache

from sharing.models import Patient, User


@pytest.fixture(autouse=True)
def _charts_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep charts in this process: records of parallel test databases share numbers."""
    monkeypatch.setattr("capleak.cache.cache", LocMemCache(uuid4().hex, {}))


@pytest.fixture
def own(patient: Patient, alice: User) -> Patient:
    """Alice's record as Alice opened it."""
    return Patient.objects.visible_to(alice).get(pk=patient.pk)
