"""How every chart looks: one palette and one set of matplotlib settings.

matplotlib's settings are global and not thread-safe, so they are set here, once, at
import, and never again. A color is known by its name; its value is only what a chart
shows without our stylesheet. In a page, static/css/charts.css decides, by class.
"""

from typing import Final

import matplotlib as mpl

# Name -> color by day. No two names share a value: inline_svg tells them apart by it
# (hence #fffffe). The names mirror static/css/tokens.css.
PALETTE: Final = {
    "ink": "#17202b",
    "ink-soft": "#55606d",
    "line": "#dcdfe3",
    "line-strong": "#7d8894",
    "surface": "#ffffff",
    "accent": "#1f4e79",
    "prodrome": "#7a5600",
    "prodrome-mark": "#a97800",
    "prodrome-soft": "#fbf0cf",
    "leak": "#8a2f00",
    "leak-mark": "#c4451c",
    "leak-soft": "#fce8de",
    "recovery": "#00563e",
    "recovery-mark": "#1c8a68",
    "recovery-soft": "#e3f3ec",
    "unknown": "#55606e",
    "unknown-mark": "#7d8895",
    "unknown-soft": "#edeff1",
    "infusion": "#4b2277",
    "infusion-mark": "#7a52a8",
    "sev-1": "#d9cdea",
    "sev-1-ink": "#17202c",
    "sev-2": "#8060ab",
    "sev-2-ink": "#fffffe",
    "sev-3": "#4b2278",
    "sev-3-ink": "#fffffd",
    "burden": "#8060ac",
    "systolic": "#1d3a5f",
    "diastolic": "#3f638a",
    "pulse": "#a8124f",
    "hematocrit": "#7a1f5c",
    "hemoglobin": "#9a3412",
    "albumin": "#6e5a00",
    "weight": "#0b5d6b",
    "urine": "#2b5f9e",
}

mpl.rcParams.update(
    {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "capleak",  # same data, same ids, same bytes
        "text.usetex": False,
        "text.parse_math": False,  # a $ in a symptom's name is a $
        "path.simplify": False,  # series.py thins, and knows what to keep
        "path.sketch": None,
        "hatch.linewidth": 0.8,
    }
)
