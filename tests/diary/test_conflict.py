"""Two who correct one entry at once: both texts are seen, and none is lost."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client

from diary import history
from diary.models import CheckIn
from diary.services import Conflict, delete_checkin, edit_checkin, record_checkin
from tests.diary.pages import FIRST, ONE, fields_of, filled_in, url

pytestmark = pytest.mark.slow

THEIRS = replace(FIRST, note="canary-theirs")


@pytest.fixture
def entry(patient, alice) -> CheckIn:
    return record_checkin(patient, FIRST, by=alice).checkin


@pytest.fixture
def overtaken(
    sign_in, alice, patient, entry, logger_
) -> tuple[Client, dict[str, list[str]]]:
    """Alice's page, sent after somebody else's correction was stored."""
    client = sign_in(alice)
    fields = filled_in(client, patient) | {"note": ["canary-mine"], "tags": ["travel"]}
    edit_checkin(patient, THEIRS, version=1, by=logger_)
    return client, fields


def test_the_second_of_two_sees_both_texts(patient, overtaken):
    client, fields = overtaken
    answer = client.post(url(patient), fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "canary-mine" in page
    assert "canary-theirs" in page
    assert "Changed by Logger on" in page
    assert "What differs: what else went on, note." in page
    assert patient.checkins.get().note == "canary-theirs"


def test_they_may_save_theirs_and_both_are_kept(patient, overtaken):
    client, fields = overtaken
    page = client.post(url(patient), fields).content.decode()
    client.post(url(patient), fields_of(page, url(patient)))
    stored = patient.checkins.get()
    assert (stored.note, stored.tags, stored.version) == ("canary-mine", ["travel"], 3)
    notes = [v.said.note for v in history.versions(patient, ONE)]
    assert notes == ["canary-mine", "canary-theirs", "canary-first"]


def test_they_may_edit_once_more_with_theirs_filled_in(patient, overtaken):
    client, fields = overtaken
    page = client.post(url(patient), fields).content.decode()
    again = fields_of(page, url(patient)) | {"choice": ["again"]}
    form = client.post(url(patient), again)
    assert form.status_code == 200
    assert patient.checkins.get().note == "canary-theirs"
    ready = fields_of(form.content.decode(), url(patient))
    assert (ready["note"], ready["tags"], ready["version"]) == (
        ["canary-mine"],
        ["travel"],
        ["2"],
    )
    client.post(url(patient), ready | {"note": ["canary-merged"]})
    assert patient.checkins.get().note == "canary-merged"


def test_a_third_one_in_between_is_told_too(patient, overtaken, logger_):
    client, fields = overtaken
    page = client.post(url(patient), fields).content.decode()
    edit_checkin(patient, replace(THEIRS, note="third"), version=2, by=logger_)
    answer = client.post(url(patient), fields_of(page, url(patient)))
    assert answer.status_code == 409
    assert patient.checkins.get().note == "third"


def test_two_who_say_the_same_have_no_conflict(patient, overtaken, sign_in, alice):
    client, fields = overtaken
    answer = client.post(url(patient), fields | {"note": ["canary-theirs"], "tags": []})
    assert answer.status_code == 302
    assert patient.checkins.get().version == 2


@pytest.mark.parametrize("version", ["", "x", "-1", "99999999999999999999"])
def test_a_page_that_does_not_say_what_it_saw_is_asked(
    sign_in, alice, patient, entry, version
):
    client = sign_in(alice)
    fields = filled_in(client, patient) | {"note": ["x"], "version": [version]}
    assert client.post(url(patient), fields).status_code == 409
    assert patient.checkins.get().note == "canary-first"


def test_a_conflict_with_a_red_flag_shows_the_emergency_number(patient, overtaken):
    client, fields = overtaken
    page = client.post(url(patient), fields | {"s_syncope": ["1"]}).content.decode()
    assert 'href="tel:112"' in page


def test_a_conflict_shows_no_hidden_note(sign_in, patient, entry, logger_, alice):
    logger_.grants.update(hidden=["notes"])
    client = sign_in(logger_)
    fields = filled_in(client, patient) | {"s_fatigue": ["1"]}
    edit_checkin(patient, THEIRS, version=1, by=alice)
    page = client.post(url(patient), fields).content.decode()
    assert "What differs: symptoms." in page
    assert "canary" not in page


def test_what_was_deleted_meanwhile_can_be_saved_as_new(
    sign_in, alice, patient, entry, logger_
):
    client = sign_in(alice)
    fields = filled_in(client, patient) | {"note": ["canary-mine"]}
    delete_checkin(patient, ONE, version=1, by=logger_)
    answer = client.post(url(patient), fields)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This entry was deleted meanwhile" in page
    new = fields_of(page, url(patient)) | {"choice": ["new"]}
    for _ in range(2):
        assert client.post(url(patient), new).status_code == 302
    stored = patient.checkins.get()
    assert stored.note == "canary-mine"
    assert stored.client_id != ONE
    assert stored.at == FIRST.at


@pytest.mark.django_db(transaction=True)
def test_twenty_pairs_of_corrections_at_once_lose_no_text(patient, alice, logger_):
    for _ in range(20):
        client_id = uuid4()
        record_checkin(patient, replace(FIRST, client_id=client_id), by=alice)
        conflicts: list[str] = []

        def correct(by, note, client_id=client_id, conflicts=conflicts):
            draft = replace(FIRST, client_id=client_id, note=note)
            try:
                edit_checkin(patient, draft, version=1, by=by)
            except Conflict:
                conflicts.append(note)
            finally:
                connection.close()

        pair = [
            Thread(target=correct, args=(alice, "hers")),
            Thread(target=correct, args=(logger_, "his")),
        ]
        for thread in pair:
            thread.start()
        for thread in pair:
            thread.join(timeout=20)
        now, before = history.versions(patient, client_id)
        assert len(conflicts) == 1  # whose page has the text, and says so
        assert {now.said.note, *conflicts} == {"hers", "his"}
        assert before.said.note == "canary-first"
        assert before.said.readings == FIRST.readings
