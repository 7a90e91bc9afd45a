"""matplotlib's SVG made fit for our pages: no inline style, our colors, our ids."""

import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from capleak.charts.style import PALETTE

SVG_NS: Final = "http://www.w3.org/2000/svg"
XLINK_HREF: Final = "{http://www.w3.org/1999/xlink}href"

# A matplotlib gid that starts like this becomes a CSS class, not an id.
CLASS_GID: Final = "class:"

_NAMES: Final = {value: name for name, value in PALETTE.items()}
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_DECIMAL: Final = re.compile(r"-?\d+\.\d+")
_PATH_COMMAND: Final = re.compile(r"\s*([MLQCz])\s*")
_NO_ROTATION: Final = re.compile(r"rotate\(-?0(\.0+)?[ ,)]")

# What a browser assumes anyway, or what the page decides (the font).
_DEFAULTS: Final = {
    ("text-anchor", "start"),
    ("stroke-dashoffset", "0"),
    ("stroke-width", "1"),
}
_COLORED: Final = {"fill": "c-", "stroke": "s-"}
_DROPPED: Final = {"font-family", "white-space"}
_GEOMETRY: Final = {
    "d",
    "font-size",
    "height",
    "opacity",
    "stroke-dasharray",
    "stroke-width",
    "transform",
    "width",
    "x",
    "y",
}


def plain(text: str) -> str:
    """`text` on one line, without the characters that XML cannot hold."""
    return " ".join(_NOT_XML.sub("", text).split())


def inline_svg(
    svg: str, *, key: str, title: str, desc: str, css_class: str = "drawing"
) -> str:
    """Return matplotlib's `svg` as one <svg> element to put into a page.

    Colors become classes (`c-NAME` fills, `s-NAME` strokes) beside attributes that
    hold where charts.css does not reach; ids get `key`, which is unique on the page
    and made of ASCII letters, digits, - and _. `title` and `desc` are what a screen
    reader says. Raises ValueError for another key or a color outside the palette.
    """
    if not _KEY.fullmatch(key):
        raise ValueError(f"not a key for ids: {key!r}")
    # Drawn by our own process a moment ago: nobody else's XML is parsed here.
    root = ET.fromstring(svg)  # noqa: S314
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in {"metadata", "style"}:
                parent.remove(child)
    # Each use of a marker brings its own colors. In the copy that a <use> makes, a
    # class of the original would not find `.drawing` above it, and stay as by day.
    for marker in root.iterfind(f".//{{{SVG_NS}}}defs/{{{SVG_NS}}}path"):
        marker.attrib.pop("style", None)
    _tidy(root)
    used = {name: f"{key}-{n}" for n, name in enumerate(_references(root))}
    for element in root.iter():
        _rewrite(element, used)
    return _serialize(root, key=key, title=title, desc=desc, css_class=css_class)


def _serialize(
    root: ET.Element, *, key: str, title: str, desc: str, css_class: str
) -> str:
    viewbox = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update(
        {
            "xmlns": SVG_NS,
            "viewBox": viewbox,
            "class": css_class,
            "role": "img",
            "aria-labelledby": f"{key}-title {key}-desc",
            "direction": "ltr",  # places are computed from the left, also in Arabic
            "font-family": "system-ui, sans-serif",  # charts.css lets the page decide
            "stroke-linejoin": "round",
        }
    )
    for index, (tag, words) in enumerate((("title", title), ("desc", desc))):
        element = ET.Element(tag, {"id": f"{key}-{tag}"})
        element.text = plain(words)
        root.insert(index, element)
    return ET.tostring(root, encoding="unicode")


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _references(root: ET.Element) -> Iterator[str]:
    """Each id that something in the drawing points at, once, in order."""
    seen: dict[str, None] = {}
    for element in root.iter():
        if href := element.get(XLINK_HREF):
            seen[href.removeprefix("#")] = None
        for value in element.attrib.values():
            seen.update(dict.fromkeys(_REFERENCE.findall(value)))
    yield from seen


def _tidy(element: ET.Element) -> None:
    """Take out white space, empty groups, and groups that only carry a name."""
    children: list[ET.Element] = []
    for child in element:
        _tidy(child)
        child.tail = None
        tag = _local(child.tag)
        if tag == "g":
            gid = child.attrib.pop("id", "")
            if gid.startswith(CLASS_GID):
                child.set("class", gid.removeprefix(CLASS_GID))
        if tag == "g" and not child.attrib:
            children.extend(child)
        elif len(child) or tag not in {"g", "defs"}:
            children.append(child)
    element[:] = children
    if len(element):
        element.text = None


def _rewrite(element: ET.Element, ids: dict[str, str]) -> None:
    """Turn one element's style, references and numbers into ours."""
    element.tag = _local(element.tag)
    classes = element.attrib.pop("class", "").split()
    written: dict[str, str] = {}
    for name, value in _declared(element):
        if name in _COLORED and value.startswith("#"):
            classes.append(_COLORED[name] + _name(value))
        if (short := _rewritten(name, value, ids)) is not None:
            written[name] = short
    if classes:
        written["class"] = " ".join(classes)
    element.attrib.clear()
    element.attrib.update(written)


def _declared(element: ET.Element) -> Iterator[tuple[str, str]]:
    """The attributes of an element, then what its style attribute declares."""
    for name, value in element.attrib.items():
        if name == XLINK_HREF:
            yield "href", value
        elif name != "style":
            yield name, value
    for declaration in element.get("style", "").split(";"):
        name, _, value = declaration.partition(":")
        if name.strip():
            yield name.strip(), value.strip()


def _rewritten(name: str, value: str, ids: dict[str, str]) -> str | None:
    """The value as we write it; None if it need not be written."""
    if name in _DROPPED or (name, value) in _DEFAULTS:
        return None
    if name == "id":
        return ids.get(value)
    if name == "href":
        return "#" + ids[value.removeprefix("#")]
    if name == "transform" and _NO_ROTATION.match(value):
        return None
    if name in _GEOMETRY:
        return _short(value)
    return _REFERENCE.sub(lambda match: f"url(#{ids[match[1]]})", value)


def _name(color: str) -> str:
    if color not in _NAMES:
        raise ValueError(f"{color} is not in the palette of charts")
    return _NAMES[color]


def _short(numbers: str) -> str:
    """Numbers of a path or an attribute with two decimals and no spare space."""
    return _PATH_COMMAND.sub(r"\1", _DECIMAL.sub(_two_decimals, numbers)).strip()


def _two_decimals(match: re.Match[str]) -> str:
    short = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if short == "-0" else short
