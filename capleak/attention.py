"""Who comes first in a list of diaries.

Pure. The order is a design choice: somebody asked for help, an attack is open (a leak
before the other phases, because in it hours count: domain sheet, section 1), a flag, a
stay in hospital, a late infusion. It sorts what was entered and says nothing of those
who entered nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Final

from attacks.phases import Phase


class Need(IntEnum):
    """What puts a record before others; a smaller number comes first."""

    HELP = 1
    LEAK = 2
    ATTACK = 3
    ACT = 4
    WATCH = 5
    HOSPITAL = 6
    OVERDUE = 7
    NOTHING_ENTERED = 8


_OF_LEVEL: Final = {"act": Need.ACT, "watch": Need.WATCH}


@dataclass(frozen=True, slots=True)
class Standing:
    """What was entered in one record that puts it before others."""

    attack_open: bool = False
    phase: Phase | None = None  # of the open attack
    level: str = ""  # of the open flag: "act" or "watch"
    asked_help: bool = False  # lately
    in_hospital: bool = False
    due_at: datetime | None = None  # the next infusion
    overdue_days: int = 0

    @property
    def need(self) -> Need:
        """The first reason why it comes before others."""
        if self.asked_help:
            return Need.HELP
        if self.attack_open:
            return Need.LEAK if self.phase is Phase.LEAK else Need.ATTACK
        if self.level:
            return _OF_LEVEL[self.level]
        if self.in_hospital:
            return Need.HOSPITAL
        return Need.OVERDUE if self.overdue_days else Need.NOTHING_ENTERED

    @property
    def asks(self) -> bool:
        """Whether anything that was entered asks for attention."""
        return self.need < Need.NOTHING_ENTERED


def place(standing: Standing, *, is_own: bool) -> tuple[bool, Need, int]:
    """Where a record comes: one's own first, then by need, the longest overdue first.

    Records of one place are listed by name.
    """
    need = standing.need
    late = standing.overdue_days if need is Need.OVERDUE else 0
    return not is_own, need, -late
