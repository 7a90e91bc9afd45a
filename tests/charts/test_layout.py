"""Labels do not overlap, ticks are round, long words are cut."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capleak.charts.layout import (
    Box,
    Clearing,
    day_ticks,
    fit,
    nice_ticks,
    number,
    place_flags,
    text_width,
    wrap,
)

PHASES = st.lists(
    st.tuples(st.floats(0, 640), st.floats(20, 150)), min_size=1, max_size=4
)


@given(PHASES)
def test_names_of_bands_never_overlap_and_stay_on_the_chart(phases):
    anchors = sorted(anchor for anchor, _ in phases)
    flags = place_flags(anchors, [width for _, width in phases], 0, 640)
    assert all(flag.left >= 0 and flag.right <= 640 for flag in flags)
    by_place = sorted(flags, key=lambda flag: (flag.row, flag.left))
    for one, other in pairwise(by_place):
        assert one.row != other.row or one.right < other.left


def test_names_with_room_stay_in_one_row_over_their_bands():
    flags = place_flags([100, 300, 500], [90, 60, 110], 0, 640)
    assert [(flag.left, flag.row) for flag in flags] == [(55, 0), (270, 0), (445, 0)]


def test_a_short_phase_between_long_ones_gets_a_row_of_its_own():
    flags = place_flags([100, 150, 260], [120, 80, 130], 0, 330)
    assert sorted(flag.row for flag in flags) == [0, 0, 1]


def test_names_wider_than_the_chart_get_a_row_each():
    flags = place_flags([10, 20], [400, 400], 0, 330)
    assert [flag.row for flag in flags] == [0, 1]


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (38, 138, 5, [40, 60, 80, 100, 120]),
        (1.7, 4.3, 3, [2, 3, 4]),
        (77.6, 86.4, 3, [80, 82.5, 85]),
    ],
)
def test_ticks_are_round(low, high, most, ticks):
    assert nice_ticks(low, high, most) == ticks


@given(st.floats(-400, 400), st.floats(0.5, 4000), st.integers(3, 20))
def test_ticks_lie_on_the_scale_and_are_never_too_many(low, span, most):
    for ticks in (nice_ticks(low, low + span, most), day_ticks(low, low + span, most)):
        assert len(ticks) <= most
        assert all(low - 1e-3 <= tick <= low + span + 1e-3 for tick in ticks)


def test_days_are_whole_unless_there_are_few():
    assert day_ticks(-1.1, 1.1, 14) == [-1, -0.5, 0, 0.5, 1]
    assert day_ticks(-3.3, 6.8, 14) == [-3, -2, -1, 0, 1, 2, 3, 4, 5, 6]
    assert day_ticks(-3, 40, 10) == [0, 7, 14, 21, 28, 35]


def test_long_words_are_cut_and_short_ones_are_not():
    assert fit("Fatigue", 100, 12) == "Fatigue"
    cut = fit("Swelling of both arms and legs", 100, 12)
    assert cut.endswith("…")
    assert text_width(cut, 12) <= 100


def test_text_breaks_between_words_and_the_last_line_is_cut():
    lines = wrap("one two three four five six seven", 60, 12, most=2)
    assert len(lines) == 2
    assert lines[0] == "one two"
    assert lines[1].endswith("…")


def test_a_label_avoids_lines_and_other_labels():
    clearing = Clearing(Box(0, 0, 100, 100))
    clearing.avoid([(0, 20), (100, 20)])
    over, under = Box(10, 10, 40, 30), Box(10, 40, 40, 60)
    assert clearing.best([over, under]) == under
    assert clearing.best([under]) is None
    assert clearing.best([Box(90, 90, 110, 99)]) is None


def test_numbers_have_no_spare_zeros_and_a_true_minus():
    assert [number(v) for v in (72.0, 1.9, -2, 102.456)] == [
        "72",
        "1.9",
        "−2",
        "102.46",
    ]
