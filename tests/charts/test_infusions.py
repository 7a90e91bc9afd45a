"""The strips of infusions and the days of the cycle, as SVG."""

from dataclasses import replace

import pytest

from capleak.charts.cycle import CycleBar, CycleChart, CycleWords, cycle_chart
from capleak.charts.infusions import (
    Strip,
    StripAttack,
    StripChart,
    StripDose,
    StripWords,
    infusion_chart,
)

WORDS = StripWords(
    infusion="infusion",
    no_dose="dose not known",
    planned="planned",
    missed="missed",
    skipped="skipped",
    attack="attack",
    today="today",
    unit="g/kg",
)
MONTHS = [(index * 30, f"M{index}") for index in range(12)]
STRIP = Strip("2025", 365, MONTHS)
CHART = StripChart("Infusions", "None.", [STRIP], WORDS)


def strips(width="desk", **fields):
    chart = replace(CHART, strips=[replace(STRIP, **fields)])
    return infusion_chart(chart, key="s", width=width)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({}, set()),
        ({"doses": [StripDose(3, 2.0)]}, {"infusion"}),
        ({"doses": [StripDose(3, None)]}, {"dose not known"}),
        ({"planned": [(0, 100, 2.0)]}, {"planned"}),
        ({"unmet": [(3, "missed")]}, {"missed"}),
        ({"unmet": [(3, "skipped")]}, {"skipped"}),
        ({"attacks": [StripAttack(3, 3.1)]}, {"attack"}),
        ({"now": 200.0}, {"today"}),
    ],
)
@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_legend_names_what_occurs(fields, named, width):
    svg = strips(width, **fields)
    words = {"infusion", "dose not known", "planned", "missed", "skipped"}
    words |= {"attack", "today"}
    assert {word for word in words if f">{word}<" in svg} == named


def test_without_anything_it_is_empty_strips_with_their_months():
    svg = strips()
    assert ">2025<" in svg
    assert ">M11<" in svg


def test_attacks_close_together_do_not_write_over_each_other():
    near = [StripAttack(100 + 2 * n, 101 + 2 * n, f"A{n}") for n in range(5)]
    svg = strips("phone", attacks=near)
    assert ">A0<" in svg
    assert ">A1<" not in svg


def test_the_text_of_a_name_stays_text():
    assert "&lt;script&gt;" in strips(attacks=[StripAttack(3, 4, "<script>")])


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_no_style_is_inline_and_words_stand_for_the_drawing(width):
    svg = strips(width, doses=[StripDose(3, 2.0)])
    assert "style=" not in svg
    assert "<title" in svg
    assert "None.</desc>" in svg


BARS = [CycleBar(6, 3, 1, 1), CycleBar(0, 0, 0), CycleBar(2, 0, 0)]
CYCLE = CycleChart(
    "Cycle",
    "Days.",
    BARS,
    2,
    CycleWords(
        "entry", "symptoms", "worse", "attack", "next due", "Days since", "Days"
    ),
)


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_the_cycle_shows_what_occurs_and_when_the_next_is_due(width):
    svg = cycle_chart(CYCLE, key="c", width=width)
    for words in ("entry", "symptoms", "worse", "attack", "next due", "Days since"):
        assert f">{words}<" in svg
    assert "style=" not in svg


def test_a_day_without_an_entry_has_no_bar():
    def boxes(bars):
        return cycle_chart(replace(CYCLE, bars=bars), key="c").count("c-unknown-soft")

    assert boxes([CycleBar(2, 0, 0)] * 3) - boxes([CycleBar(2, 0, 0)] * 2) == 1
    assert boxes([CycleBar(2, 0, 0), *[CycleBar(0, 0, 0)] * 5]) == boxes(
        [CycleBar(2, 0, 0)]
    )


def test_an_empty_cycle_is_drawn_without_a_legend():
    svg = cycle_chart(replace(CYCLE, bars=[CycleBar(0, 0, 0)] * 3), key="c")
    assert ">entry<" not in svg


def test_a_due_day_beyond_the_chart_is_left_out():
    assert ">next due<" not in cycle_chart(replace(CYCLE, due=9), key="c")
