"""The entries of a record as lines of CapLeak's own CSV."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from diary.csv_format import OwnWord, lines
from diary.drafts import CheckInDraft, reading_of
from diary.history import draft_of
from diary.models import CheckIn, Measurement
from sharing.models import Patient

AT_ONCE = 500  # entries in memory


def entry_lines(patient: Patient) -> Iterator[list[str]]:
    """All entries of the opened record, oldest first, without what is hidden."""
    checkins = CheckIn.objects.readable(patient).prefetch_related("measurements")
    for row in checkins.order_by("at", "pk").iterator(AT_ONCE):
        row.note, row.tags = row.shown_note, row.shown_tags
        own = {
            symptom.custom.pk: OwnWord(symptom.custom.label, symptom.custom.key)
            for symptom in row.symptoms.all()
            if symptom.custom
        }
        yield from lines(draft_of(row), own)
    for draft in _loose(patient):
        yield from lines(draft, {})


def _loose(patient: Patient) -> Iterator[CheckInDraft]:
    """Measurements that belong to no check-in, those read together as one entry."""
    rows = Measurement.objects.readable(patient).filter(checkin=None)
    in_order = rows.order_by("at", "client_id", "pk").iterator(AT_ONCE)
    for _moment, together in groupby(in_order, lambda m: (m.at, m.client_id)):
        read = list(together)
        yield CheckInDraft(
            client_id=read[0].client_id,
            at=read[0].at,
            zone=read[0].zone,
            readings=tuple(reading_of(m) for m in read),
        )
