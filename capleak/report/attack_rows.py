"""Attacks as the lines of a table that a clinician reads: one line each."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attacks import exposure, words
from attacks.around import window
from attacks.fact_rows import how_far
from attacks.known import ROUGH, Known, touches
from attacks.models import BOUNDARIES, Attack, Facts
from attacks.numbers import Numbers
from attacks.phases import Phase
from attacks.rate_words import figure
from capleak.attack_entries import unit_of
from diary.models import Measurement
from diary.vocabulary import QUANTITIES, from_canonical
from diary.words import in_words
from sharing.models import Patient

# What a clinician asks of each attack (domain sheet, section 13), and whether it falls.
EXTREMES: Final = {"systolic": True, "hematocrit": False, "albumin": True}


@dataclass(frozen=True, slots=True)
class AttackRow:
    """One attack in words; a blank says that it was not said, never that it was not."""

    attack: Attack
    dates: str
    counted: bool
    outcome: str  # of what is no attack
    prodrome: str
    leak: str
    severity: str  # 1 to 4, with "?" where it follows from facts alone
    began: str
    days: str
    stays: Stays
    trigger: str
    after_infusion: str
    extremes: dict[str, str]  # quantity -> value with its unit

    @property
    def systolic(self) -> str:
        return self.extremes.get("systolic", "")

    @property
    def hematocrit(self) -> str:
        return self.extremes.get("hematocrit", "")

    @property
    def albumin(self) -> str:
        return self.extremes.get("albumin", "")


def rows(
    patient: Patient, numbers: Numbers, since: date, until: date, now: datetime
) -> list[AttackRow]:
    """The attacks of these days, newest first; one query beyond the numbers."""
    chosen = [
        known
        for known in reversed(numbers.attacks)
        if touches(known.attack, since, until)
    ]
    worst = _Extremes(patient, [k for k in chosen if not k.rough], now)
    return [_row(known, numbers, worst, now) for known in chosen]


def _row(known: Known, numbers: Numbers, worst: _Extremes, now: datetime) -> AttackRow:
    attack = known.attack
    after = None
    if known.leak_on:
        infused = [infusion.day for infusion in numbers.infusions]
        after = exposure.days_since_infusion(known.leak_on, infused)
    return AttackRow(
        attack=attack,
        dates=words.dates(attack),
        counted=known.counted,
        outcome="" if known.counted else str(attack.get_outcome_display()),
        prodrome=words.lasted(attack, Phase.PRODROME, now) or "",
        leak=words.lasted(attack, Phase.LEAK, now) or "",
        severity=_grade(known),
        began=began(known),
        days=days(known),
        stays=stays(known),
        trigger=", ".join(str(t.get_kind_display()) for t in known.triggers),
        after_infusion="" if after is None else str(after),
        extremes={} if known.rough else worst.of(attack),
    )


def _grade(known: Known) -> str:
    if known.grade is None:
        return ""
    return f"{known.grade}?" if known.provisional else str(known.grade)


def began(known: Known) -> str:
    """The day of its first known time, or what is known of it, in few letters."""
    attack = known.attack
    name = next(name for name in BOUNDARIES if getattr(attack, name))
    precision = getattr(attack, f"{name}_precision")
    at: datetime = getattr(attack, name)
    if precision in ROUGH:
        return words.day_of(at, precision, attack.tz)
    return date_format(at.astimezone(attack.tz), "j M Y")


def days(known: Known) -> str:
    """From its first to its last known day; "+" says that its end is not known."""
    if known.rough:
        return ""
    count = (known.last - known.onset.first).days + 1
    return str(count) if known.attack.end else f"{count}+"


@dataclass(frozen=True, slots=True)
class Stays:
    """Hospital and intensive care: days, blank where they are not known; None: not
    said whether there was any."""

    hospital: bool | None
    days: str
    intensive: bool | None
    intensive_days: str

    @property
    def told(self) -> str:
        """In words, such as "5.4 days, 3 in intensive care"."""
        if self.hospital is False:
            return _("no")
        text = _("%(days)s days") % {"days": self.days} if self.days else _("yes")
        told = [text] if self.hospital else []
        if self.intensive_days:
            told.append(_("%(days)s in intensive care") % {"days": self.intensive_days})
        elif self.intensive:
            told.append(_("intensive care"))
        return ", ".join(told)

    @property
    def short(self) -> str:
        """The same for a narrow column, such as "5.4 d, ICU 3 d"."""
        if self.hospital is False:
            return _("no")
        text = _("%(days)s d") % {"days": self.days} if self.days else _("yes")
        told = [text] if self.hospital else []
        if self.intensive_days:
            told.append(_("ICU %(days)s d") % {"days": self.intensive_days})
        elif self.intensive:
            told.append(_("ICU"))
        return ", ".join(told)


def stays(known: Known) -> Stays:
    """What is known of hospital, by times and by what was answered."""
    facts: Facts = getattr(known.attack, "facts", None) or Facts(attack=known.attack)
    course = how_far(facts, known.stays, known.attack.treatments.all())
    return Stays(
        hospital=True if known.stays or course.icu else course.ward,
        days=_days((stay.arrived_at, stay.discharged_at) for stay in known.stays),
        intensive=course.icu,
        intensive_days=_days(
            (stay.icu_from, stay.icu_until or stay.discharged_at)
            for stay in known.stays
        ),
    )


def _days(pairs: Iterable[tuple[datetime | None, datetime | None]]) -> str:
    """The sum of what has both ends; blank without any."""
    lasted = [(end - start) / exposure.A_DAY for start, end in pairs if start and end]
    return figure(sum(lasted)).removesuffix(".0") if lasted else ""


class _Extremes:
    """The worst values of many attacks, read at once."""

    def __init__(
        self, patient: Patient, attacks: Sequence[Known], now: datetime
    ) -> None:
        self.units, self.now = patient.units, now
        self.at: dict[str, list[datetime]] = {name: [] for name in EXTREMES}
        self.values: dict[str, list[Decimal]] = {name: [] for name in EXTREMES}
        if not attacks:
            return
        spans = [window(known.attack, now) for known in attacks]
        measured = (
            Measurement.objects.readable(patient)
            .measured_between(min(a for a, _b in spans), max(b for _a, b in spans))
            .filter(quantity__in=list(EXTREMES))
            .exclude(posture=Measurement.Posture.STANDING)
        )
        for name, at, value in measured.values_list("quantity", "at", "value"):
            self.at[name].append(at)
            self.values[name].append(value)

    def of(self, attack: Attack) -> dict[str, str]:
        """From its first known time until three days after its last."""
        began = min(at for at in attack.clock.boundaries if at)
        _since, until = window(attack, self.now)
        found = {}
        for name, falls in EXTREMES.items():
            first = bisect_left(self.at[name], began)
            last = bisect_right(self.at[name], until)
            if values := self.values[name][first:last]:
                unit = unit_of(name, self.units)
                worst = min(values) if falls else max(values)
                shown = from_canonical(name, worst, unit)
                found[name] = in_words(name, shown, unit)
        return found


def extreme_labels(units: dict[str, str]) -> dict[str, str]:
    """The heading of each column of worst values."""
    return {
        name: (_("lowest %(what)s") if falls else _("highest %(what)s"))
        % {"what": _(QUANTITIES[name].label).lower()}
        for name, falls in EXTREMES.items()
    }
