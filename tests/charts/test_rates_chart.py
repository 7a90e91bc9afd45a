"""Rates in their intervals."""

from __future__ import annotations

import pytest

from capleak.charts import RateRow, RatesChart, rates_chart
from tests.charts.test_attack_chart import strokes, texts

BEFORE = RateRow("Before", "7 attacks in 2.5 years", 2.8, 1.1, 5.8)
ON = RateRow("On IVIG", "1 attack in 2.4 years", 0.4, 0.01, 2.3, treated=True)


def drawn(*rows, width="desk") -> str:
    return rates_chart(RatesChart("T", "D", rows), key="r", width=width)


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_each_period_stands_with_its_counts(width):
    said = texts(drawn(BEFORE, ON, width=width))
    for words in ("Before", "7 attacks in 2.5 years", "On IVIG", "95 % interval"):
        assert words in said


def test_an_interval_beyond_the_axis_ends_in_an_arrow_and_says_so():
    wide = RateRow("Missed", "1 attack in 20 days", 2.0, 0.5, 102)
    assert "goes on to the right" in texts(drawn(BEFORE, wide))
    assert "goes on to the right" not in texts(drawn(BEFORE, ON))


def test_a_period_that_was_not_observed_has_words_and_no_mark():
    svg = drawn(RateRow("Before", "nothing observed"))
    assert "nothing observed" in texts(svg)
    assert strokes(svg, "systolic") == []
    assert "<use" not in svg


def test_zero_attacks_have_an_interval():
    svg = drawn(RateRow("Before", "0 attacks in 3.0 years", 0.0, 0.0, 1.2))
    assert strokes(svg, "systolic")


def test_words_are_drawn_as_they_are():
    hostile = "2 $g$/kg <i> & co"
    assert hostile in texts(drawn(RateRow(hostile, hostile, 1, 0.5, 2)))
