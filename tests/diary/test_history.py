"""Every version of an entry: kept, told with who and when, and restored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diary import history
from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn, CustomSymptom
from diary.services import (
    Conflict,
    Deleted,
    delete_checkin,
    edit_checkin,
    record_checkin,
    restore_checkin,
)
from sharing.models import Patient, User

pytestmark = pytest.mark.slow

ONE = UUID("11111111-1111-4111-8111-111111111111")
AT = datetime(2026, 3, 14, 5, 30, tzinfo=UTC)
WEIGHT = Reading("weight", Decimal("61.7"), Decimal("61.7"), "kg")
FIRST = CheckInDraft(
    client_id=ONE,
    at=AT,
    zone="Europe/Berlin",
    symptoms={"fatigue": 2, "edema_limbs": None},
    note="canary-first",
    tags=("vaccine",),
    vaccine="flu",
    readings=(WEIGHT,),
)
SECOND = replace(FIRST, symptoms={"fatigue": 1}, note="canary-second", readings=())


def url(patient: Patient, page: str = "history", client_id: UUID = ONE) -> str:
    return f"/patients/{patient.public_id}/checkins/{client_id}/{page}/"


def deleted_url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/deleted/"


@pytest.fixture
def edited(patient: Patient, alice: User, logger_: User) -> CheckIn:
    """Alice's entry, corrected by somebody who logs for her."""
    record_checkin(patient, FIRST, by=alice)
    return edit_checkin(patient, SECOND, version=1, by=logger_)


# --- What is kept ---------------------------------------------------------------------


def test_an_edit_keeps_all_that_was_said_before_with_who_and_when(
    patient, edited, alice, logger_
):
    now, before = history.versions(patient, ONE)
    assert now.said == replace(SECOND, tags=("vaccine",))
    assert (now.number, now.ended) == (2, None)
    assert (now.began.what, now.began.by) == ("edited", logger_)
    assert before.said == FIRST
    assert (before.began.what, before.began.by) == ("saved", alice)
    assert before.ended == now.began
    assert timezone.now() - now.began.at < timedelta(minutes=1)


def test_the_author_stays_the_author(patient, edited, alice):
    assert patient.checkins.get().entered_by == alice


def test_an_edit_that_changes_nothing_makes_no_version(patient, edited, alice):
    edit_checkin(patient, SECOND, version=1, by=alice)
    assert [v.number for v in history.versions(patient, ONE)] == [2, 1]


def test_an_edit_of_the_unit_alone_is_an_edit(patient, edited, alice):
    warm = Reading("temperature", Decimal(37), Decimal("98.6"), "°F")
    edit_checkin(patient, replace(SECOND, readings=(warm,)), version=2, by=alice)
    in_celsius = replace(warm, typed_value=Decimal(37), typed_unit="°C")
    edit_checkin(patient, replace(SECOND, readings=(in_celsius,)), version=3, by=alice)
    assert patient.measurements.get().typed_unit == "°C"


def test_an_edit_keeps_the_device_of_values_that_it_leaves(patient, alice):
    cuff = replace(WEIGHT, device="Withings Body")
    record_checkin(patient, replace(FIRST, readings=(cuff,)), by=alice)
    edit_checkin(patient, replace(FIRST, note="typed again"), version=1, by=alice)
    assert patient.measurements.get().device == "Withings Body"


def test_a_deletion_keeps_all_that_was_said(patient, edited, alice):
    delete_checkin(patient, ONE, version=2, by=alice)
    assert not patient.checkins.exists()
    assert not patient.measurements.exists()
    last, first = history.versions(patient, ONE)
    assert last.said.note == "canary-second"
    assert (last.is_gone, last.ended.what, last.ended.by) == (True, "deleted", alice)
    assert first.said.readings == (WEIGHT,)


def test_what_comes_back_keeps_author_and_first_saving(patient, edited, alice, logger_):
    recorded_at = patient.checkins.get().recorded_at
    delete_checkin(patient, ONE, version=2, by=alice)
    restore_checkin(patient, ONE, 1, version=3, by=logger_)
    back = patient.checkins.get()
    assert (back.entered_by, back.recorded_at) == (alice, recorded_at)
    assert back.version == 4
    now, *_ = history.versions(patient, ONE)
    assert now.said == FIRST
    assert (now.began.what, now.began.by) == ("restored", logger_)


def test_an_edit_opened_before_a_deletion_and_restoration_is_told(
    patient, edited, alice
):
    """Numbers go on after a deletion, or an old page would overwrite unseen."""
    delete_checkin(patient, ONE, version=2, by=alice)
    restore_checkin(patient, ONE, 2, version=3, by=alice)
    with pytest.raises(Conflict):
        edit_checkin(patient, replace(SECOND, note="old"), version=2, by=alice)


def test_a_deletion_that_arrives_after_an_edit_deletes_nothing(patient, edited, alice):
    with pytest.raises(Conflict):
        delete_checkin(patient, ONE, version=1, by=alice)
    assert patient.checkins.get().note == "canary-second"


def test_a_form_sent_again_after_a_deletion_brings_nothing_back(patient, alice):
    record_checkin(patient, FIRST, by=alice)
    delete_checkin(patient, ONE, version=1, by=alice)
    with pytest.raises(Deleted):
        record_checkin(patient, FIRST, by=alice)
    assert not patient.checkins.exists()


def test_restoring_twice_is_restoring_once(patient, edited, alice):
    for _ in range(2):
        restore_checkin(patient, ONE, 1, version=2, by=alice)
    assert [v.number for v in history.versions(patient, ONE)] == [3, 2, 1]


def test_restoring_after_somebody_s_edit_is_refused(patient, edited, alice):
    edit_checkin(patient, replace(SECOND, note="third"), version=2, by=alice)
    with pytest.raises(Conflict):
        restore_checkin(patient, ONE, 1, version=2, by=alice)


def test_own_words_are_kept_and_restored_where_they_still_exist(patient, alice):
    legs = CustomSymptom.objects.create(patient=patient, label="legs like lead")
    gone = CustomSymptom.objects.create(patient=patient, label="gone")
    record_checkin(patient, replace(FIRST, own={legs.pk: 2, gone.pk: 1}), by=alice)
    edit_checkin(patient, SECOND, version=1, by=alice)
    gone.delete()
    restore_checkin(patient, ONE, 1, version=2, by=alice)
    assert patient.checkins.get().symptoms.get(custom=legs).severity == 2


def test_erasing_a_user_changes_no_version_and_leaves_no_name(patient, edited, logger_):
    logger_.delete()
    now, before = history.versions(patient, ONE)
    assert (now.number, now.began.by) == (2, None)
    assert before.said == FIRST


def test_the_triggers_work_for_the_role_that_the_app_runs_as(patient, edited):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == ("capleak_app",)
    assert len(history.versions(patient, ONE)) == 2


def test_another_record_s_entry_with_the_same_id_is_no_part_of_the_history(
    patient, edited, eve
):
    record_checkin(eve.own_record, replace(FIRST, note="Eve's"), by=eve)
    edit_checkin(eve.own_record, replace(FIRST, note="Eve's 2"), version=1, by=eve)
    notes = {v.said.note for v in history.versions(patient, ONE)}
    assert notes == {"canary-first", "canary-second"}


@pytest.fixture
def forty(patient: Patient, alice: User) -> CheckIn:
    """An entry that was changed 39 times."""
    record_checkin(patient, FIRST, by=alice)
    for version in range(1, 40):
        draft = replace(FIRST, note=f"note {version}")
        checkin = edit_checkin(patient, draft, version=version, by=alice)
    return checkin


def test_forty_versions_are_told_in_order_with_as_many_queries_as_two(
    patient, forty, alice
):
    with CaptureQueriesContext(connection) as many:
        versions = history.versions(patient, ONE)
    assert [v.number for v in versions] == list(range(40, 0, -1))
    assert [v.said.note for v in versions[:-1]] == [
        f"note {n}" for n in range(39, 0, -1)
    ]
    assert all(v.said.readings == (WEIGHT,) for v in versions)
    other = record_checkin(patient, replace(FIRST, client_id=uuid4()), by=alice).checkin
    changed = replace(SECOND, client_id=other.client_id)
    edit_checkin(patient, changed, version=1, by=alice)
    with CaptureQueriesContext(connection) as few:
        history.versions(patient, other.client_id)
    assert len(many) == len(few) == 7


def test_what_was_restored_and_deleted_again_is_not_restored_by_an_old_page(
    patient, edited, alice
):
    delete_checkin(patient, ONE, version=2, by=alice)
    restore_checkin(patient, ONE, 2, version=3, by=alice)
    delete_checkin(patient, ONE, version=4, by=alice)
    with pytest.raises(Conflict):
        restore_checkin(patient, ONE, 2, version=3, by=alice)
    assert not patient.checkins.exists()


# --- The pages ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "get", "post"),
    [
        ("alice", 200, 302),
        ("logger_", 200, 302),
        ("manager", 200, 302),
        ("viewer", 200, 403),
        ("doctor", 200, 403),
        ("eve", 404, 404),
    ],
)
def test_who_sees_and_who_restores(request, sign_in, patient, edited, who, get, post):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == get
    answer = client.post(url(patient), {"number": "1", "version": "2"})
    assert answer.status_code == post
    restored = patient.checkins.get().note == "canary-first"
    assert restored is (post == 302)


def test_the_page_says_what_was_said_by_whom_and_what_changed(
    sign_in, alice, patient, edited
):
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "canary-first" in page
    assert "canary-second" in page
    assert "Changed by Logger on" in page
    assert "Saved by you on" in page
    assert "What changed: symptoms, measurements, note" in page
    assert "Weight <b>61.7 kg</b>" in page


def test_a_hidden_note_is_hidden_in_every_version(sign_in, patient, edited, viewer):
    viewer.grants.update(hidden=["notes"])
    page = sign_in(viewer).get(url(patient)).content.decode()
    assert "canary" not in page
    assert "What changed: symptoms, measurements</li>" in page
    assert "Notes of this diary are not shown to you" in page
    assert "Fatigue" in page


def test_a_restored_red_flag_leads_to_help(sign_in, alice, patient):
    record_checkin(patient, replace(FIRST, symptoms={"syncope": 1}), by=alice)
    edit_checkin(patient, SECOND, version=1, by=alice)
    answer = sign_in(alice).post(url(patient), {"number": "1", "version": "2"})
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert (
        "Saved in the last 24 hours" in sign_in(alice).get(answer.url).content.decode()
    )


def test_an_entry_that_never_was_has_no_history(sign_in, alice, patient, edited):
    assert sign_in(alice).get(url(patient, client_id=uuid4())).status_code == 404
    answer = sign_in(alice).post(url(patient), {"number": "9", "version": "2"})
    assert answer.status_code == 404


def test_a_restore_from_an_old_page_is_told_and_changes_nothing(
    sign_in, alice, patient, edited
):
    answer = sign_in(alice).post(url(patient), {"number": "1", "version": "1"})
    assert answer.url == url(patient)
    assert patient.checkins.get().note == "canary-second"


def test_the_history_page_asks_a_constant_number_of_queries(
    sign_in, alice, patient, edited, django_assert_max_num_queries
):
    client = sign_in(alice)
    with CaptureQueriesContext(connection) as two:
        client.get(url(patient))
    for version in range(2, 20):
        draft = replace(SECOND, note=str(version))
        edit_checkin(patient, draft, version=version, by=alice)
    with CaptureQueriesContext(connection) as twenty:
        client.get(url(patient))
    assert len(twenty) == len(two)


# --- Deleted entries ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 200),
        ("logger_", 200),
        ("manager", 200),
        ("viewer", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_only_those_who_can_restore_see_what_was_deleted(
    request, sign_in, alice, patient, edited, who, status
):
    delete_checkin(patient, ONE, version=2, by=alice)
    client = sign_in(request.getfixturevalue(who))
    assert client.get(deleted_url(patient)).status_code == status
    its_history = client.get(url(patient)).status_code
    assert its_history == (404 if status == 403 else status)


def test_the_page_of_deleted_entries_restores(sign_in, alice, patient, edited):
    delete_checkin(patient, ONE, version=2, by=alice)
    client = sign_in(alice)
    page = client.get(deleted_url(patient)).content.decode()
    assert "canary-second" in page
    assert "Deleted by you on" in page
    client.post(url(patient), {"number": "2", "version": "3"})
    assert patient.checkins.get().note == "canary-second"
    assert "Nothing was deleted" in client.get(deleted_url(patient)).content.decode()


def test_thirty_deleted_entries_fill_two_pages_with_constant_queries(
    sign_in, alice, patient
):
    client = sign_in(alice)
    found = []
    for ids in (patient_ids(1), patient_ids(29)):
        for number, client_id in enumerate(ids):
            draft = replace(FIRST, client_id=client_id, note=f"deleted {number}")
            record_checkin(patient, draft, by=alice)
            delete_checkin(patient, client_id, version=1, by=alice)
        with CaptureQueriesContext(connection) as queries:
            page = client.get(deleted_url(patient))
        found.append(len(queries))
    assert len(page.context["rows"]) == 20
    assert found[0] == found[1]
    assert len(client.get(deleted_url(patient) + "?page=2").context["rows"]) == 10


def patient_ids(count: int) -> Iterator[UUID]:
    return (uuid4() for _ in range(count))
