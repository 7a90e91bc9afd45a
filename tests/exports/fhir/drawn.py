"""What random records are drawn from: choices, times, and text with bad manners."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from sharing.models import Patient, User

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
ZONES: Final = (
    "Europe/Berlin",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Monrovia",
    "UTC",
)
HOSTILE: Final = (
    "",
    "plain",
    "<script>alert(1)</script>",
    '"; DROP TABLE diary_checkin; --',
    "]]></div><p>&amp;&nbsp;</p>",
    "=cmd|' /C calc'!A0",
    "#set text(red) \\ $ { } [ ] @ref",
    "\u202eright to left\u202c and \u200dzero width",
    "control \x01 \x0b \x1f \x7f \x85 characters",
    "not a character: \ufffe \uffff",
    " \n\t leading and trailing \r\n ",
    " \u00a0\u2003 ",
    "\U0001f9e0\U0001f1fa\U0001f1f8 é ß 漢字",
    "urn:uuid:00000000-0000-0000-0000-000000000000",
    '{"resourceType": "Patient"}',
)

T = TypeVar("T")


class Drawn:
    """One record that is being made from one number, and what may be drawn for it."""

    whose: Patient
    owner: User
    authors: list[User | None]

    def __init__(self, number: int) -> None:
        self.random = Random(number)
        self.number = number
        self.zone = ZONES[number % len(ZONES)]

    def uuid(self) -> UUID:
        return UUID(int=self.random.getrandbits(128), version=4)

    def one(self, of: Sequence[T]) -> T:
        return self.random.choice(of)

    def some(self, of: Sequence[T], most: int = 3) -> list[T]:
        return self.random.sample(list(of), self.random.randint(0, min(most, len(of))))

    def maybe(self, value: T) -> T | None:
        return self.one([value, None])

    def words(self) -> str:
        return self.one(HOSTILE)

    def name(self, most: int = 40) -> str:
        """Words that are not blank."""
        return (self.words().strip() or "something")[:most]

    def ago(self, days: int = 900) -> datetime:
        minutes = self.random.randrange(days * 24 * 60)
        return NOW - timedelta(minutes=minutes)
