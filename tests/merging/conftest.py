"""Two diaries of one person."""

from __future__ import annotations

import pytest

from sharing.models import (
    Patient,
    User,
)
from tests.merging.parts import (
    opened,
)
from tests.sharing.proxy_parts import child_of


@pytest.fixture
def target(alice: User) -> Patient:
    """Alice's own diary; the one that stays."""
    Patient.objects.create(owner=alice, name="Alice", zone="Europe/Berlin")
    return opened(alice, "Alice")


@pytest.fixture
def source(alice: User) -> Patient:
    """Another one of Alice, which she runs alone since her father left it to her."""
    child_of(alice, name="Alice K.")
    return opened(alice, "Alice K.")
