"""Suggested times: shown with their reasons, set only by a yes, asked once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from attacks.models import Attack, Precision, Source, Stay
from diary.models import ProdromeFlag, Symptom, Usual
from sharing.models import Patient
from tests.attacks.conftest import berlin
from tests.attacks.test_detail import log, measure

pytestmark = pytest.mark.slow


def url(attack, rest=""):
    return f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/{rest}"


@pytest.fixture
def early(make_attack):
    """Early signs on 11 March, over on the 20th; the rest is not known."""
    return make_attack(prodrome_start=berlin(11, 20), end=berlin(20, 18))


@pytest.fixture
def low(early):
    """84 mmHg on the 14th at 07:30."""
    return measure(early.patient, berlin(14, 7, 30), "systolic", "84")


def keys(browser, attack):
    return [s.key for s in browser.get(url(attack)).context["suggestions"]]


def test_nothing_is_set_by_looking(sign_in, alice, early, low):
    browser = sign_in(alice)
    page = browser.get(url(early)).content.decode()
    assert "Did the leak begin then?" in page
    assert "14 March 2024, 07:30" in page
    assert "upper blood pressure 84 mmHg, below 90 mmHg" in page
    assert (
        "Did the leak begin then?" in browser.get(url(early, "edit/")).content.decode()
    )
    early.refresh_from_db()
    assert early.leak_start is None


def test_a_yes_sets_that_boundary_and_no_other_thing(sign_in, alice, early, low):
    browser = sign_in(alice)
    before = Attack.objects.filter(pk=early.pk).values().get()
    key = keys(browser, early)[0]
    browser.post(url(early, "suggestion/"), {"key": key, "use": "1"})
    after = Attack.objects.filter(pk=early.pk).values().get()
    assert {name for name in after if after[name] != before[name]} == {
        "leak_start",
        "leak_start_precision",
        "leak_start_source",
    }
    assert after["leak_start"] == berlin(14, 7, 30)
    assert after["leak_start_precision"] == Precision.HOURS
    assert after["leak_start_source"] == Source.DERIVED


def test_a_no_is_remembered_until_the_entries_say_another_time(
    sign_in, alice, early, low
):
    browser = sign_in(alice)
    key = keys(browser, early)[0]
    browser.post(url(early, "suggestion/"), {"key": key, "use": "0"})
    early.refresh_from_db()
    assert early.leak_start is None
    assert keys(browser, early) == []
    with Patient.objects.writing(early.patient):
        measure(early.patient, berlin(13, 5), "systolic", "79")
    assert keys(browser, early) != [key]
    assert len(keys(browser, early)) == 1


@pytest.mark.parametrize("use", ["1", "0"])
def test_what_is_not_suggested_any_more_changes_nothing(
    sign_in, alice, early, low, use
):
    browser = sign_in(alice)
    key = keys(browser, early)[0]
    low.delete()
    sent = {"key": key, "use": use}
    page = browser.post(url(early, "suggestion/"), sent, follow=True)
    assert "Nothing was changed" in page.content.decode()
    early.refresh_from_db()
    assert (early.leak_start, early.declined) == (None, [])


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_answer(request, sign_in, early, low, who, status):
    browser = sign_in(request.getfixturevalue(who))
    key = f"leak_start {berlin(14, 7, 30).timestamp():.0f}"
    answer = browser.post(url(early, "suggestion/"), {"key": key, "use": "1"})
    assert answer.status_code == status
    early.refresh_from_db()
    assert (early.leak_start is not None) is (status == 302)


def test_who_may_only_look_is_shown_no_button(sign_in, viewer, early, low):
    page = sign_in(viewer).get(url(early)).content.decode()
    assert "Did the leak begin then?" in page
    assert "Use this time" not in page


def test_arrival_that_is_known_by_its_day_is_no_more_exact_as_a_boundary(
    sign_in, alice, early
):
    Stay.objects.create(attack=early, arrived_at=berlin(13), precision="day")
    browser = sign_in(alice)
    sent = {"key": keys(browser, early)[0], "use": "1"}
    browser.post(url(early, "suggestion/"), sent)
    early.refresh_from_db()
    assert early.leak_start == berlin(13)
    assert early.leak_start_precision == Precision.DAY


def test_an_open_attack_ends_with_a_yes_when_weight_is_back(
    sign_in, alice, patient, make_attack
):
    attack = make_attack(leak_start=berlin(14), recovery_start=berlin(16), ongoing=True)
    Usual.objects.create(
        patient=patient,
        quantity="weight",
        value=70,
        typed_value=70,
        typed_unit="kg",
    )
    for day, kg in ((16, "75"), (18, "72"), (20, "70.6")):
        measure(patient, berlin(day, 7), "weight", kg, unit="kg")
        log(patient, berlin(day, 7), fatigue=1)
    browser = sign_in(alice)
    page = browser.get(url(attack)).content.decode()
    assert "weight 70.6 kg, within 1 kg of the usual 70 kg" in page
    sent = {"key": keys(browser, attack)[0], "use": "1"}
    browser.post(url(attack, "suggestion/"), sent)
    attack.refresh_from_db()
    assert (attack.end, attack.ongoing) == (berlin(20, 7), False)


def test_a_hidden_sign_is_not_named_and_still_says_that_it_was_not_calm(
    sign_in, alice, logger_, patient, make_attack
):
    attack = make_attack(leak_start=berlin(14), recovery_start=berlin(16), end=None)
    Usual.objects.create(
        patient=patient,
        quantity="weight",
        value=70,
        typed_value=70,
        typed_unit="kg",
    )
    measure(patient, berlin(20, 7), "weight", "70.6", unit="kg")
    entry = log(patient, berlin(20, 7), fatigue=1)
    logger_.grants.update(hidden=["own_symptoms"])
    browser = sign_in(logger_)
    assert len(keys(browser, attack)) == 1
    rings = patient.custom_symptoms.create(label="Tight rings", key="chest_pain")
    with Patient.objects.writing(patient):
        Symptom.objects.create(checkin=entry, custom=rings, severity=3)
    assert keys(browser, attack) == []


def test_an_entry_that_is_hidden_says_to_nobody_else_that_it_was_calm(
    sign_in, alice, logger_, patient, make_attack
):
    attack = make_attack(leak_start=berlin(14), recovery_start=berlin(16), end=None)
    weight = {"typed_value": 70, "typed_unit": "kg"}
    Usual.objects.create(patient=patient, quantity="weight", value=70, **weight)
    measure(patient, berlin(20, 7), "weight", "70.6", unit="kg")
    entry = log(patient, berlin(20, 7))
    entry.note, entry.no_symptoms = "only a note", False
    entry.save()
    logger_.grants.update(hidden=["notes"])
    assert len(keys(sign_in(alice), attack)) == 1
    assert keys(sign_in(logger_), attack) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"outcome": Attack.Outcome.NOT_ATTACK},
        {"outcome": Attack.Outcome.ABORTED},
        {"prodrome_start_source": Source.REPORT},
    ],
)
def test_for_what_was_no_attack_or_not_ones_own_nothing_is_suggested(
    sign_in, alice, early, low, fields
):
    Attack.objects.filter(pk=early.pk).update(**fields)
    assert keys(sign_in(alice), early) == []


def test_entries_of_the_next_attack_say_nothing_about_this_one(
    sign_in, alice, make_attack
):
    attack = make_attack(prodrome_start=berlin(11))
    make_attack(leak_start=berlin(13), end=berlin(15))
    measure(attack.patient, berlin(13) + timedelta(hours=3), "systolic", "70")
    assert keys(sign_in(alice), attack) == []


def test_moving_a_boundary_moves_nothing_but_the_boundary(sign_in, alice, attack):
    browser = sign_in(alice)
    row = log(attack.patient, berlin(14, 8), fatigue=2)
    low = measure(attack.patient, berlin(14, 7, 30), "systolic", "84")
    stay = Stay.objects.create(attack=attack, arrived_at=berlin(14, 9))
    form = browser.get(url(attack, "edit/")).context["form"]
    sent = {
        bound.html_name: bound.field.prepare_value(bound.value())
        for bound in form
        if bound.value() not in (None, False)
    }
    before = Attack.objects.filter(pk=attack.pk).values().get()
    browser.post(url(attack, "edit/"), sent | {"leak_start": "2024-03-13T09:00"})
    after = Attack.objects.filter(pk=attack.pk).values().get()
    assert {name for name in after if after[name] != before[name]} == {"leak_start"}
    for kept, at in ((row, berlin(14, 8)), (low, berlin(14, 7, 30))):
        kept.refresh_from_db()
        assert kept.at == at
    stay.refresh_from_db()
    assert stay.arrived_at == berlin(14, 9)


def test_a_flag_said_to_be_an_attack_is_a_reason_until_another_answer(
    sign_in, alice, early
):
    flag = ProdromeFlag.objects.create(
        patient=early.patient,
        level="watch",
        peak="watch",
        score=3,
        reasons=[{"code": "dizziness"}],
        opened_at=berlin(12),
        closed_at=berlin(14),
        closed_why="entries",
        first_at=berlin(12),
        last_at=berlin(13, 4),
    )
    browser = sign_in(alice)
    page = f"/patients/{early.patient.public_id}/flags/{flag.public_id}/answer/"
    browser.post(page, {"client_id": uuid4(), "label": "attack"})
    shown = browser.get(url(early)).content.decode()
    assert "13 March 2024, 04:00" in shown
    assert "the flag until then was said to be an attack" in shown
    browser.post(page, {"client_id": uuid4(), "label": "cold"})
    assert keys(browser, early) == []
