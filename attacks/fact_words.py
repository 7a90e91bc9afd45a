"""The facts of one attack as its page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks import severity
from attacks.fact_rows import Rows, known_of
from attacks.facts import COURSE
from attacks.hints import Hint, hints
from attacks.models import Attack, Grade, Sequela, Site, Stay, Treatment, Trigger
from attacks.models.facts import Fact
from attacks.severity import Course
from attacks.words import moment
from prophylaxis.figures import trimmed
from prophylaxis.models import Infusion
from sharing.models import Patient

COURSE_WORDS: Final = {
    "drank_at_home": gettext_lazy("Drinking at home was enough"),
    "iv_fluids": gettext_lazy("Fluids into a vein"),
    "ward": gettext_lazy("Hospital ward"),
    "icu": gettext_lazy("Intensive care"),
    "ventilated": gettext_lazy("Help with breathing by a machine"),
    "surgery": gettext_lazy("Surgery"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One fact: what, when, more about it, and the id by which it can be changed."""

    kind: str
    client_id: UUID
    label: str
    when: str
    more: str
    note: str


@dataclass(frozen=True, slots=True)
class GradeShown:
    """How severe it was, and who says so."""

    value: int
    wording: str  # of our own scale; blank for another one
    provisional: bool
    because: str = ""
    by: str = ""
    scale: str = ""
    source: str = ""  # of the wording; blank: our own


@dataclass(frozen=True, slots=True)
class SinceInfusion:
    """The last infusion before day 0 of an attack."""

    days: int
    product: str
    dose: str


@dataclass(frozen=True, slots=True)
class FactsShown:
    """All that was told of one attack."""

    grade: GradeShown | None
    course: tuple[tuple[str, bool], ...]
    triggers: tuple[Line, ...]
    stays: tuple[Line, ...]
    treatments: tuple[Line, ...]
    complications: tuple[Line, ...]
    no_complications: bool
    sequelae: tuple[str, ...]
    no_sequelae: bool
    liters: str  # of fluid in all; blank if no amount is known
    hints: tuple[Hint, ...]

    @property
    def known(self) -> int:
        return sum(hint.known for hint in self.hints)

    @property
    def wanted(self) -> list[tuple[str, str]]:
        """What is not known yet: where it is written down, and the words."""
        return [(hint.place, _(hint.text)) for hint in self.hints if not hint.known]


def facts_shown(attack: Attack, rows: Rows, measured: Iterable[str] = ()) -> FactsShown:
    """The facts in words. `measured` are the quantities with a value in the attack."""
    zone, facts, course = attack.tz, rows.facts, rows.course
    own_words = "" if rows.hides_notes else facts.sequelae_note
    asked = attack.outcome != Attack.Outcome.NOT_ATTACK
    return FactsShown(
        grade=_grade(course, rows.grades),
        course=tuple(
            (str(COURSE_WORDS[name]), value)
            for name in COURSE
            if (value := getattr(course, name)) is not None
        ),
        triggers=tuple(_trigger(row, zone) for row in rows.triggers),
        stays=tuple(_stay(row, zone) for row in rows.stays),
        treatments=tuple(_treatment(row, zone) for row in rows.treatments),
        complications=tuple(
            _line(row, "complication", row.get_kind_display(), row.at, row.detail, zone)
            for row in rows.complications
        ),
        no_complications=facts.no_complications and not rows.complications,
        sequelae=(
            *(str(Sequela(name).label) for name in facts.sequelae),
            *([own_words] if own_words else []),
        ),
        no_sequelae=facts.no_sequelae,
        liters="" if rows.liters is None else trimmed(rows.liters),
        hints=tuple(hints(known_of(attack, rows, measured))) if asked else (),
    )


def since_infusion(patient: Patient, attack: Attack) -> SinceInfusion | None:
    """How long before day 0 the last infusion began, in calendar days, and its dose."""
    zero = attack.day_zero
    last = Infusion.objects.readable(patient).filter(started_at__lte=zero).first()
    if last is None:
        return None
    grams = _("%(grams)s g") % {"grams": trimmed(last.dose_g)} if last.dose_g else ""
    per_kg = last.g_per_kg
    each = _("%(grams)s g/kg") % {"grams": trimmed(per_kg)} if per_kg else ""
    return SinceInfusion(
        days=(zero.astimezone(attack.tz).date() - last.day).days,
        product=last.product,
        dose=", ".join(text for text in (grams, each) if text),
    )


def _grade(course: Course, grades: Iterable[Grade]) -> GradeShown | None:
    given = severity.outranking(grades)
    if given is not None:
        ours = given.scale_name == severity.SCALE_NAME
        scale = " ".join(t for t in (given.scale_name, given.scale_version) if t)
        return GradeShown(
            value=given.value,
            wording=_(severity.GRADES[given.value]) if ours else "",
            provisional=False,
            by=_said_by(given),
            scale=scale,
        )
    found = severity.provisional(course)
    if found is None:
        return None
    return GradeShown(
        value=found.value,
        wording=_(found.wording),
        provisional=True,
        because=", ".join(_(text) for text in found.because),
        source=found.source or "",
    )


def _said_by(grade: Grade) -> str:
    name = str(grade.assigned_by) if grade.assigned_by else _("someone who has left")
    return f"{name} ({grade.get_assigned_as_display()})"


def _line(
    row: Fact,
    kind: str,
    label: str,
    at: datetime | None,
    more: str,
    zone: ZoneInfo,
    until: datetime | None = None,
) -> Line:
    return Line(
        kind=kind,
        client_id=row.client_id,
        label=label,
        when=_when(at, until, row.precision, zone),
        more=more,
        note=row.shown_note,
    )


def _when(
    at: datetime | None, until: datetime | None, precision: str, zone: ZoneInfo
) -> str:
    first, last = (moment(t, precision, zone) if t else "" for t in (at, until))
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    return _("until %(last)s") % {"last": last} if last else first


def _joined(*texts: str) -> str:
    return ", ".join(text for text in texts if text)


def _trigger(row: Trigger, zone: ZoneInfo) -> Line:
    more = _joined(row.detail, row.get_evidence_display())
    return _line(row, "trigger", row.get_kind_display(), row.at, more, zone)


def _treatment(row: Treatment, zone: ZoneInfo) -> Line:
    amount = "" if row.amount is None else f"{trimmed(row.amount)} {row.unit}"
    sites = ", ".join(str(Site(site).label) for site in row.sites)
    more = _joined(amount, row.detail, sites)
    return _line(
        row, "treatment", row.get_kind_display(), row.at, more, zone, row.until
    )


def _stay(row: Stay, zone: ZoneInfo) -> Line:
    more = []
    if row.icu_from or row.icu_until:
        when = _when(row.icu_from, row.icu_until, row.precision, zone)
        more.append(_("intensive care: %(when)s") % {"when": when})
    if row.first_called:
        more.append(_("first called: %(name)s") % {"name": row.first_called})
    return _line(
        row,
        "stay",
        _("Stay in hospital"),
        row.arrived_at,
        "; ".join(more),
        zone,
        row.discharged_at,
    )
