"""Several diaries in one export: chosen, written by the worker, fetched for a day."""

from __future__ import annotations

import csv
import io
import stat
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from capleak.exports import many, store
from sharing.models import (
    AccessEvent,
    ExportItem,
    ExportJob,
    Grant,
    Patient,
)
from tests.capleak.exporting import asked, exports, fetched, whole, written
from tests.conftest import make_user
from tests.sharing.rows import bare_grant

pytestmark = pytest.mark.usefixtures("export_formats")

PAGE = "/exports/"
State = ExportItem.State


# --- Choosing -------------------------------------------------------------------------


def test_only_what_may_be_exported_is_offered(sign_in, doctor, patient, two, grant_to):
    no_more = Patient.objects.create(name="Only-to-look", zone="UTC")
    bare_grant(no_more, user=doctor, accepted_at=timezone.now())
    Patient.objects.create(name="Stranger", zone="UTC")
    text = sign_in(doctor).get(PAGE).content.decode()
    assert all(name in text for name in ("Alice", "Ben", "Cleo"))
    assert "Only-to-look" not in text
    assert "Stranger" not in text


def test_who_may_export_nothing_is_told_how_instead_of_asked(sign_in, db):
    text = sign_in(make_user("nobody")).get(PAGE).content.decode()
    assert "Nobody lets you export a diary" in text
    assert "Export what is ticked" not in text


def test_names_in_the_list_leave_a_line_in_each_log(sign_in, doctor, patient, two):
    sign_in(doctor).get(PAGE)
    lines = AccessEvent.objects.filter(route="exports_many")
    assert {line.patient_pk for line in lines} == {patient.pk, *(p.pk for p in two)}


def test_ticks_are_kept_by_every_button(sign_in, doctor, patient, two):
    ben, cleo = two
    browser = sign_in(doctor)
    on_page = [str(p.public_id) for p in (patient, ben, cleo)]
    browser.post(
        PAGE, {"shown": on_page, "ticked": on_page[1:], "words": "cl", "do": "search"}
    )
    choice = many.choice_of(doctor)
    assert {item.patient for item in choice.items.all()} == {ben, cleo}
    browser.post(PAGE, {"shown": [on_page[2]], "words": "", "do": "search"})
    assert {item.patient for item in choice.items.all()} == {ben}


def test_a_search_finds_by_name_and_shows_the_words_again(sign_in, doctor, two):
    text = sign_in(doctor).post(PAGE, {"words": "CLE", "do": "search"}).content.decode()
    assert "Cleo" in text
    assert "Ben" not in text
    assert 'value="CLE"' in text


def test_what_is_chosen_can_be_looked_at_by_itself(sign_in, doctor, two):
    many.choose(many.choice_of(doctor), two[:1])
    sent = {"words": "", "only": "on", "do": "search"}
    text = sign_in(doctor).post(PAGE, sent).content.decode()
    assert "Ben" in text
    assert "Cleo" not in text


def test_a_stranger_s_diary_cannot_be_ticked(sign_in, eve, patient):
    record = str(patient.public_id)
    sign_in(eve).post(PAGE, {"shown": [record], "ticked": [record], "do": "search"})
    assert not ExportItem.objects.exists()


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({}, "Tick at least one diary."),
        ({"format": "exe"}, "Select a valid choice."),
        ({"since": "soon"}, "Enter a date like 2026-03-14."),
        ({"since": "0001-01-01"}, "between 1900 and now"),
        ({"until": "9999-12-31"}, "between 1900 and now"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "before the first one"),
        ({"shown": ["x"], "ticked": ["\0"], "words": "\0"}, "Tick at least one"),
    ],
)
def test_bad_input_is_told_and_nothing_starts(sign_in, doctor, two, typed, complaint):
    sent = {"do": "start", "format": "told"} | typed
    answer = sign_in(doctor).post(PAGE, sent)
    assert answer.status_code == 200
    assert complaint in answer.content.decode()
    assert not ExportJob.objects.exclude(state="choosing").exists()


def test_all_that_are_found_can_be_chosen_at_once(sign_in, doctor):
    for number in range(60):
        person = Patient.objects.create(name=f"Person {number:02}", zone="UTC")
        exports(doctor, person)
    browser = sign_in(doctor)
    browser.post(PAGE, {"words": "1 perso", "do": "all"})
    assert many.choice_of(doctor).items.count() == 15  # 01, 1x, 21 to 51
    browser.post(PAGE, {"words": "", "do": "none"})
    assert many.choice_of(doctor).items.count() == 0


def test_the_list_costs_the_same_however_long_it_is(
    sign_in, doctor, two, django_assert_max_num_queries
):
    browser = sign_in(doctor)
    with django_assert_max_num_queries(25) as few:
        browser.get(PAGE)
    for number in range(60):
        exports(doctor, Patient.objects.create(name=f"Person {number}", zone="UTC"))
    with django_assert_max_num_queries(len(few.captured_queries)):
        text = browser.get(PAGE).content.decode()
    assert text.count('name="ticked"') == 25


def test_an_export_takes_a_thousand_diaries_and_no_more(doctor, two, monkeypatch):
    monkeypatch.setattr(many, "MOST_RECORDS", 1)
    job = many.choice_of(doctor)
    many.choose(job, two)
    many.choose(job, two)
    assert job.items.count() == 1


def test_ten_exports_a_day_are_enough(sign_in, doctor, two, monkeypatch):
    monkeypatch.setattr(many, "MOST_JOBS", 1)
    asked(doctor, *two)
    ids = [str(person.public_id) for person in two]
    sent = {"shown": ids, "ticked": ids, "do": "start", "format": "told"}
    answer = sign_in(doctor).post(PAGE, sent)
    assert "Go on tomorrow, please." in answer.content.decode()


# --- Writing --------------------------------------------------------------------------


def test_from_ticks_to_files(sign_in, doctor, two):
    browser = sign_in(doctor)
    ids = [str(person.public_id) for person in two]
    sent = {"shown": ids, "ticked": ids, "do": "start", "format": "told"}
    answer = browser.post(PAGE, sent | {"since": "2026-03-01", "until": "2026-03-31"})
    job = ExportJob.objects.get(state="running")
    assert answer.headers["Location"] == f"/exports/{job.public_id}/"
    assert (
        "Waiting to begin" in browser.get(answer.headers["Location"]).content.decode()
    )
    assert not many.carry_on()
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "Your file is ready" in page
    assert "Download 2 diaries" in page
    download = browser.get(f"/exports/{job.public_id}/file/")
    with zipfile.ZipFile(io.BytesIO(whole(download))) as archive:
        assert archive.read("0001.txt") == b"Ben 2026-03-01 2026-03-31 without "
        rows = list(
            csv.reader(archive.read("contents.csv").decode("utf-8-sig").split())
        )
    assert download.headers["Content-Type"] == "application/zip"
    assert "no-store" in download.headers["Cache-Control"]
    assert [row[:2] for row in rows[-2:]] == [["0001.txt", "Ben"], ["0002.txt", "Cleo"]]


def test_a_form_sent_twice_starts_one_export(sign_in, doctor, two):
    browser = sign_in(doctor)
    choice = str(many.choice_of(doctor).public_id)
    ids = [str(person.public_id) for person in two]
    sent = {"shown": ids, "ticked": ids, "do": "start", "format": "told"}
    answers = [browser.post(PAGE, sent | {"choice": choice}) for _ in range(2)]
    assert {a.headers["Location"] for a in answers} == {f"/exports/{choice}/"}
    assert ExportJob.objects.filter(state="running").count() == 1


def test_a_poll_shows_no_name_and_ends_with_a_fresh_page(sign_in, doctor, two):
    job = asked(doctor, *two)
    browser = sign_in(doctor)
    hx = {"HX-Request": "true"}
    text = browser.get(f"/exports/{job.public_id}/", headers=hx).content.decode()
    assert "Ben" not in text
    many.carry_on()
    answer = browser.get(f"/exports/{job.public_id}/", headers=hx)
    assert answer.headers["HX-Refresh"] == "true"


def test_each_record_has_a_line_when_written_and_when_fetched(sign_in, doctor, two):
    job = written(doctor, *two)
    whole(sign_in(doctor).get(f"/exports/{job.public_id}/file/"))
    for person in two:
        lines = AccessEvent.objects.filter(patient_pk=person.pk, actor_pk=doctor.pk)
        told = [(line.route, line.permission) for line in lines.order_by("pk")]
        assert told == [("exports_job", "export"), ("exports_file", "export")]


def test_one_s_own_diary_has_its_lines_too(sign_in, alice, patient):
    job = written(alice, patient)
    assert list(fetched(job)) == ["0001.txt", "contents.csv"]
    whole(sign_in(alice).get(f"/exports/{job.public_id}/file/"))
    lines = AccessEvent.objects.filter(patient_pk=patient.pk, actor_pk=alice.pk)
    told = [(line.route, line.grant_pk) for line in lines.order_by("pk")]
    assert told == [("exports_job", None), ("exports_file", None)]


def test_what_is_hidden_now_is_left_out_of_what_is_written_now(doctor, two):
    Grant.objects.filter(patient=two[0]).update(hidden=["notes"])
    found = fetched(written(doctor, *two))
    assert found["0001.txt"].endswith("without notes")
    assert found["0002.txt"].endswith("without ")


@pytest.mark.parametrize(
    "change",
    [
        {"revoked_at": timezone.now()},
        {"permissions": ["view"]},
        {"starts_at": timezone.now() - timedelta(2), "expires_at": timezone.now()},
    ],
)
def test_who_lost_the_right_before_it_is_written_gets_nothing(doctor, two, change):
    job = asked(doctor, *two)
    Grant.objects.filter(patient=two[0]).update(**change)
    many.carry_on()
    assert list(job.items.order_by("pk").values_list("state", flat=True)) == [
        State.REFUSED,
        State.WRITTEN,
    ]
    assert not AccessEvent.objects.filter(patient_pk=two[0].pk).exists()


def test_a_record_that_fails_is_tried_three_times_and_keeps_no_other_waiting(
    sign_in, doctor, two, caplog
):
    job = written(doctor, *two, key="broken")
    states = job.items.order_by("pk").values_list("state", "attempts")
    assert list(states) == [(State.FAILED, 3), (State.WRITTEN, 1)]
    assert list(fetched(job)) == ["0001.txt", "contents.csv"]
    page = sign_in(doctor).get(f"/exports/{job.public_id}/").content.decode()
    assert "1 diary could not be written." in page


def test_a_worker_that_died_is_succeeded_when_its_lease_is_over(doctor, two):
    job = asked(doctor, *two)
    begun = many._claim()
    assert begun is not None
    assert not many.carry_on()  # nobody writes beside it
    assert many.progress(job)["waiting"] == 2
    job.items.filter(pk=begun.pk).update(
        lease_until=timezone.now() - timedelta(seconds=1)
    )
    many.carry_on()
    assert many.progress(job)["written"] == 2


def test_a_stretch_ends_so_that_reminders_get_their_turn(doctor, two):
    job = asked(doctor, *two)
    assert many.carry_on(seconds=0)
    assert many.progress(job)["written"] == 1


def test_files_are_readable_by_the_app_alone_and_say_nothing(doctor, two, settings):
    job = written(doctor, *two)
    folder = store.folder_of(job.public_id)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    names = [path.name for path in folder.iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert sorted(names) == sorted(str(item.public_id) for item in job.items.all())
