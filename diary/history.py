"""Every version of a check-in, put together from the events of pghistory.

A check-in's row says what it says now. An event of the row says what it said until
then (`update`, `delete`), or that it came back (`insert`). What its symptoms and
measurements were are events of the same pghistory context, because every change
replaces them whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from diary.drafts import CheckInDraft, Measured, reading_of
from diary.models import CheckIn, Measurement, Symptom
from sharing.models import Patient, User

SAVED, EDITED, DELETED, RESTORED, MOVED = (
    "saved",
    "edited",
    "deleted",
    "restored",
    "moved",
)

# pghistory makes these models when it tracks; no type checker can see them.
_CheckInEvents: QuerySet[Any] = CheckIn.pgh_event_model.objects  # type: ignore[attr-defined]
_SymptomEvents: QuerySet[Any] = Symptom.pgh_event_model.objects  # type: ignore[attr-defined]
_MeasurementEvents: QuerySet[Any] = Measurement.pgh_event_model.objects  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Change:
    """Who did what, and when. `by` is None for someone who has since left."""

    what: str  # SAVED, EDITED, DELETED, RESTORED or MOVED
    at: datetime
    by: User | None


@dataclass(frozen=True, slots=True)
class Version:
    """What a check-in said from `began` to `ended`; now, if `ended` is None.

    Numbers rise by one with every change. A deletion is a change, so what comes back
    after it is two further on, and a page that is older than the deletion is told.
    """

    number: int
    said: CheckInDraft
    recorded_at: datetime
    entered_by: User | None
    moved_at: datetime | None
    moved_by: User | None
    began: Change
    ended: Change | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nothing took its place when it ended."""
        return self.ended is not None and self.ended.what in {DELETED, MOVED}

    @property
    def last_change(self) -> Change:
        return self.ended or self.began

    @property
    def changes(self) -> int:
        """The number that a page carries to say after which change it was made."""
        return self.number + 1 if self.ended else self.number


def versions(patient: Patient, client_id: UUID) -> list[Version]:
    """Every version of one check-in, newest first; empty if there never was one."""
    return versions_of(patient, [client_id]).get(client_id, [])


def versions_of(
    patient: Patient, client_ids: Collection[UUID]
) -> dict[UUID, list[Version]]:
    """Every version of some check-ins, newest first; a constant query count."""
    events = list(
        _CheckInEvents.filter(patient=patient, client_id__in=client_ids)
        .select_related("pgh_context")
        .order_by("pgh_id")
    )
    live = patient.checkins.filter(client_id__in=client_ids)
    rows = {c.client_id: c for c in live.prefetch_related("symptoms", "measurements")}
    told = _Told(events, rows.values())
    streams: dict[UUID, list[_CheckInEvent]] = defaultdict(list)
    for event in events:
        streams[event.client_id].append(event)
    return {
        client_id: told.versions(streams[client_id], rows.get(client_id))
        for client_id in client_ids
        if client_id in rows or client_id in streams
    }


def gone(patient: Patient) -> QuerySet[Any]:
    """The client ids of what was deleted or moved away, newest first."""
    deletions = _CheckInEvents.filter(patient=patient, pgh_label="delete")
    later = deletions.filter(
        client_id=OuterRef("client_id"), pgh_id__gt=OuterRef("pgh_id")
    )
    live = patient.checkins.filter(client_id=OuterRef("client_id"))
    return (
        deletions.filter(~Exists(later), ~Exists(live))
        .order_by("-pgh_id")
        .values_list("client_id", flat=True)
    )


def taken_out(patient: Patient) -> dict[UUID, int]:
    """What went when a whole file was undone: the numbers that the deletions have."""
    last = gone(patient).filter(pgh_context__metadata__has_key="run")
    numbers = last.values_list("client_id", "version")
    return {client_id: version + 1 for client_id, version in numbers}


def edited(checkins: QuerySet[CheckIn]) -> QuerySet[CheckIn]:
    """Those that were changed after they were saved."""
    changes = _CheckInEvents.filter(pgh_obj=OuterRef("pk"), pgh_label="update")
    return checkins.filter(Exists(changes))


def deletion(patient: Patient, client_id: UUID) -> int:
    """The number that the last deletion of a check-in has; 0 if there was none."""
    events = _CheckInEvents.filter(
        patient=patient, client_id=client_id, pgh_label="delete"
    )
    last = events.order_by("-pgh_id").values_list("version", flat=True).first()
    return 0 if last is None else int(last) + 1


def saved_since(patient: Patient, since: datetime) -> QuerySet[CheckIn]:
    """Check-ins that were saved, changed or moved in after an instant."""
    events = _CheckInEvents.filter(patient=patient, pgh_created_at__gte=since)
    changed = events.exclude(pgh_label="delete").values("client_id")
    return patient.checkins.filter(
        Q(recorded_at__gte=since) | Q(moved_at__gte=since) | Q(client_id__in=changed)
    ).select_related("patient")


# --- From events to versions --------------------------------------------------------


class _Context(Protocol):
    metadata: Mapping[str, Any]


class _Said(Protocol):
    """A check-in's own columns, of its row now or of its row as an event kept it."""

    client_id: UUID
    at: datetime
    zone: str
    no_symptoms: bool
    note: str
    tags: list[str]
    vaccine: str
    version: int
    recorded_at: datetime
    entered_by_id: int | None
    moved_at: datetime | None
    moved_by_id: int | None


class _CheckInEvent(_Said, Protocol):
    pgh_label: str
    pgh_created_at: datetime
    pgh_context_id: UUID | None
    pgh_context: _Context | None
    pgh_obj_id: int


class _SymptomRow(Protocol):
    code: str
    custom_id: int | None
    severity: int | None


_Key = tuple[UUID | None, int]  # the context of a change, and the check-in's row


@dataclass
class _Told:
    """All that is needed to tell the versions of some check-ins."""

    events: Iterable[_CheckInEvent]
    live: Iterable[CheckIn]
    symptoms: dict[_Key, list[_SymptomRow]] = field(init=False)
    measurements: dict[_Key, list[Measured]] = field(init=False)
    people: Mapping[int, User] = field(init=False)

    def __post_init__(self) -> None:
        contexts = {e.pgh_context_id for e in self.events} - {None}
        self.symptoms, self.measurements = defaultdict(list), defaultdict(list)
        of_changes = {"pgh_context__in": contexts}
        for s in _SymptomEvents.filter(**of_changes).order_by("pgh_id"):
            self.symptoms[s.pgh_context_id, s.checkin_id].append(s)
        for m in _MeasurementEvents.filter(**of_changes).order_by("pgh_id"):
            self.measurements[m.pgh_context_id, m.checkin_id].append(m)
        rows: list[_Said] = [*self.events, *self.live]
        pks = {pk for row in rows for pk in (row.entered_by_id, row.moved_by_id)}
        pks |= {self._about(e).get("by") for e in self.events}
        self.people = User.objects.in_bulk([pk for pk in pks if pk is not None])

    def versions(
        self, events: Iterable[_CheckInEvent], row: CheckIn | None
    ) -> list[Version]:
        """The versions of one check-in, newest first, from its events in order."""
        found: list[Version] = []
        began: Change | None = None
        for event in events:
            change = self._change(event)
            if event.pgh_label != "insert":
                key = event.pgh_context_id, event.pgh_obj_id
                said = draft_from(event, self.symptoms[key], self.measurements[key])
                version = self._version(event, said, began)
                found.append(replace(version, ended=change))
            began = change
        if row:
            said = draft_from(row, row.symptoms.all(), row.measurements.all())
            found.append(self._version(row, said, began))
        return found[::-1]

    def _version(self, row: _Said, said: CheckInDraft, began: Change | None) -> Version:
        author, mover = self._person(row.entered_by_id), self._person(row.moved_by_id)
        if began is None and row.moved_at:
            began = Change(MOVED, row.moved_at, mover)
        return Version(
            number=row.version,
            said=said,
            recorded_at=row.recorded_at,
            entered_by=author,
            moved_at=row.moved_at,
            moved_by=mover,
            began=began or Change(SAVED, row.recorded_at, author),
        )

    def _change(self, event: _CheckInEvent) -> Change:
        about = self._about(event)
        what = about.get("what", DELETED if event.pgh_label == "delete" else EDITED)
        return Change(what, event.pgh_created_at, self._person(about.get("by")))

    def _about(self, event: _CheckInEvent) -> Mapping[str, Any]:
        return event.pgh_context.metadata if event.pgh_context else {}

    def _person(self, pk: int | None) -> User | None:
        return None if pk is None else self.people.get(pk)


def draft_from(
    row: _Said, symptoms: Iterable[_SymptomRow], measurements: Iterable[Measured]
) -> CheckInDraft:
    """A check-in as a draft, from its own columns and the rows that belong to it."""
    symptoms = list(symptoms)
    return CheckInDraft(
        client_id=row.client_id,
        at=row.at,
        zone=row.zone,
        symptoms={s.code: s.severity for s in symptoms if s.code},
        own={s.custom_id: s.severity for s in symptoms if s.custom_id},
        no_symptoms=row.no_symptoms,
        note=row.note,
        tags=tuple(row.tags),
        vaccine=row.vaccine,
        readings=tuple(reading_of(m) for m in measurements),
    )


def draft_of(checkin: CheckIn) -> CheckInDraft:
    """A stored check-in as a draft that says the same."""
    return draft_from(checkin, checkin.symptoms.all(), checkin.measurements.all())
