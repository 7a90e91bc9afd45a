"""Changing, finishing and deleting infusions; appointments; all of it kept."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from prophylaxis import history
from prophylaxis.drafts import InfusionDraft, LotDraft, RateDraft, ReactionDraft
from prophylaxis.infusing import (
    AlreadySaved,
    Conflict,
    NotDue,
    arrange,
    delete_infusion,
    draft_of,
    edit_infusion,
    finish_infusion,
    record_infusion,
    settle,
    withdraw,
)
from prophylaxis.models import Appointment, Infusion, Lot
from prophylaxis.services import extend_reminders, save_plan, standing
from sharing.models import Category, Patient
from tests.prophylaxis.conftest import PLAN

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
STARTED = datetime(2026, 1, 5, 9, tzinfo=UTC)
WHOLE = InfusionDraft(
    client_id=uuid4(),
    started_at=STARTED,
    zone="Europe/Berlin",
    product="Octagam 10 %",
    dose_g=Decimal(140),
    weight_kg=Decimal(70),
    note="went well",
    finished_at=STARTED + timedelta(hours=4),
    premedication="Paracetamol 1 g",
    hydration_ml=500,
    site="clinic",
    given_by="Nurse",
    lots=(
        LotDraft("P1", 5, Decimal(20), date(2028, 8, 31), "", "04030539099998"),
        LotDraft("P2", 4, Decimal(10)),
    ),
    rate_steps=(
        RateDraft(STARTED, Decimal(30)),
        RateDraft(STARTED + timedelta(minutes=30), Decimal(60)),
    ),
    reactions=(
        ReactionDraft("headache", "mild", "", STARTED + timedelta(hours=3), "Rest"),
        ReactionDraft("other", "mild", "itching ears"),
    ),
)


@pytest.fixture(autouse=True)
def _in_january(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def stored(patient, plan, alice):
    return record_infusion(patient, WHOLE, by=alice).infusion


def test_what_is_stored_says_what_was_drafted(stored):
    assert draft_of(Infusion.objects.get()) == WHOLE
    assert (stored.status, stored.vials_g) == ("finished", 140)


def test_an_infusion_sent_twice_has_its_lots_once(patient, stored, alice):
    assert not record_infusion(patient, WHOLE, by=alice).is_new
    with pytest.raises(AlreadySaved):
        record_infusion(patient, replace(WHOLE, lots=()), by=alice)
    assert Lot.objects.count() == 2


def test_a_change_replaces_the_rows_and_keeps_the_version_before(
    patient, stored, alice, logger_
):
    changed = replace(WHOLE, dose_g=Decimal(120), lots=(LotDraft("P9", 6),))
    edit_infusion(patient, stored.public_id, changed, version=1, by=logger_)
    assert draft_of(Infusion.objects.get()) == changed
    opened = Patient.objects.visible_to(alice).get(pk=patient.pk)
    (before,) = history.earlier(opened, stored.public_id)
    assert (before.by, before.what, before.said.dose_g) == (logger_, "edited", 140)
    assert [lot.number for lot in before.lots] == ["P1", "P2"]
    assert [step.ml_per_h for step in before.rate_steps] == [30, 60]
    assert [r.kind for r in before.reactions] == ["headache", "other"]


def test_a_change_from_an_old_page_is_refused_unless_it_says_the_same(
    patient, stored, alice
):
    changed = replace(WHOLE, note="second thoughts")
    edit_infusion(patient, stored.public_id, changed, version=1, by=alice)
    edit_infusion(patient, stored.public_id, changed, version=1, by=alice)
    with pytest.raises(Conflict):
        edit_infusion(patient, stored.public_id, WHOLE, version=1, by=alice)
    assert Infusion.objects.get().version == 2


def test_a_running_infusion_is_finished_once(patient, plan, alice):
    running = replace(WHOLE, is_running=True, finished_at=None)
    infusion = record_infusion(patient, running, by=alice).infusion
    with pytest.raises(ValueError, match="after its start"):
        finish_infusion(
            patient, infusion.public_id, at=STARTED - timedelta(minutes=1), by=alice
        )
    for hours in (4, 9):
        at = STARTED + timedelta(hours=hours)
        finish_infusion(patient, infusion.public_id, at=at, by=alice)
    ended = Infusion.objects.get()
    assert (ended.status, ended.finished_at) == ("finished", WHOLE.finished_at)
    assert ended.lots.count() == 2


def test_a_deleted_infusion_stays_in_the_history_and_does_not_come_back(
    patient, stored, alice
):
    with pytest.raises(Conflict):
        delete_infusion(patient, stored.public_id, version=7, by=alice)
    for _again in range(2):
        delete_infusion(patient, stored.public_id, version=1, by=alice)
    assert not Infusion.objects.exists()
    opened = Patient.objects.visible_to(alice).get(pk=patient.pk)
    (gone,) = history.deleted(opened)
    assert (gone.by, gone.what, gone.said.note) == (alice, "deleted", "went well")
    assert [lot.number for lot in gone.lots] == ["P1", "P2"]
    with pytest.raises(Conflict):
        record_infusion(patient, WHOLE, by=alice)


def test_a_deleted_infusion_gives_its_due_day_back(patient, stored, alice):
    assert standing(patient, NOW).due == datetime(2026, 2, 2, 8, tzinfo=UTC)
    delete_infusion(patient, stored.public_id, version=1, by=alice)
    assert standing(patient, NOW).due == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_the_history_hides_free_text_from_whom_notes_are_hidden(
    patient, stored, alice, viewer
):
    delete_infusion(patient, stored.public_id, version=1, by=alice)
    patient.grants.update(hidden=[Category.NOTES])
    opened = Patient.objects.visible_to(viewer).get(pk=patient.pk)
    (gone,) = history.deleted(opened)
    assert gone.said.note == ""
    assert {(r.other, r.action) for r in gone.reactions} == {("", "")}


def test_the_history_of_another_record_is_not_told(patient, stored, alice, eve):
    delete_infusion(patient, stored.public_id, version=1, by=alice)
    hers = Patient.objects.visible_to(eve).get(owner=eve)
    assert history.earlier(hers, stored.public_id) == []
    assert not history.was_deleted(hers, WHOLE.client_id)


DUE = datetime(2026, 2, 2, 8, tzinfo=UTC)
SKIPPED, MISSED = Appointment.Status.SKIPPED, Appointment.Status.MISSED


def reminded_of(patient):
    pending = patient.occurrences.filter(kind="infusion", state="pending")
    moments = pending.values_list("about_at", flat=True)
    return sorted({f"{at:%Y-%m-%d}" for at in moments})


def test_a_skipped_infusion_moves_the_next_one_and_its_reminders(
    patient, stored, alice
):
    for _again in range(2):
        settle(patient, SKIPPED, due=DUE, reason="surgery", by=alice, now=NOW)
    assert Appointment.objects.count() == 1
    assert standing(patient, NOW).due == DUE + timedelta(days=28)
    assert reminded_of(patient) == ["2026-03-02", "2026-03-30"]


def test_a_missed_infusion_stays_due_and_is_not_reminded_of_again(
    patient, stored, alice
):
    settle(patient, MISSED, due=DUE, reason="", by=alice, now=NOW)
    assert standing(patient, NOW).due == DUE
    assert reminded_of(patient) == ["2026-03-02"]
    asked = patient.occurrences.filter(kind="infusion_missed", state="pending")
    assert asked.exists()  # it is overdue all the same
    settle(patient, SKIPPED, due=DUE, reason="late anyway", by=alice, now=NOW)
    assert Appointment.objects.get().status == "skipped"
    assert standing(patient, NOW).due == DUE + timedelta(days=28)


def test_an_old_page_skips_nothing_else(patient, stored, alice):
    with pytest.raises(NotDue):
        settle(patient, SKIPPED, due=STARTED, reason="a cold", by=alice, now=NOW)
    assert not Appointment.objects.exists()


def test_what_was_skipped_can_be_taken_back(patient, stored, alice):
    row = settle(patient, SKIPPED, due=DUE, reason="a cold", by=alice, now=NOW)
    assert withdraw(patient, row.client_id, by=alice)
    assert withdraw(patient, row.client_id, by=alice)
    assert not withdraw(patient, uuid4(), by=alice)
    assert standing(patient, NOW).due == DUE


def test_an_appointment_moves_the_reminders_and_ends_with_the_infusion(
    patient, stored, alice, infused, time_machine
):
    thursday = datetime(2026, 2, 5, 13, 30, tzinfo=UTC)
    arrange(patient, DUE + timedelta(days=1), by=alice)
    arrange(patient, thursday, by=alice)
    now = standing(patient, NOW)
    assert (now.due, now.is_arranged) == (thursday, True)
    infusions = patient.occurrences.filter(kind="infusion", state="pending")
    pending = infusions.filter(about_at=thursday)
    assert [f"{o.due_at:%m-%d %H:%M}" for o in pending.order_by("due_at")] == [
        "01-29 13:30",
        "02-04 13:30",
    ]
    time_machine.move_to(thursday + timedelta(hours=5))
    Appointment.objects.update(recorded_at=NOW)  # by the database's own clock
    infused(thursday)
    assert not Appointment.objects.exists()
    due = standing(patient, timezone.now()).due
    assert due == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_a_skipped_appointment_is_the_one_that_was_arranged(patient, stored, alice):
    thursday = datetime(2026, 2, 5, 13, 30, tzinfo=UTC)
    arrange(patient, thursday, by=alice)
    settle(patient, SKIPPED, due=thursday, reason="a cold", by=alice, now=NOW)
    row = Appointment.objects.get()
    assert (row.status, row.at, row.reason) == ("skipped", thursday, "a cold")
    assert standing(patient, NOW).due == datetime(2026, 3, 5, 8, tzinfo=UTC)


def test_the_days_of_a_course_are_due_one_after_the_other(
    patient, alice, infused, time_machine
):
    save_plan(patient, replace(PLAN, course_days=2), by=alice)
    infused(datetime(2026, 1, 10, 9, tzinfo=UTC))
    now = standing(patient, NOW)
    assert (now.due, now.course_day) == (datetime(2026, 1, 11, 8, tzinfo=UTC), 2)
    # The moments to remind of tomorrow's day have passed, those of the next course not.
    assert reminded_of(patient) == ["2026-02-07", "2026-03-07"]
    time_machine.move_to(datetime(2026, 1, 11, 12, tzinfo=UTC))
    infused(datetime(2026, 1, 11, 9, tzinfo=UTC), course_day=2)
    now = standing(patient, timezone.now())
    assert (now.due, now.course_day) == (datetime(2026, 2, 7, 8, tzinfo=UTC), 1)


def test_reminders_go_on_where_nothing_is_written_for_long(patient, plan, time_machine):
    assert extend_reminders() == 0
    time_machine.move_to(datetime(2026, 6, 1, 12, tzinfo=UTC))
    patient.occurrences.update(state="dispatched")
    assert extend_reminders() == 1
    assert reminded_of(patient) == ["2026-06-22"]
