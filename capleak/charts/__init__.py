"""Charts: plain frozen values in, one accessible SVG element out; no Django here."""

from capleak.charts.attack import attack_chart
from capleak.charts.data import (
    HYPOTENSION,
    AttackChart,
    AttackWords,
    Band,
    MarkRow,
    RecentChart,
    RecentDay,
    RecentWords,
    Series,
    SymptomRow,
    Threshold,
    YearChart,
    YearDay,
    YearMonth,
    YearSaid,
    YearWords,
)
from capleak.charts.recent import recent_chart
from capleak.charts.svg import inline_svg
from capleak.charts.year import year_chart

__all__ = [
    "HYPOTENSION",
    "AttackChart",
    "AttackWords",
    "Band",
    "MarkRow",
    "RecentChart",
    "RecentDay",
    "RecentWords",
    "Series",
    "SymptomRow",
    "Threshold",
    "YearChart",
    "YearDay",
    "YearMonth",
    "YearSaid",
    "YearWords",
    "attack_chart",
    "inline_svg",
    "recent_chart",
    "year_chart",
]
