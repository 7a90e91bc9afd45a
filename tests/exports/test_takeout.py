"""The take-out: everything is in it, and it comes back as it was, byte by byte."""

from __future__ import annotations

import io

import pytest

from capleak.exports.takeout.reading import opened
from capleak.exports.takeout.storing import store
from capleak.exports.takeout.writing import takeout
from sharing.models import Patient, User
from tests.exports.files import opened_zip

pytestmark = pytest.mark.django_db


def taken(record: Patient) -> bytes:
    return b"".join(takeout(record))


def brought(content: bytes, by: User) -> Patient:
    return store(opened(io.BytesIO(content)), by=by)


def newcomer(name: str = "nora") -> User:
    return User.objects.create_user(f"{name}@example.net", name="Nora")


def test_the_demo_comes_back_byte_by_byte(demo):
    content = taken(demo)
    made = brought(content, newcomer())
    again = taken(made)
    before, after = opened_zip([content]), opened_zip([again])
    assert before.keys() == after.keys()
    for name in before:
        assert before[name] == after[name], name
    assert content == again
