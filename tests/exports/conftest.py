"""The demo as its owner opened it, made once for all tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from django.db import transaction

from capleak.demo.load import load
from sharing.models import Patient

MADE_AT: Final = datetime(2026, 3, 29, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Patient]:
    with django_db_blocker.unblock(), transaction.atomic():
        made = load(MADE_AT, "demo-capleak-2026", lambda share: None)
        assert made.owner is not None
        yield Patient.objects.visible_to(made.owner).get(pk=made.pk)
        transaction.set_rollback(True)
