"""The SVG that a page may carry: no inline style, own ids, palette classes."""

import re
from xml.etree import ElementTree as ET

import pytest

from capleak.charts import inline_svg
from capleak.charts.svg import plain

# As matplotlib writes it: prolog, metadata, style element, style attributes, xlink.
DRAWN = """<?xml version="1.0" encoding="utf-8" standalone="no"?>
<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"
  "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
<svg xmlns:xlink="http://www.w3.org/1999/xlink" width="90pt" height="40pt"
  viewBox="0 0 90 40" xmlns="http://www.w3.org/2000/svg" version="1.1">
 <metadata>who and when</metadata>
 <defs><style type="text/css">*{stroke-linejoin: round}</style></defs>
 <g id="figure_1"><g id="line2d_1">
  <defs><path id="m1" d="M 0 1.5 \nL 2.123456 -0.001 \nz" style="stroke: #1d3a5f"/>
  </defs>
  <use xlink:href="#m1" x="10.126" y="3" style="fill: #1d3a5f; stroke: #1d3a5f"/>
 </g><g id="class:halo"><text style="font-size: 12.5px; font-family: 'DejaVu Sans';
  text-anchor: middle; fill: #17202b" x="4" y="5" transform="rotate(-0 4 5)">1.2345
  </text></g>
 <path d="M 0 0" clip-path="url(#p1)" style="fill: none; stroke: #8a2f00"/></g>
 <defs><clipPath id="p1"><rect x="0" y="0" width="5" height="5"/></clipPath></defs>
</svg>"""


def drawn(key: str = "one", **words: str) -> str:
    said = {"title": "Attack", "desc": "What it shows."} | words
    return inline_svg(DRAWN, key=key, **said)


def test_what_the_policy_forbids_and_what_nobody_reads_is_gone():
    svg = drawn()
    for unwanted in ("style", "xlink", "metadata", "<?xml", "DOCTYPE", "font-family: "):
        assert unwanted not in svg
    root = ET.fromstring(svg)
    assert root.get("viewBox") == "0 0 90 40"
    assert root.get("width") is None
    assert root.get("height") is None


def test_colors_are_classes_over_attributes_for_pages_without_the_stylesheet():
    svg = drawn()
    assert '<use href="#one-0" x="10.13" y="3"' in svg
    assert 'fill="#1d3a5f" stroke="#1d3a5f" class="c-systolic s-systolic"' in svg
    assert 'fill="none" stroke="#8a2f00" class="s-leak"' in svg


def test_a_marker_has_no_color_of_its_own_that_night_could_not_change():
    assert '<path id="one-0" d="M0 1.5L2.12 0z" />' in drawn()


def test_text_is_text_without_a_font_of_its_own_and_numbers_in_it_stay():
    svg = drawn()
    text = ET.fromstring(svg).find(".//*[@class='halo']/*")
    assert text is not None
    assert (text.text or "").strip() == "1.2345"
    assert text.attrib == {
        "x": "4",
        "y": "5",
        "font-size": "12.5px",
        "text-anchor": "middle",
        "fill": "#17202b",
        "class": "c-ink",
    }


def test_a_screen_reader_is_told_the_title_and_the_sentence():
    root = ET.fromstring(drawn(title="Last 30 days", desc="No entry since Friday."))
    ids = root.get("aria-labelledby", "").split()
    texts = {child.get("id"): child.text for child in root}
    assert root.get("role") == "img"
    assert [texts[i] for i in ids] == ["Last 30 days", "No entry since Friday."]


def test_two_charts_on_a_page_share_no_id_and_each_reference_resolves():
    first, second = drawn("one"), drawn("two")
    ids = [re.findall(r'\bid="([^"]+)"', svg) for svg in (first, second)]
    assert not set(ids[0]) & set(ids[1])
    for svg, own in zip((first, second), ids, strict=True):
        used = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)
        assert used
        assert {a or b for a, b in used} <= set(own)


@pytest.mark.parametrize("key", ["", "1st", "a b", 'a"', "a#", "ä"])
def test_a_key_that_could_break_an_id_is_refused(key):
    with pytest.raises(ValueError, match="not a key"):
        drawn(key)


def test_a_color_that_would_not_turn_dark_is_refused():
    other = DRAWN.replace("#8a2f00", "#123456")
    with pytest.raises(ValueError, match="#123456"):
        inline_svg(other, key="one", title="", desc="")


def test_characters_that_xml_cannot_hold_are_left_out():
    assert plain("a\x00b\x0b\ud800 c\r\n\td 😀") == "ab c d 😀"
    ET.fromstring(drawn(title="\x00\x1b\ufffe]]>"))
