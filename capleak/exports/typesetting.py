"""PDF/UA from our typst templates: data in as JSON, a tagged file out.

What a person wrote reaches a template as a JSON string and is shown as text; it is
never part of the template itself. Fonts come from the wheels of typst and matplotlib,
so every machine sets the same pages.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import matplotlib as mpl
import typst

Paper = Literal["a4", "us-letter"]
Template = Literal["summary", "history"]

TEMPLATES: Final = Path(__file__).parent / "typst"
STANDARD: Final = "ua-1"
# Charts ask for the reader's own font, which a file does not have.
SCREEN_FONT: Final = 'font-family="system-ui, sans-serif"'
PAPER_FONT: Final = 'font-family="DejaVu Sans"'

# Where sheets of paper are Letter (the Unicode CLDR's territories of "US-Letter").
LETTER: Final = frozenset(
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"]
)


def typeset(
    template: Template, data: Mapping[str, Any], paper: Paper, now: datetime
) -> bytes:
    """The document as PDF/UA-1; `now` is the time that it says it was made at."""
    found: bytes = typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        format="pdf",
        **_given(data, paper),
        pdf_standards=[STANDARD],
        timestamp=int(now.timestamp()),
    )
    return found


def pictured(
    template: Template, data: Mapping[str, Any], paper: Paper, *, ppi: float = 144
) -> list[bytes]:
    """Each page of the document as PNG, to look at."""
    found: bytes | list[bytes] = typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        format="png",
        ppi=ppi,
        **_given(data, paper),
    )
    return [found] if isinstance(found, bytes) else list(found)


def _given(data: Mapping[str, Any], paper: Paper) -> dict[str, Any]:
    return {
        "sys_inputs": {"data": json.dumps({**printable(data), "paper": paper})},
        "font_paths": _fonts(),
        "ignore_system_fonts": True,
    }


@cache
def _fonts() -> typst.Fonts:
    """The fonts of both wheels, read once."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=True,
        font_paths=[str(Path(mpl.get_data_path()) / "fonts" / "ttf")],
    )


def printable(value: Any) -> Any:
    """The same data with what no font can show made visible.

    Control characters, and what is no character at all, become U+FFFD; line breaks
    and tabs become spaces.
    """
    if isinstance(value, str):
        return "".join(map(_shown, value))
    if isinstance(value, Mapping):
        return {key: printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [printable(one) for one in value]
    return value


def _shown(char: str) -> str:
    if char in "\t\n\r\v\f\x85\u2028\u2029":
        return " "
    return "\ufffd" if unicodedata.category(char) in {"Cc", "Cn", "Cs"} else char


def chart(svg: str, alt: str) -> dict[str, str]:
    """A chart as the templates want it, with what it says in words."""
    return {"svg": svg.replace(SCREEN_FONT, PAPER_FONT), "alt": alt}


def paper_of(zone: str) -> Paper:
    """The sheet that is usual where somebody lives."""
    return "us-letter" if _countries().get(zone) in LETTER else "a4"


@cache
def _countries() -> dict[str, str]:
    """The country of each time zone, as the time zone database tells it."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text("utf-8")
    rows = [line.split("\t") for line in table.splitlines() if line[:1] != "#"]
    return {row[2]: row[0] for row in rows if len(row) > 2}
