"""Moments that are due, and a way to want them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from notifications import services
from notifications.models import Delivery, Occurrence
from notifications.services import Due
from sharing.models import Patient, User
from tests.notifications.moments import HOUR

Want = Callable[..., None]


@pytest.fixture
def want() -> Want:
    """Plan exactly these moments for one subject of a record."""

    def plan(patient: Patient, *wanted: Due, subject: str = "infusion") -> None:
        with Patient.objects.writing(patient):
            services.plan(patient, subject, Occurrence.Kind.INFUSION, wanted)

    return plan


@pytest.fixture
def overdue(patient: Patient) -> Callable[..., Occurrence]:
    """An occurrence that is due, as if it had been planned before."""

    def make(
        key: str = "a", *, record: Patient = patient, **fields: object
    ) -> Occurrence:
        now = timezone.now()
        defaults = {
            "kind": Occurrence.Kind.INFUSION,
            "subject": "infusion",
            "due_at": now - timedelta(minutes=1),
            "expires_at": now + HOUR,
            "about_at": now + HOUR,
            "zone": "Europe/Berlin",
            "urgency": Occurrence.Urgency.ASKED,
        }
        return Occurrence.objects.create(patient=record, key=key, **defaults | fields)

    return make


@pytest.fixture
def dispatched(overdue: Callable[..., Occurrence], alice: User) -> Delivery:
    """Alice's delivery of a due occurrence, not sent yet."""
    overdue()
    (pk,) = services.sweep()
    return Delivery.objects.get(pk=pk)
