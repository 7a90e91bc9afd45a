"""A long diary leaves in pieces: at once, and never all of it in memory."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from capleak.exports.fhir import collection
from capleak.exports.fhir.bundles import AT_LEAST
from capleak.period import Period
from diary.models import CheckIn
from tests.exports.fhir.drawn import NOW

AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
LONGEST = 8 * 1024  # one entry of these


@pytest.fixture
def long_diary(own):
    rows = []
    for place in range(1200):
        row = CheckIn(patient=own, no_symptoms=True, note="well", recorded_at=AT)
        row.set_moment(AT + timedelta(hours=place), "UTC")
        rows.append(row)
    CheckIn.objects.bulk_create(rows)
    return own


def pieces(own):
    return collection(own, Period(None, None, own.tz), NOW)


def test_the_file_begins_before_anything_is_read(long_diary, django_assert_num_queries):
    with django_assert_num_queries(0):
        first = next(pieces(long_diary))
    assert first.startswith(b'{"resourceType":"Bundle"')


def test_no_piece_holds_much_of_the_diary(long_diary):
    sizes = [len(piece) for piece in pieces(long_diary)]
    assert sum(sizes) > 10 * AT_LEAST
    assert max(sizes) < AT_LEAST + LONGEST


def test_queries_follow_the_pieces_and_not_the_entries(
    long_diary, django_assert_max_num_queries
):
    with django_assert_max_num_queries(35):
        bundle = json.loads(b"".join(pieces(long_diary)))
    assert len(bundle["entry"]) == 2 + 2 * 1200  # a panel and its Provenance each
