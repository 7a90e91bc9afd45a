"""The access log as its patient reads it: who opened what, when, with what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from django.db.models import Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from sharing.models import AccessEvent, Grant, Patient, User

LINES_A_PAGE = 50

# Every route of a record: what looking at it is called, and what sending to it is. A
# test fails for a route that has no words.
OPENED: Final[Mapping[str, str]] = {
    "home": gettext_noop("saw the diary in their list"),
    "today": gettext_noop("opened Today"),
    "timeline": gettext_noop("opened the timeline"),
    "settings": gettext_noop("opened the settings"),
    "diary:checkin_new": gettext_noop("opened the check-in form"),
    "diary:help": gettext_noop("opened the help page"),
    "attacks:list": gettext_noop("opened the list of attacks"),
    "attacks:start": gettext_noop("opened “attack starting”"),
    "attacks:new": gettext_noop("opened the form for a past attack"),
    "attacks:detail": gettext_noop("opened an attack"),
    "attacks:edit": gettext_noop("opened the form to change an attack"),
    "prophylaxis:ivig": gettext_noop("opened the IVIG page"),
    "prophylaxis:plan": gettext_noop("opened the form of the IVIG plan"),
    "prophylaxis:plan_end": gettext_noop("opened the page that ends the IVIG plan"),
    "prophylaxis:infusion_new": gettext_noop("opened the form for an infusion"),
    "sharing:people": gettext_noop("opened Sharing"),
    "sharing:invite": gettext_noop("opened the form to invite someone"),
    "sharing:log": gettext_noop("opened this log"),
}
SENT: Final[Mapping[str, str]] = {
    "settings": gettext_noop("sent the settings"),
    "diary:checkin_new": gettext_noop("sent a check-in"),
    "attacks:start": gettext_noop("sent “attack starting”"),
    "attacks:new": gettext_noop("sent a past attack"),
    "attacks:edit": gettext_noop("sent a change to an attack"),
    "attacks:move": gettext_noop("moved an attack to its next phase"),
    "prophylaxis:plan": gettext_noop("sent an IVIG plan"),
    "prophylaxis:plan_end": gettext_noop("ended the IVIG plan"),
    "prophylaxis:infusion_new": gettext_noop("sent an infusion"),
    "sharing:invite": gettext_noop("sent an invitation"),
    "sharing:revoke": gettext_noop("removed someone’s access"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One opening of the record."""

    at: datetime  # on the clock of the record
    who: str
    kind: str
    what: str
    device: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Some lines by day, newest first, and where the next older page starts."""

    days: list[tuple[date, list[Line]]]
    older: int | None  # show lines before this one next


def page(patient: Patient, before: int | None = None) -> LogPage:
    """The newest lines, or those before line `before`; a constant query count."""
    events = AccessEvent.objects.filter(patient_pk=patient.pk)
    shown = events.order_by("-at", "-pk")
    if before is not None:
        last = events.filter(pk=before).first()
        if last is None:
            return LogPage([], None)
        shown = shown.filter(Q(at__lt=last.at) | Q(at=last.at, pk__lt=last.pk))
    rows = list(shown[: LINES_A_PAGE + 1])
    people = User.objects.in_bulk({row.actor_pk for row in rows})
    lines = [_line(row, people, patient) for row in rows[:LINES_A_PAGE]]
    days = groupby(lines, key=lambda line: line.at.date())
    return LogPage(
        days=[(day, list(of_day)) for day, of_day in days],
        older=rows[LINES_A_PAGE - 1].pk if len(rows) > LINES_A_PAGE else None,
    )


def last_looks(patient: Patient) -> dict[int, datetime]:
    """When each person last opened something of the record, by their user's key."""
    looks = AccessEvent.objects.filter(patient_pk=patient.pk, allowed=True)
    by_person = looks.values_list("actor_pk").annotate(last=Max("at"))
    return dict(by_person.order_by())


def words(route: str, method: str) -> str:
    """What was done, in plain words that follow a name."""
    if method not in {"GET", "HEAD"} and route in SENT:
        return _(SENT[route])
    return _(OPENED.get(route, gettext_noop("opened a page of the diary")))


def _line(row: AccessEvent, people: Mapping[int, User], patient: Patient) -> Line:
    known = people.get(row.actor_pk)
    kinds = dict(Grant.Kind.choices)
    return Line(
        at=row.at.astimezone(patient.tz),
        who=str(known) if known else _("someone who has since left"),
        kind=str(kinds.get(row.grant_kind, "")),
        what=words(row.route, row.method),
        device=row.get_device_display(),
        allowed=row.allowed,
    )
