"""Bringing a file in by the pages: questions, preview, progress, what came of it."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from diary.models import ImportRun
from diary.tasks import store_import
from notifications import tasks as notification_tasks
from sharing.models import Patient
from tests.diary.importing import (
    OMRON,
    OMRON_ELSEWHERE,
    address,
    bring_in,
    do,
    opened,
    pressures,
    received,
)

State = ImportRun.State


@pytest.fixture
def queued(monkeypatch):
    """What is handed to the broker, instead of handing it over."""
    calls = []
    monkeypatch.setattr(
        notification_tasks,
        "queue",
        lambda task, ids, **_: calls.extend((task.name, each) for each in ids),
    )
    return calls


@pytest.fixture
def record(patient, alice):
    return opened(patient, alice)


def send(client: Client, patient: Patient, content: str | bytes):
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("secret-name.csv", data, "text/csv")
    return client.post(address(patient), {"file": file})


def page(client: Client, patient: Patient, run: ImportRun, **query: str) -> str:
    answer = client.get(address(patient, run), query)
    assert answer.status_code == 200
    return answer.content.decode()


def errors(answer) -> list[str]:
    return [str(e) for each in answer.context["form"].errors.values() for e in each]


# --- Choosing a file ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_bring_data_in(request, sign_in, patient, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert send(client, patient, OMRON).status_code == status
    assert ImportRun.objects.exists() is (status == 302)
    assert not patient.checkins.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "This file is empty."),
        (b"PK\x03\x04....", "This is an Excel or zip file and not CSV."),
        (b"\0\1\2\3binary", "This file is not text, so it cannot be CSV."),
        (b"dear diary\nit was a long day\n", "Line 1 has no columns."),
    ],
)
def test_what_is_no_csv_is_refused_beside_the_field(
    sign_in, alice, patient, content, words
):
    answer = send(sign_in(alice), patient, content)
    assert answer.status_code == 200
    assert words in errors(answer)[0]
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize("size", [5_000_001, 6_000_000])
def test_a_file_that_is_too_large_is_refused_in_words(sign_in, alice, patient, size):
    answer = send(sign_in(alice), patient, b"a,b\n" * (size // 4 + 1))
    assert errors(answer) == ["This file is larger than 5 MB. Bring it in in parts."]


def test_without_a_file_there_is_nothing_to_bring_in(sign_in, alice, patient):
    answer = sign_in(alice).post(address(patient))
    assert errors(answer) == ["Choose a file."]


def test_a_file_is_seen_only_by_who_sent_it(sign_in, alice, logger_, patient):
    send(sign_in(logger_), patient, OMRON)
    run = ImportRun.objects.get()
    assert sign_in(alice).get(address(patient, run)).status_code == 404
    assert do(sign_in(alice), patient, run, "store").status_code == 404
    assert sign_in(logger_).get(address(patient, run)).status_code == 200


def test_neither_the_file_nor_its_name_is_logged(sign_in, alice, record, caplog):
    client = sign_in(alice)
    send(client, record, OMRON + "Jan 13 2025,canary,1,1,1,-,-,-,canary\n")
    run = ImportRun.objects.get()
    do(client, record, run, "answer", zone="Europe/Berlin", asked="zone")
    do(client, record, run, "store")
    do(client, record, run, "now")
    assert record.checkins.count() == 2
    assert "canary" not in caplog.text
    assert "secret-name" not in caplog.text


# --- Questions ------------------------------------------------------------------------


def test_a_zone_is_asked_for_once_and_the_diary_s_is_offered(sign_in, alice, patient):
    client = sign_in(alice)
    send(client, patient, OMRON)
    run = ImportRun.objects.get()
    assert 'value="Europe/Berlin" selected' in page(client, patient, run)
    do(client, patient, run, "answer", zone="America/New_York", asked="zone")
    shown = page(client, patient, run)
    assert "Sun 12 January 2025, 08:12" in shown
    assert "America/New_York" in shown


def test_a_file_that_says_everything_is_not_asked_about(sign_in, alice, patient):
    client = sign_in(alice)
    send(client, patient, OMRON_ELSEWHERE)
    shown = page(client, patient, ImportRun.objects.get())
    assert "Nothing is stored yet" in shown
    assert "Tue 1 July 2025, 12:08" in shown
    assert "room temperature(°C)" in shown  # among what is not read


def test_the_columns_of_another_program_are_asked_for(sign_in, alice, patient):
    client = sign_in(alice)
    send(client, patient, "Tag,Wert,Bemerkung\n01/02/2026 06:30,72.5,gut\n")
    run = ImportRun.objects.get()
    assert "72.5" in page(client, patient, run)  # as an example
    more = do(client, patient, run, "answer", c_date="0", c_weight="1")
    form = more.context["form"]
    assert (form.asked, form.errors) == ("order u_weight zone", {})
    refused = do(
        client, patient, run, "answer", c_date="0", c_weight="1", asked=form.asked
    )
    assert set(refused.context["form"].errors) == {"order", "u_weight", "zone"}
    done = do(
        client,
        patient,
        run,
        "answer",
        c_date="0",
        c_weight="1",
        c_note="2",
        asked=form.asked,
        order="dmy",
        u_weight="kg",
        zone="Europe/Berlin",
    )
    assert done.status_code == 302
    shown = page(client, patient, run)
    assert "Sun 1 February 2026, 06:30" in shown
    assert "Weight 72.5 kg" in shown


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "Choose the column with the date."),
        ({"c_date": "0"}, "Choose at least one column with measured values."),
        ({"c_date": "9"}, "Select a valid choice."),
        ({"c_date": "0", "c_pulse": "0"}, "One column is chosen for two things."),
    ],
)
def test_a_choice_of_columns_that_cannot_be_is_refused(
    sign_in, alice, patient, fields, words
):
    client = sign_in(alice)
    send(client, patient, "When,What\n2026-02-01 06:30,61\n")
    run = ImportRun.objects.get()
    answer = do(client, patient, run, "answer", asked="zone", **fields)
    assert any(words in error for error in errors(answer))


def test_the_answers_can_be_changed(sign_in, alice, patient):
    client = sign_in(alice)
    run = received(opened(patient, alice), OMRON, alice)
    assert "How to read this file" in page(client, patient, run, questions="1")


# --- Preview --------------------------------------------------------------------------

MIXED = (
    OMRON + "Jan 12 2025,08:12,114,74,47,-,-,-,-\n"
    "Jan 13 2025,08:00,400,74,47,-,-,-,-\n"
    "Jan 14 2025,08:00,58,26,140,-,-,-,-\n"
)


def test_the_preview_names_every_line_and_why(sign_in, alice, record):
    bring_in(record, OMRON.rsplit("\n", 2)[0], alice)  # its first line
    shown = page(sign_in(alice), record, received(record, MIXED, alice))
    for words in (
        "<strong>2</strong> new",
        "<strong>2</strong> there already",
        "<strong>1</strong> cannot be brought in",
        "It is in the diary already.",
        "400 mmHg is not possible.",
        "58 mmHg is rare",
        "after the stairs",
    ):
        assert words in shown, words


def test_unusual_values_are_asked_about_once_for_all(
    sign_in, alice, record, queued, django_capture_on_commit_callbacks
):
    client, run = sign_in(alice), received(record, MIXED, alice)
    answer = do(client, record, run, "store")
    assert errors(answer) == ["Say what shall become of the unusual values."]
    assert queued == []
    with django_capture_on_commit_callbacks(execute=True):
        do(client, record, run, "store", unusual="keep")
    assert queued == [(store_import.name, (run.pk,))]


def test_a_file_of_nonsense_changes_nothing(sign_in, alice, record, queued):
    nonsense = "date,pulse\nlorem,ipsum\ndolor,sit\n\namet,9\n"
    client, run = sign_in(alice), received(record, nonsense, alice)
    shown = page(client, record, run)
    assert "No line of this file can be read." in shown
    for line in (2, 3, 5):
        assert f"Line {line}" in shown
    do(client, record, run, "store")
    run.refresh_from_db()
    assert (run.state, queued) == (State.PREVIEW, [])
    assert not record.checkins.exists()


def test_beyond_two_hundred_lines_a_list_has_pages(sign_in, alice, record):
    client, run = sign_in(alice), received(record, pressures(450), alice)
    assert page(client, record, run).count("Blood pressure") == 200
    last = page(client, record, run, list="new", page="3")
    assert last.count("Blood pressure") == 50
    assert "Page 3 of 3" in last
    assert page(client, record, run, list="nonsense", page="-7")


def test_a_file_that_waits_is_found_again_by_who_sent_it(
    sign_in, alice, logger_, record
):
    run = received(record, OMRON, alice)
    mine = sign_in(alice).get(address(record)).content.decode()
    theirs = sign_in(logger_).get(address(record)).content.decode()
    assert address(record, run) in mine
    assert address(record, run) not in theirs


def test_a_file_can_be_given_up(sign_in, alice, record):
    client, run = sign_in(alice), received(record, OMRON, alice)
    do(client, record, run, "discard")
    assert not ImportRun.objects.exists()


def test_a_logger_sees_for_whom_it_is(sign_in, logger_, patient):
    run = received(opened(patient, logger_), OMRON, logger_)
    assert "Store what is new for Alice" in page(sign_in(logger_), patient, run)
