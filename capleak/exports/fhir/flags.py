"""Flags: facts about the diary, which was unusual for its person, with the reasons."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Final

from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Resource, instant
from capleak.exports.fhir.people import SOFTWARE
from capleak.exports.fhir.record import Record
from capleak.exports.fhir.times import in_words
from diary.flag_words import answered, sentences, title
from diary.models import ProdromeFlag
from diary.models.flags import Closed

AT_ONCE: Final = 200


def flags(record: Record) -> Iterator[Resource]:
    """Each flag that was open at any time of the period, oldest first."""
    rows = ProdromeFlag.objects.readable(record.patient)
    in_order = rows.prefetch_related("answers__by").order_by("opened_at", "pk")
    for flag in in_order.iterator(AT_ONCE):
        if record.touches(flag.opened_at, flag.closed_at):
            yield _flag(record, flag)


def _flag(record: Record, flag: ProdromeFlag) -> Resource:
    # Others than the patient read the file; what is hidden from its maker stays so.
    patient, zone = copy(record.patient), record.patient.tz
    patient.is_own = False
    heading = title(flag.peak, is_own=False)
    reasons = sentences(flag.reasons, patient)
    why = Closed(flag.closed_why).label if flag.closed_why else ""
    said = [
        _("Answered by %(who)s: %(what)s")
        % {
            "who": answer.by,
            "what": ", ".join(t for t in (answer.label, answer.words) if t),
        }
        for answer in answered(flag.answers.all(), patient)
    ]
    return record.resource(
        "Flag",
        flag.public_id,
        lines=[
            f"{in_words(flag.opened_at, zone)}: {heading}",
            *reasons,
            _("Closed: %(why)s") % {"why": why} if why else "",
            *said,
        ],
        complete=False,  # a Flag has no element for why it was closed, nor for answers
        status="active" if flag.is_open else "inactive",
        category=[codes.text(_("Symptom diary"))],
        code=codes.text(f"{heading}. {'; '.join(reasons)}"),
        subject=record.subject,
        period={
            "start": instant(flag.opened_at, zone),
            "end": instant(flag.closed_at, zone) if flag.closed_at else None,
        },
        author=record.reference("Device", SOFTWARE),
    )
