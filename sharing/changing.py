"""Changing what a grant allows: at once, and for whoever has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import pghistory
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from sharing import managers, stale
from sharing.authority import grants_changed, managed
from sharing.models import Category, Grant, Patient, User
from sharing.services import earliest

VERSIONS_SHOWN = 20

# kind, permissions, hidden, told as stored; begins_on (None: it has begun) and until
# (None: no end) as the patient's local days.
Parts = Mapping[str, Any]


# An end is after its beginning, and who manages a record sees all of it.
PAIRS = (("begins_on", "until"), ("permissions", "hidden"))


class GrantGone(Exception):
    """Revoked, or over, in the meantime."""


class NeverHolds(Exception):
    """It would end before it begins; nothing was stored."""


def start_of(day: date, patient: Patient) -> datetime:
    """The first moment of a day on the patient's clock, in UTC."""
    return datetime.combine(day, time.min, tzinfo=patient.tz).astimezone(UTC)


def end_of(day: date, patient: Patient) -> datetime:
    """The last second of a day on the patient's clock, in UTC."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=patient.tz).astimezone(UTC)


def parts_of(grant: Grant, patient: Patient) -> Parts:
    """What a grant says now, in the parts that a form shows."""
    starts, ends = grant.starts_at, grant.expires_at
    to_come = starts > timezone.now()
    return {
        "kind": str(grant.kind),
        "permissions": list(grant.permissions),
        "hidden": list(grant.hidden),
        "told": list(grant.told),
        "begins_on": starts.astimezone(patient.tz).date() if to_come else None,
        "until": ends.astimezone(patient.tz).date() if ends else None,
    }


def change(
    patient: Patient, grant: Grant, typed: Parts, seen: str, *, by: User
) -> tuple[stale.Difference, Parts]:
    """Store what differs from what was shown; what differed, and what is stored now.

    Nothing is stored if somebody else changed a part of it since the page with the
    marks `seen` was shown. It counts from the holder's next request on. GrantGone if
    the grant does not stand any more, PermissionDenied if `by` gives what they have
    not, or changes what they hold themselves, NeverHolds if their own access ends
    before this one would begin.
    """
    with (
        Patient.objects.writing(patient),
        managers.kept(patient),
        pghistory.context(by=by.pk),
    ):
        record = managed(patient, by)
        stored = Grant.objects.standing().filter(pk=grant.pk, patient=patient).first()
        if stored is None:
            raise GrantGone
        shown = parts_of(stored, patient)
        found = stale.compare(typed, shown, seen, PAIRS)
        if found.mine and not found.taken:
            new = {part: typed[part] for part in found.mine}
            _refuse_more(record, stored, new, by)
            fields = _fields(record, new)
            if stored.user_id is None:  # it stands as long as who gives this may
                end = fields.get("expires_at", stored.expires_at)
                fields["invited_by"] = by
                fields["expires_at"] = earliest(end, record.granted_until)
            end = fields.get("expires_at", stored.expires_at)
            if end and end <= fields.get("starts_at", stored.starts_at):
                raise NeverHolds
            Grant.objects.filter(pk=stored.pk).update(**fields)
            grants_changed(patient)
    return found, shown


def _refuse_more(record: Patient, stored: Grant, new: Parts, by: User) -> None:
    """PermissionDenied for more than `by`, who opened `record`, has themselves."""
    added = set(new.get("permissions", ())) - {*stored.permissions}
    revealed = {*stored.hidden} - set(new.get("hidden", stored.hidden))
    if stored.user_id == by.pk or not added <= record.given:
        raise PermissionDenied
    if any(record.hides(Category(name)) for name in revealed):
        raise PermissionDenied


def _fields(record: Patient, new: Parts) -> dict[str, Any]:
    """The columns to be written; an end lies no later than the giver's own."""
    days = {"begins_on", "until"}
    fields = {part: value for part, value in new.items() if part not in days}
    if "begins_on" in new:
        day = new["begins_on"]
        fields["starts_at"] = start_of(day, record) if day else timezone.now()
    if "until" in new:
        end = end_of(new["until"], record) if new["until"] else None
        fields["expires_at"] = earliest(end, record.granted_until)
    return fields


@dataclass(frozen=True, slots=True)
class Version:
    """What a grant allowed until somebody changed it."""

    until: datetime
    by: User | None  # None: an account that is gone
    allowed: Any  # the event, with the columns of a grant


def earlier(grant: Grant) -> list[Version]:
    """What a grant allowed before each change, the latest first; two queries."""
    events: Any = apps.get_model("sharing", "GrantEvent").objects
    rows = list(
        events.filter(pgh_obj=grant.pk)
        .select_related("pgh_context")
        .order_by("-pgh_id")[:VERSIONS_SHOWN]
    )
    by = [
        (row.pgh_context.metadata if row.pgh_context else {}).get("by") for row in rows
    ]
    people = User.objects.in_bulk({pk for pk in by if pk})
    return [
        Version(row.pgh_created_at, people.get(pk), row)
        for row, pk in zip(rows, by, strict=True)
    ]
