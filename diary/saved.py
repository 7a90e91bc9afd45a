"""The check-in just saved in this browser, and whether it can still be undone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.http import HttpRequest
from django.utils.translation import gettext as _

from diary.models import CheckIn
from diary.templatetags.readings import readings
from diary.words import tags_in_words
from sharing.models import Patient

UNDO_FOR: Final = timedelta(minutes=10)
SAME_MOMENT: Final = timedelta(minutes=5)
SESSION_KEY: Final = "saved_checkin"  # an id, and never in an address


@dataclass(frozen=True, slots=True)
class JustSaved:
    """A stored check-in on the clock of its patient, and what it says in a line."""

    checkin: CheckIn
    recorded_at: datetime
    felt_at: datetime | None  # on the clock where it was lived, if well before
    what: str


def remember(request: HttpRequest, checkin: CheckIn) -> None:
    """Keep which check-in this browser saved last, so that it can be undone."""
    request.session[SESSION_KEY] = str(checkin.client_id)


def just_saved(
    request: HttpRequest, patient: Patient, now: datetime
) -> JustSaved | None:
    """The check-in of this record that this browser saved in the last ten minutes.

    No query where nothing was saved, else three.
    """
    kept = request.session.get(SESSION_KEY)
    if not kept:
        return None
    checkin = (
        CheckIn.objects.readable(patient)
        .filter(client_id=UUID(kept), recorded_at__gt=now - UNDO_FOR)
        .prefetch_related("measurements")
        .first()
    )
    if checkin is None:
        return None
    earlier = checkin.recorded_at - checkin.at > SAME_MOMENT
    return JustSaved(
        checkin=checkin,
        recorded_at=checkin.recorded_at.astimezone(patient.tz),
        felt_at=checkin.local_at if earlier else None,
        what=summary(checkin),
    )


def summary(checkin: CheckIn) -> str:
    """What a check-in says, in one line and without the words of its note."""
    parts = [_("no symptoms")] if checkin.no_symptoms else []
    for symptom in checkin.symptoms.all():
        grade = symptom.severity_label.lower()
        parts.append(f"{symptom.label} ({grade})" if grade else symptom.label)
    parts += [f"{r.label} {r.text}" for r in readings(checkin.measurements.all())]
    parts += tags_in_words(checkin.shown_tags, checkin.vaccine)
    if checkin.shown_note:
        parts.append(_("a note"))
    return ", ".join(parts)
