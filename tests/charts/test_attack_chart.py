"""One attack: what is drawn, what is left out, and that nothing is made up."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from capleak.charts import (
    AttackChart,
    Band,
    Series,
    SymptomRow,
    attack_chart,
)
from capleak.charts.panels import Style, curve
from capleak.charts.symptoms import most_severe

STYLES = Path(__file__).parents[2] / "static/css"
SVG = "{http://www.w3.org/2000/svg}"
BARE = AttackChart(title="Attack", desc="One attack.", day0_label="Days from onset")


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(svg).iter(SVG + "text")]


def strokes(svg: str, ink: str) -> list[str]:
    """The lines of more than one point drawn in an ink, as path data."""
    paths = ET.fromstring(svg).iter(SVG + "path")
    found = [p.get("d", "") for p in paths if p.get("class") == f"s-{ink}"]
    return [d for d in found if "L" in d]


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_it_says_what_was_recorded(attack, width):
    said = texts(attack_chart(attack, key="a", width=width))
    for words in (
        "Attack 4 of 5 · 14 March 2024",
        "Leak · 2.4 d",
        "Fatigue",
        "IV fluids",
        "Systolic, mmHg",
        "usual 122",
        "below 90: hypotension, part of the SCLS triad",
        "Days from leak onset (14 March 2024, 06:00)",
        "present, not graded",
        "dotted edge: time uncertain or still open",
        "72",
        "132",
        "61",
        "1.9",
        "86",
    ):
        assert words in said


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_its_svg_holds_nothing_that_the_policy_forbids(attack, width):
    svg = attack_chart(attack, key="a", width=width)
    assert "style" not in svg
    assert "xlink" not in svg
    assert f'class="drawing chart-{width}"' in svg


def test_both_layouts_of_two_attacks_share_no_id(attack):
    charts = [
        attack_chart(attack, key=key, width=width)
        for key in ("attack-1", "attack-2")
        for width in ("phone", "desk")
    ]
    ids = [id_ for svg in charts for id_ in re.findall(r'\bid="([^"]+)"', svg)]
    assert len(ids) == len(set(ids))


def test_on_a_phone_no_letter_is_below_11_pixels(attack):
    svg = attack_chart(attack, key="a", width="phone")
    root = ET.fromstring(svg)
    drawn_width = float(root.get("viewBox", "").split()[2])
    sizes = [float(t.get("font-size", "0")[:-2]) for t in root.iter(SVG + "text")]
    assert min(sizes) * 326 / drawn_width >= 11  # 390 less the page's and card's edges


def test_the_same_attack_gives_the_same_bytes(attack):
    assert attack_chart(attack, key="a") == attack_chart(replace(attack), key="a")


def test_what_a_person_typed_is_shown_literally():
    hostile = "$x_1$ \\frac{1}{2} <b>&amp; 😀 שלום"
    chart = replace(
        BARE, title=hostile, symptoms=(SymptomRow("$\\alpha_<i>", ((0, 2),)),)
    )
    svg = attack_chart(chart, key="a")
    assert ET.fromstring(svg).findtext(SVG + "title") == hostile
    assert hostile in texts(svg)
    assert "$\\alpha_<i>" in texts(svg)


def test_a_long_name_is_cut_in_the_drawing_and_whole_in_the_title():
    chart = replace(BARE, title="endless " * 60)
    svg = attack_chart(chart, key="a", width="phone")
    assert ET.fromstring(svg).findtext(SVG + "title") == ("endless " * 60).strip()
    assert any(words.endswith("…") for words in texts(svg))


def test_a_gap_is_drawn_as_a_gap():
    points = ((0.0, 120.0), (1.0, 110.0), (3.5, 100.0), (4.0, 98.0))
    chart = replace(BARE, systolic=Series("Systolic", "mmHg", points))
    joined = attack_chart(replace(chart, gap_days=3), key="a")
    parted = attack_chart(replace(chart, gap_days=2), key="a")
    # One of the strokes is the sample in the legend.
    assert [d.count("L") for d in strokes(joined, "systolic")] == [1, 3]
    assert [d.count("L") for d in strokes(parted, "systolic")] == [1, 1, 1]


def test_a_single_value_is_a_point_with_its_number_and_no_line():
    chart = replace(BARE, albumin=Series("Albumin", "g/dL", ((0, 2.7),)))
    svg = attack_chart(chart, key="a")
    assert len(strokes(svg, "albumin")) == 1  # the sample in the legend
    assert "2.7" in texts(svg)


def test_systolic_without_diastolic_is_drawn_alone():
    chart = replace(BARE, systolic=Series("Systolic", "mmHg", ((0, 85), (1, 90))))
    svg = attack_chart(chart, key="a")
    assert "Systolic, mmHg" in texts(svg)
    assert "diastolic" not in svg


def test_panels_without_data_are_left_out_and_the_chart_is_shorter(attack):
    def height(svg: str) -> float:
        return float(ET.fromstring(svg).get("viewBox", "").split()[3])

    full = attack_chart(attack, key="a")
    less = attack_chart(replace(attack, weight=None, urine=None), key="a")
    assert height(less) < height(full)
    assert "s-weight" in full
    assert "s-weight" not in less
    assert "s-urine" not in less


@pytest.mark.parametrize("width", ["phone", "desk"])
def test_an_attack_with_one_boundary_and_nothing_else_is_a_small_chart(width):
    onset = Band("leak", 0, 0, "Leak onset · length not known", True, True)
    svg = attack_chart(replace(BARE, bands=(onset,)), key="a", width=width)
    assert "Leak onset · length not known" in texts(svg)
    assert "No check-ins or measurements in these days." in texts(svg)
    assert float(ET.fromstring(svg).get("viewBox", "").split()[3]) < 260


def test_a_series_without_a_finite_value_counts_as_no_data():
    broken = Series("Systolic", "mmHg", ((0.0, float("nan")), (float("inf"), 120.0)))
    svg = attack_chart(replace(BARE, systolic=broken), key="a")
    assert "nan" not in svg
    assert "No check-ins or measurements in these days." in texts(svg)


def test_a_soft_border_fades_and_is_dotted_and_a_certain_one_is_not():
    certain = replace(BARE, bands=(Band("leak", 0, 2, "Leak"),))
    soft = replace(BARE, bands=(Band("leak", 0, 2, "Leak", soft_end=True),))
    assert "stroke-dasharray" not in attack_chart(certain, key="a")
    assert "opacity" not in attack_chart(certain, key="a")
    assert "stroke-dasharray" in attack_chart(soft, key="a")
    assert 'opacity="0.1"' in attack_chart(soft, key="a")


def test_each_way_to_answer_about_a_symptom_has_its_own_mark():
    row = SymptomRow("Fatigue", ((0, 0), (1, 1), (2, 2), (3, 3), (4, None)))
    said = texts(attack_chart(replace(BARE, symptoms=(row,)), key="a"))
    for words in ("mild", "moderate", "severe", "present, not graded", "asked, none"):
        assert words in said
    assert said.count("3") == 3  # the mark, its legend, day 3


def test_of_marks_that_would_overlap_the_most_severe_stays_and_the_chart_says_so():
    marks = [(0.0, 1), (4.0, None), (8.0, 3), (9.0, 0), (40.0, 0), (41.0, None)]
    assert most_severe(marks, apart=10) == [(8.0, 3), (41.0, None)]
    crowded = SymptomRow("Fatigue", tuple((n / 100, 2) for n in range(100)))
    said = texts(attack_chart(replace(BARE, symptoms=(crowded,)), key="a"))
    assert "Where entries lie close together, the most severe is shown." in said


def test_no_line_has_more_than_800_points():
    minutes = tuple((n / 1440, 120.0 + n % 17) for n in range(10_000))
    made = curve(Series("Pulse", "", minutes), Style("pulse", "^"), gap=1)
    assert made is not None
    assert 700 < len(made.points) <= 800
    svg = attack_chart(replace(BARE, pulse=Series("Pulse", "", minutes)), key="a")
    assert max(d.count("L") for d in strokes(svg, "pulse")) < 800


def test_every_class_it_uses_has_a_color_in_the_stylesheet(attack):
    css = (STYLES / "charts.css").read_text()
    svg = attack_chart(attack, key="a", width="phone") + attack_chart(attack, key="a")
    used = {
        name for names in re.findall(r'class="([^"]+)"', svg) for name in names.split()
    }
    assert {"halo", "c-sev-3", "s-leak", "c-infusion-mark"} <= used
    assert not [name for name in used if not re.search(rf"\.{name}\b(?!-)", css)]
