"""charts.css and the palette agree, and everything can be read by day and by night."""

import re
from pathlib import Path

import pytest

from capleak.charts.style import PALETTE

STYLES = Path(__file__).parents[2] / "static/css"
CSS = (STYLES / "charts.css").read_text()
TOKENS = (STYLES / "tokens.css").read_text()
NIGHT = "@media screen and (prefers-color-scheme: dark)"
GROUNDS = ("surface", "prodrome-soft", "leak-soft", "recovery-soft", "unknown-soft")
PHASES = ("prodrome", "leak", "recovery", "unknown")
CURVES = (
    "systolic",
    "diastolic",
    "pulse",
    "hematocrit",
    "hemoglobin",
    "albumin",
    "weight",
    "urine",
)


def colors(*, night: bool) -> dict[str, str]:
    """Name of the palette -> its color, as the two stylesheets define it."""
    found: dict[str, str] = {}
    for css in (TOKENS, CSS):
        day, _, rest = css.partition(NIGHT)
        part = rest.partition("@media print")[0] if night else day
        found |= re.findall(r"--([\w-]+): (#[0-9a-f]{6});", part)
    return {name.removeprefix("chart-"): value for name, value in found.items()}


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two #rrggbb colors."""

    def luminance(color: str) -> float:
        parts = [int(color[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [
            p / 12.92 if p <= 0.04 else ((p + 0.055) / 1.055) ** 2.4 for p in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_no_two_names_share_a_value_that_would_confuse_them():
    assert len(set(PALETTE.values())) == len(PALETTE)


@pytest.mark.parametrize("name", PALETTE)
def test_every_name_fills_and_strokes_by_a_variable_that_night_changes(name):
    for rule in (f"c-{name} {{\n  fill", f"s-{name} {{\n  stroke"):
        assert f".drawing .{rule}: var(--" in CSS
    assert name in colors(night=False)
    assert name in colors(night=True)


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("ink", ["ink", "ink-soft", *PHASES, *CURVES])
def test_words_and_lines_stand_out_from_every_ground(ink, night):
    color = colors(night=night)
    for ground in GROUNDS:
        assert contrast(color[ink], color[ground]) >= 4.5


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("mark", ["burden", "infusion-mark", "accent"])
def test_marks_and_bars_stand_out_from_every_ground(mark, night):
    color = colors(night=night)
    for ground in GROUNDS:
        assert contrast(color[mark], color[ground]) >= 3


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("severity", ["sev-1", "sev-2", "sev-3"])
def test_a_severity_can_be_read_on_its_square(severity, night):
    color = colors(night=night)
    assert contrast(color[f"{severity}-ink"], color[severity]) >= 4.5
