"""Adding a past attack and correcting one."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from attacks.drafts import draft_of
from attacks.models import BOUNDARIES, Attack, Precision, Source
from attacks.services import Overlaps, correct_attack
from sharing.models import Category, Grant, Permission
from tests.attacks.conftest import berlin

PAST = {
    "prodrome_start": "2024-03-11T20:00",
    "leak_start": "2024-03-14T06:10",
    "recovery_start": "2024-03-16T16:00",
    "end": "2024-03-20T18:00",
    "outcome": "attack",
    "certainty": "confirmed",
    "note": "in the hospital from the 14th",
}


def new_url(patient):
    return f"/patients/{patient.public_id}/attacks/new/"


def edit_url(attack):
    return f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/edit/"


def as_shown(page):
    """What a browser would post back of a form that it was shown."""
    form = page.context["form"]
    return {
        bound.html_name: bound.field.prepare_value(bound.value())
        for bound in form
        if bound.value() not in (None, False)
    }


def errors(page):
    return {name: list(found) for name, found in page.context["form"].errors.items()}


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_add_an_attack(request, sign_in, patient, who, status):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.post(new_url(patient), PAST).status_code == status
    assert Attack.objects.filter(patient=patient).exists() is (status == 302)


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("logger_", 200), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_open_the_form(request, sign_in, attack, who, status):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(edit_url(attack)).status_code == status
    assert browser.get(new_url(attack.patient)).status_code == status


def test_the_attack_of_another_record_cannot_be_corrected(sign_in, eve, attack):
    own = eve.own_record.public_id
    path = f"/patients/{own}/attacks/{attack.public_id}/edit/"
    assert sign_in(eve).post(path, PAST).status_code == 404


def test_typed_times_are_on_the_clock_of_the_record(sign_in, alice, patient):
    sign_in(alice).post(new_url(patient), PAST)
    attack = Attack.objects.get(patient=patient)
    assert attack.clock.boundaries == (
        berlin(11, 20),
        berlin(14, 6, 10),
        berlin(16, 16),
        berlin(20, 18),
    )
    assert attack.zone == "Europe/Berlin"
    assert attack.certainty == "confirmed"
    assert attack.note == PAST["note"]
    assert attack.entered_by == alice


def test_an_attack_can_be_known_by_its_year_alone(sign_in, alice, patient):
    typed = {
        "leak_start": "2003-07-01T12:00",
        "leak_start_precision": "year",
        "outcome": "attack",
    }
    sign_in(alice).post(new_url(patient), typed)
    attack = Attack.objects.get(patient=patient)
    assert attack.leak_start_precision == Precision.YEAR
    assert attack.clock.boundaries.count(None) == 3


def test_two_identical_submits_add_one_attack(sign_in, alice, patient):
    browser = sign_in(alice)
    first, second = (browser.post(new_url(patient), PAST) for _ in range(2))
    assert Attack.objects.filter(patient=patient).count() == 1
    assert first.url == second.url


NOTE_TOO_LONG = "a" * 1_000_000


@pytest.mark.parametrize(
    ("typed", "field", "text"),
    [
        (dict.fromkeys(BOUNDARIES, ""), "prodrome_start", "at least one"),
        ({"leak_start": "9999-12-31T23:59"}, "leak_start", "between 1900 and now"),
        ({"leak_start": "0001-01-01T00:00"}, "leak_start", "between 1900 and now"),
        ({"leak_start": "9999-12-31T23:59:59-14:00"}, "leak_start", "Enter a date"),
        ({"leak_start": "yesterday"}, "leak_start", "Enter a date"),
        ({"leak_start": "2024\0-03-14T06:10"}, "leak_start", "Enter a date"),
        ({"leak_start": "2024-03-10T06:10"}, "leak_start", "before the prodrome"),
        ({"end": "2024-03-16T15:59"}, "end", "before the start of recovery"),
        ({"ongoing": "on"}, "end", "has no end"),
        ({"outcome": "aborted"}, "leak_start", "neither leak nor recovery"),
        ({"outcome": "cured"}, "outcome", "Select a valid choice"),
        ({"leak_start_precision": "second"}, "leak_start_precision", "valid choice"),
        ({"note": "a\0b"}, "note", "Null characters"),
        ({"note": NOTE_TOO_LONG}, "note", "at most 4000"),
    ],
)
def test_bad_input_is_said_beside_its_field_and_the_rest_is_kept(
    sign_in, alice, patient, typed, field, text
):
    page = sign_in(alice).post(new_url(patient), PAST | typed)
    assert page.status_code == 200
    assert text in " ".join(errors(page)[field])
    kept = {n: v for n, v in PAST.items() if n not in typed and n != "note"}
    html = page.content.decode()
    for name in BOUNDARIES:
        if name in kept:
            assert f'value="{kept[name]}"' in html
    assert "in the hospital" in html or "note" in typed
    assert not Attack.objects.filter(patient=patient).exists()


def test_a_time_in_the_future_is_refused(sign_in, alice, patient):
    tomorrow = (timezone.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = sign_in(alice).post(
        new_url(patient), {"leak_start": tomorrow, "outcome": "attack"}
    )
    assert "future" in errors(page)["leak_start"][0]


def test_no_more_than_one_sentence_a_field(sign_in, alice, patient):
    page = sign_in(alice).post(new_url(patient), PAST | {"end": "2024-03-01T00:00"})
    assert len(errors(page)["end"]) == 1


def test_an_overlap_names_the_other_attack_beside_the_first_time(
    sign_in, alice, patient, attack
):
    typed = {"leak_start": "2024-03-19T12:00", "end": "2024-03-25T12:00"}
    page = sign_in(alice).post(new_url(patient), typed | {"outcome": "attack"})
    assert "11 March to 20 March 2024" in errors(page)["leak_start"][0]
    assert Attack.objects.get(patient=patient) == attack


def test_an_open_attack_overlaps_all_that_comes_after_it(
    sign_in, alice, patient, ongoing
):
    typed = {"leak_start": "2024-04-19T12:00", "outcome": "attack"}
    page = sign_in(alice).post(new_url(patient), typed)
    assert "since 11 March 2024" in errors(page)["leak_start"][0]


def test_what_was_not_an_attack_is_not_left_open(sign_in, alice, ongoing):
    browser = sign_in(alice)
    sent = as_shown(browser.get(edit_url(ongoing))) | {"outcome": "not_attack"}
    page = browser.post(edit_url(ongoing), sent)
    assert "What was not an attack is not going on." in page.content.decode()
    del sent["ongoing"]
    assert browser.post(edit_url(ongoing), sent).status_code == 302
    ongoing.refresh_from_db()
    assert (ongoing.outcome, ongoing.ongoing) == ("not_attack", False)


def test_a_second_open_attack_is_refused_kindly(sign_in, alice, patient, ongoing):
    typed = {"leak_start": "2023-04-19T12:00", "ongoing": "on", "outcome": "attack"}
    page = sign_in(alice).post(new_url(patient), typed)
    assert "Another attack is still open" in errors(page)["ongoing"][0]


def test_the_overlap_of_another_patient_is_no_overlap(sign_in, eve, attack):
    sign_in(eve).post(new_url(eve.own_record), PAST)
    assert Attack.objects.filter(patient=eve.own_record).exists()


def test_the_database_has_the_last_word_on_overlaps(
    alice, patient, attack, make_attack, monkeypatch
):
    second = make_attack(leak_start=berlin(1, month=5), end=berlin(4, month=5))
    monkeypatch.setattr("attacks.services._make_room", lambda *args, **kwargs: None)
    draft = draft_of(attack, note="")
    with pytest.raises(Overlaps):
        correct_attack(
            patient,
            second.public_id,
            draft,
            seen=draft_of(second, note="").digest,
            by=alice,
        )
    second.refresh_from_db()
    assert second.leak_start == berlin(1, month=5)


def test_saving_a_form_untouched_changes_nothing(sign_in, alice, make_attack):
    attack = make_attack(
        prodrome_start=berlin(11, 20) + timedelta(seconds=17, microseconds=5),
        leak_start=berlin(14, 6, 10) + timedelta(seconds=3),
        leak_start_source=Source.CLINICIAN,
        note="cold feet",
    )
    before = Attack.objects.filter(pk=attack.pk).values().get()
    browser = sign_in(alice)
    page = browser.get(edit_url(attack))
    assert browser.post(edit_url(attack), as_shown(page)).status_code == 302
    assert Attack.objects.filter(pk=attack.pk).values().get() == before


def test_the_second_of_two_equal_hours_survives_a_form(sign_in, alice, make_attack):
    second_half_past_two = datetime.fromisoformat("2024-10-27T02:30+01:00")
    attack = make_attack(leak_start=second_half_past_two)
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    assert shown["leak_start"] == "2024-10-27T02:30"
    browser.post(edit_url(attack), shown | {"certainty": "probable"})
    attack.refresh_from_db()
    assert attack.leak_start == second_half_past_two
    assert attack.certainty == "probable"


@pytest.mark.parametrize(
    ("who", "source"),
    [("alice", Source.PATIENT), ("logger_", Source.CAREGIVER)],
)
def test_who_moves_a_boundary_is_its_source_and_no_other_changes(
    request, sign_in, make_attack, who, source
):
    attack = make_attack(
        prodrome_start=berlin(11, 20),
        prodrome_start_source=Source.REPORT,
        leak_start=berlin(14, 6),
        leak_start_source=Source.REPORT,
    )
    browser = sign_in(request.getfixturevalue(who))
    shown = as_shown(browser.get(edit_url(attack)))
    browser.post(edit_url(attack), shown | {"leak_start": "2024-03-14T07:00"})
    attack.refresh_from_db()
    assert attack.leak_start == berlin(14, 7)
    assert attack.leak_start_source == source
    assert attack.prodrome_start == berlin(11, 20)
    assert attack.prodrome_start_source == Source.REPORT


def test_a_clinician_who_may_log_is_the_source_of_a_correction(sign_in, doctor, attack):
    Grant.objects.filter(user=doctor).update(
        permissions=[Permission.VIEW, Permission.LOG]
    )
    browser = sign_in(doctor)
    shown = as_shown(browser.get(edit_url(attack)))
    browser.post(edit_url(attack), shown | {"end_precision": "day"})
    attack.refresh_from_db()
    assert attack.end_precision == Precision.DAY
    assert attack.end_source == Source.CLINICIAN
    assert attack.leak_start_source == Source.PATIENT


def test_a_boundary_can_become_unknown_again(sign_in, alice, attack):
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    browser.post(edit_url(attack), shown | {"recovery_start": ""})
    attack.refresh_from_db()
    assert attack.recovery_start is None


def test_what_somebody_saved_meanwhile_is_shown_and_not_overwritten(
    sign_in, alice, attack
):
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    Attack.objects.filter(pk=attack.pk).update(
        leak_start=berlin(14, 5), leak_start_source=Source.CAREGIVER
    )
    typed = shown | {"recovery_start": "2024-03-16T12:00"}
    page = browser.post(edit_url(attack), typed)
    html = page.content.decode()
    assert "Somebody changed this attack after you opened the form" in html
    assert "14 March 2024, 05:00 (to the minute; caregiver)" in html
    assert "16 March 2024, 16:00" in html
    assert 'value="2024-03-14T06:10"' in html
    assert 'value="2024-03-16T12:00"' in html
    attack.refresh_from_db()
    assert attack.leak_start == berlin(14, 5)
    assert attack.recovery_start == berlin(16, 16)


def test_saving_again_after_that_replaces_it_knowingly(sign_in, alice, attack):
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    Attack.objects.filter(pk=attack.pk).update(note="written meanwhile")
    page = browser.post(edit_url(attack), shown | {"note": "mine"})
    assert "Saved meanwhile: written meanwhile" in page.content.decode()
    (seen,) = re.findall(r'name="seen" value="(\w+)"', page.content.decode())
    again = browser.post(edit_url(attack), shown | {"note": "mine", "seen": seen})
    assert again.status_code == 302
    attack.refresh_from_db()
    assert attack.note == "mine"


def test_saving_what_somebody_saved_already_is_no_conflict(sign_in, alice, attack):
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    Attack.objects.filter(pk=attack.pk).update(note="same")
    response = browser.post(edit_url(attack), shown | {"note": "same"})
    assert response.status_code == 302


def test_a_check_in_meanwhile_is_no_conflict(sign_in, alice, patient, attack):
    browser = sign_in(alice)
    shown = as_shown(browser.get(edit_url(attack)))
    type(patient).objects.filter(pk=patient.pk).update(version=F("version") + 1)
    response = browser.post(edit_url(attack), shown | {"certainty": "probable"})
    assert response.status_code == 302


def test_who_may_not_see_notes_neither_sees_nor_changes_one(
    sign_in, logger_, make_attack
):
    attack = make_attack(leak_start=berlin(14, 6), note="only mine")
    Grant.objects.filter(user=logger_).update(hidden=[Category.NOTES])
    browser = sign_in(logger_)
    page = browser.get(edit_url(attack))
    assert b"only mine" not in page.content
    typed = as_shown(page) | {"leak_start": "2024-03-14T07:00", "note": "gone"}
    assert browser.post(edit_url(attack), typed).status_code == 302
    attack.refresh_from_db()
    assert attack.leak_start == berlin(14, 7)
    assert attack.note == "only mine"
