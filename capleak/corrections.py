"""Requests for corrections as people see them: which entry, what was asked, the answer.

An entry is named as far as the reader of the opened record may see it; one that was
deleted, or that they may not see, has no name and no address.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attacks.models import Attack
from attacks.words import dates
from diary.models import CheckIn
from prophylaxis.models import Infusion
from sharing.models import Correction, Patient, Permission, User

# For how long an answer is told on Today to who asked (design choice).
FRESH: Final = timedelta(days=14)

About = Correction.About
Entry = CheckIn | Attack | Infusion

# Where an entry is shown and changed: names of addresses with its id.
_SHOWN: Final = {
    About.CHECKIN: "diary:history",
    About.ATTACK: "attacks:detail",
    About.INFUSION: "prophylaxis:infusion",
}
_CHANGED: Final = {
    About.CHECKIN: "diary:edit",
    About.ATTACK: "attacks:edit",
    About.INFUSION: "prophylaxis:infusion_edit",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """An entry that a request is about."""

    title: str
    url: str
    edit_url: str  # blank for those who may not change it


@dataclass(frozen=True, slots=True)
class Line:
    """One request, and its entry if the reader may see it."""

    correction: Correction
    subject: Subject | None


@dataclass(frozen=True, slots=True)
class News:
    """What of corrections is worth a line on Today."""

    waiting: int  # for an answer of whoever reads it
    answered: int  # lately, of what they asked


def subject(patient: Patient, about: Correction.About, target: UUID) -> Subject | None:
    """The entry of an opened record as its reader sees it; None if they do not."""
    return _subjects(patient, about, [target]).get(target)


def lines(patient: Patient, corrections: Iterable[Correction]) -> list[Line]:
    """Each request with its entry; one query for each kind of entry."""
    corrections = list(corrections)
    found = {
        (about, target): subject
        for about in About
        for target, subject in _subjects(
            patient, about, [c.target for c in corrections if c.about == about]
        ).items()
    }
    return [Line(c, found.get((About(c.about), c.target))) for c in corrections]


def news(patient: Patient, user: User, now: datetime) -> News:
    """What waits for an answer of this reader, and what was answered to them."""
    rows = Correction.objects.readable(patient, user)
    may_decide = Permission.MANAGE in patient.permissions
    answered = rows.filter(asked_by=user).answered_since(now - FRESH)
    return News(rows.open().count() if may_decide else 0, answered.count())


def _subjects(
    patient: Patient, about: Correction.About, targets: Collection[UUID]
) -> dict[UUID, Subject]:
    if not targets:
        return {}
    found: dict[UUID, tuple[str, datetime | str]] = {}
    match about:
        case About.CHECKIN:
            for c in CheckIn.objects.readable(patient).filter(client_id__in=targets):
                found[c.client_id] = _("Check-in of %(when)s"), c.local_at
        case About.ATTACK:
            for a in Attack.objects.readable(patient).filter(public_id__in=targets):
                found[a.public_id] = _("Attack: %(when)s"), dates(a)
        case About.INFUSION:
            for i in Infusion.objects.readable(patient).filter(public_id__in=targets):
                found[i.public_id] = _("Infusion of %(when)s"), i.local_started_at
    may_change = Permission.LOG in patient.permissions
    return {
        target: Subject(
            title=words % {"when": _when(when)},
            url=reverse(_SHOWN[about], args=[patient.public_id, target]),
            edit_url=reverse(_CHANGED[about], args=[patient.public_id, target])
            if may_change
            else "",
        )
        for target, (words, when) in found.items()
    }


def _when(when: datetime | str) -> str:
    return when if isinstance(when, str) else date_format(when, "j F Y, H:i")
