"""Drafts and versions as rows that the pages of the diary know how to show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from diary.drafts import CheckInDraft
from diary.models import CheckIn, CustomSymptom, Measurement, Symptom
from diary.services import measurement
from diary.visible import visible
from diary.words import tags_in_words
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Shown:
    """What a check-in says or said, as the reader may see it; no row is stored."""

    checkin: CheckIn
    local_at: datetime
    symptoms: list[Symptom]
    measurements: list[Measurement]
    note: str

    @property
    def tags(self) -> list[str]:
        """What else went on, in words; a vaccine with its name."""
        return tags_in_words(self.checkin.tags, self.checkin.vaccine)


def shown(record: Patient, drafts: Iterable[CheckInDraft]) -> list[Shown]:
    """Each draft as rows, without what the reader may not see; one query for all."""
    drafts = [visible(record, draft) for draft in drafts]
    own = CustomSymptom.objects.in_bulk({pk for draft in drafts for pk in draft.own})
    return [_rows(record, draft, own) for draft in drafts]


def _rows(
    record: Patient, draft: CheckInDraft, own: Mapping[int, CustomSymptom]
) -> Shown:
    checkin = CheckIn(
        patient=record,
        client_id=draft.client_id,
        no_symptoms=draft.no_symptoms,
        tags=list(draft.tags),
        vaccine=draft.vaccine,
    )
    checkin.set_moment(draft.at, draft.zone)
    known = [Symptom(code=code, severity=s) for code, s in draft.symptoms.items()]
    in_own_words = [
        Symptom(custom=own[pk], severity=s) for pk, s in draft.own.items() if pk in own
    ]
    return Shown(
        checkin=checkin,
        local_at=checkin.local_at,
        symptoms=known + in_own_words,
        measurements=[measurement(checkin, r, by=None) for r in draft.readings],
        note=draft.note,
    )
