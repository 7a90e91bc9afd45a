"""Attacks to test with: on Alice's record, at fixed times in Berlin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.cache.backends.locmem import LocMemCache

from attacks.models import Attack
from sharing.models import Patient

BERLIN = ZoneInfo("Europe/Berlin")


def berlin(day: int, hour: int = 0, minute: int = 0, *, month: int = 3) -> datetime:
    """A moment of 2024 on Alice's clock."""
    return datetime(2024, month, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def _charts_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep charts in this process: records of parallel test databases share numbers."""
    monkeypatch.setattr("capleak.cache.cache", LocMemCache(uuid4().hex, {}))


@pytest.fixture
def make_attack(patient: Patient) -> Callable[..., Attack]:
    """Store an attack of Alice's; by default one with all four times known."""

    def make(**fields: Any) -> Attack:
        if not fields:
            fields = {
                "prodrome_start": berlin(11, 20),
                "leak_start": berlin(14, 6, 10),
                "recovery_start": berlin(16, 16),
                "end": berlin(20, 18),
            }
        return Attack.objects.create(patient=patient, zone="Europe/Berlin", **fields)

    return make


@pytest.fixture
def attack(make_attack: Callable[..., Attack]) -> Attack:
    """11 March 20:00, 14 March 06:10, 16 March 16:00, 20 March 18:00."""
    return make_attack()


@pytest.fixture
def ongoing(make_attack: Callable[..., Attack]) -> Attack:
    """Open since 11 March 20:00, with early signs only."""
    return make_attack(prodrome_start=berlin(11, 20), ongoing=True)
