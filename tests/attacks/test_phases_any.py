"""Whatever the times: one phase at a moment, no gap, and hours that passed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacks.phases import (
    Clock,
    Phase,
    duration,
    duration_range,
    moved,
    next_moves,
    phase_at,
    problems,
    spans,
)

UNKNOWN = Phase.UNKNOWN
LATER = datetime(2024, 12, 31, tzinfo=UTC)
NAMES = ("prodrome_start", "leak_start", "recovery_start", "end")


@st.composite
def instants(draw):
    """Minutes around the clock changes of 2024, told in some zone's wall time."""
    zone = draw(
        st.sampled_from(
            ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
        )
    )
    month, date = draw(st.sampled_from([(3, 9), (3, 30), (4, 5), (10, 5), (11, 2)]))
    minutes = draw(st.integers(0, 3 * 24 * 60))
    at = datetime(2024, month, date, tzinfo=UTC) + timedelta(minutes=minutes)
    return at.astimezone(ZoneInfo(zone))


@st.composite
def clocks(draw):
    """Any clock without problems as of the end of 2024."""
    known = draw(st.sets(st.sampled_from(NAMES), min_size=1))
    names = [name for name in NAMES if name in known]
    times = draw(st.lists(instants(), min_size=len(names), max_size=len(names)))
    times.sort(key=lambda at: at.astimezone(UTC))
    ongoing = "end" not in known and draw(st.booleans())
    nothing = known <= {"prodrome_start", "end"} and not ongoing
    return Clock(
        **dict(zip(names, times, strict=True)),
        ongoing=ongoing,
        came_to_nothing=nothing and draw(st.booleans()),
    )


def extent(clock, now):
    known = [at for at in clock.boundaries if at]
    return known[0], now if clock.ongoing else known[-1]


MANY = settings(
    max_examples=10_000,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def assert_one_phase_at_a_time(clock, moment):
    """No gap, no overlap, nothing outside, and hours that passed."""
    assert problems(clock, LATER) == []
    start, end = extent(clock, LATER)
    cut = spans(clock, LATER)
    assert all(a.end == b.start for a, b in pairwise(cut))
    assert all(a.start < a.end for a in cut)
    assert (cut[0].start, cut[-1].end) == (start, end) if cut else start == end
    here = [s.phase for s in cut if s.start <= moment < s.end]
    assert len(here) == (start <= moment < end)
    if here:
        assert phase_at(clock, moment) == here[0]
    lasted = [duration(clock, phase, LATER) for phase in Phase]
    passed = end.timestamp() - start.timestamp()
    assert sum((d for d in lasted if d is not None), timedelta()) == end - start
    assert (end - start).total_seconds() == passed


@given(clocks(), instants())
def test_every_moment_of_an_attack_is_in_exactly_one_phase(clock, moment):
    assert_one_phase_at_a_time(clock, moment)


@pytest.mark.slow
@MANY
@given(clocks(), instants())
def test_ten_thousand_timelines_never_overlap_and_leave_no_gap(clock, moment):
    assert_one_phase_at_a_time(clock, moment)


@given(clocks(), st.sampled_from(["Europe/Berlin", "Pacific/Apia", "Asia/Kolkata"]))
def test_a_move_to_another_zone_moves_no_boundary_and_no_hour(clock, zone):
    def there(at):
        return at and at.astimezone(ZoneInfo(zone))

    moved_house = replace(
        clock, **{name: there(getattr(clock, name)) for name in NAMES}
    )
    assert moved_house == clock
    assert spans(moved_house, LATER) == spans(clock, LATER)


@st.composite
def rough_clocks(draw):
    """How a clock was written down, its margins, and how it really was."""
    real = draw(clocks())
    hours = st.sampled_from([0, 0, 3, 12, 84, 360])
    margins, written = {}, {}
    floor = datetime.min.replace(tzinfo=UTC)
    for name in NAMES:
        if at := getattr(real, name):
            margins[name] = timedelta(hours=draw(hours))
            slip = draw(st.floats(-1, 1)) * margins[name]
            written[name] = floor = max(floor, min(at + slip, LATER))
    off = {n: abs(written[n] - getattr(real, n)) for n in written}
    # Keeping the order of what is written may push it further than its own margin.
    margins = {n: max(margins[n], off[n]) for n in margins}
    return replace(real, **written), margins, real


@given(rough_clocks())
def test_what_really_was_lies_within_the_limits(rough):
    written, margins, real = rough
    for phase in Phase:
        lasted = duration(real, phase, LATER)
        limits = duration_range(written, phase, LATER, margins)
        assert (lasted is None) == (limits is None)
        if limits:
            assert limits[0] <= lasted <= limits[1]
            assert limits[0] <= duration(written, phase, LATER) <= limits[1]


@given(clocks(), st.data())
def test_a_move_changes_no_time_before_it_but_what_becomes_uncertain(clock, data):
    if not next_moves(clock):
        return
    after = moved(clock, data.draw(st.sampled_from(next_moves(clock))), LATER)
    assert problems(after, LATER) == []
    for before, now in zip(spans(clock, LATER), spans(after, LATER), strict=True):
        assert (before.start, before.end) == (now.start, now.end)
        assert now.phase in (before.phase, UNKNOWN)
