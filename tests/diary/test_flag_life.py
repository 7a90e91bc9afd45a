"""When a flag opens, rises, falls back and closes, as a rule of its own."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from diary.flag_life import RANK, WINDOW, Standing, last_word, step

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def entry(hours_ago: float, symptoms: dict[str, int] | None = None, **vitals: float):
    return {
        "entry_id": f"{hours_ago}",
        "at": NOW - hours_ago * HOUR,
        "recorded_at": NOW - hours_ago * HOUR,
        "symptoms": symptoms,
        "vitals": vitals,
        "tags": [],
    }


QUIET = [entry(24 * day, {}, systolic=122 + day % 3) for day in range(8, 50)]
DIZZY = entry(3, {"dizziness": 2})
VERY = entry(2, {"dizziness": 2, "thirst": 2})


def opened(*entries, now=NOW) -> Standing:
    found = step([*QUIET, *entries], now, {})
    assert found.level != "none"
    return Standing(found.level, found.finding.reasons)


def test_a_flag_opens_by_what_was_felt_today():
    assert step([*QUIET, DIZZY], NOW, {}).level == "watch"


def test_a_quiet_diary_opens_none():
    assert step([*QUIET, entry(1, {})], NOW, {}).level == "none"


def test_silence_alone_opens_none():
    assert step(QUIET, NOW, {}).level == "none"


def test_days_long_past_open_none():
    late = {**entry(24 * 20, {"dizziness": 3, "thirst": 3}), "recorded_at": NOW}
    assert step([*QUIET, late], NOW, {}).level == "none"


def test_it_rises_with_a_worse_entry():
    found = step([*QUIET, DIZZY, VERY], NOW, {}, opened(DIZZY))
    assert (found.level, found.why) == ("act", None)


def test_an_easier_entry_an_hour_later_does_not_lower_it():
    found = step([*QUIET, VERY, entry(0.5, {})], NOW, {}, opened(VERY))
    assert found.level == "act"


def test_it_closes_a_day_later_by_an_entry_that_is_not_unusual():
    flag = opened(DIZZY)
    later = NOW + 22 * HOUR
    said = {**entry(0, {}), "at": NOW + 4 * HOUR}
    found = step([*QUIET, DIZZY, said], later, {}, flag)
    assert (found.level, found.why) == ("none", "entries")


def test_it_falls_back_when_only_the_lesser_entry_is_of_today():
    flag = opened(VERY)
    said = {**entry(0, {"dizziness": 2}), "at": NOW + 10 * HOUR}
    found = step([*QUIET, VERY, said], NOW + 23 * HOUR, {}, flag)
    assert (found.level, found.why) == ("watch", "entries")


@pytest.mark.parametrize("hours", [12, 22, 30, 60, 116])
def test_silence_neither_lowers_nor_closes_it(hours):
    found = step([*QUIET, VERY], NOW + hours * HOUR, {}, opened(VERY))
    assert (found.level, found.why) == ("act", None)
    assert found.finding.reasons


def test_after_five_silent_days_it_is_over_without_an_answer():
    found = step([*QUIET, VERY], VERY["at"] + WINDOW, {}, opened(VERY))
    assert (found.level, found.why) == ("none", "silence")


def test_a_weight_does_not_answer_a_flag_about_how_somebody_felt():
    weighed = {**entry(0, None, weight=70.0), "at": NOW + 25 * HOUR}
    found = step([*QUIET, DIZZY, weighed], NOW + 30 * HOUR, {}, opened(DIZZY))
    assert found.level == "watch"


LOW = entry(1, None, systolic=84.0)


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({"symptoms": None, "vitals": {"pulse": 60.0}}, "watch"),
        ({"symptoms": None, "vitals": {"systolic": 121.0}}, "none"),
        ({"symptoms": {}, "vitals": {}}, "none"),
    ],
)
def test_a_flag_about_a_pressure_needs_that_pressure_or_a_check_in(said, level):
    flag = opened(LOW)
    assert flag.level == "watch"
    later = {**entry(0), **said, "at": NOW + 20 * HOUR}
    assert step([*QUIET, LOW, later], NOW + 25 * HOUR, {}, flag).level == level


def test_a_corrected_entry_closes_it_at_once_and_says_so():
    corrected = {**DIZZY, "symptoms": {"dizziness": 0}}
    found = step([*QUIET, corrected], NOW, {}, opened(DIZZY))
    assert (found.level, found.why) == ("none", "corrected")


def test_a_deleted_entry_closes_it_at_once_and_says_so():
    found = step(QUIET, NOW, {}, opened(DIZZY))
    assert (found.level, found.why) == ("none", "corrected")


def test_a_correction_of_a_day_gone_by_does_not_raise_it():
    worse = {**DIZZY, "symptoms": {"dizziness": 2, "thirst": 3, "weakness": 3}}
    found = step([*QUIET, worse], NOW + 30 * HOUR, {}, opened(DIZZY))
    assert found.level == "watch"


def test_the_last_word_is_the_last_that_says_how_somebody_felt():
    said = [DIZZY, entry(1, None, weight=70.0)]
    assert last_word(said, opened(DIZZY).reasons, NOW) == DIZZY["at"]


CODES = ("dizziness", "thirst", "fatigue", "cough", "own:7")
entries = st.lists(
    st.builds(
        lambda ago, n, felt, sbp: {
            **entry(ago, felt, **({} if sbp is None else {"systolic": sbp})),
            "entry_id": f"{ago} {n}",
        },
        st.floats(0, 240, allow_nan=False).map(lambda x: round(x, 1)),
        st.integers(0, 9),
        st.none() | st.dictionaries(st.sampled_from(CODES), st.integers(0, 3)),
        st.none() | st.floats(70, 150),
    ),
    max_size=12,
)


@settings(max_examples=150, deadline=None)
@given(entries, st.lists(st.floats(0, 200), max_size=6), st.randoms())
def test_any_course_keeps_its_promises(said, looks, order):
    """Whatever is said and whenever it is looked at: reasons, purity, no order."""
    flag = None
    for hours in sorted(looks):
        now = NOW - 100 * HOUR + hours * HOUR
        known = [*QUIET, *(e for e in said if e["at"] <= now)]
        before = deepcopy((known, flag))
        found = step(known, now, {}, flag)
        assert (known, flag) == before
        order.shuffle(known)
        again = step(known, now, {}, flag)
        assert (again.level, again.why) == (found.level, found.why)
        if found.level != "none":
            assert found.finding.reasons
        if flag is None:
            assert found.why is None
        elif RANK[found.level] < RANK[flag.level]:
            assert found.why is not None
        if found.level == "none":
            flag = None
        else:
            flag = Standing(found.level, found.finding.reasons)


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 119.9))
def test_no_length_of_silence_below_five_days_changes_it(hours):
    flag = opened(VERY)
    assert (
        step(
            [*QUIET, VERY], VERY["at"] + 2 * HOUR + hours * HOUR * 0.98, {}, flag
        ).level
        == "act"
    )
