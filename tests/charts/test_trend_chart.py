"""Laboratory values over the years, a panel each."""

from __future__ import annotations

from datetime import date
from xml.etree import ElementTree as ET

import pytest

from capleak.charts import TrendChart, TrendPanel, trend_chart
from capleak.charts.layout import text_width
from tests.charts.test_attack_chart import SVG

DAY = date(2026, 7, 1)


@pytest.mark.parametrize("width", ["phone", "desk", "paper"])
@pytest.mark.parametrize("value", [2.7, 9992, 85_000, 412_000])
def test_no_figure_of_an_axis_is_cut_at_the_left(value, width):
    panel = TrendPanel("Creatine kinase", "U/L", ((DAY, value),))
    chart = TrendChart("T", "D", date(2026, 1, 1), DAY, (panel,))
    drawn = ET.fromstring(trend_chart(chart, key="t", width=width))
    axis = [
        text for text in drawn.iter(SVG + "text") if text.get("text-anchor") == "end"
    ]
    assert axis
    for text in axis:
        figure = text.text or ""
        size = float(text.get("font-size", "").removesuffix("px"))
        assert float(text.get("x", "0")) - text_width(figure, size) >= 0
