"""A file tells of one moment, whatever is written while it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import islice

import pytest
from django.db import connection

from capleak.exports.formats import FORMATS
from capleak.period import Period
from sharing.models import Patient
from tests.capleak.entries import check_in

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("key", ["csv", "fhir"])
def test_what_is_written_meanwhile_is_not_in_the_file(patient, alice, monkeypatch, key):
    monkeypatch.setattr("capleak.exports.fhir.bundles.AT_LEAST", 1)
    check_in(patient, NOW, note="before")
    own = Patient.objects.visible_to(alice).get(pk=patient.pk)

    def stream():
        return FORMATS[key].stream(own, Period(None, None, own.tz), NOW)

    def write() -> None:
        check_in(patient, NOW, note="meanwhile")
        connection.close()

    if key == "csv":
        whole = len(b"".join(stream()))
    pieces = stream()
    first = b"".join(islice(pieces, 4))
    with ThreadPoolExecutor(1) as other:
        other.submit(write).result()
    content = first + b"".join(pieces)
    if key == "csv":
        assert len(content) == whole
    else:
        assert b"before" in content
        assert b"meanwhile" not in content
    assert own.checkins.count() == 2
    assert len(b"".join(stream())) > len(content)
