"""By day of the cycle: counts worked out by hand, and silence stays silence."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prophylaxis.cycle import Felt, Stretch, by_day, weeks

FIRST = date(2025, 1, 6)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


def counted(starts, until, last, felt=None, attacks=(), left_out=()):
    return by_day(
        [day(n) for n in starts],
        day(until),
        last,
        felt={day(n): worst for n, worst in (felt or {}).items()},
        attacks=[day(n) for n in attacks],
        left_out={day(n) for n in left_out},
    )


def test_without_an_infusion_there_is_no_cycle():
    assert counted([], 10, 2) == [Stretch(n, n) for n in range(3)]


def test_the_day_of_the_infusion_is_day_zero():
    found = counted([0], 0, 2)
    assert [s.days for s in found] == [1, 0, 0]


def test_a_new_infusion_begins_the_count_again():
    found = counted([0, 3], 5, 4)  # days 0 1 2 | 0 1 2
    assert [s.days for s in found] == [2, 2, 2, 0, 0]


def test_days_beyond_the_last_are_left_out():
    assert [s.days for s in counted([0], 100, 2)] == [1, 1, 1]


def test_each_day_counts_for_its_worst():
    found = counted(
        [0, 2, 4, 6],
        7,
        1,
        felt={
            0: Felt.NOTHING,
            2: Felt.SOMETHING,
            4: Felt.WORSE,
            1: Felt.SOMETHING,
        },
    )
    assert found[0] == Stretch(0, 0, days=4, observed=3, symptoms=2, worse=1)
    assert found[1] == Stretch(1, 1, days=4, observed=1, symptoms=1, worse=0)


def test_a_day_without_an_entry_is_not_a_day_without_symptoms():
    (found,) = counted([0], 0, 0)
    assert (found.days, found.observed, found.symptoms, found.silent) == (1, 0, 0, 1)


def test_days_in_an_attack_are_left_out_and_its_beginning_is_counted():
    found = counted(
        [0], 3, 3, felt={1: Felt.WORSE, 2: Felt.WORSE}, attacks=[1], left_out=[1, 2]
    )
    assert [s.days for s in found] == [1, 0, 0, 1]
    assert [s.attacks for s in found] == [0, 1, 0, 0]
    assert sum(s.symptoms for s in found) == 0


def test_an_attack_before_the_first_infusion_belongs_to_no_day():
    assert sum(s.attacks for s in counted([5], 9, 9, attacks=[2])) == 0


def test_weeks_add_up_their_days_and_the_last_may_be_short():
    found = weeks(counted([0], 9, 9, felt={0: Felt.WORSE, 8: Felt.NOTHING}))
    assert found == [
        Stretch(0, 6, days=7, observed=1, symptoms=1, worse=1),
        Stretch(7, 9, days=3, observed=1),
    ]


@pytest.mark.parametrize(
    ("last", "ends"),
    [(0, [0]), (6, [6]), (7, [7]), (8, [6, 8]), (42, [*range(6, 35, 7), 42])],
)
def test_a_lone_last_day_joins_the_week_before_it(last, ends):
    assert [week.last for week in weeks(counted([0], 0, last))] == ends


@pytest.mark.parametrize(("observed", "enough"), [(19, False), (20, True)])
def test_a_week_is_compared_from_twenty_days_with_an_entry_on(observed, enough):
    assert Stretch(0, 6, observed=observed).is_enough is enough


@pytest.mark.parametrize("starts", [(3, 0), (0, 0)])
def test_starts_out_of_order_are_refused(starts):
    with pytest.raises(ValueError, match="oldest first"):
        counted(starts, 9, 9)


@given(
    starts=st.sets(st.integers(0, 200), min_size=1, max_size=20).map(sorted),
    felt=st.dictionaries(st.integers(-9, 260), st.sampled_from(Felt), max_size=20),
    last=st.integers(0, 56),
)
def test_every_day_is_counted_once_and_never_twice(starts, felt, last):
    found = counted(starts, 250, last, felt=felt)
    gaps = [b - a for a, b in zip(starts, [*starts[1:], 251], strict=True)]
    assert sum(s.days for s in found) == sum(min(gap, last + 1) for gap in gaps)
    for stretch in found:
        assert stretch.days >= stretch.observed >= stretch.symptoms >= stretch.worse
