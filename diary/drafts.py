"""What a form, an import or an earlier version hands to the diary to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value: canonical, and as it was typed."""

    quantity: str
    value: Decimal
    typed_value: Decimal
    typed_unit: str
    posture: str = ""
    site: str = ""
    device: str = ""
    confirmed: bool = False  # implausible, and meant

    @property
    def identity(self) -> tuple[str, str, str]:
        """What there is one of in a check-in."""
        return self.quantity, self.posture, self.site


@dataclass(frozen=True, slots=True)
class CheckInDraft:
    """A check-in that is not stored yet. `at` is aware; severity None is ungraded.

    `own` are the patient's own symptoms by their primary key.
    """

    client_id: UUID
    at: datetime
    zone: str
    symptoms: Mapping[str, int | None] = field(default_factory=dict)
    own: Mapping[int, int | None] = field(default_factory=dict)
    no_symptoms: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()
    vaccine: str = ""
    readings: tuple[Reading, ...] = ()
    timed: bool = True  # False: nobody typed a time, so `at` is when it was sent

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing at all, not even that there was nothing."""
        said = self.symptoms, self.own, self.no_symptoms, self.note, self.tags
        return not (any(said) or self.readings)


class Measured(Protocol):
    """A stored measurement, or one that an earlier version had."""

    quantity: str
    value: Decimal
    typed_value: Decimal
    typed_unit: str
    posture: str
    site: str
    device: str
    confirmed: bool


def reading_of(row: Measured) -> Reading:
    return Reading(
        quantity=row.quantity,
        value=row.value,
        typed_value=row.typed_value,
        typed_unit=row.typed_unit,
        posture=row.posture,
        site=row.site,
        device=row.device,
        confirmed=row.confirmed,
    )


def differences(a: CheckInDraft, b: CheckInDraft) -> list[str]:
    """Which parts say something else, by the name of the part in a draft.

    The moment is left to the caller: the same form sent twice without a time was felt
    at two nows.
    """
    pairs = {
        "symptoms": (
            (dict(a.symptoms), dict(a.own), a.no_symptoms),
            (dict(b.symptoms), dict(b.own), b.no_symptoms),
        ),
        "readings": (_values(a), _values(b)),
        "tags": ((set(a.tags), a.vaccine), (set(b.tags), b.vaccine)),
        "note": (_lines(a.note), _lines(b.note)),
    }
    return [part for part, (one, other) in pairs.items() if one != other]


def same(a: CheckInDraft, b: CheckInDraft) -> bool:
    """Whether two drafts say the same, whenever they were sent."""
    return not differences(a, b)


def _values(draft: CheckInDraft) -> dict[tuple[str, str, str], tuple[Decimal, str]]:
    return {r.identity: (r.typed_value, r.typed_unit) for r in draft.readings}


def _lines(text: str) -> str:
    """A browser sends a line break as two characters; a stored one may have one."""
    return text.replace("\r\n", "\n")
