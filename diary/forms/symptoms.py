"""Symptoms in a form: one field for each that is offered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

from django import forms
from django.utils import timezone

from diary.drafts import CheckInDraft, Reading
from diary.forms.record import RecordForm
from diary.offer import Choice, Offer
from diary.redflags import RedFlag
from diary.services import red_flags_in

Offered = tuple[Choice, forms.BoundField]


class SymptomsForm(RecordForm):
    """A field per choice of the offer; a cleaned form has `symptoms` and `own`."""

    def __init__(self, data: Any = None, *, offer: Offer, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        # A word archived in another window since the page was opened is still meant.
        sent = tuple(c for c in offer.archived if data and data.get(c.field))
        self.offer = replace(offer, first=(*offer.first, *sent))
        self.symptoms: dict[str, int | None] = {}
        self.own: dict[int, int | None] = {}

    def top_symptoms(self) -> Iterator[Offered]:
        return ((choice, self[choice.field]) for choice in self.offer.first)

    def more_symptoms(self) -> Iterator[tuple[str, list[Offered]]]:
        """The rest, under the phase that each mostly belongs to."""
        for label, choices in self.offer.rest:
            yield label, [(choice, self[choice.field]) for choice in choices]

    @property
    def more_open(self) -> bool:
        rest = tuple(c.field for _label, choices in self.offer.rest for c in choices)
        return any(name in self.errors or self[name].value() for name in rest)

    @property
    def any_present(self) -> bool:
        return any(s != 0 for s in (*self.symptoms.values(), *self.own.values()))

    def measured_values(self) -> tuple[Reading, ...]:
        """What was measured beside the symptoms, confirmed or not."""
        return ()

    @property
    def red_flags(self) -> list[RedFlag]:
        """The red flags of a form that was not saved: help does not wait for it."""
        if not (self.is_bound and self.errors):
            return []
        filled_in = CheckInDraft(
            client_id=uuid4(),
            at=timezone.now(),
            zone=self.patient.zone,
            symptoms=self.symptoms,
            own=self.own,
            readings=self.measured_values(),
        )
        return red_flags_in(filled_in, self.patient, filled_in.at)
