"""Correcting and deleting an entry: nothing is lost, whoever was first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from diary import history
from diary.drafts import Reading
from diary.models import CheckIn, CustomSymptom
from diary.services import (
    delete_checkin,
    draft_of,
    edit_checkin,
    record_checkin,
)
from sharing.models import Patient
from tests.diary.pages import FIRST, ONE, fields_of, filled_in, url

pytestmark = pytest.mark.slow

THEIRS = replace(FIRST, note="canary-theirs")


@pytest.fixture
def entry(patient, alice) -> CheckIn:
    return record_checkin(patient, FIRST, by=alice).checkin


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["edit", "delete"])
@pytest.mark.parametrize(
    ("who", "get", "post"),
    [
        ("alice", 200, 302),
        ("logger_", 200, 302),
        ("manager", 200, 302),
        ("viewer", 403, 403),
        ("doctor", 403, 403),
        ("eve", 404, 404),
    ],
)
def test_only_those_who_may_log_change(
    request, sign_in, patient, entry, page, who, get, post
):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient, page)).status_code == get
    fields = {"client_id": ONE, "version": 1, "note": "changed"}
    assert client.post(url(patient, page), fields).status_code == post
    left = [c.note for c in patient.checkins.all()]
    changed = {"edit": ["changed"], "delete": []}[page]
    assert left == (changed if post == 302 else ["canary-first"])


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_undo(request, sign_in, patient, entry, who, status):
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(patient, "undo"), {"version": "1"})
    assert answer.status_code == status
    assert patient.checkins.exists() is (status != 302)


@pytest.mark.parametrize("page", ["edit", "delete", "undo", "history", "move"])
def test_an_entry_of_another_record_is_not_found_under_this_one(
    sign_in, alice, patient, eve, page
):
    record_checkin(eve.own_record, FIRST, by=eve)
    client = sign_in(alice)
    assert client.post(url(patient, page), {"version": "1"}).status_code == 404
    assert eve.own_record.checkins.exists()


# --- Correcting -----------------------------------------------------------------------


def test_a_correction_replaces_what_is_said_and_offers_the_way_back(
    sign_in, alice, patient, entry
):
    client = sign_in(alice)
    fields = filled_in(client, patient)
    fields |= {"s_fatigue": ["3"], "m_weight": ["62,4"], "note": ["after a nap"]}
    answer = client.post(url(patient), fields, follow=True)
    stored = patient.checkins.get()
    assert stored.symptoms.get().severity == 3
    assert stored.measurements.get().value == Decimal("62.4")
    assert stored.note == "after a nap"
    page = answer.content.decode()
    assert "Changed." in page
    client.post(url(patient, "undo"), fields_of(page, url(patient, "undo")))
    assert draft_of(patient.checkins.get()) == FIRST


def test_an_answer_can_be_taken_back_without_a_script(sign_in, alice, patient, entry):
    client = sign_in(alice)
    page = client.get(url(patient)).content.decode()
    assert page.count("Not asked") == 1  # of fatigue, the one symptom with an answer
    assert 'name="s_fatigue" value=""' in page
    new = client.get(f"/patients/{patient.public_id}/checkins/new/").content.decode()
    assert "Not asked" not in new
    fields = filled_in(client, patient) | {"s_fatigue": [""], "s_fever": ["0"]}
    assert client.post(url(patient), fields).status_code == 302
    assert draft_of(patient.checkins.get()).symptoms == {"fever": 0}


def test_sending_the_page_back_untouched_changes_nothing(
    sign_in, alice, patient, entry
):
    """Not the seconds either, which a form does not show."""
    client = sign_in(alice)
    client.post(url(patient), filled_in(client, patient))
    assert draft_of(patient.checkins.get()) == FIRST
    assert len(history.versions(patient, ONE)) == 1


def test_everything_that_an_entry_can_hold_survives_the_form(sign_in, alice, patient):
    legs = CustomSymptom.objects.create(
        patient=patient, label="legs like lead", archived_at=datetime.now(UTC)
    )
    kept = [
        Reading("hematocrit", Decimal("51.2"), Decimal("51.2"), "%"),
        Reading("systolic", Decimal(97), Decimal(97), "mmHg", posture="standing"),
        Reading("pulse", Decimal(88), Decimal(88), "/min", device="cuff"),
    ]
    full = replace(
        FIRST,
        symptoms={"fatigue": None, "edema_limbs": 0},
        own={legs.pk: 3},
        tags=("vaccine", "travel"),
        vaccine="flu",
        note="one\r\ntwo <b>",
        readings=tuple(kept),
    )
    record_checkin(patient, full, by=alice)
    client = sign_in(alice)
    fields = filled_in(client, patient)
    client.post(url(patient), fields | {"m_pulse": ["90"]})
    said = draft_of(patient.checkins.get())
    assert {(r.quantity, r.posture, r.typed_value) for r in said.readings} == {
        ("hematocrit", "", Decimal("51.2")),
        ("systolic", "standing", Decimal(97)),
        ("pulse", "", Decimal(90)),
    }
    assert (dict(said.symptoms), dict(said.own)) == (full.symptoms, full.own)
    assert (set(said.tags), said.vaccine, said.note) == (
        {"vaccine", "travel"},
        "flu",
        "one\r\ntwo <b>",
    )


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # 02:30 in Berlin, the first
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),  # and the second
    ],
)
def test_an_entry_of_the_hour_that_came_twice_stays_where_it_was(
    sign_in, alice, patient, at
):
    record_checkin(patient, replace(FIRST, at=at), by=alice)
    client = sign_in(alice)
    client.post(url(patient), filled_in(client, patient) | {"note": ["x"]})
    assert (patient.checkins.get().at, patient.checkins.get().note) == (at, "x")


def test_after_moving_house_a_correction_leaves_day_and_zone(
    sign_in, alice, patient, entry
):
    Patient.objects.filter(pk=patient.pk).update(zone="Pacific/Auckland")
    client = sign_in(alice)
    fields = filled_in(client, patient)
    assert fields["at"] == ["2026-03-14T06:30"]
    client.post(url(patient), fields | {"note": ["x"]})
    stored = patient.checkins.get()
    assert (stored.at, stored.zone) == (FIRST.at, "Europe/Berlin")


def test_a_corrected_time_moves_the_entry_to_its_day(sign_in, alice, patient, entry):
    client = sign_in(alice)
    fields = filled_in(client, patient)
    client.post(url(patient), fields | {"at": ["2026-03-15T00:15"]})
    stored = patient.checkins.get()
    assert stored.at == datetime(2026, 3, 14, 23, 15, tzinfo=UTC)
    assert f"{stored.day}" == "2026-03-15"
    assert f"{stored.measurements.get().day}" == "2026-03-15"


def test_a_red_flag_in_a_correction_opens_the_help_page_at_once(
    sign_in, alice, patient, entry
):
    client = sign_in(alice)
    fields = filled_in(client, patient) | {"s_syncope": ["1"]}
    answer = client.post(url(patient), fields)
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert "Saved in the last 24 hours" in client.get(answer.url).content.decode()


def test_a_refused_correction_keeps_what_was_typed(sign_in, alice, patient, entry):
    client = sign_in(alice)
    fields = filled_in(client, patient) | {"m_weight": ["7000"], "note": ["kept"]}
    answer = client.post(url(patient), fields)
    assert answer.status_code == 200
    assert "m_weight" in answer.context["form"].errors
    assert "kept" in answer.content.decode()
    assert patient.checkins.get().note == "canary-first"


def test_a_hidden_note_is_neither_shown_nor_lost(sign_in, patient, entry, logger_):
    logger_.grants.update(hidden=["notes"])
    client = sign_in(logger_)
    page = client.get(url(patient)).content.decode()
    assert "canary-first" not in page
    fields = fields_of(page, url(patient)) | {"s_fatigue": ["1"], "note": ["guessed"]}
    client.post(url(patient), fields)
    stored = patient.checkins.get()
    assert (stored.note, stored.symptoms.get().severity) == ("canary-first", 1)


# --- Deleting -------------------------------------------------------------------------


def test_deleting_shows_what_goes_and_offers_the_way_back(
    sign_in, alice, patient, entry
):
    client = sign_in(alice)
    page = client.get(url(patient, "delete")).content.decode()
    assert "canary-first" in page
    answer = client.post(url(patient, "delete"), {"version": "1"}, follow=True)
    assert not patient.checkins.exists()
    after = answer.content.decode()
    assert "Deleted." in after
    client.post(url(patient, "undo"), fields_of(after, url(patient, "undo")))
    assert draft_of(patient.checkins.get()) == FIRST


def test_deleting_twice_is_deleting_once(sign_in, alice, patient, entry):
    client = sign_in(alice)
    for _ in range(2):
        answer = client.post(url(patient, "delete"), {"version": "1"})
        assert answer.status_code == 302
    assert len(history.versions(patient, ONE)) == 1


def test_what_was_changed_since_is_shown_before_it_goes(
    sign_in, alice, patient, entry, logger_
):
    edit_checkin(patient, THEIRS, version=1, by=logger_)
    answer = sign_in(alice).post(url(patient, "delete"), {"version": "1"})
    assert answer.status_code == 409
    assert "canary-theirs" in answer.content.decode()
    assert patient.checkins.exists()


@pytest.mark.parametrize("page", ["edit", "delete", "move"])
def test_the_pages_of_a_deleted_entry_lead_to_its_history(
    sign_in, alice, patient, entry, page
):
    delete_checkin(patient, ONE, version=1, by=alice)
    answer = sign_in(alice).get(url(patient, page))
    assert answer.url == url(patient, "history")


def test_too_late_an_undo_leads_to_the_history(sign_in, alice, patient, entry):
    CheckIn.objects.update(recorded_at=timezone.now() - timedelta(minutes=11))
    answer = sign_in(alice).post(url(patient, "undo"), {"version": "1"}, follow=True)
    assert "can no longer be undone in one step" in answer.content.decode()
    assert patient.checkins.exists()
