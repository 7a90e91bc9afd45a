"""Moving an open attack through its phases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from attacks.models import Attack, Precision, Source
from attacks.phases import Move, Phase, phase_at
from attacks.services import NotNext, move_attack


def url(attack):
    return f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/move/"


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_only_those_who_may_log_move_an_attack(request, sign_in, ongoing, who, status):
    browser = sign_in(request.getfixturevalue(who))
    response = browser.post(url(ongoing), {"move": "leak_start"})
    ongoing.refresh_from_db()
    assert response.status_code == status
    assert (ongoing.leak_start is not None) is (status == 302)


def test_the_attack_of_another_record_cannot_be_moved(sign_in, eve, ongoing):
    own = eve.own_record.public_id
    path = f"/patients/{own}/attacks/{ongoing.public_id}/move/"
    assert sign_in(eve).post(path, {"move": "leak_start"}).status_code == 404
    ongoing.refresh_from_db()
    assert ongoing.leak_start is None


def test_looking_moves_nothing(sign_in, alice, ongoing):
    assert sign_in(alice).get(url(ongoing)).status_code == 405


def test_an_attack_goes_through_its_phases(sign_in, alice, ongoing):
    browser = sign_in(alice)
    for move, phase in [
        ("leak_start", Phase.LEAK),
        ("recovery_start", Phase.RECOVERY),
        ("end", None),
    ]:
        page = browser.post(url(ongoing), {"move": move}, follow=True)
        assert "You can correct every time later." in page.content.decode()
        ongoing.refresh_from_db()
        assert phase_at(ongoing.clock, timezone.now()) == phase
    assert not ongoing.ongoing
    assert ongoing.outcome == Attack.Outcome.ATTACK
    assert None not in ongoing.clock.boundaries


def test_early_signs_can_come_to_nothing(sign_in, alice, ongoing):
    sign_in(alice).post(url(ongoing), {"move": "came_to_nothing"})
    ongoing.refresh_from_db()
    assert ongoing.outcome == Attack.Outcome.ABORTED
    assert ongoing.end is not None
    assert not ongoing.ongoing


def test_a_move_is_now_and_changes_no_other_boundary(sign_in, logger_, ongoing):
    before = ongoing.prodrome_start
    sign_in(logger_).post(url(ongoing), {"move": "leak_start"})
    ongoing.refresh_from_db()
    assert timezone.now() - ongoing.leak_start < timedelta(minutes=2)
    assert ongoing.leak_start_source == Source.CAREGIVER
    assert ongoing.leak_start_precision == Precision.EXACT
    assert ongoing.prodrome_start == before
    assert ongoing.prodrome_start_source == Source.PATIENT


@pytest.mark.parametrize("move", ["leak_start", "nonsense", ""])
def test_a_move_that_cannot_come_next_changes_nothing_and_says_so(
    sign_in, alice, make_attack, move
):
    began = timezone.now() - timedelta(hours=3)
    attack = make_attack(leak_start=began, ongoing=True)
    page = sign_in(alice).post(url(attack), {"move": move}, follow=True)
    assert page.status_code == 200
    assert "Nothing was changed" in page.content.decode()
    attack.refresh_from_db()
    assert attack.leak_start == began
    assert attack.ongoing


def test_an_attack_that_is_over_does_not_move(alice, patient, attack):
    with pytest.raises(NotNext):
        move_attack(patient, attack.public_id, Move.END, by=alice, now=timezone.now())


def test_a_boundary_typed_a_minute_ahead_does_not_block_the_next(
    alice, patient, make_attack
):
    now = timezone.now()
    ahead = now + timedelta(seconds=40)
    attack = make_attack(leak_start=ahead, ongoing=True)
    move_attack(patient, attack.public_id, Move.RECOVERY, by=alice, now=now)
    attack.refresh_from_db()
    assert attack.recovery_start == ahead
