"""Attacks, the facts of each, and what is known of the time before the diary."""

from attacks.models.attack import (
    BOUNDARIES,
    Attack,
    AttackQuerySet,
    CaseReport,
    Precision,
    SamePatient,
    Source,
    Span,
)
from attacks.models.facts import (
    Complication,
    Facts,
    Grade,
    Stay,
    Treatment,
    Trigger,
)
from attacks.models.kinds import Evidence, Sequela, Site, Unit
from attacks.models.past import Days, PastCount

__all__ = [
    "BOUNDARIES",
    "Attack",
    "AttackQuerySet",
    "CaseReport",
    "Complication",
    "Days",
    "Evidence",
    "Facts",
    "Grade",
    "PastCount",
    "Precision",
    "SamePatient",
    "Sequela",
    "Site",
    "Source",
    "Span",
    "Stay",
    "Treatment",
    "Trigger",
    "Unit",
]
