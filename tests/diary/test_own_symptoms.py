"""Symptoms in own words: who may add and arrange them, and what becomes of them."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.test import Client

from diary.models import CustomSymptom, Profile
from sharing.models import Patient

pytestmark = pytest.mark.slow


def url(patient: Patient, own: CustomSymptom | None = None, page: str = "") -> str:
    tail = f"{own.public_id}/" if own else page
    return f"/patients/{patient.public_id}/symptoms/{tail}"


def change(client: Client, patient: Patient, own: CustomSymptom, **fields: str):
    sent = {f"{own.public_id}-{name}": value for name, value in fields.items()}
    return client.post(url(patient, own), sent)


def check_in(client: Client, patient: Patient, **fields: object):
    sent = {"client_id": str(uuid4()), **fields}
    return client.post(f"/patients/{patient.public_id}/checkins/new/", sent)


@pytest.fixture
def legs(patient: Patient) -> CustomSymptom:
    return CustomSymptom.objects.create(patient=patient, label="Heavy legs")


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "add", "arrange"),
    [
        ("alice", 302, 302),
        ("manager", 302, 302),
        ("logger_", 302, 403),
        ("viewer", 403, 403),
        ("doctor", 403, 403),
        ("eve", 404, 404),
    ],
)
def test_whoever_may_log_adds_words_and_whoever_manages_arranges_them(
    request, sign_in, patient, legs, who, add, arrange
):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == (200 if add == 302 else add)
    added = client.post(url(patient), {"label": "Tight rings"})
    assert added.status_code == add
    assert change(client, patient, legs, label="Legs").status_code == arrange
    assert client.post(url(patient, legs), {"archive": "1"}).status_code == arrange
    pinned = client.post(url(patient, page="pins/"), {"add": "fever"})
    assert pinned.status_code == arrange


def test_a_caregiver_who_only_logs_is_offered_no_arranging(
    sign_in, logger_, patient, legs
):
    html = sign_in(logger_).get(url(patient)).content.decode()
    assert "Heavy legs" in html
    assert "Add for Alice" in html
    for arranging in ("Always first", "Archive", "pins/"):
        assert arranging not in html


def test_words_of_another_record_are_not_found(sign_in, alice, patient, eve):
    hers = CustomSymptom.objects.create(patient=eve.own_record, label="Hers")
    client = sign_in(alice)
    assert change(client, patient, hers, label="Mine now").status_code == 404
    check_in(client, patient, s_fatigue="1", **{f"o_{hers.pk}": "3"})
    assert [s.code for s in patient.checkins.get().symptoms.all()] == ["fatigue"]


# --- Words ----------------------------------------------------------------------------


def test_an_own_symptom_is_asked_like_the_others_with_nothing_chosen(
    sign_in, alice, patient
):
    client = sign_in(alice)
    client.post(url(patient), {"label": "  Heavy \t legs ", "key": "edema_limbs"})
    own = patient.custom_symptoms.get()
    assert (own.label, own.key) == ("Heavy legs", "edema_limbs")
    form = client.get(f"/patients/{patient.public_id}/checkins/new/").context["form"]
    assert form[f"o_{own.pk}"].value() is None
    assert form.fields[f"o_{own.pk}"].choices == form.fields["s_fatigue"].choices
    check_in(client, patient, **{f"o_{own.pk}": "1"})
    symptom = patient.checkins.get().symptoms.get()
    assert (symptom.label, symptom.severity, symptom.code) == ("Heavy legs", 1, "")


def test_an_own_symptom_is_found_by_the_words_of_what_it_means(sign_in, alice, patient):
    CustomSymptom.objects.create(patient=patient, label="The wave", key="vomiting")
    html = sign_in(alice).get(f"/patients/{patient.public_id}/checkins/new/")
    assert 'data-words="the wave · vomiting · throwing up' in html.content.decode()


@pytest.mark.parametrize(
    ("label", "why"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("heavy LEGS", "You have this word already."),
        ("Old word", "This word is archived."),
        ("fatigue", "in the list of symptoms already"),
        ("x" * 61, "at most 60"),
        ("a\0b", "Null characters"),
    ],
)
def test_a_word_that_cannot_be_added_is_refused_kindly(
    sign_in, alice, patient, legs, label, why
):
    client = sign_in(alice)
    old = CustomSymptom.objects.create(patient=patient, label="Old word")
    client.post(url(patient, old), {"archive": "1"})
    answer = client.post(url(patient), {"label": label, "key": ""})
    assert answer.status_code == 200
    assert why in answer.content.decode()
    assert patient.custom_symptoms.count() == 2


def test_a_meaning_that_no_list_has_is_refused(sign_in, alice, patient):
    answer = sign_in(alice).post(url(patient), {"label": "X", "key": "shock"})
    assert "key" in answer.context["adding"].errors
    assert not patient.custom_symptoms.exists()


def test_renaming_changes_the_word_in_older_entries_too(sign_in, alice, patient, legs):
    client = sign_in(alice)
    check_in(client, patient, **{f"o_{legs.pk}": "2"})
    change(client, patient, legs, label="Leaden legs", key="weakness")
    legs.refresh_from_db()
    assert (legs.label, legs.key) == ("Leaden legs", "weakness")
    timeline = client.get(f"/patients/{patient.public_id}/timeline/")
    assert "Leaden legs" in timeline.content.decode()


def test_renaming_to_a_word_that_is_there_keeps_what_was_typed(
    sign_in, alice, patient, legs
):
    CustomSymptom.objects.create(patient=patient, label="Tight rings")
    answer = change(sign_in(alice), patient, legs, label="tight rings")
    assert answer.status_code == 200
    assert "You have this word already." in answer.content.decode()
    assert 'value="tight rings"' in answer.content.decode()
    legs.refresh_from_db()
    assert legs.label == "Heavy legs"


@pytest.mark.parametrize(
    ("key", "severity", "page"),
    [
        ("syncope", "1", "help"),
        ("edema_limbs", "2", "help"),
        ("edema_limbs", "1", "timeline"),
        ("fatigue", "3", "timeline"),
        ("", "3", "timeline"),
    ],
)
def test_an_own_symptom_that_means_a_red_flag_leads_to_help(
    sign_in, alice, patient, legs, key, severity, page
):
    CustomSymptom.objects.filter(pk=legs.pk).update(key=key)
    answer = check_in(sign_in(alice), patient, **{f"o_{legs.pk}": severity})
    assert answer.url == f"/patients/{patient.public_id}/{page}/"


def test_two_own_symptoms_of_a_day_stay_two_in_the_last_30_days(
    sign_in, alice, patient, legs
):
    rings = CustomSymptom.objects.create(patient=patient, label="Tight rings")
    client = sign_in(alice)
    check_in(client, patient, **{f"o_{legs.pk}": "2", f"o_{rings.pk}": "1"})
    today = client.get(f"/patients/{patient.public_id}/").context["month"][-1]
    assert today.symptoms == ("Heavy legs", "Tight rings")
    assert today.burden == 3


# --- Archive --------------------------------------------------------------------------


def test_an_archived_word_is_no_longer_offered_and_older_entries_keep_it(
    sign_in, alice, patient, legs
):
    client = sign_in(alice)
    check_in(client, patient, **{f"o_{legs.pk}": "2"})
    client.post(url(patient, legs), {"archive": "1"})
    for page in ("checkins/new/", "checkins/sick/"):
        html = client.get(f"/patients/{patient.public_id}/{page}").content.decode()
        assert f"o_{legs.pk}" not in html
    timeline = client.get(f"/patients/{patient.public_id}/timeline/").content.decode()
    assert "Heavy legs" in timeline
    client.post(url(patient, legs), {"bring_back": "1"})
    html = client.get(f"/patients/{patient.public_id}/checkins/new/").content.decode()
    assert f"o_{legs.pk}" in html


def test_a_word_archived_while_a_form_was_open_is_not_lost(
    sign_in, alice, patient, legs
):
    client = sign_in(alice)
    client.post(url(patient, legs), {"archive": "1"})
    check_in(client, patient, **{f"o_{legs.pk}": "2"})
    assert patient.checkins.get().symptoms.get().custom == legs


def test_correcting_an_old_entry_keeps_its_archived_word(sign_in, alice, patient, legs):
    client = sign_in(alice)
    check_in(client, patient, **{f"o_{legs.pk}": "2"})
    client.post(url(patient, legs), {"archive": "1"})
    checkin = patient.checkins.get()
    edit = f"/patients/{patient.public_id}/checkins/{checkin.client_id}/edit/"
    form = client.get(edit).context["form"]
    assert form[f"o_{legs.pk}"].value() == "2"


# --- Pins -----------------------------------------------------------------------------


def pins(patient: Patient) -> list[str]:
    return list(Profile.objects.get(patient=patient).pinned)


def test_pins_are_added_raised_and_taken_away_one_by_one(sign_in, alice, patient, legs):
    client = sign_in(alice)
    own = f"own:{legs.pk}"
    for sent in ({"add": "fever"}, {"add": own}, {"add": "thirst"}, {"add": own}):
        client.post(url(patient, page="pins/"), sent)
    assert pins(patient) == ["fever", own, "thirst"]
    client.post(url(patient, page="pins/"), {"up": "thirst"})
    client.post(url(patient, page="pins/"), {"up": "fever"})  # is first already
    assert pins(patient) == ["fever", "thirst", own]
    client.post(url(patient, page="pins/"), {"remove": "fever"})
    assert pins(patient) == ["thirst", own]


def test_eight_symptoms_can_stand_first_and_no_more(sign_in, alice, patient):
    eight = ["fever", "thirst", "cough", "chills", "nausea", "fatigue", "numbness"]
    Profile.objects.create(patient=patient, pinned=[*eight, "headache"])
    answer = sign_in(alice).post(url(patient, page="pins/"), {"add": "vomiting"})
    assert "8 can stand first" in answer.content.decode()
    assert "vomiting" not in pins(patient)


@pytest.mark.parametrize("name", ["shock", "own:999999", "own:", "x" * 1000, "a\0b"])
def test_what_nobody_has_cannot_be_pinned(sign_in, alice, patient, name):
    answer = sign_in(alice).post(url(patient, page="pins/"), {"add": name})
    assert answer.status_code == 200
    assert not Profile.objects.filter(patient=patient).exclude(pinned=[]).exists()


def test_archiving_takes_a_word_from_the_pins(sign_in, alice, patient, legs):
    Profile.objects.create(patient=patient, pinned=["fever", f"own:{legs.pk}"])
    sign_in(alice).post(url(patient, legs), {"archive": "1"})
    assert pins(patient) == ["fever"]


def test_own_words_never_reach_the_log(sign_in, alice, patient, caplog):
    client = sign_in(alice)
    with caplog.at_level("DEBUG"):
        client.post(url(patient), {"label": "canary-7401"})
        own = patient.custom_symptoms.get()
        check_in(client, patient, **{f"o_{own.pk}": "2"})
        client.get(url(patient))
    assert "canary-7401" not in caplog.text
