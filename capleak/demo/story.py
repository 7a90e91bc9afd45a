"""Ana's invented diary: three years up to yesterday, the same on every run of a day.

Pure: today is an argument and chance has a fixed seed. It tells of days with entries
and, as in life, of weeks without; days of the published attacks are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from math import cos, pi
from random import Random
from typing import Final

from capleak.demo import infusions, spells
from capleak.demo.infusions import Prophylaxis
from capleak.demo.parts import (
    HOME_ZONE,
    Author,
    Entry,
    Window,
    at_local,
    client_id,
    reading,
    spared,
)
from capleak.demo.spells import Kind, Spell
from diary.drafts import CheckInDraft, Reading

DAYS: Final = 3 * 365
HOLIDAY_ZONE: Final = "America/New_York"
HOLIDAY_DAYS: Final = 12
_HOLIDAY_DAYS_AGO: Final = 330
_SILENT_DAYS: Final = (9, 13, 16, 21, 27)  # how long each silence lasts
_RECENT_DAYS: Final = 60  # the last weeks are written down better
_FELT_AFTERWARDS: Final = 0.65  # share of the infusions
_WEIGHT_KG: Final = Decimal("71.5")

# What may be said without a grade: all harmless, for ungraded counts as severe where
# help is shown.
_QUICK: Final = frozenset(
    {"fatigue", "headache", "poor_sleep", "joint_pain", "runny_nose", "stuffy_nose"}
)
_STRAY: Final = (
    *("poor_sleep", "headache", "joint_pain", "myalgia", "irritability"),
    *("stuffy_nose", "abdominal_pain", "nausea", "sweating", "dizziness"),
)
_WELL_NOTES: Final = (
    "Long walk by the lake.",
    "Back in the choir.",
    "Good day, cooked for friends.",
    "Swam 20 lanes.",
)
_HOLIDAY_NOTES: Final = (
    "New York. Walked the whole park.",
    "Museum day.",
    "Early dinner, early to bed.",
)


@dataclass(frozen=True, slots=True)
class Story:
    """Everything invented: entries, oldest first, and the immunoglobulin history."""

    began_on: date
    entries: tuple[Entry, ...]
    prophylaxis: Prophylaxis


def tell(today: date, windows: Sequence[Window]) -> Story:
    """The diary of the three years before today, without the days of the windows."""
    rng = Random("capleak demo")  # noqa: S311 - a story, not a secret
    first, last = today - timedelta(days=DAYS), today - timedelta(days=1)
    prophylaxis = infusions.tell(today, windows, _WEIGHT_KG, rng)
    infused = frozenset(infusion.day for infusion in prophylaxis.infusions)
    holiday = _holiday(today, sorted(infused))
    trouble = spells.illnesses(first, last, [*windows, holiday], rng)
    trouble += [
        spells.begin(Kind.INFUSION, day, rng)
        for day in sorted(infused)
        if rng.random() < _FELT_AFTERWARDS
    ]
    trouble.append(spells.begin(Kind.FLIGHT, holiday.first, rng))
    life = _Life(last, infused, holiday, tuple(trouble), rng)
    silent = _silences(first, last, [*windows, holiday], rng)
    entries = [
        entry
        for day in (first + timedelta(days=n) for n in range(DAYS))
        if day not in silent and not spared(day, windows)
        for entry in life.entries(day)
    ]
    return Story(first, tuple(entries), prophylaxis)


def _holiday(today: date, infused: Sequence[date]) -> Window:
    """Between two infusions, a good ten months ago."""
    wanted = today - timedelta(days=_HOLIDAY_DAYS_AGO)
    first = min(infused, key=lambda day: abs(day - wanted)) + timedelta(days=6)
    return Window(first, first + timedelta(days=HOLIDAY_DAYS - 1))


def _silences(
    first: date, last: date, windows: Sequence[Window], rng: Random
) -> frozenset[date]:
    """Days on which nothing was written, for weeks on end."""
    silent: set[date] = set()
    for length in _SILENT_DAYS:
        while True:
            start = first + timedelta(days=rng.randrange(DAYS - _RECENT_DAYS - length))
            end = start + timedelta(days=length - 1)
            if start not in silent and not any(w.meets(start, end) for w in windows):
                break
        silent.update(start + timedelta(days=n) for n in range(length))
    return frozenset(silent)


@dataclass(frozen=True, slots=True)
class _Life:
    """What happens to Ana, and how she writes it down."""

    last: date
    infused: frozenset[date]
    holiday: Window
    spells: tuple[Spell, ...]
    rng: Random

    def entries(self, day: date) -> Iterator[Entry]:
        """The entries of one day; often one, sometimes none."""
        now = [spell for spell in self.spells if spell.first <= day <= spell.last]
        if self.rng.random() > self._diligence(day, now):
            return
        at_home = day not in self.holiday
        if at_home and self.rng.random() < self._often(day, 0.06, 0.3):
            yield self._weighing(day)
        ill = any(spell.kind in (Kind.COLD, Kind.FLU, Kind.STOMACH) for spell in now)
        if ill and self.rng.random() < 0.35:
            yield self._checkin(day, self._morning(), now, number=0)
        evening = day in self.infused or ill or self.rng.random() < 0.7
        at = self._evening() if evening else self._morning()
        yield self._checkin(day, at, now, number=1)

    def _diligence(self, day: date, now: Sequence[Spell]) -> float:
        """The chance that anything is written on a day."""
        if day == self.last or day in self.infused:
            return 0.95
        if any(spell.kind is Kind.STOMACH for spell in now):
            return 1  # somebody looks after her
        if day in self.holiday:
            return 0.8
        return 0.85 if now else self._often(day, 0.5, 0.85)

    def _often(self, day: date, usual: float, recent: float) -> float:
        return recent if (self.last - day).days < _RECENT_DAYS else usual

    def _morning(self) -> time:
        return time(self.rng.choice((6, 7, 7, 8)), self.rng.randrange(30, 60))

    def _evening(self) -> time:
        return time(self.rng.choice((18, 19, 20, 20, 21)), self.rng.randrange(60))

    def _weighing(self, day: date) -> Entry:
        season = Decimal(round(cos(2 * pi * day.timetuple().tm_yday / 365), 1))
        typed = _WEIGHT_KG + season + Decimal(self.rng.randint(-5, 5)) / 10
        at = at_local(day, time(6, self.rng.randrange(5, 25)))
        draft = CheckInDraft(
            client_id=client_id(f"weight {(self.last - day).days}"),
            at=at,
            zone=HOME_ZONE,
            readings=(reading("weight", round(typed, 1), "kg"),),
        )
        return Entry(draft, at + timedelta(minutes=1))

    def _checkin(
        self, day: date, at: time, now: Sequence[Spell], *, number: int
    ) -> Entry:
        zone = HOLIDAY_ZONE if day in self.holiday else HOME_ZONE
        symptoms = self._symptoms(day, now)
        moment = at_local(day, at, zone)
        cared_for = any(spell.kind is Kind.STOMACH for spell in now)
        by: Author = "caregiver" if cared_for and number == 1 else "patient"
        draft = CheckInDraft(
            client_id=client_id(f"checkin {(self.last - day).days} {number}"),
            at=moment,
            zone=zone,
            symptoms=symptoms,
            no_symptoms=not symptoms,
            note=self._note(day, now, symptoms, by),
            readings=tuple(self._readings(day, now, symptoms)),
        )
        return Entry(draft, self._recorded_at(day, moment), by)

    def _symptoms(self, day: date, now: Sequence[Spell]) -> Mapping[str, int | None]:
        """Severities, now and then without a grade."""
        felt: dict[str, int] = {}
        for spell in now:
            for code, severity in spell.on(day).items():
                felt[code] = max(severity, felt.get(code, 0))
        chance = self.rng.random()
        if not now and chance < 0.22:
            felt["fatigue"] = 1
        elif not now and chance < 0.34:
            felt[self.rng.choice(_STRAY)] = 1
        return {
            code: None if code in _QUICK and self.rng.random() < 0.07 else severity
            for code, severity in felt.items()
        }

    def _note(
        self,
        day: date,
        now: Sequence[Spell],
        symptoms: Mapping[str, int | None],
        by: Author,
    ) -> str:
        chance = self.rng.random()
        if by == "caregiver":
            return next(s for s in now if s.kind is Kind.STOMACH).notes[0]
        if day in self.holiday and day != self.holiday.first:
            return self.rng.choice(_HOLIDAY_NOTES) if chance < 0.35 else ""
        own = [spell for spell in now if spell.kind is not Kind.STOMACH]
        if own:
            return self.rng.choice(own[0].notes) if chance < 0.3 else ""
        if symptoms:
            return ""
        return self.rng.choice(_WELL_NOTES) if chance < 0.07 else ""

    def _readings(
        self, day: date, now: Sequence[Spell], symptoms: Mapping[str, int | None]
    ) -> Iterator[Reading]:
        """A cuff reading now and then, a temperature with a cold."""
        if day not in self.holiday and self.rng.random() < self._often(day, 0.2, 0.45):
            systolic = round(self.rng.gauss(119, 6)) + sum(s.systolic for s in now)
            systolic = min(138, max(102, systolic))
            diastolic = round(systolic * 0.6 + self.rng.gauss(4, 3))
            pulse = round(self.rng.gauss(67, 4)) + sum(s.pulse for s in now)
            yield reading("systolic", Decimal(systolic), "mmHg")
            yield reading("diastolic", Decimal(diastolic), "mmHg")
            yield reading("pulse", Decimal(pulse), "/min")
        if "fever" in symptoms:
            grade = symptoms["fever"] or 1
            tenths = 376 + 6 * grade + self.rng.randint(0, 4)
            yield reading("temperature", Decimal(tenths) / 10, "°C")
        elif Kind.COLD in {s.kind for s in now} and self.rng.random() < 0.3:
            yield reading("temperature", Decimal(self.rng.randint(364, 372)) / 10, "°C")

    def _recorded_at(self, day: date, moment: datetime) -> datetime:
        """A minute later, or some evening after it when it was filled in later."""
        if (self.last - day).days >= 5 and self.rng.random() < 0.07:
            evening = day + timedelta(days=self.rng.randint(1, 4))
            return at_local(evening, self._evening())
        return moment + timedelta(minutes=1)
