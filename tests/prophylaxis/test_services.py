"""Plans with history, infusions stored once, and the reminders that follow."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.utils import timezone

from notifications import services as notifications
from notifications.models import Delivery
from prophylaxis.drafts import InfusionDraft
from prophylaxis.infusing import AlreadySaved, record_infusion
from prophylaxis.models import Infusion, Plan
from prophylaxis.services import end_plan, save_plan, standing
from tests.prophylaxis.conftest import PLAN

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


def reminders(patient):
    """Those of the infusion that is due next."""
    due = standing(patient, timezone.now()).due
    pending = patient.occurrences.filter(kind="infusion", state="pending")
    rows = pending.filter(about_at=due).order_by("due_at")
    return [f"{at:%Y-%m-%d %H:%M}" for at in rows.values_list("due_at", flat=True)]


def test_a_changed_plan_is_a_new_row_and_the_old_one_is_ended(patient, plan, alice):
    changed, is_new = save_plan(patient, replace(PLAN, interval_days=21), by=alice)
    plan.refresh_from_db()
    assert is_new
    assert plan.ended_at is not None
    assert (changed.interval_days, changed.entered_by) == (21, alice)
    assert Plan.objects.current(patient) == changed


def test_a_plan_saved_twice_is_stored_once(patient, plan, alice):
    assert save_plan(patient, PLAN, by=alice) == (plan, False)
    assert Plan.objects.count() == 1


def test_reminders_come_at_the_plans_local_time(patient, plan):
    # 5 January 09:00 in Berlin; a week before has passed.
    assert reminders(patient) == ["2026-01-04 08:00"]


def test_the_reminder_at_the_time_is_due_at_the_due_moment(patient, plan, alice):
    plan, _ = save_plan(patient, replace(PLAN, remind_days_before=(0,)), by=alice)
    pending = patient.occurrences.filter(kind="infusion", state="pending")
    occurrence = pending.earliest("due_at")
    assert occurrence.due_at == occurrence.about_at == plan.next_due(None)
    assert occurrence.expires_at == occurrence.due_at + timedelta(days=1)


def test_a_reminder_in_advance_is_of_no_use_after_the_hour(patient, plan):
    pending = patient.occurrences.filter(kind="infusion", state="pending")
    occurrence = pending.earliest("due_at")
    assert occurrence.expires_at == plan.next_due(None)


def test_the_infusion_after_the_next_is_reminded_of_as_well(patient, plan):
    # Nobody may write anything when one is missed; the reminders must not end there.
    pending = patient.occurrences.filter(kind="infusion", state="pending")
    rows = pending.order_by("due_at")
    assert [f"{at:%Y-%m-%d}" for at in rows.values_list("due_at", flat=True)] == [
        "2026-01-04",
        "2026-01-26",
        "2026-02-01",
    ]


def test_an_infusion_moves_the_reminders_to_the_next_one(
    patient, plan, infused, time_machine
):
    time_machine.move_to(datetime(2026, 1, 5, 10, tzinfo=UTC))
    infused(datetime(2026, 1, 5, 9, 40, tzinfo=UTC))
    assert reminders(patient) == ["2026-01-26 08:00", "2026-02-01 08:00"]


def test_a_back_dated_infusion_does_not_move_the_latest_start(
    patient, plan, infused, time_machine
):
    time_machine.move_to(datetime(2026, 1, 6, 10, tzinfo=UTC))
    infused(datetime(2026, 1, 5, 9, tzinfo=UTC))
    before = reminders(patient)
    infused(datetime(2025, 12, 8, 9, tzinfo=UTC))
    assert reminders(patient) == before
    assert standing(patient, timezone.now()).due == datetime(2026, 2, 2, 8, tzinfo=UTC)


def test_a_reminder_keeps_its_local_time_over_a_clock_change(patient, plan, alice):
    draft = replace(PLAN, first_on=date(2026, 4, 2))
    save_plan(patient, draft, by=alice)
    # 26 March 09:00 is winter time, 1 April 09:00 is summer time.
    assert reminders(patient) == ["2026-03-26 08:00", "2026-04-01 07:00"]


def test_an_overdue_plan_raises_no_storm(patient, plan, alice):
    draft = replace(PLAN, first_on=date(2025, 6, 1), remind_days_before=(7, 1, 0))
    save_plan(patient, draft, by=alice)
    assert reminders(patient) == []


def test_ending_the_plan_cancels_what_was_to_come(patient, plan):
    assert end_plan(patient, plan.pk)
    assert end_plan(patient, plan.pk)
    assert reminders(patient) == []
    assert Plan.objects.current(patient) is None


def test_only_the_plan_that_was_meant_is_ended(patient, plan, alice):
    newer, _ = save_plan(patient, replace(PLAN, interval_days=21), by=alice)
    before = reminders(patient)
    for meant in (plan.pk, None):
        assert not end_plan(patient, meant)
    assert (Plan.objects.current(patient), reminders(patient)) == (newer, before)


def test_an_ended_plan_takes_back_a_message_that_has_not_left(patient, plan):
    never = datetime(2999, 1, 1, tzinfo=UTC)
    patient.occurrences.update(due_at=NOW, expires_at=never)  # by the database's clock
    (pk,) = notifications.sweep()
    end_plan(patient, plan.pk)
    assert Delivery.objects.get(pk=pk).state == "cancelled"


def test_a_new_product_leaves_the_reminders_as_they_are(patient, plan, alice):
    before = list(patient.occurrences.order_by("pk").values())
    save_plan(patient, replace(PLAN, product="Privigen"), by=alice)
    assert list(patient.occurrences.order_by("pk").values()) == before


def test_after_a_break_the_first_infusion_of_the_plan_is_next(patient, infused, alice):
    infused(datetime(2025, 3, 1, 9, tzinfo=UTC))
    save_plan(patient, PLAN, by=alice)
    now = standing(patient, NOW)
    assert now.due == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert (now.status.days_until, now.days_since) == (4, 306)


def test_an_early_infusion_counts_from_its_start(patient, plan, infused, time_machine):
    time_machine.move_to(datetime(2026, 1, 3, 20, tzinfo=UTC))
    infused(datetime(2026, 1, 3, 9, tzinfo=UTC))
    assert standing(patient, timezone.now()).due == datetime(2026, 1, 31, 8, tzinfo=UTC)


DRAFT = InfusionDraft(
    client_id=uuid4(),
    started_at=datetime(2025, 12, 8, 9, tzinfo=UTC),
    zone="Europe/Berlin",
    product="Octagam 10 %",
    dose_g=Decimal(140),
    weight_kg=Decimal("70.5"),
)


def test_an_infusion_sent_twice_is_stored_once(patient, plan, alice):
    first = record_infusion(patient, DRAFT, by=alice)
    again = record_infusion(patient, DRAFT, by=alice)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.infusion == first.infusion
    assert (first.infusion.plan, first.infusion.g_per_kg) == (plan, Decimal("1.99"))


def test_the_same_id_with_other_content_loses_neither(patient, alice):
    record_infusion(patient, DRAFT, by=alice)
    with pytest.raises(AlreadySaved):
        record_infusion(patient, replace(DRAFT, dose_g=Decimal(120)), by=alice)
    assert Infusion.objects.get().dose_g == 140


def test_a_client_id_of_another_record_changes_nothing_of_it(patient, alice, eve):
    record_infusion(eve.own_record, DRAFT, by=eve)
    record_infusion(patient, replace(DRAFT, dose_g=Decimal(1)), by=alice)
    assert Infusion.objects.get(patient=eve.own_record).dose_g == 140


def test_the_day_of_an_infusion_is_that_of_its_zone(patient, infused):
    late = infused(datetime(2025, 12, 8, 23, 30, tzinfo=UTC))
    assert late.day == date(2025, 12, 9)


def test_every_save_gives_the_record_a_new_version(patient, plan, infused):
    patient.refresh_from_db()
    before = patient.version
    infused(datetime(2025, 12, 8, 9, tzinfo=UTC))
    patient.refresh_from_db()
    assert patient.version == before + 1


def test_a_due_time_that_does_not_exist_still_has_its_reminder(patient, plan, alice):
    draft = replace(
        PLAN,
        first_on=date(2026, 3, 29),
        local_time=time(2, 30),
        remind_days_before=(1, 0),
    )
    save_plan(patient, draft, by=alice)
    assert reminders(patient) == ["2026-03-28 01:30", "2026-03-29 01:00"]
