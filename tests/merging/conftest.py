"""Two diaries of one person."""

from __future__ import annotations

import pytest

from sharing.models import (
    Patient,
    User,
)
from tests.conftest import make_user
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
    """Another one of Alice, which her father began and lets her manage."""
    child_of(alice, make_user("father"), name="Alice K.")
    return opened(alice, "Alice K.")
