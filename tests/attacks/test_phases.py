"""The clock of an attack: one phase at a time, told only where it can be told."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from attacks.phases import (
    Clock,
    Move,
    Phase,
    Span,
    duration,
    duration_range,
    moved,
    next_moves,
    phase_at,
    problems,
    spans,
)

PRODROME, LEAK, RECOVERY, UNKNOWN = Phase


def day(number, hour=0):
    return datetime(2024, 3, number, hour, tzinfo=UTC)


NOW = day(30)
LATER = datetime(2024, 12, 31, tzinfo=UTC)
WHOLE = Clock(day(10), day(12), day(14), day(18))
NAMES = ("prodrome_start", "leak_start", "recovery_start", "end")


def codes(clock, now=NOW):
    return [(p.field, p.code, p.other) for p in problems(clock, now)]


# Problems


@pytest.mark.parametrize(
    "clock",
    [
        WHOLE,
        Clock(leak_start=day(12)),
        Clock(end=day(12)),
        Clock(prodrome_start=NOW, ongoing=True),
        Clock(leak_start=day(12), recovery_start=day(13), end=day(13)),
        Clock(prodrome_start=day(10), end=day(11), came_to_nothing=True),
    ],
)
def test_a_clock_that_can_be_has_no_problems(clock):
    assert problems(clock, NOW) == []


@pytest.mark.parametrize("ongoing", [True, False])
def test_at_least_one_boundary_is_known(ongoing):
    assert codes(Clock(ongoing=ongoing)) == [(None, "none_known", None)]


def test_a_wrong_order_names_both_fields():
    clock = Clock(leak_start=day(14), recovery_start=day(12))
    assert codes(clock) == [("recovery_start", "order", "leak_start")]
    assert problems(clock, NOW)[0].message == "Recovery cannot begin before the leak."


def test_every_pair_in_wrong_order_is_named():
    clock = Clock(day(14), day(12), None, day(11))
    assert codes(clock) == [
        ("leak_start", "order", "prodrome_start"),
        ("end", "order", "prodrome_start"),
        ("end", "order", "leak_start"),
    ]


def test_order_is_of_instants_not_of_clock_faces():
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2024, 10, 27, 2, 50, fold=0, tzinfo=berlin)
    second = datetime(2024, 10, 27, 2, 10, fold=1, tzinfo=berlin)
    wrong = [("end", "order", "leak_start")]
    assert codes(Clock(leak_start=first, end=second), LATER) == []
    assert codes(Clock(leak_start=second, end=first), LATER) == wrong


def test_no_boundary_is_in_the_future():
    clock = Clock(leak_start=day(12), end=NOW + timedelta(minutes=1))
    assert codes(clock) == [("end", "future", None)]


@pytest.mark.parametrize(
    ("year", "month", "date", "hours", "code"),
    [(1, 1, 1, 14, "too_early"), (9999, 12, 31, -12, "future")],
)
def test_the_edges_of_time_are_problems_not_crashes(year, month, date, hours, code):
    zone = timezone(timedelta(hours=hours))
    hour = 23 if year > 1 else 0
    clock = Clock(leak_start=datetime(year, month, date, hour, tzinfo=zone))
    assert codes(clock) == [("leak_start", code, None)]


def test_what_goes_on_has_no_end():
    clock = Clock(leak_start=day(12), end=day(14), ongoing=True)
    assert codes(clock) == [("end", "ongoing_with_end", None)]


def test_what_came_to_nothing_has_no_leak_and_is_over():
    clock = Clock(day(10), day(12), ongoing=True, came_to_nothing=True)
    assert codes(clock) == [
        ("leak_start", "came_to_nothing", None),
        ("ongoing", "came_to_nothing", None),
    ]


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="needs a zone"):
        Clock(leak_start=datetime(2024, 3, 12))
    with pytest.raises(ValueError, match="needs a zone"):
        phase_at(WHOLE, datetime(2024, 3, 12))


# Phases


def test_known_neighbours_bound_a_phase():
    assert spans(WHOLE, NOW) == (
        Span(PRODROME, day(10), day(12)),
        Span(LEAK, day(12), day(14)),
        Span(RECOVERY, day(14), day(18)),
    )


@pytest.mark.parametrize(
    ("moment", "phase"),
    [
        (day(9, 23), None),
        (day(10), PRODROME),
        (day(11, 23), PRODROME),
        (day(12), LEAK),
        (day(14), RECOVERY),
        (day(18), None),
    ],
)
def test_a_phase_is_closed_at_its_start_and_open_at_its_end(moment, phase):
    assert phase_at(WHOLE, moment) == phase


@pytest.mark.parametrize(
    ("clock", "phases"),
    [
        (Clock(day(10), None, day(14), day(18)), [UNKNOWN, RECOVERY]),
        (Clock(day(10), None, None, day(18)), [UNKNOWN]),
        (Clock(None, day(12), None, day(18)), [UNKNOWN]),
        (Clock(day(10), day(12), None, day(18)), [PRODROME, UNKNOWN]),
        (Clock(day(10), day(12)), [PRODROME]),
        (Clock(None, day(12), day(18), day(18)), [LEAK]),  # only a leak
        (Clock(day(10), day(10), day(14)), [LEAK]),  # it came without a prodrome
        (Clock(day(10), None, None, day(11), came_to_nothing=True), [PRODROME]),
        (Clock(leak_start=day(12)), []),
        (Clock(end=day(12)), []),
        (Clock(day(10), ongoing=True), [PRODROME]),
        (Clock(None, day(12), ongoing=True), [LEAK]),
        (Clock(day(10), None, day(14), ongoing=True), [UNKNOWN, RECOVERY]),
    ],
)
def test_a_stretch_with_an_unseen_border_is_unknown(clock, phases):
    assert [span.phase for span in spans(clock, NOW)] == phases


def test_the_last_phase_of_an_ongoing_attack_lasts_until_now():
    clock = Clock(day(10), day(12), ongoing=True)
    assert spans(clock, NOW)[-1] == Span(LEAK, day(12), NOW, ongoing=True)
    assert phase_at(clock, NOW) == LEAK
    assert duration(clock, LEAK, NOW) == timedelta(days=18)


def test_an_attack_that_begins_this_instant_is_in_its_phase_without_a_span():
    clock = Clock(prodrome_start=NOW, ongoing=True)
    assert phase_at(clock, NOW) == PRODROME
    assert spans(clock, NOW) == ()


def test_the_only_known_boundary_is_an_instant_in_the_phase_it_begins():
    clock = Clock(leak_start=day(12))
    assert phase_at(clock, day(12)) == LEAK
    assert phase_at(clock, day(12, 1)) is None
    assert phase_at(clock, day(11, 23)) is None
    assert phase_at(Clock(end=day(12)), day(12)) is None


# Durations


@pytest.mark.parametrize(
    ("clock", "phase", "days"),
    [
        (WHOLE, PRODROME, 2),
        (WHOLE, RECOVERY, 4),
        (WHOLE, UNKNOWN, None),
        (Clock(day(10), None, day(14), day(18)), PRODROME, None),
        (Clock(day(10), None, day(14), day(18)), LEAK, None),
        (Clock(day(10), None, day(14), day(18)), UNKNOWN, 4),
        (Clock(leak_start=day(12)), LEAK, None),
        (Clock(None, day(12), day(14), day(14)), RECOVERY, 0),  # there was none
        (Clock(None, day(12), day(14), day(14)), PRODROME, None),  # not known
    ],
)
def test_a_duration_is_told_only_between_known_boundaries(clock, phase, days):
    expected = None if days is None else timedelta(days=days)
    assert duration(clock, phase, NOW) == expected


@pytest.mark.parametrize(
    ("zone", "month", "date", "hours"),
    [
        ("Europe/Berlin", 3, 31, 23),
        ("Europe/Berlin", 10, 27, 25),
        ("America/New_York", 11, 3, 25),
        ("Australia/Lord_Howe", 10, 6, 23.5),
    ],
)
def test_hours_are_hours_that_passed(zone, month, date, hours):
    tz = ZoneInfo(zone)
    midnight = datetime(2024, month, date, tzinfo=tz)
    next_midnight = midnight + timedelta(days=1)  # wall time
    clock = Clock(leak_start=midnight, recovery_start=next_midnight)
    assert duration(clock, LEAK, day(30)) == timedelta(hours=hours)


def test_a_duration_has_the_limits_that_its_boundaries_leave():
    margins = {"leak_start": timedelta(hours=12), "recovery_start": timedelta(days=1)}
    limits = duration_range(WHOLE, LEAK, NOW, margins)
    assert limits == (timedelta(days=0.5), timedelta(days=3.5))
    assert duration_range(WHOLE, RECOVERY, NOW, margins) == (
        timedelta(days=3),
        timedelta(days=5),
    )


def test_an_exact_duration_has_no_other_limits():
    assert duration_range(WHOLE, LEAK, NOW, {}) == (timedelta(days=2),) * 2
    assert duration_range(WHOLE, UNKNOWN, NOW, {}) is None


def test_the_order_of_boundaries_narrows_what_a_rough_one_can_be():
    clock = Clock(None, day(12), day(14), day(15))
    margins = {"recovery_start": timedelta(days=15)}
    limits = duration_range(clock, LEAK, NOW, margins)
    assert limits == (timedelta(), timedelta(days=3))


def test_two_boundaries_at_one_instant_keep_their_own_limits():
    clock = Clock(None, day(12), day(12), day(15))
    margins = {"recovery_start": timedelta(days=1)}
    limits = duration_range(clock, LEAK, NOW, margins)
    assert limits == (timedelta(), timedelta(days=1))


def test_what_goes_on_lasts_until_now_whatever_else_is_rough():
    clock = Clock(None, day(12), ongoing=True)
    limits = duration_range(clock, LEAK, NOW, {"leak_start": timedelta(days=2)})
    assert limits == (timedelta(days=16), timedelta(days=20))


# Moves


@pytest.mark.parametrize(
    ("clock", "moves"),
    [
        (Clock(day(10)), ["leak_start", "recovery_start", "end", "came_to_nothing"]),
        (Clock(day(10), day(12)), ["recovery_start", "end"]),
        (Clock(None, day(12)), ["recovery_start", "end"]),
        (Clock(day(10), None, day(14)), ["end"]),
        (Clock(), []),
    ],
)
def test_an_ongoing_attack_only_moves_forward(clock, moves):
    going_on = Clock(*clock.boundaries, ongoing=True)
    assert list(next_moves(going_on)) == moves
    assert next_moves(clock) == ()


def test_a_move_sets_its_boundary_and_no_other():
    clock = Clock(day(10), ongoing=True)
    assert moved(clock, Move.LEAK, day(12)) == Clock(day(10), day(12), ongoing=True)
    assert moved(clock, Move.END, day(12)) == Clock(day(10), end=day(12))


def test_a_prodrome_that_came_to_nothing_stays_a_prodrome():
    over = moved(Clock(day(10), ongoing=True), Move.CAME_TO_NOTHING, day(11))
    assert problems(over, NOW) == []
    assert spans(over, NOW) == (Span(PRODROME, day(10), day(11)),)


@pytest.mark.parametrize(
    ("clock", "move"),
    [
        (Clock(None, day(12), ongoing=True), Move.CAME_TO_NOTHING),
        (Clock(None, None, day(14), ongoing=True), Move.LEAK),
        (WHOLE, Move.END),
    ],
)
def test_a_move_that_is_not_legal_is_refused(clock, move):
    with pytest.raises(ValueError, match="cannot come next"):
        moved(clock, move, day(20))


def test_a_move_before_the_last_boundary_is_a_problem_of_the_new_clock():
    early = moved(Clock(None, day(12), ongoing=True), Move.RECOVERY, day(11))
    assert codes(early) == [("recovery_start", "order", "leak_start")]


def test_phases_and_moves_have_words():
    assert [phase.label for phase in Phase][1] == "Leak phase"
    assert all(move.label for move in Move)
