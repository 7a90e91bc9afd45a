"""Undoing a whole import: what the file added goes, what people wrote stays."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime

import pghistory
import pytest
from django.db import DatabaseError, transaction

from diary import history
from diary.import_undo import undo_import
from diary.models import CheckIn, ImportRun, Measurement, Symptom
from diary.removal import delete_all
from diary.services import draft_of, edit_checkin, restore_checkin
from diary.undo import undo
from tests.diary.importing import (
    OMRON,
    WITHINGS,
    address,
    bring_in,
    counts,
    do,
    opened,
    pressures,
)

State = ImportRun.State


@pytest.fixture
def record(patient, alice):
    return opened(patient, alice)


def change(record, alice, checkin, note="changed by hand"):
    draft = replace(draft_of(checkin), note=note)
    return edit_checkin(record, draft, version=checkin.version, by=alice)


def test_what_a_file_added_goes_and_what_was_there_stays(record, alice):
    bring_in(record, WITHINGS, alice)
    run = bring_in(record, OMRON, alice)
    assert undo_import(record, run, by=alice) == 2
    assert record.checkins.count() == 2
    assert not record.checkins.filter(at__year=2025, at__month=1).exists()
    assert Measurement.objects.count() == 4
    run.refresh_from_db()
    assert (run.state, run.rows_added, run.rows_removed) == (State.UNDONE, 2, 2)


def test_what_somebody_changed_since_stays(record, alice):
    run = bring_in(record, OMRON, alice)
    mine = change(record, alice, record.checkins.latest("at"))
    assert undo_import(record, run, by=alice) == 1
    assert record.checkins.get() == mine


def test_a_change_that_was_taken_back_was_a_change(record, alice):
    run = bring_in(record, OMRON, alice)
    entry = record.checkins.latest("at")
    mine = change(record, alice, entry)
    undo(record, mine.client_id, version=2, by=alice, now=mine.recorded_at)
    assert undo_import(record, run, by=alice) == 1
    assert draft_of(record.checkins.get()) == draft_of(entry)


def test_what_goes_keeps_its_history_and_can_be_restored(record, alice):
    run = bring_in(record, OMRON, alice)
    entry = record.checkins.latest("at")
    said = draft_of(entry)
    undo_import(record, run, by=alice)
    (version,) = history.versions(record, entry.client_id)
    assert version.said == said
    assert (version.ended.what, version.ended.by) == (history.DELETED, alice)
    back = restore_checkin(record, entry.client_id, 1, version=2, by=alice)
    assert draft_of(back) == said
    assert undo_import(record, run, by=alice) == 0
    assert record.checkins.get() == back


def test_many_at_once_leave_the_same_history_as_one_by_one(record, alice):
    bring_in(record, OMRON, alice)
    kept = []
    for delete in (lambda rows: rows.delete(), delete_all):
        with transaction.atomic():
            with pghistory.context(by=alice.pk, what=history.DELETED):
                delete(record.checkins.all())
            kept.append(
                [
                    list(model.pgh_event_model.objects.order_by("pgh_obj_id").values())
                    for model in (CheckIn, Measurement)
                ]
            )
            transaction.set_rollback(True)
    one_by_one, at_once = kept
    own = {"pgh_id", "pgh_created_at", "pgh_context_id"}
    for before, after in zip(one_by_one, at_once, strict=True):
        assert [{k: v for k, v in row.items() if k not in own} for row in before] == [
            {k: v for k, v in row.items() if k not in own} for row in after
        ]
        assert None not in {row["pgh_context_id"] for row in after}


def test_undoing_twice_is_once(record, alice):
    run = bring_in(record, OMRON, alice)
    assert undo_import(record, run, by=alice) == 2
    version = record.checkins.model.pgh_event_model.objects.count()
    assert undo_import(record, run, by=alice) == 0
    assert record.checkins.model.pgh_event_model.objects.count() == version


def test_the_same_file_can_come_and_go_again_and_again(record, alice):
    numbers = []
    for _ in range(3):
        run = bring_in(record, OMRON, alice)
        assert counts(run) == (2, 0, 0)
        numbers.append(record.checkins.latest("at").version)
        assert undo_import(record, run, by=alice) == 2
        assert not record.checkins.exists()
    assert numbers == [1, 3, 5]
    (client_id, _other) = history.gone(record)
    told = history.versions(record, client_id)
    assert [v.number for v in told] == [5, 3, 1]
    assert [v.began.what for v in told] == ["restored", "restored", "saved"]


def test_what_was_deleted_by_hand_still_does_not_come_back(record, alice):
    run = bring_in(record, OMRON, alice)
    entry = record.checkins.latest("at")
    entry_id = entry.client_id
    undo_import(record, run, by=alice)
    back = restore_checkin(record, entry_id, 1, version=2, by=alice)
    undo(record, entry_id, version=3, by=alice, now=back.recorded_at)
    assert counts(bring_in(record, OMRON, alice)) == (1, 1, 0)


def test_it_is_all_or_nothing(record, alice, monkeypatch):
    run = bring_in(record, OMRON, alice)

    def fail(*args, **kwargs):
        raise DatabaseError

    monkeypatch.setattr("diary.models.shared.ImportRunQuerySet.update", fail)
    with pytest.raises(DatabaseError):
        undo_import(record, run, by=alice)
    assert record.checkins.count() == 2
    assert not history.gone(record).exists()


@pytest.mark.slow
def test_ten_thousand_entries_go_in_seconds(record, alice):
    text = pressures(10_000, first=datetime(1999, 1, 1, 7))
    run = bring_in(record, text, alice)
    began = time.monotonic()
    assert undo_import(record, run, by=alice) == 10_000
    seconds = time.monotonic() - began
    print(f"10,000 entries undone: {seconds:.1f} s")  # noqa: T201 - a figure to quote
    assert seconds < 30
    assert (CheckIn.objects.count(), Symptom.objects.count()) == (0, 0)


# --- Pages ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 302),
        ("logger_", 302),
        ("manager", 302),
        ("viewer", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_whoever_may_log_undoes_a_file_of_anybody(
    request, sign_in, alice, record, who, status
):
    run = bring_in(record, OMRON, alice)
    client = sign_in(request.getfixturevalue(who))
    seen = client.get(address(record, run))
    assert seen.status_code == (200 if status == 302 else status)
    assert ("Take 2 entries out" in seen.content.decode()) is (status == 302)
    assert do(client, record, run, "undo").status_code == status
    assert record.checkins.exists() is (status != 302)


def test_the_page_says_what_goes_and_what_stays(sign_in, alice, record):
    run = bring_in(record, OMRON, alice)
    change(record, alice, record.checkins.latest("at"))
    client = sign_in(alice)
    before = client.get(address(record, run)).content.decode()
    assert "1 entry that this file added goes." in before
    assert "1 entry stays, because somebody changed it since." in before
    after = client.post(address(record, run), {"do": "undo"}, follow=True)
    page = after.content.decode()
    assert "The file was taken out again" in page
    assert 'name="do" value="undo"' not in page


def test_own_words_that_came_along_are_told_to_those_alone_who_see_them(
    sign_in, alice, logger_, record
):
    run = bring_in(record, OMRON, alice)
    own = record.custom_symptoms.create(label="Tight rings")
    record.checkins.latest("at").symptoms.create(custom=own, severity=1)
    words = "Symptoms in own words that came with the file stay in the list."
    assert words in sign_in(alice).get(address(record, run)).content.decode()
    browser = sign_in(logger_)
    assert words in browser.get(address(record, run)).content.decode()
    logger_.grants.update(hidden=["own_symptoms"])
    assert words not in browser.get(address(record, run)).content.decode()


def test_the_files_of_late_are_found_again(sign_in, alice, logger_, record):
    run = bring_in(record, OMRON, alice)
    page = sign_in(logger_).get(address(record)).content.decode()
    assert address(record, run) in page
    assert "2 entries, by Alice" in page
    undo_import(record, run, by=alice)
    assert "taken out again" in sign_in(logger_).get(address(record)).content.decode()


def test_a_file_with_a_red_flag_is_undone_from_the_notice_on_the_help_page(
    sign_in, alice, record
):
    now = record.created_at.astimezone(record.tz)
    low = f"Date,Systolic,Diastolic\n{now:%Y-%m-%d %H:%M},70,40\n"
    run = bring_in(record, low, alice)
    client = sign_in(alice)
    page = client.get(address(record, run), follow=True)
    assert page.redirect_chain[-1][0].endswith("/help/")
    assert f'<a href="{address(record, run)}">' in page.content.decode()
    do(client, record, run, "undo")
    assert "taken out again" in client.get(address(record, run)).content.decode()
