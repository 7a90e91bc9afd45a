"""The demo's flags: those that its diary would have had, and one of the last hours.

Nobody is told of any: what a demo says has happened to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from capleak.demo.parts import HOME_ZONE, Entry, client_id, reading
from diary.drafts import CheckInDraft


def last_hours(now: datetime) -> tuple[Entry, ...]:
    """A tired, dizzy morning with a pressure below the usual; no red flag among it."""
    return tuple(_entries(now))


def _entries(now: datetime) -> Iterator[Entry]:
    yield _entry(
        "flag 1",
        now - timedelta(hours=7),
        {"fatigue": 2, "headache": 1},
        "Slept badly.",
    )
    yield _entry(
        "flag 2",
        now - timedelta(hours=3),
        {"fatigue": 2, "dizziness": 2},
        "Dizzy when I got up, drank two glasses of water.",
        systolic="96",
        pulse="78",
    )


def _entry(
    name: str,
    at: datetime,
    symptoms: dict[str, int | None],
    note: str,
    **values: str,
) -> Entry:
    units = {"systolic": "mmHg", "pulse": "/min"}
    draft = CheckInDraft(
        client_id=client_id(name),
        at=at,
        zone=HOME_ZONE,
        symptoms=symptoms,
        note=note,
        readings=tuple(
            reading(quantity, Decimal(typed), units[quantity])
            for quantity, typed in values.items()
        ),
    )
    return Entry(draft, at + timedelta(minutes=4))
