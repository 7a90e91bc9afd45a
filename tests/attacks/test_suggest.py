"""What the entries of an attack suggest, and why; never more than they say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attacks.phases import Clock, problems
from attacks.suggest import (
    Felt,
    Reading,
    Reason,
    Told,
    applied,
    suggestions,
)

NOW = datetime(2024, 4, 30, tzinfo=UTC)


def at(day, hour=0):
    return datetime(2024, 3, day, hour, tzinfo=UTC)


def found(clock, **told):
    return {s.boundary: s for s in suggestions(clock, Told(**told), NOW)}


EARLY_SIGNS = Clock(prodrome_start=at(10), ongoing=True)
LEAKING = Clock(leak_start=at(12), ongoing=True)


# The leak


@pytest.mark.parametrize(
    ("quantity", "value", "reason"),
    [
        ("systolic", 89, Reason("low_systolic", 89, 90, "systolic")),
        ("hematocrit", 50.1, Reason("high_hematocrit", 50.1, 50, "hematocrit")),
        ("hemoglobin", 17.1, Reason("high_hemoglobin", 17.1, 17, "hemoglobin")),
    ],
)
def test_the_leak_began_with_the_first_value_beyond_a_limit(quantity, value, reason):
    readings = [Reading(at(13), "systolic", 70), Reading(at(12, 3), quantity, value)]
    leak = found(EARLY_SIGNS, readings=readings)["leak_start"]
    assert (leak.at, leak.reasons) == (at(12, 3), (reason,))


def test_a_flag_that_was_said_to_be_an_attack_marks_the_leak():
    leak = found(EARLY_SIGNS, marks=[at(14), at(13, 5)])["leak_start"]
    assert (leak.at, leak.reasons) == (at(13, 5), (Reason("flag_answer"),))


def test_a_flag_that_is_the_first_early_sign_says_nothing_of_the_leak():
    assert found(EARLY_SIGNS, marks=[at(10)]) == {}


@pytest.mark.parametrize(
    ("quantity", "value"), [("systolic", 90), ("hematocrit", 50), ("hemoglobin", 17)]
)
def test_a_value_at_the_limit_suggests_nothing(quantity, value):
    assert found(EARLY_SIGNS, readings=[Reading(at(12), quantity, value)]) == {}


@pytest.mark.parametrize(("value", "suggested"), [(95, True), (96, False)])
def test_a_fall_of_40_from_ones_own_usual_is_a_sign(value, suggested):
    readings = [Reading(at(12), "systolic", value)]
    leak = found(EARLY_SIGNS, readings=readings, usual_systolic=135).get("leak_start")
    assert bool(leak) is suggested
    if leak:
        assert leak.reasons == (Reason("systolic_drop", 95, 135, "systolic"),)


def test_one_reading_can_give_two_reasons():
    readings = [Reading(at(12), "systolic", 84)]
    leak = found(EARLY_SIGNS, readings=readings, usual_systolic=130)["leak_start"]
    assert [reason.why for reason in leak.reasons] == ["low_systolic", "systolic_drop"]


def test_arrival_in_hospital_is_a_sign():
    leak = found(EARLY_SIGNS, arrivals=[at(11, 5)])["leak_start"]
    assert (leak.at, leak.reasons) == (at(11, 5), (Reason("admission"),))


def test_what_was_before_the_early_signs_is_not_this_attack():
    assert found(EARLY_SIGNS, readings=[Reading(at(9), "systolic", 80)]) == {}


def test_what_was_after_the_recovery_began_is_no_leak():
    clock = Clock(at(10), None, at(14), at(20))
    assert found(clock, readings=[Reading(at(15), "systolic", 80)]) == {}


# Recovery


def weights(*pairs):
    return [Reading(at(day), "weight", kg) for day, kg in pairs]


FALLING = weights((12, 75), (13, 79.5), (14, 78.9), (15, 77.8))


def test_recovery_began_when_weight_fell_while_urine_rose():
    recovery = found(LEAKING, readings=FALLING, felt=[Felt(at(14, 9), more_urine=True)])
    assert recovery["recovery_start"].at == at(14)
    assert recovery["recovery_start"].reasons == (
        Reason("weight_falls", 77.8, 79.5, "weight"),
        Reason("urine_rises"),
    )


def test_a_rising_volume_says_how_much():
    volumes = [
        Reading(at(13), "urine_volume", 400),
        Reading(at(14), "urine_volume", 2600),
    ]
    recovery = found(LEAKING, readings=[*FALLING, *volumes])["recovery_start"]
    assert recovery.reasons[1] == Reason("urine_rises", 2600, 400, "urine_volume")


@pytest.mark.parametrize(
    ("readings", "felt"),
    [
        (FALLING, []),  # no urine
        (FALLING, [Felt(at(16), more_urine=True)]),  # two days later
        (FALLING[:3], [Felt(at(14), more_urine=True)]),  # weighed once after the top
        (
            weights((12, 75), (13, 79.5), (14, 79.2), (15, 79.0)),
            [Felt(at(14), more_urine=True)],
        ),  # half a kilogram is no fall
        (
            weights((12, 75), (13, 79.5), (14, 78), (15, 78.4)),
            [Felt(at(14), more_urine=True)],
        ),  # up again
    ],
)
def test_recovery_needs_a_lasting_fall_and_urine(readings, felt):
    assert found(LEAKING, readings=readings, felt=felt) == {}


# The end


RECOVERING = Clock(None, at(12), at(14), ongoing=True)


def test_the_end_is_weight_within_a_kilogram_of_usual_and_a_calm_day():
    told = {
        "readings": weights((14, 78), (16, 76.1), (18, 75.9)),
        "felt": [Felt(at(17, 20))],
        "usual_weight": 75,
    }
    end = found(RECOVERING, **told)["end"]
    assert end.at == at(18)
    assert end.reasons == (Reason("weight_back", 75.9, 75, "weight"), Reason("calm"))
    assert applied(RECOVERING, end) == Clock(None, at(12), at(14), at(18))


@pytest.mark.parametrize(
    "felt",
    [
        [],  # silence is not calm
        [Felt(at(16))],  # two days before
        [Felt(at(17, 20), red_flag=True)],
        [Felt(at(17, 20)), Felt(at(18, 12), red_flag=True)],  # and then it came back
    ],
)
def test_without_a_calm_day_in_the_diary_nothing_ends(felt):
    told = {"readings": weights((18, 75.2)), "felt": felt, "usual_weight": 75}
    assert found(RECOVERING, **told) == {}


def test_without_a_usual_weight_nothing_ends():
    told = {"readings": weights((18, 75.2)), "felt": [Felt(at(17, 20))]}
    assert found(RECOVERING, **told) == {}


def test_the_weight_before_the_swelling_is_no_end():
    felt = [Felt(at(12, 6))]
    told = {"felt": felt, "usual_weight": 75}
    assert found(LEAKING, readings=weights((13, 75.3)), **told) == {}


# Whatever the entries say


def test_what_came_to_nothing_gets_no_leak():
    clock = Clock(prodrome_start=at(10), end=at(11), came_to_nothing=True)
    assert found(clock, readings=[Reading(at(10, 5), "systolic", 80)]) == {}


def test_a_known_boundary_is_left_alone():
    clock = Clock(at(10), at(12), at(14), at(18))
    told = {"readings": [Reading(at(11), "systolic", 60), *FALLING]}
    assert found(clock, felt=[Felt(at(14), more_urine=True)], **told) == {}


def test_the_same_suggestion_has_the_same_key_and_another_time_another():
    first, again = (
        found(EARLY_SIGNS, readings=[Reading(at(12), "systolic", value)])["leak_start"]
        for value in (80, 85)
    )
    later = found(EARLY_SIGNS, readings=[Reading(at(13), "systolic", 80)])["leak_start"]
    assert first.key == again.key
    assert first.key != later.key


moments = st.integers(0, 25 * 24).map(lambda hours: at(1) + timedelta(hours=hours))
readings = st.builds(
    Reading,
    moments,
    st.sampled_from(["systolic", "weight", "hematocrit", "urine_volume"]),
    st.integers(45, 120).map(float),
)


@given(
    st.lists(readings, max_size=12),
    st.lists(st.builds(Felt, moments, st.booleans(), st.booleans()), max_size=6),
    st.lists(moments, max_size=2),
    st.lists(moments, min_size=4, max_size=4).map(sorted),
    st.sets(st.integers(0, 3), min_size=1),
    st.booleans(),
)
def test_whatever_is_accepted_leaves_an_attack_that_can_be(
    read, felt, arrivals, times, known, ongoing
):
    clock = Clock(
        *(at if place in known else None for place, at in enumerate(times)),
        ongoing=ongoing and 3 not in known,
    )
    told = Told(read, felt, arrivals, usual_systolic=120, usual_weight=70)
    for suggestion in suggestions(clock, told, NOW):
        assert getattr(clock, suggestion.boundary) is None
        assert suggestion.reasons
    for suggestion in suggestions(clock, told, NOW):
        clock = applied(clock, suggestion)
        assert problems(clock, NOW) == []
