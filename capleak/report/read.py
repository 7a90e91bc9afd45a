"""Everything that a report shows, read in a constant number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from html import unescape

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attacks import numbers as attack_numbers
from attacks import rate_words
from attacks.numbers import Numbers
from attacks.rate_words import Line
from capleak.attack_entries import unit_of
from capleak.charts import LifeFlag
from capleak.flag_page import on_life_line
from capleak.period import Period
from capleak.report import attack_rows, infused
from capleak.report.attack_rows import AttackRow
from capleak.report.changes import Change, changes
from capleak.report.flagged import Flags, flags
from capleak.report.infused import Infused
from capleak.report.labs import Labs, labs
from diary import causes
from diary.personal import profile_of, usual_values
from diary.visit import sheet_of
from diary.vocabulary import from_canonical
from diary.words import in_words
from prophylaxis.kept import Kept, kept
from prophylaxis.models import MedicinePlan, Plan
from prophylaxis.services import standing
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class MedicineRow:
    """A medicine that is taken, or was until a day of the period."""

    name: str
    dose: str
    times: str
    since: date
    until: date | None
    prescriber: str


@dataclass(frozen=True, slots=True)
class Report:
    """One record over a period, in words, as far as its reader may see it."""

    patient: Patient
    since: date  # the first day that is looked at
    until: date  # the last one
    now: datetime
    visit_on: date | None
    questions: list[str]
    about: list[tuple[str, str]]  # who and what, label and words
    numbers: Numbers  # of all time up to the end of the period
    lines: list[Line]
    attacks: list[AttackRow]
    infused: Infused
    flags: Flags
    life_flags: list[LifeFlag]
    changes: list[Change]
    labs: Labs
    medicines: list[MedicineRow]

    @property
    def counted(self) -> list[AttackRow]:
        """The attacks that count as such."""
        return [row for row in self.attacks if row.counted]

    @property
    def conclusion(self) -> str:
        return rate_words.conclusion(self.numbers)

    @property
    def observed(self) -> str:
        """What time counts as observed, and what is in no rate."""
        context = {"numbers": self.numbers}
        told = render_to_string("attacks/_observed.html", context)
        return unescape(" ".join(told.split()))

    @property
    def period_words(self) -> str:
        """The days in words, such as "1 May 2020 to 3 March 2026"."""
        first, last = (date_format(d, "j F Y") for d in (self.since, self.until))
        if first == last:
            return first
        return _("%(first)s to %(last)s") % {"first": first, "last": last}

    @property
    def made_at(self) -> str:
        """When it was made, on the clock of the record, with its zone."""
        local = self.now.astimezone(self.patient.tz)
        return f"{date_format(local, 'j F Y, H:i')} {self.patient.zone}"


def read(
    patient: Patient, period: Period, now: datetime, visit_on: date | None = None
) -> Report:
    """The report of an opened record; without a day the last visit is the stored one.

    What is written down of later days than the period is left out, rates included: a
    report of last year says what it would have said on the last day of that year.
    """
    today = now.astimezone(patient.tz).date()
    until = min(period.until or today, today)
    end = min(period.end or now, now)
    numbers = attack_numbers.read(patient, now).up_to(until)
    plans = kept(patient, end)
    since = period.since or _first_day(numbers, until)
    here = standing(patient, now)
    plan, due = here.plan, here.due
    if until < today:
        plan, due = _plan_on(plans, until), None
    sheet = sheet_of(patient)
    visit = visit_on or sheet.last_on
    shown_flags, flag_days = flags(patient, period.start, end)
    values = labs(patient, until, usual_values(patient))
    versions = list(MedicinePlan.objects.filter(patient=patient))
    from_visit = min(since, visit) if visit else since
    given = infused.infused(patient, plans, plan, due, from_visit, until)
    return Report(
        patient=patient,
        since=since,
        until=until,
        now=now,
        visit_on=visit,
        questions=sheet.questions_for(patient),
        about=_about(patient, values, now),
        numbers=numbers,
        lines=_lines(numbers, since, until, period),
        attacks=attack_rows.rows(patient, numbers, since, until, end),
        infused=given.of_days(since, plans),
        flags=shown_flags,
        life_flags=[f for f in on_life_line(patient) if f.on <= until],
        changes=changes(
            visit,
            until,
            numbers=numbers,
            kept=plans,
            medicines=versions,
            flags=flag_days,
            reactions=given.reactions,
            series=values.series,
        )
        if visit and visit <= until
        else [],
        labs=values.since(period.since) if period.since else values,
        medicines=_medicines(versions, since, until),
    )


def _plan_on(plans: Kept, day: date) -> Plan | None:
    """The plan that was in force on a day."""
    for period in reversed(plans.periods):
        planned = period.planned
        if (
            planned
            and planned.since <= day
            and (not planned.until or planned.until > day)
        ):
            return plans.plan_of(period)
    return None


def _first_day(numbers: Numbers, until: date) -> date:
    """The earliest day of which the record says something."""
    days = [numbers.since] if numbers.since else []
    days += [known.onset.first for known in numbers.attacks]
    days += [past.from_on for past in numbers.past]
    days += [infusion.day for infusion in numbers.infusions]
    return min([*days, until])


def _lines(numbers: Numbers, since: date, until: date, period: Period) -> list[Line]:
    """The rates up to the end of the period, and that of the period itself."""
    found = rate_words.lines(numbers)
    if period.since is None:
        return found
    tally = numbers.observed_in(since, until)
    return [*found, rate_words.line(_("In the chosen period"), tally)]


def _about(patient: Patient, values: Labs, now: datetime) -> list[tuple[str, str]]:
    """Whose record it is and what is known of the disease; blanks are left out."""
    profile = profile_of(patient)
    found = []
    if patient.born_on:
        today = now.astimezone(patient.tz).date()
        before = (today.month, today.day) < (patient.born_on.month, patient.born_on.day)
        age = today.year - patient.born_on.year - before
        born = date_format(patient.born_on, "j F Y")
        told = _("%(day)s, %(age)d years") % {"day": born, "age": age}
        found.append((_("Born"), born if patient.is_closed else told))
    if form := causes.FORMS.get(profile.form):
        found.append((_("SCLS"), _(form.label)))
    if cause := causes.CAUSES.get(profile.cause):
        text = _(cause.label)
        found.append((_("Cause"), f"{text}: {profile.cause_text}".removesuffix(": ")))
    elif profile.cause_text:
        found.append((_("Cause"), profile.cause_text))
    if profile.diagnosed_on:
        diagnosed = date_format(profile.diagnosed_on, "j F Y")
        found.append((_("Diagnosed"), diagnosed))
    if kind := causes.M_PROTEINS.get(profile.m_protein):
        text = _(kind.label)
        level = next((s for s in values.series if s.quantity == "m_protein"), None)
        if level:
            day, value = level.last
            text += (
                f", {value.normalize():f} {level.unit} ({date_format(day, 'j M Y')})"
            )
        found.append((_("M-protein"), text))
    weight = usual_values(patient).get("weight")
    if weight:
        unit = unit_of("weight", patient.units)
        shown = from_canonical("weight", weight, unit)
        found.append((_("Usual weight"), in_words("weight", shown, unit)))
    return found


def _medicines(
    versions: list[MedicinePlan], since: date, until: date
) -> list[MedicineRow]:
    """What was taken at some time of these days, as it was last; current ones first."""
    latest: dict[object, MedicinePlan] = {}
    for row in sorted(versions, key=lambda row: (row.began_at, row.pk)):
        if row.valid_from <= until:
            latest[row.medicine] = row
    rows = []
    for row in latest.values():
        ended = row.ended_at.astimezone(row.tz).date() if row.ended_at else None
        over = min(filter(None, (ended, row.valid_until)), default=None)
        if over is None or over >= since:
            rows.append(
                MedicineRow(
                    name=row.name,
                    dose=row.dose,
                    times=", ".join(f"{at:%H:%M}" for at in row.times),
                    since=row.valid_from,
                    until=over if over and over <= until else None,
                    prescriber=row.prescriber,
                )
            )
    return sorted(rows, key=lambda row: (row.until is not None, row.name))
