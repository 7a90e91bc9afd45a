"""The heat map: silence, well days, severities and phases never look alike."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from capleak.charts import YearChart, YearDay, YearMonth, year_chart

SVG = "{http://www.w3.org/2000/svg}"
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SILENT, WELL = YearDay(), YearDay(said="none")


def drawn(*days: YearDay, width="desk", starts_on: int = 0, months: int = 1):
    """The map of some months that all have these days."""
    names = [("Mar", "2026"), ("Apr", "2026"), ("May", "2026")]
    chart = YearChart(
        title="12 months",
        desc="What it shows.",
        weekdays=WEEK,
        months=tuple(YearMonth(*names[n], starts_on, days) for n in range(months)),
    )
    svg = year_chart(chart, key="year", width=width)
    assert "style" not in svg
    return ET.fromstring(svg)


def words(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(SVG + "text")]


def strokes(root: ET.Element, ink: str) -> list[ET.Element]:
    """The bars of one color; the last one belongs to the legend."""
    return [p for p in root.iter(SVG + "path") if f"s-{ink}" in p.get("class", "")]


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_days_without_an_entry_are_hatched_and_have_no_mark_of_health(width):
    root = drawn(*[SILENT] * 30, width=width)
    assert root.find(f".//{SVG}pattern") is not None
    assert "no entry" in words(root)
    assert "no symptoms" not in words(root)
    assert not list(root.iter(SVG + "use"))


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_days_without_symptoms_have_a_ring_each_and_no_hatch(width):
    root = drawn(*[WELL] * 30, width=width)
    assert root.find(f".//{SVG}pattern") is None
    assert len(list(root.iter(SVG + "use"))) == 30 + 1  # and the one in the legend
    assert "no entry" not in words(root)


@pytest.mark.parametrize(
    ("said", "number"), [("mild", "1"), ("moderate", "2"), ("severe", "3")]
)
def test_a_severity_is_a_number_and_not_only_a_shade(said, number):
    root = drawn(*[YearDay(said=said)] * 4)
    assert words(root).count(number) == 4 + 1
    assert said in words(root)


@pytest.mark.parametrize(
    ("said", "name"), [("ungraded", "not graded"), ("unasked", "symptoms not asked")]
)
def test_what_is_neither_silence_nor_health_nor_a_severity_has_its_own_mark(said, name):
    root = drawn(YearDay(said=said))
    assert name in words(root)
    assert not {"1", "2", "3", "no symptoms", "no entry"} & set(words(root))


def test_each_phase_has_a_bar_of_another_pattern():
    phases = ("prodrome", "leak", "recovery", "unknown")
    root = drawn(*[YearDay(said="none", phase=phase) for phase in phases])
    patterns = {
        strokes(root, f"{phase}-mark")[0].get("stroke-dasharray") for phase in phases
    }
    assert len(patterns) == 4
    assert {"prodrome", "leak phase", "recovery phase"} <= set(words(root))


def test_a_phase_whose_time_is_known_roughly_has_a_thinner_bar_and_says_so():
    exact, rough = (
        drawn(YearDay(said="none", phase="leak", rough=rough))
        for rough in (False, True)
    )
    thick, thin = (
        float(strokes(root, "leak-mark")[0].get("stroke-width", "1"))
        for root in (exact, rough)
    )
    assert thin < thick / 2
    assert "time known roughly" in words(rough)
    assert "time known roughly" not in words(exact)


def test_an_infusion_has_a_triangle_whatever_the_day_said():
    for said in (None, "none", "severe"):
        root = drawn(YearDay(said=said, infusion=True))
        marks = [u for u in root.iter(SVG + "use") if "infusion" in u.get("class", "")]
        assert len(marks) == 1 + 1
        assert "infusion" in words(root)


def test_on_a_desk_a_week_is_a_column_and_months_share_the_week_they_meet_in():
    # Three months of ten days from a Thursday on: weeks of 4, 7, 7, 7 and 5 days.
    root = drawn(*[WELL] * 10, starts_on=3, months=3)
    columns: dict[str, int] = {}
    for use in list(root.iter(SVG + "use"))[:30]:
        columns[use.get("x", "")] = columns.get(use.get("x", ""), 0) + 1
    assert list(columns.values()) == [4, 7, 7, 7, 5]
    assert {"Mar 2026", "Apr", "May", "Mon", "Sun"} <= set(words(root))


def test_on_a_phone_every_month_is_a_calendar_with_its_name_and_weekdays():
    root = drawn(*[WELL] * 30, starts_on=3, months=3, width="phone")
    assert {"Mar 2026", "Apr 2026", "May 2026"} <= set(words(root))
    assert words(root).count("M") == 3


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_everything_stays_on_the_chart(width):
    root = drawn(*[WELL] * 31, starts_on=6, months=3, width=width)
    right, bottom = map(float, root.get("viewBox", "").split()[2:])
    for use in root.iter(SVG + "use"):
        assert 0 < float(use.get("x", "0")) < right
        assert 0 < float(use.get("y", "0")) < bottom


def test_no_months_at_all_is_an_empty_chart_and_no_error():
    assert drawn(months=0).get("role") == "img"
