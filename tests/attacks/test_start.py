"""Opening an attack: two giant buttons, at most one attack."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from attacks import services
from attacks.models import Attack, Precision, Source
from attacks.services import NotNext, start_attack


@pytest.fixture
def url(patient: Any) -> str:
    return f"/patients/{patient.public_id}/attacks/start/"


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_open_an_attack(
    request, sign_in, patient, url, who, status
):
    user = request.getfixturevalue(who)
    response = sign_in(user).post(url, {"begins": "leak_start"})
    assert response.status_code == status
    assert Attack.objects.filter(patient=patient).exists() is (status == 302)


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("eve", 404)])
def test_the_page_is_for_those_who_may_log(request, sign_in, url, who, status):
    assert sign_in(request.getfixturevalue(who)).get(url).status_code == status


def test_the_page_has_two_buttons_the_number_to_call_and_help(
    sign_in, alice, patient, url
):
    page = sign_in(alice).get(url).content.decode()
    assert 'value="prodrome_start"' in page
    assert 'value="leak_start"' in page
    assert 'href="tel:112"' in page
    assert f"/patients/{patient.public_id}/help/" in page
    assert "Details can wait. You can correct every time later." in page
    assert "sick" in page


@pytest.mark.parametrize("begins", ["prodrome_start", "leak_start"])
def test_the_pressed_boundary_is_now(sign_in, alice, patient, url, begins):
    sign_in(alice).post(url, {"begins": begins})
    attack = Attack.objects.get(patient=patient)
    began = getattr(attack, begins)
    assert timezone.now() - began < timedelta(minutes=2)
    assert attack.clock.boundaries.count(None) == 3
    assert attack.ongoing
    assert attack.zone == "Europe/Berlin"
    assert attack.entered_by == alice
    assert getattr(attack, f"{begins}_precision") == Precision.EXACT
    assert getattr(attack, f"{begins}_source") == Source.PATIENT


def test_early_signs_lead_to_the_attack_and_a_leak_to_whom_to_call_first(
    sign_in, alice, patient, url
):
    early = sign_in(alice).post(url, {"begins": "prodrome_start"})
    attack = Attack.objects.get(patient=patient)
    assert early.url.endswith(f"/attacks/{attack.public_id}/")
    attack.delete()
    leak = sign_in(alice).post(url, {"begins": "leak_start"})
    assert leak.url == f"/patients/{patient.public_id}/help/"


def test_a_caregiver_is_the_source_of_what_they_open(sign_in, logger_, patient, url):
    sign_in(logger_).post(url, {"begins": "leak_start"})
    assert Attack.objects.get(patient=patient).leak_start_source == Source.CAREGIVER


def test_another_button_is_refused_and_the_page_stays(sign_in, alice, patient, url):
    response = sign_in(alice).post(url, {"begins": "end"})
    assert response.status_code == 200
    assert "Choose one of the two buttons." in response.content.decode()
    assert not Attack.objects.filter(patient=patient).exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_open_attack_is_led_to(sign_in, alice, patient, url, ongoing, method):
    response = getattr(sign_in(alice), method)(url, {"begins": "prodrome_start"})
    assert response.url.endswith(f"/attacks/{ongoing.public_id}/")
    assert Attack.objects.get(patient=patient).leak_start is None


def test_a_leak_said_while_early_signs_are_open_is_not_lost(
    sign_in, alice, patient, url, ongoing
):
    response = sign_in(alice).post(url, {"begins": "leak_start"})
    assert response.url == f"/patients/{patient.public_id}/help/"
    ongoing.refresh_from_db()
    assert ongoing.leak_start is not None
    assert ongoing.ongoing


def test_four_moves_within_a_minute_are_four_times(sign_in, alice, patient, url):
    browser = sign_in(alice)
    browser.post(url, {"begins": "prodrome_start"})
    attack = Attack.objects.get(patient=patient)
    move = f"/patients/{patient.public_id}/attacks/{attack.public_id}/move/"
    for step in ("leak_start", "recovery_start", "end"):
        browser.post(move, {"move": step})
    attack.refresh_from_db()
    times = attack.clock.boundaries
    assert list(times) == sorted(set(times))


def test_opening_counts_as_a_new_version_of_the_record(alice, patient):
    start_attack(patient, "leak_start", by=alice, now=timezone.now())
    version = patient.version
    patient.refresh_from_db()
    assert patient.version == version + 1


def test_an_attack_can_start_in_the_minute_in_which_the_last_one_ended(
    alice, patient, make_attack
):
    now = timezone.now().replace(second=30)
    ended = now.replace(second=0, microsecond=0)
    make_attack(leak_start=ended - timedelta(days=1), end=ended)
    attack, is_new = start_attack(patient, "leak_start", by=alice, now=now)
    assert is_new
    assert ended < attack.leak_start <= now


def test_an_attack_that_ends_a_minute_ahead_does_not_stop_a_new_one(
    alice, patient, make_attack
):
    now = timezone.now()
    ahead = now + timedelta(seconds=50)
    make_attack(leak_start=now - timedelta(days=1), end=ahead)
    attack, is_new = start_attack(patient, "prodrome_start", by=alice, now=now)
    assert is_new
    assert attack.prodrome_start > ahead


def test_a_boundary_that_opens_nothing_is_refused(alice, patient):
    with pytest.raises(NotNext):
        start_attack(patient, "recovery_start", by=alice, now=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_open_one_attack(alice, patient):
    opened, barrier = [], Barrier(2)

    def press() -> None:
        try:
            barrier.wait(5)
            now = timezone.now()
            opened.append(start_attack(patient, "prodrome_start", by=alice, now=now))
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert Attack.objects.filter(patient=patient).count() == 1
    assert sorted(is_new for _, is_new in opened) == [False, True]
    assert opened[0][0] == opened[1][0]


def test_an_attack_opened_without_the_lock_is_found_all_the_same(
    alice, patient, monkeypatch, make_attack
):
    first = make_attack(leak_start=timezone.now() - timedelta(hours=1), ongoing=True)
    unseen = services.Attack.objects.filter(pk=None)
    real = services.Attack.objects.filter
    answers = iter([unseen])
    monkeypatch.setattr(
        services.Attack.objects, "filter", lambda **kw: next(answers, real(**kw))
    )
    monkeypatch.setattr(services, "_free_from", lambda patient, now: now)
    attack, is_new = start_attack(patient, "leak_start", by=alice, now=timezone.now())
    assert (attack, is_new) == (first, False)
