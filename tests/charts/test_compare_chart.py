"""Attacks over each other, phases side by side, and first symptoms."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from capleak.charts import (
    Band,
    CompareChart,
    First,
    Lengths,
    Overlay,
    SignatureChart,
    compare_chart,
    lengths_chart,
    signature_chart,
)
from tests.charts.test_attack_chart import strokes, texts

HOSTILE = "$x_1$ <script>&amp;"
SVG = "{http://www.w3.org/2000/svg}"


def chart(**fields) -> CompareChart:
    return CompareChart(
        title="T", desc="D", day0_label="Days from leak onset", **fields
    )


def systolic(*lines) -> Overlay:
    return Overlay("Systolic", "mmHg", "systolic", lines)


def level(line: str) -> bool:
    """Whether a line of two points is horizontal."""
    first, last = re.findall(r"[-\d.]+ ([-\d.]+)", line)
    return bool(first == last)


def test_the_newest_attack_has_the_ink_and_the_marks():
    older, newest = ((0, 120), (1, 90)), ((0, 118), (1, 80))
    svg = compare_chart(chart(overlays=(systolic(older, older, newest),)), key="c")
    assert len(strokes(svg, "systolic")) == 1
    # The base of the panel and the sample in the legend are level.
    thin = [d for d in strokes(svg, "line-strong") if d.count("L") == 1]
    assert len([d for d in thin if not level(d)]) == 2
    assert "newest attack" in texts(svg)


def test_a_gap_of_more_than_two_days_is_not_joined():
    svg = compare_chart(
        chart(overlays=(systolic(((0, 120), (1, 90), (5, 110), (6, 118))),)), key="c"
    )
    assert len(strokes(svg, "systolic")) == 2


def test_an_attack_with_a_single_value_shows_it():
    one = compare_chart(chart(overlays=(systolic(((0, 120),), ()),)), key="c")
    assert "<use" in one


def test_without_measurements_it_says_so():
    svg = compare_chart(chart(), key="c")
    assert "No measurements in these attacks." in texts(svg)


def test_a_line_has_at_most_800_points_and_keeps_its_extremes():
    values = [(n / 5000, 120.0) for n in range(5000)]
    values[2345] = (2345 / 5000, 60.0)
    svg = compare_chart(chart(overlays=(systolic(tuple(values)),)), key="c")
    (line,) = strokes(svg, "systolic")
    points = re.findall(r"[-\d.]+ [-\d.]+", line)
    assert len(points) <= 800
    ys = [float(point.split()[1]) for point in points]
    assert max(ys) > 2 * min(ys)


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_thirty_attacks_have_thirty_bars_newest_first(width):
    lengths = tuple(
        Lengths(f"attack {n}", (Band("leak", 0, 2, ""), Band("recovery", 2, 5, "")))
        for n in range(30)
    )
    svg = lengths_chart(chart(lengths=lengths), key="l", width=width)
    said = [t for t in texts(svg) if t.startswith("attack ")]
    assert said == [f"attack {n}" for n in range(30)]
    paths = ET.fromstring(svg).iter(SVG + "path")
    leaks = [p for p in paths if p.get("class") == "c-leak-mark"]
    assert len(leaks) == 30 + 1  # and the legend


def test_an_uncertain_end_is_dotted_and_said():
    soft = Lengths("a", (Band("leak", 0, 2, "", soft_end=True),))
    svg = lengths_chart(chart(lengths=(soft,)), key="l")
    assert "dotted end: time uncertain or still open" in texts(svg)


def test_one_boundary_and_nothing_else_is_a_bar():
    lone = Lengths("a", (Band("leak", 0, 0, ""),))
    svg = lengths_chart(chart(lengths=(lone,)), key="l")
    assert "leak phase" in texts(svg)


def test_first_symptoms_come_with_their_counts():
    first = SignatureChart("T", "D", 8, (First("Fatigue", 7), First(HOSTILE, 2)))
    said = texts(signature_chart(first, key="s", width="phone"))
    assert "7/8" in said
    assert "2/8" in said
    assert HOSTILE in said


@pytest.mark.parametrize(
    "drawn",
    [
        lambda key: compare_chart(chart(overlays=(systolic(((0, 1),)),)), key=key),
        lambda key: lengths_chart(
            chart(lengths=(Lengths("a", (Band("recovery", 0, 2, ""),)),)), key=key
        ),
        lambda key: signature_chart(
            SignatureChart("T", "D", 1, (First("a", 1),)), key=key
        ),
    ],
)
def test_drawings_hold_nothing_that_the_policy_forbids_and_share_no_id(drawn):
    one, other = drawn("a"), drawn("b")
    assert "style" not in one
    ids = re.findall(r'\bid="([^"]+)"', one + other)
    assert len(ids) == len(set(ids))
