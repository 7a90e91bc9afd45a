"""What was just saved is said, with an undo, for ten minutes and to who saved it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from django.test import Client
from django.utils import timezone

from diary.models import CheckIn
from sharing.models import Patient


def save(client: Client, patient: Patient, **fields: object) -> str:
    """Save a check-in and return the page that it leads to."""
    sent = {"client_id": str(uuid4()), **fields}
    answer = client.post(f"/patients/{patient.public_id}/checkins/new/", sent)
    return client.get(answer["Location"]).content.decode()


def timeline(client: Client, patient: Patient) -> str:
    return client.get(f"/patients/{patient.public_id}/timeline/").content.decode()


def test_one_tap_well_says_what_was_saved_and_how_to_undo_it(sign_in, alice, patient):
    html = save(sign_in(alice), patient, well="1")
    checkin = patient.checkins.get()
    now = checkin.recorded_at.astimezone(patient.tz)
    assert f"<strong>Saved {now:%H:%M}:</strong> no symptoms." in html
    undo = f"/patients/{patient.public_id}/checkins/{checkin.client_id}/undo/"
    assert f'action="{undo}"' in html


def test_undo_takes_the_entry_away_and_its_notice_with_it(sign_in, alice, patient):
    client = sign_in(alice)
    save(client, patient, well="1")
    checkin = patient.checkins.get()
    undo = f"/patients/{patient.public_id}/checkins/{checkin.client_id}/undo/"
    client.post(undo, {"version": checkin.version})
    assert not patient.checkins.exists()
    assert "Saved " not in timeline(client, patient)


def test_symptoms_measurements_and_tags_are_named_and_a_note_only_mentioned(
    sign_in, alice, patient
):
    html = save(
        sign_in(alice),
        patient,
        s_fatigue="2",
        s_nausea="0",
        m_systolic="122",
        m_diastolic="78",
        tags=["travel"],
        note="canary-7301",
        at="2026-03-14T06:30",
    )
    said = "Fatigue (moderate), Nausea (none), Blood pressure 122/78 mmHg, travel"
    assert f"{said}, a note." in " ".join(html.split())
    assert "It stands at Sat 14 Mar, 06:30." in html
    assert html.count("canary-7301") == 1  # in the timeline


def test_a_red_flag_can_be_undone_from_the_help_page(sign_in, alice, patient):
    html = save(sign_in(alice), patient, s_syncope="1")
    assert "Fainted (mild)" in html
    assert "/undo/" in html


def test_after_ten_minutes_the_undo_is_gone(sign_in, alice, patient):
    client = sign_in(alice)
    save(client, patient, well="1")
    CheckIn.objects.update(recorded_at=timezone.now() - timedelta(minutes=9))
    assert "/undo/" in timeline(client, patient)
    CheckIn.objects.update(recorded_at=timezone.now() - timedelta(minutes=11))
    assert "/undo/" not in timeline(client, patient)


def test_only_the_browser_that_saved_is_told(sign_in, alice, logger_, patient):
    save(sign_in(logger_), patient, well="1")
    assert "/undo/" not in timeline(sign_in(alice), patient)


def test_another_record_shows_nothing_of_it(sign_in, eve, grant_to, patient):
    client = sign_in(eve)
    save(client, eve.own_record, s_fatigue="2")
    grant_to(eve, "log")
    assert "/undo/" not in timeline(client, patient)


def test_who_may_no_longer_log_has_nothing_to_undo(sign_in, logger_, patient):
    client = sign_in(logger_)
    save(client, patient, well="1")
    logger_.grants.update(permissions=["view"])
    assert "/undo/" not in timeline(client, patient)


def test_the_session_keeps_an_id_and_nothing_that_was_said(sign_in, alice, patient):
    client = sign_in(alice)
    save(client, patient, s_fatigue="2", note="canary-7302")
    signed_in = ("_", "account_", "visited_on")  # how and when, not what
    kept = {k: v for k, v in client.session.items() if not k.startswith(signed_in)}
    assert kept == {"saved_checkin": str(patient.checkins.get().client_id)}
