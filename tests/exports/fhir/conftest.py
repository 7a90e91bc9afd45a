"""Alice's record as she opened it, and what a Bundle of it holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from capleak.exports.fhir import collection, document
from capleak.period import Period
from sharing.models import Patient, User
from tests.exports.fhir.checks import parsed, resources
from tests.exports.fhir.drawn import NOW

Rows = list[dict[str, Any]]


@pytest.fixture
def own(patient: Patient, alice: User) -> Patient:
    """Alice's record as Alice opened it."""
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


@pytest.fixture
def as_seen_by(patient: Patient) -> Callable[[User], Patient]:
    """Alice's record as somebody else opened it."""
    return lambda user: Patient.objects.visible_to(user).get(pk=patient.pk)


@pytest.fixture
def told(own: Patient) -> Callable[..., Rows]:
    """The resources of one type in the collection of Alice's record."""

    def of(
        kind: str = "",
        code: str = "",
        *,
        whose: Patient | None = None,
        since: date | None = None,
        until: date | None = None,
    ) -> Rows:
        who = whose or own
        bundle = parsed(collection(who, Period(since, until, who.tz), NOW))
        rows = resources(bundle, kind)
        return [r for r in rows if not code or r["code"].get("text") == code]

    return of


@pytest.fixture
def summary(own: Patient) -> Callable[..., dict[str, Any]]:
    """The document of Alice's record."""

    def of(whose: Patient | None = None) -> dict[str, Any]:
        who = whose or own
        return parsed(document(who, Period(None, None, who.tz), NOW))

    return of
