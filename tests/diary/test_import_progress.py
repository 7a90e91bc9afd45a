"""While a file is stored, and what came of it: with a worker and without one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from diary import import_service
from diary.models import ImportRun
from diary.tasks import store_import
from notifications import tasks as notification_tasks
from sharing.models import Patient
from tests.diary.importing import (
    OMRON,
    address,
    bring_in,
    do,
    opened,
    received,
    recent,
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


def page(client: Client, patient: Patient, run: ImportRun) -> str:
    answer = client.get(address(patient, run))
    assert answer.status_code == 200
    return answer.content.decode()


# --- While it is stored ---------------------------------------------------------------


@pytest.fixture
def waiting(sign_in, alice, record, queued):
    """A file that was handed to a worker who does nothing."""
    run = received(record, OMRON, alice)
    do(sign_in(alice), record, run, "store")
    run.refresh_from_db()
    assert run.state == State.QUEUED
    return run


def age(run: ImportRun, seconds: int) -> None:
    at = timezone.now() - timedelta(seconds=seconds)
    run.options["queued_at"] = at.isoformat()
    run.save()


def test_the_page_looks_again_by_itself_with_and_without_javascript(
    sign_in, alice, record, waiting
):
    shown = page(sign_in(alice), record, waiting)
    assert '<meta http-equiv="refresh" content="3">' in shown
    assert 'hx-trigger="every 3s"' in shown
    assert "Store it now" not in shown


@pytest.mark.parametrize(
    ("seconds", "done", "offered"),
    [(5, 0, False), (11, 0, True), (60, 1, False), (121, 1, True)],
)
def test_a_file_that_no_worker_takes_can_be_stored_from_the_page(
    sign_in, alice, record, waiting, seconds, done, offered
):
    waiting.rows_done = done
    age(waiting, seconds)
    shown = page(sign_in(alice), record, waiting)
    assert ("Store it now" in shown) is offered
    assert ("every 3s" in shown) is not offered


def test_stored_from_the_page_it_is_stored_once(sign_in, alice, record, waiting):
    client = sign_in(alice)
    do(client, record, waiting, "now")
    do(client, record, waiting, "now")
    store_import(waiting.pk)
    assert record.checkins.count() == 2
    shown = page(client, record, waiting)
    assert "The file was brought in" in shown


def test_pressing_store_twice_stores_once(
    sign_in, alice, record, queued, django_capture_on_commit_callbacks
):
    client, run = sign_in(alice), received(record, OMRON, alice)
    with django_capture_on_commit_callbacks(execute=True):
        do(client, record, run, "store")
        do(client, record, run, "store")
    assert len(queued) == 1
    store_import(run.pk)
    assert record.checkins.count() == 2


def test_the_progress_page_is_told_to_load_the_end(sign_in, alice, record, waiting):
    store_import(waiting.pk)
    answer = sign_in(alice).get(
        address(record, waiting), headers={"HX-Request": "true"}
    )
    assert answer.headers["HX-Refresh"] == "true"


# --- Afterwards -----------------------------------------------------------------------


def low(hours: float) -> str:
    return f"Date,Systolic,Diastolic\n{recent(hours)},85,60\n"


def test_a_red_flag_of_today_leads_to_the_help_page_once(sign_in, alice, record):
    run = bring_in(record, low(2), alice)
    client = sign_in(alice)
    answer = client.get(address(record, run))
    assert answer.url == f"/patients/{record.public_id}/help/"
    help_page = client.get(answer.url).content.decode()
    assert "1 entry was brought in." in help_page
    assert "An upper blood pressure below 90 was logged." in help_page
    assert "Added to the diary" in page(client, record, run)


def test_the_preview_of_a_red_flag_of_today_shows_whom_to_call(sign_in, alice, record):
    shown = page(sign_in(alice), record, received(record, low(2), alice))
    assert 'href="tel:112"' in shown


@pytest.mark.parametrize("hours", [25, 24 * 365])
def test_an_old_red_flag_opens_no_help_page(sign_in, alice, record, hours):
    run = bring_in(record, low(hours), alice)
    assert "Added to the diary" in page(sign_in(alice), record, run)


def test_what_was_there_already_opens_no_help_page(sign_in, alice, record):
    text = low(2)
    bring_in(record, text, alice)
    assert "Added to the diary" in page(
        sign_in(alice), record, bring_in(record, text, alice)
    )


def test_who_lost_the_right_to_add_is_told_so(sign_in, alice, record, waiting):
    ImportRun.objects.update(state=State.FAILED, content="", options={})
    shown = page(sign_in(alice), record, waiting)
    assert "Nothing of it was stored." in shown


def test_nothing_of_a_file_outlives_its_storing(sign_in, alice, record, waiting):
    import_service.store(waiting.pk)
    waiting.refresh_from_db()
    assert (waiting.content, waiting.options) == ("", {"help": False})
