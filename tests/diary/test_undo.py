"""One step back: of the last change, for ten minutes, and of nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from diary import history
from diary.models import CheckIn
from diary.services import (
    delete_checkin,
    edit_checkin,
    record_checkin,
    restore_checkin,
)
from diary.undo import CannotUndo, undo
from tests.diary.pages import FIRST, ONE

SECOND = replace(FIRST, note="canary-second", readings=())


@pytest.fixture
def edited(patient, alice, logger_) -> CheckIn:
    record_checkin(patient, FIRST, by=alice)
    return edit_checkin(patient, SECOND, version=1, by=logger_)


def test_undo_of_a_creation_deletes_it(patient, alice):
    record_checkin(patient, FIRST, by=alice)
    assert undo(patient, ONE, version=1, by=alice, now=timezone.now()) is None
    assert not patient.checkins.exists()


def test_undo_of_an_edit_brings_back_what_it_said(patient, edited, alice):
    undo(patient, ONE, version=2, by=alice, now=timezone.now())
    assert history.versions(patient, ONE)[0].said == FIRST


def test_undo_of_a_deletion_restores(patient, edited, alice):
    delete_checkin(patient, ONE, version=2, by=alice)
    undo(patient, ONE, version=3, by=alice, now=timezone.now())
    assert patient.checkins.get().note == "canary-second"


def test_undo_of_a_restored_deletion_deletes_again(patient, edited, alice):
    delete_checkin(patient, ONE, version=2, by=alice)
    restore_checkin(patient, ONE, 2, version=3, by=alice)
    undo(patient, ONE, version=4, by=alice, now=timezone.now())
    assert not patient.checkins.exists()


def test_undo_never_undoes_what_somebody_did_since(patient, edited, alice):
    with pytest.raises(CannotUndo):
        undo(patient, ONE, version=1, by=alice, now=timezone.now())
    assert patient.checkins.get().note == "canary-second"


def test_undo_twice_is_undo_once(patient, edited, alice):
    undo(patient, ONE, version=2, by=alice, now=timezone.now())
    with pytest.raises(CannotUndo):
        undo(patient, ONE, version=2, by=alice, now=timezone.now())
    assert patient.checkins.get().note == "canary-first"


@pytest.mark.parametrize(
    ("after", "undone"),
    [(timedelta(minutes=9, seconds=59), True), (timedelta(minutes=11), False)],
)
def test_undo_is_possible_for_ten_minutes_of_the_server_s_clock(
    patient, alice, after, undone
):
    checkin = record_checkin(patient, FIRST, by=alice).checkin
    checkin.refresh_from_db()
    try:
        undo(patient, ONE, version=1, by=alice, now=checkin.recorded_at + after)
    except CannotUndo:
        assert not undone
    assert patient.checkins.exists() is not undone
