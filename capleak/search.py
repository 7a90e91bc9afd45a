"""Where something was written: notes, comments and own symptom words of one record."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, NamedTuple, get_args

from django.db.models import Exists, OuterRef, Q

from attacks.models import Attack
from attacks.words import dates
from diary.models import CheckIn, Comment, Symptom
from prophylaxis.models import Infusion
from sharing.models import Patient

BEFORE, AFTER = 80, 240  # characters shown around what was found (design choice)

Kind = Literal["checkin", "infusion", "attack", "comment"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Row = CheckIn | Infusion | Attack | Comment


class Place(NamedTuple):
    """One row in which the words stand; places sort by day and time."""

    day: date
    at: datetime
    kind: Kind
    pk: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A text around the words that were found; `hit` as it was written."""

    before: str
    hit: str
    after: str


@dataclass(frozen=True, slots=True)
class Found:
    """A row in which the words stand, ready to show."""

    day: date
    kind: Kind
    row: Row
    at: datetime | None  # on the clock where it was lived; None: no hour belongs to it
    excerpts: list[Excerpt]

    @property
    def dates(self) -> str:
        """When an attack was, never more exactly than it is known; blank for others."""
        return dates(self.row) if isinstance(self.row, Attack) else ""


def places(patient: Patient, words: str) -> list[Place]:
    """Every place of an opened record that holds `words`, newest first; four queries.

    Capitals do not matter, and nothing in `words` is a wildcard. What the reader may
    not see is blank in `shown_note`, and so is never found.
    """
    note = Q(shown_note__icontains=words)
    seen = Symptom.objects.seen_by(patient).filter(checkin=OuterRef("pk"))
    own = seen.filter(custom__label__icontains=words)
    in_checkin = note | Q(vaccine__icontains=words) | Exists(own)
    checkins = CheckIn.objects.readable(patient).filter(in_checkin)
    infusions = Infusion.objects.readable(patient).filter(note)
    attacks = Attack.objects.readable(patient).filter(note)
    comments = Comment.objects.filter(patient=patient, text__icontains=words)
    found = [
        *_places("checkin", checkins.values_list("day", "at", "pk")),
        *_places("infusion", infusions.values_list("day", "started_at", "pk")),
        *_places("comment", comments.values_list("day", "at", "pk")),
        *_places("attack", ((_began(a).date(), a.began_at, a.pk) for a in attacks)),
    ]
    return sorted(found, reverse=True)


def _places(kind: Kind, rows: Iterable[tuple[date, datetime, int]]) -> Iterator[Place]:
    return (Place(day, at, kind, pk) for day, at, pk in rows)


def show(patient: Patient, found: Sequence[Place], words: str) -> list[Found]:
    """The rows of these places, with the words as they stand there; five queries."""
    pks: dict[Kind, list[int]] = {kind: [] for kind in KINDS}
    for place in found:
        pks[place.kind].append(place.pk)
    comments = Comment.objects.filter(patient=patient).select_related("author")
    rows: dict[Kind, Mapping[int, Row]] = {
        "checkin": CheckIn.objects.readable(patient).in_bulk(pks["checkin"]),
        "infusion": Infusion.objects.readable(patient).in_bulk(pks["infusion"]),
        "attack": Attack.objects.readable(patient).in_bulk(pks["attack"]),
        "comment": comments.in_bulk(pks["comment"]),
    }
    return [
        _found(place, rows[place.kind][place.pk], words)
        for place in found
        if place.pk in rows[place.kind]  # else it went while we looked
    ]


def _found(place: Place, row: Row, words: str) -> Found:
    at: datetime | None = None
    match row:
        case CheckIn():
            own = [s.label for s in row.symptoms.all() if s.custom_id]
            texts, at = [row.shown_note, row.vaccine, *own], row.local_at
        case Infusion():
            texts, at = [row.shown_note], row.local_started_at
        case Attack():
            texts = [row.shown_note]
        case Comment():
            texts = [row.text]
    excerpts = [excerpt(text, words) for text in texts]
    return Found(place.day, place.kind, row, at, [e for e in excerpts if e])


def excerpt(text: str, words: str) -> Excerpt | None:
    """The surroundings of the first place where `text` holds `words`, if it does."""
    hit = re.search(re.escape(words), text, re.IGNORECASE)
    if hit is None:
        return None
    first, last = max(0, hit.start() - BEFORE), hit.end() + AFTER
    return Excerpt(
        before=("…" if first else "") + text[first : hit.start()],
        hit=hit[0],
        after=text[hit.end() : last] + ("…" if last < len(text) else ""),
    )


def _began(attack: Attack) -> datetime:
    return attack.began_at.astimezone(attack.tz)
