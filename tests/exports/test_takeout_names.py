"""Whoever wrote in a diary that was brought over stands there as brought over."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from typing import Any
from zipfile import ZipFile

import pytest

from capleak.exports import csv_zip
from capleak.exports.fhir.bundles import collection
from capleak.exports.takeout.writing import whole
from capleak.period import Period
from diary.flag_words import answered
from diary.models import Comment
from sharing.models import Patient, User
from tests.conftest import make_user
from tests.exports.test_takeout import brought, changed, taken
from tests.sharing.rows import closed_flag

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUSE, MARKED = "Dr. House", "Dr. House (brought over)"


@pytest.fixture
def content() -> bytes:
    """A diary in which its owner and a doctor wrote."""
    owner = User.objects.create_user("olga@example.net", name="Olga")
    doctor = User.objects.create_user("house@example.net", name=HOUSE)
    record = Patient.objects.create(owner=owner, name="Olga", zone="UTC")
    flag = closed_flag(record)
    for by in (doctor, owner):
        flag.answers.create(label="cold", by=by, by_name=by.name)
        Comment.objects.create(
            patient=record,
            day=date(2026, 3, 14),
            text="A remark",
            author=by,
            author_name=by.name,
        )
    return taken(record)


def forged(content: bytes, table: str, **said: Any) -> bytes:
    """The file with other values in every line of a table."""

    def change(found: bytes) -> bytes:
        rows = (json.loads(line) | said for line in found.splitlines())
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    return changed(content, f"record/{table}.jsonl", change)


def names(made: Patient) -> list[str]:
    return [comment.signed for comment in made.comments.order_by("pk")]


def test_words_of_others_are_marked_and_one_s_own_are_one_s_own(content):
    made = brought(content, make_user("nora"))
    assert names(made) == [MARKED, "Nora"]
    flag = made.flags.get()
    assert [a.by for a in answered(flag.answers.all(), whole(made))] == [MARKED, "Nora"]


@pytest.mark.parametrize("author", [1, None])
def test_no_file_puts_words_into_the_mouth_of_somebody_real(content, author):
    bad = forged(content, "diary.comment", author=author, author_name=HOUSE)
    assert names(brought(bad, make_user("nora"))) == [MARKED, MARKED]


def test_what_a_file_says_that_its_owner_was_called_is_not_believed(content):
    bad = forged(content, "diary.comment", author="owner", author_name=HOUSE)
    assert names(brought(bad, make_user("nora"))) == ["Nora", "Nora"]


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("timeline/?on=2026-03-14", {}),
        ("timeline/search/", {"words": "remark"}),
        ("flags/", {}),
    ],
)
def test_no_page_shows_the_name_alone(sign_in, content, address, words):
    nora = make_user("nora")
    made = brought(content, nora)
    client, url = sign_in(nora), f"/patients/{made.public_id}/{address}"
    text = (client.post(url, words) if words else client.get(url)).content.decode()
    assert text.count(HOUSE) == text.count(MARKED) > 0


def test_the_exports_show_the_mark_and_the_take_out_is_as_it_came(content):
    made = brought(content, make_user("nora"))
    opened, period = whole(made), Period(None, None, made.tz)
    with ZipFile(io.BytesIO(b"".join(csv_zip.stream(opened, period, NOW)))) as archive:
        assert MARKED in archive.read("comments.csv").decode()
        assert MARKED in archive.read("flag_answers.csv").decode()
    fhir = b"".join(collection(opened, period, NOW)).decode()
    assert fhir.count(HOUSE) == fhir.count(MARKED) > 0
    assert taken(made) == content
