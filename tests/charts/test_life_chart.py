"""All years on one line: nothing made up, nothing lost at New Year."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import date, timedelta
from xml.etree import ElementTree as ET

import pytest

from capleak.charts import (
    LifeAttack,
    LifeChange,
    LifeChart,
    LifeFlag,
    LifeStay,
    life_chart,
)
from tests.charts.test_attack_chart import strokes, texts

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
SVG = "{http://www.w3.org/2000/svg}"


def chart(**fields) -> LifeChart:
    return LifeChart(title="All years", desc="All years.", today=TODAY, **fields)


def leak(first: date, days: int, **fields) -> LifeAttack:
    return LifeAttack((("leak", first, first + days * DAY),), **fields)


def fills(svg: str, ink: str) -> int:
    paths = ET.fromstring(svg).iter(SVG + "path")
    return sum(p.get("class") == f"c-{ink}" for p in paths)


@pytest.mark.parametrize("width", ["desk", "phone"])
def test_an_empty_record_is_a_line_of_this_year_without_a_diary(width):
    svg = life_chart(chart(), key="life", width=width)
    said = texts(svg)
    assert "2026" in said
    assert "2025" not in said
    assert "no diary" in said
    assert "diary kept" not in said


def test_each_year_since_the_first_thing_known_has_a_row():
    svg = life_chart(chart(attacks=(leak(date(2019, 5, 1), 3),)), key="life")
    assert [t for t in texts(svg) if t.isdigit()] == [str(y) for y in range(2019, 2027)]


def test_an_attack_across_new_year_is_drawn_in_both_rows():
    within = life_chart(chart(attacks=(leak(date(2025, 12, 1), 9),)), key="life")
    across = life_chart(chart(attacks=(leak(date(2025, 12, 27), 9),)), key="life")
    assert fills(across, "leak-mark") == fills(within, "leak-mark") + 1


def test_the_line_is_dotted_before_the_diary_and_whole_in_it():
    svg = life_chart(
        chart(observed_since=date(2026, 3, 1), infusions=(date(2024, 1, 1),)),
        key="life",
    )
    paths = ET.fromstring(svg).iter(SVG + "path")
    dotted = [p for p in paths if p.get("stroke-dasharray")]
    # 2024, 2025 and the beginning of 2026, and the sample in the legend.
    assert len(dotted) == 4
    assert "diary kept" in texts(svg)
    assert "no diary" in texts(svg)


def test_the_legend_names_what_occurs_and_nothing_else():
    svg = life_chart(
        chart(
            observed_since=date(2026, 1, 1),
            attacks=(leak(date(2026, 2, 1), 3, grade="3"),),
            stays=(LifeStay(date(2026, 2, 1), date(2026, 2, 4), intensive=True),),
            flags=(LifeFlag(date(2026, 1, 30), act=True),),
        ),
        key="life",
    )
    said = texts(svg)
    for words in ("leak phase", "number: severity", "in intensive care", "flag: act"):
        assert words in said
    for words in ("prodrome", "in hospital", "infusion", "flag: watch", "no diary"):
        assert words not in said


def test_what_is_not_counted_stands_in_brackets():
    attack = leak(date(2026, 2, 1), 3, grade="2", counted=False)
    said = texts(life_chart(chart(attacks=(attack,)), key="life"))
    assert "(2)" in said
    assert "2" not in said


def test_a_rough_attack_is_one_mark_and_claims_no_phase():
    rough = LifeAttack((("unknown", date(2020, 1, 1), date(2021, 1, 1)),), rough=True)
    svg = life_chart(chart(attacks=(rough,)), key="life")
    assert "attack, time known roughly" in texts(svg)
    assert fills(svg, "unknown-mark") == 0


def test_the_words_of_a_plan_are_drawn_as_they_are():
    hostile = "$\\alpha$ <b>2</b> & ']]>"
    changes = (LifeChange(date(2026, 1, 5), hostile),)
    assert hostile in texts(life_chart(chart(changes=changes), key="life"))


def test_the_words_of_a_plan_keep_clear_of_an_attack_beside_them():
    label = "1 g/kg every 28 days"
    plan = chart(changes=(LifeChange(date(2026, 9, 2), label),))
    after_an_attack = replace(plan, attacks=(leak(date(2026, 5, 7), 6, grade="3?"),))
    assert label in texts(life_chart(plan, key="life", width="phone"))
    (cut,) = [
        said
        for said in texts(life_chart(after_an_attack, key="life", width="phone"))
        if said.startswith("1 g/kg")
    ]
    assert cut.endswith("…")


def test_thirty_full_years_take_at_most_12_kilobytes_compressed():
    began = [date(1997, 3, 1) + 380 * n * DAY for n in range(28)]
    full = chart(
        observed_since=date(1998, 1, 1),
        attacks=tuple(
            LifeAttack(
                (
                    ("prodrome", day, day + 2 * DAY),
                    ("leak", day + 2 * DAY, day + 4 * DAY),
                    ("recovery", day + 4 * DAY, day + 9 * DAY),
                ),
                "2",
            )
            for day in began
        ),
        stays=tuple(LifeStay(day, day + 6 * DAY) for day in began),
        infusions=tuple(date(1998, 1, 1) + 28 * n * DAY for n in range(370)),
    )
    for width in ("desk", "phone"):
        svg = life_chart(full, key="life", width=width)
        assert len(gzip.compress(svg.encode())) <= 12_000


def test_a_leap_day_has_its_place():
    svg = life_chart(chart(infusions=(date(2024, 2, 29),)), key="life")
    assert "infusion" in texts(svg)
    assert strokes(svg, "ink-soft") == []  # no diary line
