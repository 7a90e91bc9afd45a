"""Which symptoms a patient put first in every form, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from diary.models import Profile
from sharing.models import Patient

MOST_PINS: Final = 8  # design choice: what a thumb scrolls past in one go

Pins = list[str]


class TooMany(Exception):
    """There are MOST_PINS already."""


def pin(patient: Patient, name: str) -> None:
    """Put a symptom after those that stand first already. TooMany if it is one more."""

    def added(pins: Pins) -> Pins:
        if name in pins:
            return pins
        if len(pins) >= MOST_PINS:
            raise TooMany
        return [*pins, name]

    _change(patient, added)


def unpin(patient: Patient, name: str) -> None:
    _change(patient, lambda pins: [p for p in pins if p != name])


def raise_pin(patient: Patient, name: str) -> None:
    """Let it change places with the one before it; the first stays where it is."""

    def raised(pins: Pins) -> Pins:
        if name in pins[1:]:
            at = pins.index(name)
            pins[at - 1], pins[at] = pins[at], pins[at - 1]
        return pins

    _change(patient, raised)


def _change(patient: Patient, change: Callable[[Pins], Pins]) -> None:
    with Patient.objects.writing(patient):
        profile, _new = Profile.objects.get_or_create(patient=patient)
        profile.pinned = change(list(profile.pinned))
        profile.save(update_fields=["pinned"])
