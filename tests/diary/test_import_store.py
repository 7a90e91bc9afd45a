"""What is stored of a file: once, all of it or nothing, and nothing that is there."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import timezone

from diary import import_service
from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn, ImportRun, Measurement
from diary.services import delete_checkin, record_checkin
from diary.tasks import store_import
from sharing.models import Grant, Patient
from tests.diary.importing import (
    OMRON,
    WITHINGS,
    WITHINGS_WEIGHT,
    address,
    bring_in,
    counts,
    look,
    opened,
    pressures,
    received,
)

State = ImportRun.State


@pytest.fixture
def record(patient, alice):
    return opened(patient, alice)


def by_hand(patient, alice, at, **values):
    readings = tuple(
        Reading(key, Decimal(value), Decimal(value), unit)
        for key, (value, unit) in values.items()
    )
    draft = CheckInDraft(uuid4(), at, "Europe/Berlin", readings=readings)
    return record_checkin(patient, draft, by=alice).checkin


def test_each_line_becomes_a_check_in_whose_symptoms_were_not_asked(record, alice):
    bring_in(record, OMRON, alice)
    first, second = CheckIn.objects.order_by("-at")
    assert first.at == datetime(2025, 1, 12, 7, 12, tzinfo=UTC)
    assert (first.zone, str(first.day)) == ("Europe/Berlin", "2025-01-12")
    assert (first.no_symptoms, first.symptoms.count()) == (False, 0)
    assert first.entered_by == alice
    assert second.note == "after the stairs"
    stored = first.measurements.values_list("quantity", "value", "device")
    assert set(stored) == {
        ("systolic", 114, "Omron"),
        ("diastolic", 74, "Omron"),
        ("pulse", 47, "Omron"),
    }


@pytest.mark.parametrize("text", [OMRON, WITHINGS, WITHINGS_WEIGHT])
def test_a_file_twice_adds_nothing_the_second_time(record, alice, text):
    first = bring_in(record, text, alice)
    second = bring_in(record, text, alice)
    lines = text.count("\n") - 1
    assert counts(first) == (lines, 0, 0)
    assert counts(second) == (0, lines, 0)
    assert record.checkins.count() == lines


def test_the_same_reading_in_another_layout_is_the_same(record, alice):
    bring_in(record, OMRON, alice)
    other = "Timestamp;Sys;Dia;Puls\n12.01.2025 08:12;114;74;47\n"
    assert counts(bring_in(record, other, alice)) == (0, 1, 0)


def test_what_was_typed_by_hand_in_that_minute_is_the_same(record, alice):
    at = datetime(2025, 1, 12, 7, 12, 31, tzinfo=UTC)
    by_hand(
        record,
        alice,
        at,
        systolic=("114", "mmHg"),
        diastolic=("74", "mmHg"),
        pulse=("47", "/min"),
        weight=("71.5", "kg"),
    )
    assert counts(bring_in(record, OMRON, alice)) == (1, 1, 0)


def test_another_value_in_that_minute_is_another_reading(record, alice):
    at = datetime(2025, 1, 12, 7, 12, tzinfo=UTC)
    by_hand(record, alice, at, systolic=("115", "mmHg"), diastolic=("74", "mmHg"))
    assert counts(bring_in(record, OMRON, alice)) == (2, 0, 0)


def test_a_line_that_stands_twice_in_a_file_is_stored_once(record, alice):
    run = received(record, OMRON + "Jan 12 2025,08:12,114,74,47,-,-,-,-\n", alice)
    (double,) = look(record, run).doubled
    assert double.entry.line == 4
    assert double.why.values == {"line": "2"}


def test_what_was_deleted_does_not_come_back(record, alice):
    bring_in(record, OMRON, alice)
    gone = record.checkins.order_by("at").first()
    delete_checkin(record, gone.client_id, version=1, by=alice)
    again = bring_in(record, OMRON, alice)
    assert counts(again) == (0, 2, 0)
    assert record.checkins.count() == 1


def test_the_ids_of_one_diary_are_not_those_of_another(record, alice, eve):
    bring_in(record, OMRON, alice)
    bring_in(opened(eve.own_record, eve), OMRON, eve)
    ids = CheckIn.objects.values_list("client_id", flat=True)
    assert len(set(ids)) == 4


def test_an_import_is_one_change_of_the_record(record, alice):
    run = received(record, OMRON, alice)
    import_service.queue(record, run, look(record, run), keep_unusual=True)
    before = Patient.objects.get(pk=record.pk).version
    import_service.store(run.pk)
    assert Patient.objects.get(pk=record.pk).version == before + 1


def test_the_file_is_gone_once_it_is_stored(record, alice):
    run = bring_in(record, OMRON, alice)
    assert (run.state, run.content, run.options) == (State.DONE, "", {"help": False})
    assert (run.rows_total, run.rows_done) == (2, 2)


def test_storing_twice_is_storing_once(record, alice):
    run = received(record, OMRON, alice)
    import_service.queue(record, run, look(record, run), keep_unusual=True)
    store_import(run.pk)
    store_import(run.pk)
    assert record.checkins.count() == 2


def test_what_was_not_asked_for_is_not_stored(record, alice):
    run = received(record, OMRON, alice)
    store_import(run.pk)
    assert not record.checkins.exists()


def test_whoever_may_no_longer_log_stores_nothing(record, logger_):
    record = opened(record, logger_)
    run = received(record, OMRON, logger_)
    import_service.queue(record, run, look(record, run), keep_unusual=True)
    Grant.objects.update(revoked_at=timezone.now())
    import_service.store(run.pk)
    run.refresh_from_db()
    assert (run.state, run.content) == (State.FAILED, "")
    assert not record.checkins.exists()


def test_nothing_is_stored_if_something_cannot_be(record, alice, monkeypatch):
    monkeypatch.setattr(import_service, "CHUNK", 1)
    run = received(record, OMRON, alice)
    import_service.queue(record, run, look(record, run), keep_unusual=True)
    real, calls = import_service._insert, []

    def fail_at_last(*args, **kwargs):
        calls.append(args)
        if len(calls) == 2:
            raise OSError
        return real(*args, **kwargs)

    monkeypatch.setattr(import_service, "_insert", fail_at_last)
    with pytest.raises(OSError):  # noqa: PT011 - it has no words
        import_service.store(run.pk)
    run.refresh_from_db()
    assert (run.state, record.checkins.count()) == (State.QUEUED, 0)


# --- Unusual values -------------------------------------------------------------------

LOW = "Date,Sys,Dia\n2021-03-14 06:30,58,26\n2021-03-15 06:30,120,80\n"


def test_a_published_extreme_is_asked_about_and_kept_as_confirmed(record, alice):
    run = received(record, LOW, alice)
    assert list(look(record, run).unusual) == [2]
    run = bring_in(record, LOW, alice, keep_unusual=True)
    assert counts(run) == (2, 0, 0)
    sure = Measurement.objects.filter(confirmed=True).values_list("quantity", "value")
    assert set(sure) == {("systolic", 58), ("diastolic", 26)}


def test_unusual_values_can_be_left_out(record, alice):
    run = bring_in(record, LOW, alice, keep_unusual=False)
    assert counts(run) == (1, 0, 0)
    assert run.rows_total == 2
    assert not Measurement.objects.filter(value=58).exists()


def test_a_weight_is_compared_with_the_one_before_it_in_the_diary(record, alice):
    at = datetime(2025, 6, 18, 8, tzinfo=UTC)
    by_hand(record, alice, at, weight=("66.0", "kg"))
    run = received(record, WITHINGS_WEIGHT, alice)
    (marks,) = look(record, run).unusual.values()
    assert marks[0].doubt.values["last"] == "66"


# --- Files that wait ------------------------------------------------------------------


def test_a_new_file_takes_the_place_of_the_one_that_waits(record, alice):
    received(record, OMRON, alice)
    received(record, WITHINGS, alice)
    assert [run.layout for run in record.imports.all()] == ["withings"]


def test_files_of_yesterday_are_gone_when_a_new_one_comes(record, alice, eve):
    hers = opened(eve.own_record, eve)
    old = received(hers, OMRON, eve)
    queued = received(hers, OMRON, eve)
    import_service.queue(hers, queued, look(hers, queued), keep_unusual=True)
    done = bring_in(hers, WITHINGS, eve)
    ImportRun.objects.update(created_at=timezone.now() - timedelta(hours=25))
    received(record, OMRON, alice)
    left = set(ImportRun.objects.filter(patient=hers).values_list("pk", flat=True))
    assert left == {done.pk}
    assert old.pk not in left


# --- Many lines -----------------------------------------------------------------------


@pytest.mark.slow
def test_ten_thousand_lines_twice_add_ten_thousand(record, alice):
    text = pressures(10_000, first=datetime(1999, 1, 1, 7))
    first = bring_in(record, text, alice)
    second = bring_in(record, text, alice)
    assert counts(first) == (10_000, 0, 0)
    assert counts(second) == (0, 10_000, 0)
    assert Measurement.objects.count() == 30_000


@pytest.mark.slow
def test_a_preview_of_fifty_thousand_lines_is_there_in_three_seconds(
    record, alice, sign_in
):
    hours = (datetime(1990, 1, 1) + timedelta(hours=6 * n) for n in range(50_000))
    rows = [f"{at:%Y-%m-%d %H:%M},{110 + at.day},{60 + at.hour}" for at in hours]
    run = received(record, "\n".join(["Date,Systolic,Pulse", *rows]), alice)
    browser = sign_in(alice)
    began = time.process_time()  # of this process: other tests run beside it
    page = browser.get(address(record, run)).content.decode()
    seconds = time.process_time() - began
    print(f"preview of 50,000 lines: {seconds:.1f} s")  # noqa: T201 - to be quoted
    assert "<strong>50000</strong> new" in page
    assert seconds < 6  # 2 to 3 where nothing else runs


def test_the_number_of_queries_does_not_grow_with_the_file(
    record, alice, django_assert_max_num_queries
):
    run = received(record, pressures(500), alice)
    with django_assert_max_num_queries(6):
        shown = look(record, run)
    import_service.queue(record, run, shown, keep_unusual=True)
    with django_assert_max_num_queries(32):  # of which the rule for flags takes eight
        import_service.store(run.pk)
    assert record.checkins.count() == 500


@pytest.mark.django_db(transaction=True)
def test_others_see_how_far_it_is_while_it_is_stored(record, alice, monkeypatch):
    monkeypatch.setattr(import_service, "CHUNK", 2)
    run = received(record, pressures(6), alice)
    import_service.queue(record, run, look(record, run), keep_unusual=True)
    seen = []
    real = import_service._insert

    def look_on(*args, **kwargs):
        elsewhere = connections.create_connection(DEFAULT_DB_ALIAS)
        with elsewhere.cursor() as cursor:
            cursor.execute("SELECT rows_done FROM diary_importrun")
            rows_done = cursor.fetchone()[0]
            cursor.execute("SELECT count(*) FROM diary_checkin")
            seen.append((rows_done, cursor.fetchone()[0]))
        elsewhere.close()
        return real(*args, **kwargs)

    monkeypatch.setattr(import_service, "_insert", look_on)
    import_service.store(run.pk)
    assert seen == [(0, 0), (2, 0), (4, 0)]
    run.refresh_from_db()
    assert (run.state, run.rows_done) == (State.DONE, 6)
