"""The infusions of a record as a calendar that other programs subscribe to.

Titles say nothing of health unless that was chosen: a calendar shows them on lock
screens, and most calendars belong to someone's employer or to a large company.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from django.db.models import Max
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from notifications.schedule import local_day, resolve_local
from prophylaxis.models import CalendarFeed, Infusion, Plan
from prophylaxis.schedule import following
from prophylaxis.services import standing
from sharing.models import Patient, Permission, User, hash_token, new_token

AHEAD: Final = timedelta(days=366)
# Design choices: how long an entry is shown whose end nobody knows, and how often
# programs should look (RFC 7986, section 5.7).
SHOWN_FOR: Final = timedelta(hours=1)
LOOK_AGAIN: Final = timedelta(hours=6)
# Ids of entries must not lead back to the record, and stay the same.
_NAMESPACE: Final = UUID("0d2cb7b6-9a0e-5b0b-9b76-53f2a4c1f6e1")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a calendar. `changed_at` moves only when what it tells does."""

    uid: UUID
    starts_at: datetime
    lasts: timedelta
    title: str
    changed_at: datetime


def make(patient: Patient, *, by: User, past: bool, plain: bool) -> str:
    """Make a link, the only one of this person to this record; its secret.

    The secret is kept nowhere. An earlier link stops working.
    """
    token = new_token()
    with Patient.objects.writing(patient):
        CalendarFeed.objects.update_or_create(
            patient=patient,
            user=by,
            defaults={
                "grant_id": patient.grant_pk,
                "token_hash": hash_token(token),
                "past": past,
                "plain": plain,
                "fetched_at": None,
            },
        )
    return token


def change(feed: CalendarFeed, patient: Patient, *, past: bool, plain: bool) -> None:
    """Change what a link shows; the link stays."""
    with Patient.objects.writing(patient):
        CalendarFeed.objects.filter(pk=feed.pk).update(past=past, plain=plain)


def end(patient: Patient, *, by: User) -> None:
    """Take this person's link back."""
    with Patient.objects.writing(patient):
        CalendarFeed.objects.of_person(patient, by).delete()


def entries(feed: CalendarFeed, patient: Patient, now: datetime) -> list[Entry]:
    """What the feed shows of the record, oldest first."""
    # Whether plain words leave the house is for the patient and those who manage.
    plain = feed.plain and Permission.MANAGE in patient.permissions
    found = list(_coming(patient, now, plain=plain))
    if feed.past:
        found += _past(patient, plain=plain)
    return sorted(found, key=lambda entry: (entry.starts_at, str(entry.uid)))


def _coming(patient: Patient, now: datetime, *, plain: bool) -> Iterator[Entry]:
    """The due infusions of the next twelve months, each day of a split dose."""
    ahead = standing(patient, now)
    plan, due = ahead.plan, ahead.due
    if plan is None or due is None:
        return
    given = Infusion.objects.filter(patient=patient)
    written_at = given.aggregate(at=Max("recorded_at"))["at"]
    changed_at = max(plan.began_at, written_at or plan.began_at)
    title = _("Infusion, due by the plan") if plain else _("Appointment")
    day = ahead.course_day
    while due <= now + AHEAD:
        for at in course_times(plan, due, day):
            yield Entry(
                uuid5(_NAMESPACE, f"due {plan.pk} {local_day(at, plan.tz)}"),
                at,
                SHOWN_FOR,
                title,
                changed_at,
            )
        due = following(plan.rhythm, _course_began(plan, due, day), now)
        day = 1


def course_times(plan: Plan, due: datetime, day: int = 1) -> list[datetime]:
    """The moments that are left of one dose, a day apart, from its day `day` on."""
    first = local_day(due, plan.tz)
    days = (first + timedelta(n) for n in range(1, plan.course_days - day + 1))
    return [due, *(resolve_local(day, plan.local_time, plan.tz) for day in days)]


def _course_began(plan: Plan, at: datetime, day: int) -> datetime:
    if day == 1:
        return at
    first = local_day(at, plan.tz) - timedelta(day - 1)
    return resolve_local(first, plan.local_time, plan.tz)


def _past(patient: Patient, *, plain: bool) -> Iterator[Entry]:
    title = _("Infusion, given") if plain else _("Appointment")
    for infusion in Infusion.objects.filter(patient=patient):
        ended_at = infusion.finished_at
        yield Entry(
            uuid5(_NAMESPACE, f"given {infusion.public_id}"),
            infusion.started_at,
            max(SHOWN_FOR, ended_at - infusion.started_at) if ended_at else SHOWN_FOR,
            title,
            infusion.recorded_at,
        )


def written(found: list[Entry]) -> bytes:
    """The entries as an iCalendar file (RFC 5545), times in UTC; same in, same out."""
    calendar = Calendar()
    # The name of this program would say what the calendar is about.
    calendar.add("prodid", "-//CL//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Appointments"))
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT6H")
    for entry in found:
        event = Event()
        event.add("uid", str(entry.uid))
        event.add("dtstamp", _whole(entry.changed_at))
        event.add("dtstart", _whole(entry.starts_at))
        event.add("duration", timedelta(seconds=round(entry.lasts.total_seconds())))
        event.add("summary", entry.title)
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _whole(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(microsecond=0)
