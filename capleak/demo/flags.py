"""The demo's flags: those that its diary would have had, and one of the last hours.

Nobody is told of any: what a demo says has happened to nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

from capleak.demo.parts import HOME_ZONE, Entry, client_id, reading
from capleak.demo.people import Household
from diary.drafts import CheckInDraft
from diary.models import FlagAnswer, ProdromeFlag
from diary.models.flags import Closed

_COLDS = frozenset({"fever", "cough", "sore_throat", "runny_nose", "chills"})
_ATTACK = (FlagAnswer.Label.ATTACK, "In hospital the day after.")
_COLD = (FlagAnswer.Label.COLD, "Half the office has it.")
_NIGHT = (FlagAnswer.Label.EFFORT, "")


def last_hours(now: datetime) -> tuple[Entry, ...]:
    """A tired, dizzy morning with a pressure below the usual; no red flag among it."""
    return tuple(_entries(now))


def answer(people: Household) -> None:
    """What Ana said, some hours later, that each flag that is over was."""
    flags = ProdromeFlag.objects.filter(patient=people.patient)
    for flag in flags.exclude(closed_at=None):
        codes = {reason["code"] for reason in flag.reasons}
        before_attack = flag.closed_why == Closed.ATTACK
        label, words = _ATTACK if before_attack else _COLD if codes & _COLDS else _NIGHT
        FlagAnswer.objects.create(
            flag=flag,
            label=label,
            words=words,
            by=people.owner,
            by_name=people.patient.name,
            at=flag.opened_at + timedelta(hours=9),
        )


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
