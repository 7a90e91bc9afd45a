"""What charts are drawn from: plain values, already in the reader's units and words.

Times are floats on one axis that the caller chose (days from day 0, or the index of a
day). A value that is not known is left out; no chart fills it in. Words have English
defaults; a caller with another language passes its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["prodrome", "leak", "recovery", "unknown"]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of an attack, such as "Leak · 2.4 d".

    A soft border is one that is uncertain, or still moving in an ongoing attack. A
    boundary with nothing known on its other side is a band with start == end.
    """

    phase: Phase
    start: float
    end: float
    label: str
    soft_start: bool = False
    soft_end: bool = False


@dataclass(frozen=True, slots=True)
class SymptomRow:
    """One symptom: (time, severity 0 to 3), None for present but not graded."""

    label: str
    marks: tuple[tuple[float, int | None], ...]


@dataclass(frozen=True, slots=True)
class MarkRow:
    """What happened: infusions, a kind of treatment, a stay in hospital, flags.

    `times` are moments, `spans` last from one to another.
    """

    label: str
    kind: Literal["infusion", "treatment", "stay", "watch", "act"]
    times: tuple[float, ...]
    spans: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """A published limit; the label says what it means or where it comes from."""

    value: float
    label: str


@dataclass(frozen=True, slots=True)
class Series:
    """One quantity over time, in the unit it is shown in.

    `usual` is this person's own usual value, in the same unit.
    """

    label: str
    unit: str
    points: tuple[Point, ...]
    usual: float | None = None
    thresholds: tuple[Threshold, ...] = ()


# Ebdrup et al., BMJ Case Rep 2018, PMC6119378: systolic pressure in mmHg.
HYPOTENSION = Threshold(90, "below 90: hypotension, part of the SCLS triad")


@dataclass(frozen=True, slots=True)
class AttackWords:
    """The words that a chart of one attack adds by itself."""

    mild: str = "mild"
    moderate: str = "moderate"
    severe: str = "severe"
    ungraded: str = "present, not graded"
    none: str = "asked, none"
    usual: str = "usual"
    right_scale: str = "right"
    uncertain: str = "dotted edge: time uncertain or still open"
    merged: str = "Where entries lie close together, the most severe is shown."
    empty: str = "No check-ins or measurements in these days."


@dataclass(frozen=True, slots=True)
class AttackChart:
    """One attack on one time axis, in days from day 0.

    `desc` is the sentence that says what the chart shows; `day0_label` names the axis,
    with date and time, such as "Days from leak onset (14 March 2024, 06:00)". Two
    values of a series further apart than `gap_days` are not joined by a line.
    """

    title: str
    desc: str
    day0_label: str
    bands: tuple[Band, ...] = ()
    symptoms: tuple[SymptomRow, ...] = ()
    marks: tuple[MarkRow, ...] = ()
    systolic: Series | None = None
    diastolic: Series | None = None
    pulse: Series | None = None
    hematocrit: Series | None = None
    hemoglobin: Series | None = None
    albumin: Series | None = None
    weight: Series | None = None
    urine: Series | None = None
    gap_days: float = 2.0
    words: AttackWords = field(default_factory=AttackWords)


@dataclass(frozen=True, slots=True)
class RecentDay:
    """One local day; `burden` None: nobody said how it was.

    `well`: "no symptoms" was said. A burden of 0 alone does not say it: one thing was
    asked and not there, the rest was not asked. `burden` is the sum of the day's
    severities, each symptom at its worst; `ungraded` counts symptoms that were present
    without a grade. `systolic` is the day's lowest.
    """

    burden: int | None = None
    well: bool = False
    ungraded: int = 0
    systolic: float | None = None


@dataclass(frozen=True, slots=True)
class RecentWords:
    """The words that the chart of recent days adds by itself."""

    symptoms: str = "Symptoms, sum of severities"
    systolic: str = "Systolic, mmHg"
    usual: str = "usual"
    burden: str = "symptoms"
    ungraded: str = "not graded"
    well: str = "no symptoms"
    no_entry: str = "no entry"
    infusion: str = "infusion"


@dataclass(frozen=True, slots=True)
class RecentChart:
    """The last days, oldest first; times are indexes into `days` (0.5 is its noon).

    `ticks` are (index, label) of the days to name below the axis.
    """

    title: str
    desc: str
    days: tuple[RecentDay, ...]
    ticks: tuple[tuple[int, str], ...] = ()
    bands: tuple[Band, ...] = ()
    infusions: tuple[float, ...] = ()
    usual_systolic: float | None = None
    gap_days: float = 7.0
    words: RecentWords = field(default_factory=RecentWords)


YearSaid = Literal["none", "mild", "moderate", "severe", "ungraded", "unasked"]


@dataclass(frozen=True, slots=True)
class YearDay:
    """One local day: the worst that was said of it; None: there is no entry.

    A rough phase is one whose borders are not known to the day.
    """

    said: YearSaid | None = None
    infusion: bool = False
    phase: Phase | None = None
    rough: bool = False


@dataclass(frozen=True, slots=True)
class YearMonth:
    """A month: its name, its year, and its days so far, from the first on.

    `starts_on` is the place of its first day in a week of YearChart.weekdays.
    """

    label: str
    year: str
    starts_on: int
    days: tuple[YearDay, ...]


@dataclass(frozen=True, slots=True)
class YearWords:
    """The words that the heat map adds by itself."""

    said: Mapping[YearSaid, str] = field(
        default_factory=lambda: {
            "none": "no symptoms",
            "mild": "mild",
            "moderate": "moderate",
            "severe": "severe",
            "ungraded": "not graded",
            "unasked": "symptoms not asked",
        }
    )
    silent: str = "no entry"
    infusion: str = "infusion"
    phases: Mapping[Phase, str] = field(
        default_factory=lambda: {
            "prodrome": "prodrome",
            "leak": "leak phase",
            "recovery": "recovery phase",
            "unknown": "attack, phase not known",
        }
    )
    rough: str = "time known roughly"


@dataclass(frozen=True, slots=True)
class YearChart:
    """Months as a heat map, oldest first; `weekdays` are the names of a week's days."""

    title: str
    desc: str
    weekdays: tuple[str, ...]
    months: tuple[YearMonth, ...]
    words: YearWords = field(default_factory=YearWords)
