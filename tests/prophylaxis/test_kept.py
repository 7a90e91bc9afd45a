"""Which plan was in force when, and what a record says of how it was kept."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prophylaxis.adherence import Outcome
from prophylaxis.kept import kept, planned
from prophylaxis.models import Appointment, Infusion, Plan

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def utc(year, month, day, hour=9):
    return datetime(year, month, day, hour, tzinfo=UTC)


def plan(patient, valid_from, began, ended=None, **fields):
    said = {
        "product": "Octagam 10 %",
        "dose_g_per_kg": Decimal(2),
        "first_on": valid_from,
        "local_time": "09:00",
        "zone": "Europe/Berlin",
    }
    return Plan.objects.create(
        patient=patient,
        valid_from=valid_from,
        began_at=began,
        ended_at=ended,
        **said | fields,
    )


def infused(patient, day, dose="140", kg="70"):
    row = Infusion(
        patient=patient,
        product="Octagam 10 %",
        dose_g=dose and Decimal(dose),
        weight_kg=kg and Decimal(kg),
    )
    row.set_start(datetime.combine(day, NOW.timetz()), "Europe/Berlin")
    row.save()


def spans(*plans):
    return [(p.since, p.until) for p in planned(plans)]


@pytest.fixture
def own(patient, alice):
    return type(patient).objects.visible_to(alice).get(pk=patient.pk)


def test_a_plan_is_in_force_from_the_day_it_is_valid(own):
    one = plan(own, date(2025, 3, 1), utc(2025, 6, 1))
    assert spans(one) == [(date(2025, 3, 1), None)]


def test_a_plan_that_was_replaced_goes_on_until_the_next_one_is_valid(own):
    changed = utc(2025, 6, 1)
    old = plan(own, date(2025, 1, 1), utc(2025, 1, 1), changed)
    new = plan(own, date(2025, 6, 10), changed)
    assert spans(old, new) == [
        (date(2025, 1, 1), date(2025, 6, 10)),
        (date(2025, 6, 10), None),
    ]


def test_a_plan_that_was_ended_ends_on_that_day(own):
    old = plan(own, date(2025, 1, 1), utc(2025, 1, 1), utc(2025, 6, 1))
    new = plan(own, date(2025, 9, 1), utc(2025, 8, 20))
    assert spans(old, new) == [
        (date(2025, 1, 1), date(2025, 6, 1)),
        (date(2025, 9, 1), None),
    ]


def test_a_later_plan_wins_on_the_days_of_both(own):
    changed = utc(2025, 6, 1)
    old = plan(own, date(2025, 3, 1), utc(2025, 3, 1), changed)
    new = plan(own, date(2025, 2, 1), changed)  # from before the other
    assert spans(old, new) == [(date(2025, 2, 1), None)]


def test_a_plan_that_was_changed_on_its_first_day_leaves_no_period(own):
    changed = utc(2025, 3, 1, 10)
    old = plan(own, date(2025, 3, 1), utc(2025, 3, 1), changed)
    new = plan(own, date(2025, 3, 1), changed)
    assert spans(old, new) == [(date(2025, 3, 1), None)]


def test_the_record_says_what_was_given_and_when(own):
    plan(own, date(2025, 9, 1), utc(2025, 9, 1))
    for day in (date(2025, 9, 1), date(2025, 9, 29), date(2025, 11, 5)):
        infused(own, day)
    (period,) = kept(own, NOW).periods
    # Due on 27 October, given nine days later; the next is due on 3 December, and on
    # 1 January the day after that, 31 December, has come.
    assert [due.outcome.value for due in period.dues] == [
        "on time",
        "on time",
        "late",
        "missed",
    ]
    # 3 times 140 g at 70 kg in 122 days: 6 * 30.4375 / 122 = 1.4969
    assert (period.days, period.g_per_kg_a_month) == (122, Decimal("1.50"))


def test_what_was_skipped_is_told_by_its_day(own):
    plan(own, date(2025, 12, 1), utc(2025, 12, 1))
    infused(own, date(2025, 12, 1))
    row = Appointment(patient=own, status="skipped", reason="flu")
    row.set_moment(utc(2025, 12, 29), "Europe/Berlin")
    row.save()
    found = kept(own, NOW)
    assert found.current.count(Outcome.SKIPPED) == 1
    assert found.in_all is None


def test_two_periods_are_also_told_together(own):
    changed = utc(2025, 6, 1)
    plan(own, date(2025, 1, 6), utc(2025, 1, 6), changed, dose_g_per_kg=Decimal(1))
    plan(own, date(2025, 6, 1), changed)
    for day in (date(2025, 1, 6), date(2025, 2, 3), date(2025, 6, 1)):
        infused(own, day)
    found = kept(own, NOW)
    assert len(found.in_all.courses) == 3
    assert found.in_all.days == sum(period.days for period in found.periods)
    assert [found.plan_of(p).dose_g_per_kg for p in found.periods] == [1, 2]


def test_an_infusion_without_a_weight_has_no_dose_per_weight(own):
    plan(own, date(2025, 12, 1), utc(2025, 12, 1))
    infused(own, date(2025, 12, 1), kg=None)
    infused(own, date(2025, 12, 28), dose=None)
    assert kept(own, NOW).current.undosed == 2


def test_it_takes_three_queries_however_long_the_record_is(own):
    plan(own, date(2025, 1, 6), utc(2025, 1, 6))
    for month in range(1, 13):
        infused(own, date(2025, month, 6))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        kept(own, NOW)
    assert len(asked) == 3
