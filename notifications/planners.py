"""What repeats is kept planned: a fortnight ahead, looked at once a day.

Called inside `Patient.objects.writing(patient)`, but for `extend`, which the sweep
calls.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final

from django.db.models.functions import Now
from django.utils import timezone

from notifications.models import Occurrence, Preferences, Schedule, preferences_of
from notifications.planning import Due, plan, withdraw
from notifications.rules import EPOCH, Unit, occurrences
from notifications.schedule import local_day, resolve_local
from sharing.models import Grant, Patient

log = logging.getLogger(__name__)

Kind, Urgency = Occurrence.Kind, Occurrence.Urgency

HORIZON: Final = timedelta(days=14)
LOOK_BACK: Final = timedelta(days=2)  # a snooze ends tomorrow at the latest
KEEP_EVERY: Final = timedelta(days=1)
AT_ONCE: Final = 200  # records that one sweep looks at; the next takes the rest

CHECKIN: Final = "checkin"
BLOODS: Final = "bloods"
PLAN_TEXT: Final = "plan_text"
_CHECKIN_LASTS: Final = timedelta(hours=12)
_DAY_LASTS: Final = timedelta(days=14)  # of what has a day and no hour


def extend() -> None:
    """Look at every record whose turn it is."""
    waiting = Preferences.objects.filter(keep_at__lte=Now(), patient__closed_at=None)
    due = waiting.order_by("keep_at")
    rows = due.select_related("patient")[:AT_ONCE]
    for failed in each_record([row.patient for row in rows], _keep_if_due):
        Preferences.objects.filter(patient=failed).update(
            keep_at=Now() + KEEP_EVERY / 24
        )


def each_record(
    patients: Iterable[Patient], write: Callable[[Patient], None]
) -> list[Patient]:
    """Write to each record in a transaction of its own; those that failed.

    Whatever one record does is logged, and does not stop the others.
    """
    failed = []
    for patient in patients:
        try:
            with Patient.objects.writing(patient):
                write(patient)
        except Exception as error:
            failed.append(patient)
            log.exception(
                "not kept planned",
                extra={"patient": patient.pk, "problem": type(error).__name__},
            )
    return failed


def _keep_if_due(patient: Patient) -> None:
    # Another sweep may have done it while this one waited for the lock.
    if Preferences.objects.filter(patient=patient, keep_at__lte=Now()).exists():
        keep(patient, timezone.now())


def keep(patient: Patient, now: datetime) -> None:
    """Plan a fortnight ahead all that this record is to be reminded of."""
    chosen = preferences_of(patient)
    for schedule in Schedule.objects.filter(patient=patient):
        _plan_schedule(schedule, now)
    _plan_grants(patient, chosen, now)
    _plan_plan_text(patient, chosen, now)
    Preferences.objects.filter(pk=patient.pk).update(keep_at=Now() + KEEP_EVERY)


def keep_reminding(
    patient: Patient,
    subject: str,
    kind: Occurrence.Kind,
    *,
    times: Sequence[time],
    first_on: date,
    unit: Unit = Unit.DAY,
    every: int = 1,
    last_on: date | None = None,
    lasts: timedelta = _CHECKIN_LASTS,
    urgency: Occurrence.Urgency = Urgency.ASKED,
    zone: str | None = None,
) -> None:
    """Remind at these local times on `first_on` and every so many units after it.

    Replaces what was said of the subject before. Without a zone it is that in which
    the record's reminders are kept. ValueError for a rule that recurs never.
    """
    if every < 1 or not times:
        raise ValueError("a reminder that repeats needs a time and an interval")
    schedule, _is_new = Schedule.objects.update_or_create(
        patient=patient,
        subject=subject,
        defaults={
            "kind": kind,
            "unit": unit,
            "every": every,
            "first_on": first_on,
            "last_on": last_on,
            "times": sorted(set(times)),
            "zone": zone or preferences_of(patient).zone,
            "lasts": lasts,
            "urgency": urgency,
        },
    )
    _plan_schedule(schedule, timezone.now())


def stop_reminding(patient: Patient, subject: str) -> None:
    """Remind of a subject no more, and withdraw what was planned."""
    for schedule in Schedule.objects.filter(patient=patient, subject=subject):
        schedule.delete()
        plan(patient, subject, Kind(schedule.kind), [])


def no_longer_needed(patient: Patient, subject: str, until: datetime) -> None:
    """Say nothing of a subject that repeats up to a moment: it is done already."""
    for schedule in Schedule.objects.filter(patient=patient, subject=subject):
        schedule.met_until = max(until, schedule.met_until or until)
        schedule.save(update_fields=["met_until"])
        _plan_schedule(schedule, timezone.now())


def checked_in(patient: Patient, at: datetime) -> None:
    """A check-in was felt at `at`: the prompt of that day, or its gap, is done with."""
    chosen = Preferences.objects.filter(patient=patient).first()
    if chosen is None or chosen.checkin == Preferences.CheckIn.OFF:
        return
    day = local_day(at, chosen.tz)
    if chosen.checkin == Preferences.CheckIn.GAP:
        next_on = day + timedelta(days=chosen.checkin_gap_days)
        earlier = Schedule.objects.filter(
            patient=patient, subject=CHECKIN, first_on__lt=next_on
        )
        if earlier.update(first_on=next_on):
            plan_checkins(patient, timezone.now())
        return
    if day < local_day(timezone.now(), chosen.tz):
        return  # what is filled in later does not answer for today
    midnight = resolve_local(day + timedelta(days=1), time.min, chosen.tz)
    no_longer_needed(patient, CHECKIN, midnight - timedelta(seconds=1))


def plan_checkins(patient: Patient, now: datetime) -> None:
    for schedule in Schedule.objects.filter(patient=patient, subject=CHECKIN):
        _plan_schedule(schedule, now)


def follow_preferences(patient: Patient, now: datetime) -> None:
    """Make what repeats what the preferences say, and plan all of it."""
    chosen = preferences_of(patient)
    today = local_day(now, chosen.tz)
    match chosen.checkin:
        case Preferences.CheckIn.OFF:
            stop_reminding(patient, CHECKIN)
        case Preferences.CheckIn.DAILY:
            _prompt(patient, chosen, first_on=EPOCH, every=1)
        case Preferences.CheckIn.GAP:
            days = chosen.checkin_gap_days
            _prompt(patient, chosen, first_on=today + timedelta(days), every=days)
    if chosen.bloods_on is None:
        stop_reminding(patient, BLOODS)
    else:
        keep_reminding(
            patient,
            BLOODS,
            Kind.BLOODS,
            times=[chosen.morning],
            first_on=chosen.bloods_on,
            unit=Unit.YEAR,
            lasts=_DAY_LASTS,
            urgency=Urgency.ORDINARY,
            zone=chosen.zone,
        )
    keep(patient, now)


def _prompt(
    patient: Patient, chosen: Preferences, *, first_on: date, every: int
) -> None:
    """Keep the prompt; a gap that runs already goes on from where it began."""
    running = Schedule.objects.filter(patient=patient, subject=CHECKIN, every=every)
    if (found := running.first()) is not None and every > 1:
        first_on = found.first_on
    keep_reminding(
        patient,
        CHECKIN,
        Kind.CHECKIN,
        times=[chosen.checkin_time],
        first_on=first_on,
        every=every,
        urgency=Urgency.ORDINARY,
        zone=chosen.zone,
    )


def _plan_schedule(schedule: Schedule, now: datetime) -> None:
    """Plan the occurrences of a schedule from the last days to the horizon."""
    after = max(now - LOOK_BACK, schedule.met_until or now - LOOK_BACK)
    found = {
        at
        for rule in schedule.rules
        for at in occurrences(rule, schedule.tz, after, now + HORIZON)
        if schedule.last_on is None or local_day(at, schedule.tz) <= schedule.last_on
    }
    wanted = [
        Due(
            key=f"{schedule.subject}:{at:%Y%m%dT%H%MZ}",
            due_at=at,
            expires_at=at + schedule.lasts,
            about_at=at,
            zone=schedule.zone,
            urgency=Urgency(schedule.urgency),
        )
        for at in sorted(found)
    ]
    plan(schedule.patient, schedule.subject, Kind(schedule.kind), wanted)


def follow_grants(patient: Patient) -> None:
    """Plan anew what tells that access ends soon: a grant was given or changed."""
    _plan_grants(patient, preferences_of(patient), timezone.now())


def _plan_grants(patient: Patient, chosen: Preferences, now: datetime) -> None:
    """Tell in advance that somebody's access ends, while it can still be renewed."""
    ending = Grant.objects.live().filter(patient=patient, expires_at__isnull=False)
    ending = ending.exclude(kind=Grant.Kind.STAFF)  # a half hour, and not renewed
    subjects = []
    for grant in ending if chosen.grant_days else ():
        assert grant.expires_at is not None
        subjects.append(f"grant:{grant.pk}")
        key = f"{subjects[-1]}:{grant.expires_at:%Y%m%dT%H%MZ}"
        earlier = Occurrence.objects.filter(patient=patient, key=key).first()
        at = _grant_told_at(grant.expires_at, earlier, chosen, now)
        due = at and Due(
            key=key,
            due_at=at,
            expires_at=grant.expires_at,
            about_at=grant.expires_at,
            zone=chosen.zone,
        )
        plan(patient, subjects[-1], Kind.GRANT, [due] if due else [])
    all_of_them = Occurrence.objects.filter(patient=patient, kind=Kind.GRANT)
    withdraw(all_of_them.exclude(subject__in=subjects))


def _grant_told_at(
    ends_at: datetime, earlier: Occurrence | None, chosen: Preferences, now: datetime
) -> datetime | None:
    """When to tell that access ends: so many days before, in the morning.

    Where that has passed and nothing was planned, as with access that lasts no longer:
    by halfway from now, and not at all on the last day.
    """
    day = local_day(ends_at, chosen.tz) - timedelta(chosen.grant_days)
    usual = resolve_local(day, chosen.morning, chosen.tz)
    if now < usual < ends_at:
        return usual
    if earlier and (
        earlier.state != Occurrence.State.CANCELLED or earlier.due_at > now
    ):
        return earlier.due_at  # halfway from each day on would never come
    if ends_at - now < KEEP_EVERY:
        return None
    halfway = now + (ends_at - now) / 2
    day = local_day(halfway, chosen.tz)
    mornings = (
        resolve_local(day - timedelta(back), chosen.morning, chosen.tz)
        for back in (0, 1)
    )
    return next((at for at in mornings if now < at <= halfway), halfway)


def _plan_plan_text(patient: Patient, chosen: Preferences, now: datetime) -> None:
    """Ask a year after the plan was last changed whether it still holds.

    The record does not say when its plan was written. This looks at it once a day, so
    its age counts from the day on which this text was first seen here.
    """
    mark = hashlib.sha256(patient.plan_text.encode()).hexdigest()
    if mark != chosen.plan_text_mark or chosen.plan_text_since is None:
        chosen.plan_text_mark = mark
        chosen.plan_text_since = local_day(now, chosen.tz)
        chosen.save(update_fields=["plan_text_mark", "plan_text_since"])
    wanted = []
    if chosen.plan_text_yearly and patient.plan_text:
        since = chosen.plan_text_since
        at = resolve_local(_a_year_after(since), chosen.morning, chosen.tz)
        due = Due(
            key=f"{PLAN_TEXT}:{since:%Y%m%d}",
            due_at=at,
            expires_at=at + _DAY_LASTS,
            about_at=at,
            zone=chosen.zone,
        )
        wanted = [due]
    plan(patient, PLAN_TEXT, Kind.PLAN_TEXT, wanted)


def _a_year_after(day: date) -> date:
    """The same day of the next year; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)
