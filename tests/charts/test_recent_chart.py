"""The last days: silence, well days and symptoms never look alike."""

from typing import Any
from xml.etree import ElementTree as ET

from capleak.charts import Band, RecentChart, RecentDay, recent_chart

SVG = "{http://www.w3.org/2000/svg}"
SILENT, WELL = RecentDay(), RecentDay(burden=0, well=True)


def drawn(*days: RecentDay, **more: Any) -> ET.Element:
    chart = RecentChart(title="Last 30 days", desc="What it shows.", days=days, **more)
    svg = recent_chart(chart, key="recent")
    assert "style" not in svg
    return ET.fromstring(svg)


def words(root: ET.Element) -> list[str]:
    return [text.text or "" for text in root.iter(SVG + "text")]


def test_days_without_an_entry_are_hatched_and_have_no_mark_of_health():
    root = drawn(*[SILENT] * 30)
    assert root.find(f".//{SVG}pattern") is not None
    assert "no entry" in words(root)
    assert "no symptoms" not in words(root)
    assert not list(root.iter(SVG + "use"))


def test_well_days_have_a_mark_each_and_no_hatch():
    root = drawn(*[WELL] * 30)
    assert root.find(f".//{SVG}pattern") is None
    assert len(list(root.iter(SVG + "use"))) == 30 + 1  # and the one in the legend
    assert "no symptoms" in words(root)
    assert "no entry" not in words(root)


def test_the_worst_day_has_its_number_and_ungraded_symptoms_count_one_each():
    root = drawn(WELL, RecentDay(burden=4), RecentDay(burden=7, ungraded=2))
    assert "9" in words(root)
    assert "4" not in words(root)
    assert "not graded" in words(root)


def test_a_day_with_only_a_pressure_still_has_no_entry_of_symptoms():
    root = drawn(RecentDay(systolic=104), usual_systolic=122.0)
    assert {"no entry", "104", "usual 122"} <= set(words(root))


def test_without_pressures_there_is_no_panel_for_them():
    assert "Systolic, mmHg" not in words(drawn(WELL, usual_systolic=122.0))


def test_attacks_infusions_and_dates_are_named():
    bands = (Band("prodrome", 1, 2.5, "Prodrome"), Band("leak", 2.5, 3, "Leak"))
    root = drawn(
        *[WELL] * 3,
        bands=bands,
        infusions=(0.4,),
        ticks=((0, "24 Oct"), (2, "today")),
    )
    assert {"Prodrome", "Leak", "infusion", "24 Oct", "today"} <= set(words(root))


def test_no_days_at_all_is_an_empty_chart_and_no_error():
    assert drawn().get("role") == "img"


def test_a_day_on_which_one_thing_was_asked_and_not_there_is_neither_well_nor_silent():
    root = drawn(RecentDay(burden=0), RecentDay(burden=0))
    assert root.find(f".//{SVG}pattern") is None
    assert not list(root.iter(SVG + "use"))
    assert {"no symptoms", "no entry"}.isdisjoint(words(root))
