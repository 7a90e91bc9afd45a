"""What the circle was told lately, and who answered: shown on every record page."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise

from notifications.kinds import NOTICES
from notifications.models import Answer, Delivery, HospitalStay, Occurrence
from sharing.models import Patient, User

SHOWN_FOR: Final = timedelta(days=2)  # design choice
AT_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that the circle was told, and who has seen it."""

    occurrence: Occurrence
    words: str | Promise
    seen: list[Answer]

    def seen_by(self, user: User) -> bool:
        return any(answer.user_id == user.pk for answer in self.seen)


def open_notices(patient: Patient, now: datetime) -> list[Notice]:
    """The newest of each subject, the latest first. Three queries at most.

    Nothing that reached nobody. An infusion is overdue only as long as it is the one
    that is due next.
    """
    told = (
        Occurrence.objects.filter(
            Exists(Delivery.objects.filter(occurrence=OuterRef("pk"))),
            Q(state=Occurrence.State.DISPATCHED),
            ~Q(kind=Occurrence.Kind.INFUSION_MISSED)
            | Q(about_at=F("patient__reminding__infusion_due_at")),
            patient=patient,
            audience=Occurrence.Audience.CIRCLE,
            kind__in=list(NOTICES),
            due_at__gt=now - SHOWN_FOR,
        )
        .prefetch_related("answers__user")
        .order_by("-due_at", "-pk")
    )
    newest: dict[str, Occurrence] = {}
    for occurrence in told:
        newest.setdefault(occurrence.subject, occurrence)
    return [_notice(occurrence) for occurrence in list(newest.values())[:AT_MOST]]


def asked_for_help(patients: Collection[int], now: datetime) -> set[int]:
    """Keys of those of the records in which help was asked for lately; one query."""
    pressed = Occurrence.objects.filter(
        patient__in=patients, kind=Occurrence.Kind.HELP, due_at__gt=now - SHOWN_FOR
    )
    return set(pressed.values_list("patient", flat=True))


def _notice(occurrence: Occurrence) -> Notice:
    seen = [
        answer for answer in occurrence.answers.all() if answer.what == Answer.What.SEEN
    ]
    words = NOTICES[occurrence.kind]
    return Notice(occurrence, words, sorted(seen, key=lambda answer: answer.at))


def stay_of(patient: Patient) -> HospitalStay | None:
    """The stay that is going on, or the last one if nobody said what was missed."""
    return HospitalStay.objects.unsettled().filter(patient=patient).first()
