"""Whatever is done to entries, in whatever order it arrives: what was meant is stored.

Requests are made up, carried out, and some of them sent again later, as a phone does
that lost its signal. A few plain dicts say what should have become of them. Times are
typed around the clock changes of four zones and the day that Samoa left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from diary import history
from diary.drafts import CheckInDraft
from diary.forms.moment import MomentForm
from diary.models import CheckIn
from diary.services import (
    AlreadySaved,
    Conflict,
    delete_checkin,
    edit_checkin,
    record_checkin,
    restore_checkin,
)
from diary.undo import CannotUndo, undo
from sharing.models import Patient, User

pytestmark = pytest.mark.slow

CHANGES = {  # midnight before each, on the zone's own clock
    "Europe/Berlin": (datetime(2025, 3, 30), datetime(2025, 10, 26)),
    "America/New_York": (datetime(2025, 3, 9), datetime(2025, 11, 2)),
    "Australia/Lord_Howe": (datetime(2025, 4, 6), datetime(2025, 10, 5)),  # 30 minutes
    "Pacific/Apia": (
        datetime(2011, 4, 2),
        datetime(2011, 9, 24),
        datetime(2011, 12, 30),  # was left out
    ),
}
ZONES = tuple(CHANGES)
IDS = UUID(int=1), UUID(int=2)
WRITES = "record", "edit", "delete", "restore", "undo"


# --- What is asked --------------------------------------------------------------------


@dataclass(frozen=True)
class Ask:
    """Something that somebody does with one entry, before its numbers are known."""

    what: str
    client_id: UUID = IDS[0]
    zone: str = ZONES[0]
    abroad: bool = False  # the entry is said to be of `zone`, wherever the patient is
    typed: datetime | None = None
    twice: bool = False  # of an hour that came twice, the second
    note: str = ""
    old: int = 0  # how many changes old the page is
    again: int = 0  # which of the earlier requests


quarters = st.integers(-12 * 4, 36 * 4).map(lambda n: timedelta(minutes=15 * n))
changes = st.sampled_from([day for days in CHANGES.values() for day in days])
walls = st.builds(lambda day, time: day + time, changes, quarters)
asks = st.builds(
    Ask,
    what=st.sampled_from([*WRITES, *WRITES, "again", "again", "zone"]),
    client_id=st.sampled_from(IDS),
    zone=st.sampled_from(ZONES),
    abroad=st.booleans(),
    typed=st.none() | walls,
    twice=st.booleans(),
    note=st.sampled_from(["a", "b", "c"]),
    old=st.sampled_from([0, 0, 0, 0, 1, 2]),
    again=st.integers(0, 30),
)


# --- What should become of it ---------------------------------------------------------


@dataclass(frozen=True)
class Said:
    note: str
    at: datetime
    zone: str
    day: date


@dataclass(frozen=True)
class Request:
    """What arrives, once or more often; all that it says stands in it."""

    what: str
    client_id: UUID
    version: int
    said: Said | None = None
    number: int = 0


@dataclass
class Meant:
    """Which entries there should be, and each text that each of them ever had."""

    live: dict[UUID, Said] = field(default_factory=dict)
    kept: dict[UUID, dict[int, Said]] = field(default_factory=dict)
    number: dict[UUID, int] = field(default_factory=dict)  # of the last change

    def apply(self, request: Request) -> None:
        getattr(self, request.what)(request)

    def record(self, r: Request) -> None:
        if r.client_id not in self.number and r.said:
            self._say(r.client_id, r.said)

    def edit(self, r: Request) -> None:
        stored = self.live.get(r.client_id)
        if stored and r.said and r.said != stored and self._is_current(r):
            self._say(r.client_id, r.said)

    def delete(self, r: Request) -> None:
        if r.client_id in self.live and self._is_current(r):
            del self.live[r.client_id]
            self.number[r.client_id] += 1

    def restore(self, r: Request) -> None:
        said = self.kept.get(r.client_id, {}).get(r.number)
        if said and said != self.live.get(r.client_id) and self._is_current(r):
            self._say(r.client_id, said)

    def undo(self, r: Request) -> None:
        if not self._is_current(r):
            return
        before = self.kept[r.client_id].get(r.version - 1)
        if before:  # a text right before an edit, a restoration or a deletion
            self._say(r.client_id, before)
        else:
            self.delete(r)

    def _is_current(self, r: Request) -> bool:
        return self.number.get(r.client_id) == r.version

    def _say(self, client_id: UUID, said: Said) -> None:
        number = self.number.get(client_id, 0) + 1
        self.number[client_id] = number
        self.live[client_id] = said
        self.kept.setdefault(client_id, {})[number] = said


def instants(wall: datetime, zone: str) -> list[datetime]:
    """The instants at which a clock of the zone showed `wall`; none, one or two."""
    offsets = (timedelta(minutes=15 * n) for n in range(-12 * 4, 15 * 4))
    candidates = {(wall - offset).replace(tzinfo=UTC) for offset in offsets}
    shown = ZoneInfo(zone)
    return sorted(
        at for at in candidates if at.astimezone(shown).replace(tzinfo=None) == wall
    )


# --- How it is done -------------------------------------------------------------------


@dataclass
class Diary:
    """One patient's record, what was sent to it, and what was meant."""

    patient: Patient
    by: User
    meant: Meant = field(default_factory=Meant)
    sent: list[Request] = field(default_factory=list)

    def do(self, ask: Ask) -> None:
        if ask.what == "zone":
            Patient.objects.filter(pk=self.patient.pk).update(zone=ask.zone)
            self.patient.zone = ask.zone
            return
        request = self._request(ask)
        if request:
            self.sent.append(request)
            self.meant.apply(request)
            self._send(request)

    def _request(self, ask: Ask) -> Request | None:
        if ask.what == "again":
            return self.sent[ask.again % len(self.sent)] if self.sent else None
        version = self.meant.number.get(ask.client_id, 1) - ask.old
        said = None
        if ask.what in {"record", "edit"}:
            said = self._said(ask)
            if said is None:
                return None
        kept = sorted(self.meant.kept.get(ask.client_id, {})) or [1]
        number = kept[ask.again % len(kept)]
        return Request(ask.what, ask.client_id, version, said, number)

    def _said(self, ask: Ask) -> Said | None:
        """What the form makes of it: None where no clock ever showed the time."""
        before = self.meant.live.get(ask.client_id) if ask.what == "edit" else None
        zone = before.zone if before else self.patient.zone
        zone = ask.zone if ask.abroad else zone
        if before and ask.typed is None:  # the time stays as the form shows it
            wall = before.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        else:
            wall = ask.typed or datetime(2025, 6, 1, 12)
        possible = instants(wall, zone)
        form = MomentForm(
            {"client_id": ask.client_id, "at": f"{wall:%Y-%m-%dT%H:%M}", "zone": zone},
            patient=self.patient,
            editing=draft(ask.client_id, before) if before else None,
        )
        assert form.is_valid() is bool(possible)
        if not possible:
            return None
        at = form.moment()
        if before and before.at in possible:
            assert at == before.at
        else:
            assert at == possible[0]
            if ask.twice and not before:
                at = possible[-1]  # logged right then, in the second of the two hours
        return Said(ask.note, at, zone, wall.date())

    def _send(self, r: Request) -> None:
        change: dict[str, Any] = {"version": r.version, "by": self.by}
        try:
            match r.what:
                case "record":
                    assert r.said
                    record_checkin(self.patient, draft(r.client_id, r.said), by=self.by)
                case "edit":
                    assert r.said
                    edit_checkin(self.patient, draft(r.client_id, r.said), **change)
                case "delete":
                    delete_checkin(self.patient, r.client_id, **change)
                case "restore":
                    restore_checkin(self.patient, r.client_id, r.number, **change)
                case "undo":
                    undo(self.patient, r.client_id, now=datetime.now(UTC), **change)
        except (AlreadySaved, Conflict, CannotUndo, CheckIn.DoesNotExist):
            pass  # refused; whether rightly, the comparison tells

    def compare(self) -> None:
        stored = {
            c.client_id: Said(c.note, c.at, c.zone, c.day)
            for c in self.patient.checkins.all()
        }
        assert stored == self.meant.live
        told = history.versions_of(self.patient, IDS)
        assert {
            client_id: {v.number: (v.said.note, v.said.at) for v in versions}
            for client_id, versions in told.items()
        } == {
            client_id: {n: (said.note, said.at) for n, said in kept.items()}
            for client_id, kept in self.meant.kept.items()
        }
        numbers = {client_id: vs[0].changes for client_id, vs in told.items()}
        assert numbers == self.meant.number
        assert set(history.gone(self.patient)) == set(told) - set(stored)


def draft(client_id: UUID, said: Said) -> CheckInDraft:
    return CheckInDraft(client_id, said.at, said.zone, {"fatigue": 1}, note=said.note)


@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(start=st.sampled_from(ZONES), asked=st.lists(asks, min_size=8, max_size=30))
def test_any_sequence_leaves_exactly_the_entries_intended_on_the_days_intended(
    eve: User, start: str, asked: Sequence[Ask]
) -> None:
    diary = Diary(Patient.objects.create(name="Some", zone=start), by=eve)
    for ask in asked:
        diary.do(ask)
    diary.compare()


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(zone=st.sampled_from(ZONES), wall=walls, twice=st.booleans())
def test_a_typed_time_lies_on_its_day_or_never_was(
    eve: User, zone: str, wall: datetime, twice: bool
) -> None:
    diary = Diary(Patient(name="Some", zone=zone), by=eve)
    said = diary._said(Ask("record", typed=wall, twice=twice))
    if said is None:
        assert instants(wall, zone) == []
    else:
        checkin = CheckIn()
        checkin.set_moment(said.at, zone)
        assert checkin.day == wall.date()
        assert checkin.local_at.replace(tzinfo=None) == wall


def test_the_day_that_samoa_left_out_is_refused_from_its_first_minute_to_its_last() -> (
    None
):
    for wall in (datetime(2011, 12, 30), datetime(2011, 12, 30, 23, 45)):
        assert instants(wall, "Pacific/Apia") == []
    assert len(instants(datetime(2011, 12, 29, 23, 45), "Pacific/Apia")) == 1
    assert len(instants(datetime(2011, 12, 31), "Pacific/Apia")) == 1
