"""Sick mode: one required answer, and red flags that lead to help at once."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from django.test import Client

from diary.forms.sick import RED
from diary.models import CustomSymptom
from sharing.models import Patient

ONE = UUID("22222222-2222-4222-8222-222222222222")


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/checkins/sick/"


def send(client: Client, patient: Patient, **fields: object):
    return client.post(url(patient), {"client_id": str(uuid4()), **fields})


def said(patient: Patient) -> dict[str, int | None]:
    checkin = patient.checkins.latest("pk")
    return {s.code or s.label: s.severity for s in checkin.symptoms.all()}


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
def test_only_those_who_may_log_use_sick_mode(request, sign_in, patient, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == (200 if status == 302 else status)
    assert send(client, patient, grade="2").status_code == status
    assert patient.checkins.exists() is (status == 302)


def test_one_tap_on_a_grade_is_a_saved_check_in(sign_in, alice, patient):
    answer = send(sign_in(alice), patient, grade="3")
    assert answer.url == f"/patients/{patient.public_id}/timeline/"
    assert said(patient) == {"malaise": 3}
    assert patient.checkins.get().entered_by == alice


def test_the_page_requires_one_answer_and_no_more(sign_in, alice, patient):
    page = sign_in(alice).get(url(patient))
    html = page.content.decode()
    main = html[html.index("<main") : html.index("</main>")]
    assert 'class="has-tabs sick"' in html
    assert "required" not in re.sub(r"[\"'].*?[\"']", "", main)
    assert main.count('name="grade"') == 3
    form = page.context["form"]
    assert [name for name, f in form.fields.items() if f.required] == ["client_id"]


def test_the_grade_holds_for_every_chosen_symptom(sign_in, alice, patient):
    own = CustomSymptom.objects.create(patient=patient, label="heavy legs")
    fields = {"s_fatigue": "on", "s_vomiting": "on", f"o_{own.pk}": "on"}
    send(sign_in(alice), patient, grade="1", note="since midnight", **fields)
    assert said(patient) == {"fatigue": 1, "vomiting": 1, "heavy legs": 1}
    assert patient.checkins.get().note == "since midnight"


@pytest.mark.parametrize("code", [code for code, _label in RED])
def test_a_red_flag_button_saves_and_opens_help_at_once(sign_in, alice, patient, code):
    client = sign_in(alice)
    answer = send(client, patient, flag=code)
    assert answer.url == f"/patients/{patient.public_id}/help/"
    assert said(patient) == {code: None}  # nobody was asked how bad it is
    assert "Saved in the last 24 hours" in client.get(answer.url).content.decode()


def test_what_was_chosen_beside_a_red_flag_is_kept_ungraded(sign_in, alice, patient):
    send(sign_in(alice), patient, flag="chest_pain", s_nausea="on")
    assert said(patient) == {"nausea": None, "chest_pain": None}


def test_chosen_symptoms_lead_to_help_when_their_grade_is_a_red_flag(
    sign_in, alice, patient
):
    client = sign_in(alice)
    mild = send(client, patient, grade="1", s_edema_limbs="on")
    assert mild.url == f"/patients/{patient.public_id}/timeline/"
    worse = send(client, patient, grade="2", s_edema_limbs="on")
    assert worse.url == f"/patients/{patient.public_id}/help/"


def test_without_a_grade_nothing_is_saved_and_choices_stay(sign_in, alice, patient):
    answer = send(sign_in(alice), patient, s_fatigue="on", note="so tired")
    html = answer.content.decode()
    assert "How bad is it? Press Mild, Moderate or Severe" in html
    assert re.search(r'name="s_fatigue"[^>]*checked', html)
    assert "so tired" in html
    assert not patient.checkins.exists()


def test_the_first_button_of_the_form_is_no_red_flag(sign_in, alice, patient):
    """Enter presses it, on a keyboard and on the one of a phone."""
    html = sign_in(alice).get(url(patient)).content.decode()
    buttons = re.findall(r"<button[^>]*>", html[html.index("<main") :])
    assert "name=" not in buttons[0]
    assert 'name="flag"' in buttons[1]


def test_one_press_sent_twice_is_one_check_in(sign_in, alice, patient):
    client = sign_in(alice)
    for _ in range(2):
        send(client, patient, client_id=str(ONE), grade="2")
    assert patient.checkins.count() == 1


def test_going_back_and_pressing_another_button_keeps_both(sign_in, alice, patient):
    client = sign_in(alice)
    send(client, patient, client_id=str(ONE), grade="1")
    for _ in range(2):  # and the second one is stored once, too
        answer = send(client, patient, client_id=str(ONE), flag="syncope")
        assert answer.url == f"/patients/{patient.public_id}/help/"
    assert patient.checkins.count() == 2


def test_help_is_shown_even_when_the_form_cannot_be_saved(sign_in, alice, patient):
    answer = send(sign_in(alice), patient, flag="syncope", note="x" * 5000)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert 'href="tel:112"' in html
    assert "Not saved yet, but get help now" in html


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"grade": "0"}, "grade"),
        ({"grade": "9"}, "grade"),
        ({"flag": "fatigue"}, "flag"),
        ({"grade": "2", "note": "a\0b"}, "note"),
        ({"grade": "2", "note": "x" * 1_000_000}, "note"),
        ({"grade": "2", "client_id": "not-a-uuid"}, "client_id"),
        ({"grade": "2", "client_id": ""}, "client_id"),
    ],
)
def test_bad_input_is_refused_and_saves_nothing(sign_in, alice, patient, fields, field):
    answer = send(sign_in(alice), patient, **fields)
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert not patient.checkins.exists()


def test_the_person_logged_for_is_named_on_heading_and_buttons(
    sign_in, logger_, patient
):
    html = sign_in(logger_).get(url(patient)).content.decode()
    assert "Logging for Alice" in html
    assert re.search(r"<h1>\s*Alice feels ill\s*</h1>", html)
    assert html.count("save for Alice") == 3


def test_sick_mode_is_one_tap_from_today_and_from_an_open_attack(
    sign_in, alice, patient
):
    client = sign_in(alice)
    today = f"/patients/{patient.public_id}/"
    assert f'href="{url(patient)}"' in client.get(today).content.decode()
    client.post(f"{today}attacks/start/", {"begins": "prodrome_start"})
    attack = f"{today}attacks/{patient.attacks.get().public_id}/"
    assert f'href="{url(patient)}"' in client.get(attack).content.decode()


def test_ungraded_symptoms_can_be_corrected_without_being_graded(
    sign_in, alice, patient
):
    client = sign_in(alice)
    send(client, patient, flag="syncope")
    stored = patient.checkins.get()
    edit = f"/patients/{patient.public_id}/checkins/{stored.client_id}/edit/"
    html = client.get(edit).content.decode()
    assert re.search(r'name="s_syncope" value="present"[^>]* checked', html)
    assert 'name="s_fatigue" value="present"' not in html
    fields = {"client_id": str(stored.client_id), "version": "1", "note": "in bed"}
    client.post(edit, {**fields, "s_syncope": "present", "ago": "0"})
    assert said(patient) == {"syncope": None}
    assert patient.checkins.get().note == "in bed"
