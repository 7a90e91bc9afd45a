"""How severe an attack was, read from plain facts, until a clinician says so.

Pure: standard library only. The scale has four grades. Of their wording two were read
in a source: 1 is low blood pressure that responds to drinking, 4 is a fatal attack
(Orphanet). That grades 2 and 3 tell fluids into a vein from intensive care is how the
scale of Druey & Greipp 2010 (Ann Intern Med 153:90, PMC3017349) is usually quoted; its
text was not seen, so what stands here is our own wording (design choice). A grade made
from it is provisional and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol, TypeVar


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


# The scale that a person chooses from; "version" says whose words they are.
SCALE_NAME: Final = "SCLS severity, four grades"
SCALE_VERSION: Final = "CapLeak wording 1"

GRADES: Final = MappingProxyType(
    {
        1: _("low blood pressure that got better with drinking"),
        2: _("needed fluids into a vein or a hospital ward"),
        3: _("needed intensive care or surgery"),
        4: _("fatal"),
    }
)
# Where each wording comes from; None is our own.
SOURCES: Final = MappingProxyType({1: "Orphanet", 2: None, 3: None, 4: "Orphanet"})


@dataclass(frozen=True, slots=True)
class Course:
    """How far an attack went, as told; None is not said."""

    drank_at_home: bool | None = None
    iv_fluids: bool | None = None
    ward: bool | None = None
    icu: bool | None = None
    ventilated: bool | None = None
    surgery: bool | None = None


@dataclass(frozen=True, slots=True)
class Provisional:
    """A grade that follows from facts, with these facts, most telling first."""

    value: int
    because: tuple[str, ...]  # to be translated

    @property
    def wording(self) -> str:
        """What the grade means, to be translated."""
        return GRADES[self.value]

    @property
    def source(self) -> str | None:
        """Who words the grade so; None: we do."""
        return SOURCES[self.value]


# Grade, field of Course, and the fact in words; the gravest first. Surgery to relieve a
# limb is set beside intensive care, where such patients are treated (design choice).
_RULES: Final = (
    (3, "ventilated", _("a machine helped with breathing")),
    (3, "icu", _("intensive care")),
    (3, "surgery", _("surgery")),
    (2, "iv_fluids", _("fluids into a vein")),
    (2, "ward", _("a hospital ward")),
    (1, "drank_at_home", _("drinking at home was enough")),
)


def provisional(course: Course) -> Provisional | None:
    """The grade that the facts point to; None if no fact points to one.

    Never 4: that an attack was fatal is not read from boxes. What is not said counts
    for nothing, so the grade can only be too low.
    """
    told = [(g, text) for g, name, text in _RULES if getattr(course, name)]
    if not told:
        return None
    value = max(grade for grade, _text in told)
    return Provisional(value, tuple(text for grade, text in told if grade == value))


class Assigned(Protocol):
    """A grade that a person gave."""

    @property
    def assigned_as(self) -> str: ...


G = TypeVar("G", bound=Assigned)
_RANK: Final = ("clinician", "report", "patient", "caregiver")


def outranking(grades: Iterable[G]) -> G | None:
    """Of the grades that people gave the one to show: a clinician's before others."""
    return min(grades, key=lambda grade: _rank(grade.assigned_as), default=None)


def _rank(assigned_as: str) -> int:
    return _RANK.index(assigned_as) if assigned_as in _RANK else len(_RANK)
