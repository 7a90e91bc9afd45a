"""What a form hands to the attacks before it is stored."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from attacks.models import BOUNDARIES, Attack
from attacks.phases import Clock


@dataclass(frozen=True, slots=True)
class Boundary:
    """An instant, if it is known, and how well."""

    at: datetime | None
    precision: str

    def __str__(self) -> str:
        return f"{self.at.timestamp()} {self.precision}" if self.at else "not known"


@dataclass(frozen=True, slots=True)
class AttackDraft:
    """What can be typed about an attack; `note` None leaves the note as it is."""

    boundaries: Mapping[str, Boundary]  # all four, by name
    ongoing: bool
    outcome: str
    certainty: str = ""
    note: str | None = None

    @property
    def clock(self) -> Clock:
        return Clock(
            **{name: self.boundaries[name].at for name in BOUNDARIES},
            ongoing=self.ongoing,
            came_to_nothing=self.outcome == Attack.Outcome.ABORTED,
        )

    @property
    def digest(self) -> str:
        """The same for two drafts that say the same; a note that is None is no part.

        A form carries it, so that saving can tell what somebody else saved meanwhile.
        """
        told = [str(self.boundaries[name]) for name in BOUNDARIES]
        told += [str(self.ongoing), self.outcome, self.certainty, repr(self.note)]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()


def draft_of(attack: Attack, *, note: str | None) -> AttackDraft:
    """What is stored, as a draft; `note` as the reader may see it, None if hidden."""
    return AttackDraft(
        boundaries={
            name: Boundary(getattr(attack, name), getattr(attack, f"{name}_precision"))
            for name in BOUNDARIES
        },
        ongoing=attack.ongoing,
        outcome=attack.outcome,
        certainty=attack.certainty,
        note=note,
    )
