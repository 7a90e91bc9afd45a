"""The entries of a record as lines of CapLeak's own CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from heapq import merge
from itertools import groupby
from typing import Any

from django.db.models import Prefetch, Q, QuerySet

from diary.csv_format import OwnWord, lines
from diary.drafts import CheckInDraft, reading_of
from diary.history import draft_from
from diary.models import CheckIn, CustomSymptom, Measurement, Symptom
from sharing.models import Patient

AT_ONCE = 200  # entries in memory


def entry_lines(
    patient: Patient, *, since: date | None = None, until: date | None = None
) -> Iterator[list[str]]:
    """All entries of the opened record, oldest first, without what is hidden.

    Or only those of these days, both included, each lived where the patient was.
    """
    felt = Q()
    if since:
        felt &= Q(day__gte=since)
    if until:
        felt &= Q(day__lte=until)
    own = {
        word.pk: OwnWord(word.label, word.key)
        for word in CustomSymptom.objects.readable(patient)
    }
    checkins = CheckIn.objects.readable(patient).filter(felt).prefetch_related(None)
    # As lists: a queryset for each of 20,000 entries takes longer than its rows.
    readings = Measurement.objects.order_by("pk")
    with_rows: QuerySet[Any] = checkins.prefetch_related(
        Prefetch("symptoms", Symptom.objects.seen_by(patient), to_attr="said"),
        Prefetch("measurements", readings, to_attr="measured"),
    )
    # In order as well when what was read alone has become an entry elsewhere.
    alone = _loose(patient, felt)
    for draft in merge(_entries(with_rows), alone, key=lambda draft: draft.at):
        yield from lines(draft, own)


def _entries(with_rows: QuerySet[Any]) -> Iterator[CheckInDraft]:
    for row in with_rows.order_by("at", "pk").iterator(AT_ONCE):
        row.note, row.tags = row.shown_note, row.shown_tags
        yield draft_from(row, row.said, row.measured)


def _loose(patient: Patient, felt: Q) -> Iterator[CheckInDraft]:
    """Measurements that belong to no check-in, those read together as one entry."""
    rows = Measurement.objects.readable(patient).filter(felt, checkin=None)
    in_order = rows.order_by("at", "client_id", "pk").iterator(AT_ONCE)
    for _moment, together in groupby(in_order, lambda m: (m.at, m.client_id)):
        read = list(together)
        yield CheckInDraft(
            client_id=read[0].client_id,
            at=read[0].at,
            zone=read[0].zone,
            readings=tuple(reading_of(m) for m in read),
        )
