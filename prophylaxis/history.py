"""Every version of an infusion, put together from the events of pghistory.

The row says what it says now. An event of the row says what it said until then
(`update`, `delete`). What its lots, rates and reactions were are events of the same
pghistory context, because every edit replaces them whole; finishing an infusion leaves
them as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from prophylaxis.models import Appointment, Infusion, Lot, RateStep, Reaction
from sharing.models import Category, Patient, User

# pghistory makes these models when it tracks; no type checker can see them.
_InfusionEvents: QuerySet[Any] = Infusion.pgh_event_model.objects  # type: ignore[attr-defined]
_AppointmentEvents: QuerySet[Any] = Appointment.pgh_event_model.objects  # type: ignore[attr-defined]
_LotEvents: QuerySet[Any] = Lot.pgh_event_model.objects  # type: ignore[attr-defined]
_RateEvents: QuerySet[Any] = RateStep.pgh_event_model.objects  # type: ignore[attr-defined]
_ReactionEvents: QuerySet[Any] = Reaction.pgh_event_model.objects  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Version:
    """What an infusion said until `ended_at`, and who ended that.

    `said` has the fields of an Infusion. The rows are those that the change replaced;
    with one that replaced none, they are unchanged.
    """

    said: Any
    ended_at: datetime
    by: User | None  # None: someone who has since left
    what: str  # edited, finished or deleted
    lots: tuple[Any, ...]
    rate_steps: tuple[Any, ...]
    reactions: tuple[Any, ...]

    @property
    def local_started_at(self) -> datetime:
        at: datetime = self.said.started_at
        return at.astimezone(ZoneInfo(self.said.zone))


def was_deleted(patient: Patient, client_id: UUID) -> bool:
    """Whether an infusion with this client id was stored and removed."""
    gone = _InfusionEvents.filter(patient=patient, pgh_label="delete")
    return gone.filter(client_id=client_id).exists()


def was_withdrawn(patient: Patient, client_id: UUID) -> bool:
    """Whether an appointment with this client id was stored and taken back."""
    gone = _AppointmentEvents.filter(patient=patient, pgh_label="delete")
    return gone.filter(client_id=client_id).exists()


def earlier(patient: Patient, public_id: UUID) -> list[Version]:
    """The versions before the present one, the latest first."""
    return _versions(patient, _InfusionEvents.filter(public_id=public_id))


def deleted(patient: Patient) -> list[Version]:
    """The last versions of all infusions that are removed, the latest first."""
    there = Infusion.objects.filter(patient=patient).values("public_id")
    rows = _InfusionEvents.filter(pgh_label="delete").exclude(public_id__in=there)
    latest: dict[UUID, Version] = {}
    for version in _versions(patient, rows):
        latest.setdefault(version.said.public_id, version)
    return list(latest.values())


def last_words(patient: Patient, public_id: UUID) -> Version | None:
    """All that an infusion said when it was last removed, hidden or not.

    To be written back, never to be shown.
    """
    rows = _InfusionEvents.filter(pgh_label="delete", public_id=public_id)
    found = _read(patient, rows)
    return found[0] if found else None


def _versions(patient: Patient, rows: QuerySet[Any]) -> list[Version]:
    """The versions that ended with these events; free text only where it is allowed."""
    found = _read(patient, rows)
    if patient.hides(Category.NOTES):
        for version in found:
            version.said.note = ""
            for reaction in version.reactions:
                reaction.other = reaction.action = ""
    return found


def _read(patient: Patient, rows: QuerySet[Any]) -> list[Version]:
    """The versions that ended with these events, the latest first."""
    events = list(
        rows.filter(patient=patient).select_related("pgh_context").order_by("-pgh_id")
    )
    changes = {event.pgh_context_id for event in events}
    lots = _by_change(_LotEvents, changes)
    rates = _by_change(_RateEvents, changes)
    reactions = _by_change(_ReactionEvents, changes)
    people = User.objects.in_bulk(
        {_about(event).get("by") for event in events} - {None}
    )

    def of(found: Mapping[tuple[Any, int], list[Any]], event: Any) -> tuple[Any, ...]:
        return tuple(found.get((event.pgh_context_id, event.pgh_obj_id), ()))

    return [
        Version(
            said=event,
            ended_at=event.pgh_created_at,
            by=people.get(_about(event).get("by", 0)),
            what=_about(event).get("what", event.pgh_label),
            lots=of(lots, event),
            rate_steps=of(rates, event),
            reactions=of(reactions, event),
        )
        for event in events
    ]


def _by_change(
    rows: QuerySet[Any], changes: Iterable[Any]
) -> dict[tuple[Any, int], list[Any]]:
    """Events of rows of an infusion by their change and that infusion's key."""
    found: dict[tuple[Any, int], list[Any]] = {}
    for row in rows.filter(pgh_context__in=list(changes)).order_by("pgh_obj_id"):
        found.setdefault((row.pgh_context_id, row.infusion_id), []).append(row)
    return found


def _about(event: Any) -> Mapping[str, Any]:
    return event.pgh_context.metadata if event.pgh_context else {}
