"""A patient's days, newest first: everything of one record merged when it is read."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy

from attacks.models import BOUNDARIES, Attack, Precision
from attacks.phases import Phase, phase_at
from diary.comments import comments_on
from diary.flag_words import FlagLine, flag_line
from diary.models import CheckIn, Comment, FlagChange, Measurement, Symptom
from diary.words import tags_in_words
from prophylaxis.models import Infusion
from sharing.models import Category, Patient

DAYS_A_PAGE = 14
LATE = timedelta(hours=1)  # from here on both times are shown (design choice)
NO_NOTE = Q(shown_note="")  # there is none, or the reader may not see it

LABELS = {
    "prodrome_start": gettext_lazy("First early signs"),
    "leak_start": gettext_lazy("The leak began"),
    "recovery_start": gettext_lazy("Recovery began"),
    "end": gettext_lazy("The attack was over"),
}

Kind = Literal["checkin", "measurement", "boundary", "infusion", "flag"]


class Only(TextChoices):
    """What the days can be narrowed to. The values stand in addresses."""

    SYMPTOMS = "symptoms", gettext_lazy("Symptoms")
    MEASUREMENTS = "measurements", gettext_lazy("Measurements")
    EVENTS = "events", gettext_lazy("Infusions and attacks")
    FLAGS = "flags", gettext_lazy("Flags")
    COMMENTS = "comments", gettext_lazy("Comments")
    NOTES = "notes", gettext_lazy("Notes")


def choices(patient: Patient) -> list[Only]:
    """What the reader of the opened record can narrow the days to."""
    hidden = {Only.NOTES} if patient.hides(Category.NOTES) else set()
    return [only for only in Only if only not in hidden]


@dataclass(frozen=True, slots=True)
class Boundary:
    """One known boundary of an attack, as a line of the timeline."""

    attack: Attack
    name: str  # one of attacks.models.BOUNDARIES
    at: datetime

    @property
    def label(self) -> str:
        return str(LABELS[self.name])

    @property
    def timed(self) -> bool:
        """Whether the hour means something."""
        precise = (Precision.EXACT, Precision.HOURS)
        return getattr(self.attack, f"{self.name}_precision") in precise

    @property
    def precision(self) -> str:
        """How well the time is known, in words; blank when it is exact."""
        if getattr(self.attack, f"{self.name}_precision") == Precision.EXACT:
            return ""
        return str(getattr(self.attack, f"get_{self.name}_precision_display")())


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: when it was lived, what kind it is, and the row itself."""

    at: datetime  # on the clock of the place where it was lived
    kind: Kind
    row: CheckIn | Measurement | Boundary | Infusion | FlagLine
    phase: Phase | None  # of the attack that the moment lies in, if any
    saved_at: datetime | None = None  # on the same clock, if well after `at`
    timed: bool = True  # False: the day is known, the hour is not
    measurements: tuple[Measurement, ...] = ()  # read together, without a check-in
    since_infusion: int | None = None  # calendar days; None: none was before

    @property
    def tags(self) -> list[str]:
        """What else went on at a check-in, in words; a vaccine with its name."""
        assert isinstance(self.row, CheckIn)
        return tags_in_words(self.row.shown_tags, self.row.vaccine)


@dataclass(frozen=True, slots=True)
class Day:
    """One local day with entries, and how many days without any lie before it."""

    day: date
    entries: list[Entry]
    comments: list[Comment]
    silent_before: int  # towards the older neighbor shown next; 0 if not all is shown


@dataclass(frozen=True, slots=True)
class Page:
    """Some days, newest first, and where its neighbors start."""

    days: list[Day] = field(default_factory=list)
    older: date | None = None  # show days before this one next
    newer: date | None = None  # days before this one are the page of newer days


def page(
    patient: Patient,
    before: date | None = None,
    only: Only | None = None,
    size: int = DAYS_A_PAGE,
) -> Page:
    """The `size` newest days with entries before `before`; a constant query count.

    With `only`, days that hold it and what is of its kind on them.
    """
    rows = _Rows.of(patient, only)
    days = rows.days(size + 1, before=before)
    newer = rows.days(size, since=before) if before else []
    shown, more = days[:size], len(days) > size
    entries, comments = rows.entries(shown), comments_on(rows.comments, shown)
    gaps = [(a - b).days - 1 for a, b in pairwise(days)] + [0]
    return Page(
        days=[
            Day(
                day,
                sorted(entries[day], key=lambda entry: entry.at, reverse=True),
                comments[day],
                0 if only else gap,
            )
            for day, gap in zip(shown, gaps, strict=False)
        ],
        older=shown[-1] if more else None,
        newer=newer[-1] + timedelta(days=1) if newer else None,
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """Everything of one opened record that its timeline can show, not read yet."""

    patient: Patient
    checkins: QuerySet[CheckIn]
    loose: QuerySet[Measurement]  # without a check-in
    infusions: QuerySet[Infusion]
    comments: QuerySet[Comment]
    flags: QuerySet[FlagChange]
    attacks: list[Attack]  # all of them, for the phase of a moment
    boundaries: list[Boundary]

    @classmethod
    def of(cls, patient: Patient, only: Only | None) -> _Rows:
        def rows(found: QuerySet[Any], *kinds: Only) -> QuerySet[Any]:
            return found if only is None or only in kinds else found.none()

        attacks = list(Attack.objects.readable(patient))
        loose = Measurement.objects.readable(patient).filter(checkin=None)
        return cls(
            patient,
            checkins=_checkins(patient, only),
            loose=rows(loose, Only.MEASUREMENTS),
            infusions=rows(_infusions(patient, only), Only.EVENTS, Only.NOTES),
            comments=rows(Comment.objects.filter(patient=patient), Only.COMMENTS),
            flags=rows(FlagChange.objects.filter(patient=patient), Only.FLAGS),
            attacks=attacks,
            boundaries=list(_boundaries(attacks))
            if only in {None, Only.EVENTS}
            else [],
        )

    def days(
        self, limit: int, *, before: date | None = None, since: date | None = None
    ) -> list[date]:
        """The newest days before `before`, or the first days from `since` on."""
        first, end = since or date.min, before or date.max
        found = {b.at.date() for b in self.boundaries if first <= b.at.date() < end}
        bounds = Q(day__gte=first) if since else Q(day__lt=end)
        for rows in (
            self.checkins,
            self.loose,
            self.infusions,
            self.comments,
            self.flags,
        ):
            days = rows.filter(bounds).values_list("day", flat=True).distinct()
            found.update(days.order_by("day" if since else "-day")[:limit])
        return sorted(found, reverse=not since)[:limit]

    def entries(self, days: Sequence[date]) -> dict[date, list[Entry]]:
        """The entries of each of the days."""
        found: dict[date, list[Entry]] = defaultdict(list)
        for rows in (
            self._checkin_entries(days),
            self._loose_entries(days),
            self._infusion_entries(days),
            self._boundary_entries(days),
            self._flag_entries(days),
        ):
            for day, entry in rows:
                found[day].append(entry)
        return found

    def _checkin_entries(self, days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
        infusions = _infusion_starts(self.patient, days)
        on_days = self.checkins.filter(day__in=days)
        people = on_days.select_related("entered_by", "moved_by")
        for c in people.prefetch_related("measurements"):
            late = c.recorded_at - c.at > LATE
            last = bisect_right(infusions, c.at, key=lambda start: start[0])
            entry = Entry(
                c.local_at,
                "checkin",
                c,
                self._phase(c.at),
                saved_at=c.recorded_at.astimezone(ZoneInfo(c.zone)) if late else None,
                since_infusion=(c.day - infusions[last - 1][1]).days if last else None,
            )
            yield c.day, entry

    def _loose_entries(self, days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
        loose = self.loose.filter(day__in=days).order_by("at", "client_id", "pk")
        for _, together in groupby(loose, _reading):
            first, *rest = together
            phase = self._phase(first.at)
            entry = Entry(
                first.local_at,
                "measurement",
                first,
                phase,
                measurements=(first, *rest),
            )
            yield first.day, entry

    def _infusion_entries(self, days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
        for i in self.infusions.filter(day__in=days):
            phase = self._phase(i.started_at)
            yield i.day, Entry(i.local_started_at, "infusion", i, phase)

    def _boundary_entries(self, days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
        for b in self.boundaries:
            if b.at.date() in days:
                phase = self._phase(b.at)
                yield b.at.date(), Entry(b.at, "boundary", b, phase, timed=b.timed)

    def _flag_entries(self, days: Sequence[date]) -> Iterator[tuple[date, Entry]]:
        changes = self.flags.filter(day__in=days).select_related("flag")
        for change in changes:
            line = flag_line(change, self.patient)
            yield (
                change.day,
                Entry(change.local_at, "flag", line, self._phase(change.at)),
            )

    def _phase(self, at: datetime) -> Phase | None:
        phases = (phase_at(attack.clock, at) for attack in self.attacks)
        return next((phase for phase in phases if phase), None)


def _checkins(patient: Patient, only: Only | None) -> QuerySet[CheckIn]:
    checkins = CheckIn.objects.readable(patient)
    of_checkin = OuterRef("pk")
    match only:
        case None:
            return checkins
        case Only.SYMPTOMS:
            symptoms = Symptom.objects.seen_by(patient).filter(checkin=of_checkin)
            return checkins.filter(Exists(symptoms.exclude(severity=0)))
        case Only.MEASUREMENTS:
            values = Measurement.objects.filter(checkin=of_checkin)
            return checkins.filter(Exists(values))
        case Only.NOTES:
            return checkins.exclude(NO_NOTE)
        case _:
            return checkins.none()


def _infusions(patient: Patient, only: Only | None) -> QuerySet[Infusion]:
    infusions = Infusion.objects.readable(patient)
    return infusions.exclude(NO_NOTE) if only == Only.NOTES else infusions


def _infusion_starts(
    patient: Patient, days: Sequence[date]
) -> list[tuple[datetime, date]]:
    """When infusions began, and their days: on these days, and the last before each.

    Oldest first, in one query.
    """
    if not days:
        return []
    infusions = Infusion.objects.filter(patient=patient)
    earlier = infusions.filter(day__lt=days[-1]).order_by("-started_at").values("pk")
    wanted = Q(day__range=(days[-1], days[0])) | Q(pk=Subquery(earlier[:1]))
    starts = infusions.filter(wanted).order_by("started_at")
    return list(starts.values_list("started_at", "day"))


def _reading(measurement: Measurement) -> tuple[datetime, UUID]:
    return measurement.at, measurement.client_id


def _boundaries(attacks: Iterable[Attack]) -> Iterator[Boundary]:
    """Every known boundary, on the clock of the zone that its attack was lived in."""
    for attack in attacks:
        for name in BOUNDARIES:
            at: datetime | None = getattr(attack, name)
            if at is not None:
                yield Boundary(attack, name, at.astimezone(attack.tz))
