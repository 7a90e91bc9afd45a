"""The full attack history as the data of its template: a section for each attack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from attacks import words
from attacks.around import usual, window
from attacks.fact_rows import Rows, rows_of_each
from attacks.fact_words import FactsShown, Line, facts_shown, since_infusion
from attacks.models import Attack, CaseReport
from attacks.reports import told
from capleak.attack_drawing import drawing
from capleak.attack_entries import Row, entries
from capleak.attack_extremes import Extreme, extremes
from capleak.attack_facts import marks
from capleak.charts import attack_chart
from capleak.exports.summary import common, rates, years
from capleak.exports.typesetting import chart
from capleak.flag_page import changes_on_attack
from capleak.report.attack_rows import AttackRow
from capleak.report.read import Report
from sharing.models import Patient


def history_data(report: Report) -> dict[str, Any]:
    """Everything that the document says; nine queries for each attack."""
    facts = rows_of_each(report.patient, [row.attack for row in report.attacks])
    cases = {
        case.attack_id: case
        for case in CaseReport.objects.filter(attack__patient=report.patient)
    }
    return common(report) | {
        "title": _("Attack history"),
        "kind": _("Full attack history"),
        "years": years(report),
        "rates": rates(report),
        "nothing": _("No attack is written down in these days."),
        "words": {
            "course": _("Course"),
            "began": _("Began"),
            "lasted": _("Lasted"),
            "source": _("Known from"),
            "values": _("Values"),
            "first": _("First"),
            "worst": _("Worst"),
        },
        "attacks": [
            _section(
                report.patient,
                row,
                facts[row.attack.pk],
                cases.get(row.attack.pk),
                report.now,
            )
            for row in report.attacks
        ],
    }


def _section(
    patient: Patient,
    row: AttackRow,
    facts: Rows,
    case: CaseReport | None,
    now: datetime,
) -> dict[str, Any]:
    """One attack. A published one is not this person's: nothing here is its usual."""
    attack = row.attack
    around = entries(patient, attack, now).rows if row.days else []
    values = extremes(attack, around, by_day=case is not None)
    measured = {value.quantity for value in values}
    shown = facts_shown(attack, facts, measured)
    infusion = None if case else since_infusion(patient, attack)
    lines = list(_lines(shown))
    if infusion:
        told = _("%(days)d days before, %(product)s %(dose)s") % {
            "days": infusion.days,
            "product": infusion.product,
            "dose": infusion.dose,
        }
        lines.append([_("Last infusion"), told.rstrip()])
    if attack.shown_note:
        lines.append([_("Note"), attack.shown_note])
    if case:
        lines.append([_("From a published report"), case.case_id])
    return {
        "title": row.dates if row.counted else f"{row.dates} ({row.outcome})",
        "course": list(_course(attack, now)),
        "lines": lines,
        "values": [_value(value) for value in values],
        "chart": _chart(patient, attack, facts, around, case, now) if around else None,
    }


def _course(attack: Attack, now: datetime) -> Iterator[list[str]]:
    """Each boundary that is known: what began, when, how long, and who says so."""
    for line in words.lines(attack, now):
        if line.at:
            lasted = line.lasted or "–"
            if line.between:
                lasted += f" ({line.between})"
            yield [line.label, line.at, lasted, line.source]


def _lines(shown: FactsShown) -> Iterator[list[str]]:
    """The facts that were told, label and words."""
    if grade := shown.grade:
        text = f"{grade.value}"
        text += f": {grade.wording}" if grade.wording else ""
        if grade.provisional:
            text += "; " + _("from facts, nobody graded it (%(facts)s)") % {
                "facts": grade.because
            }
        else:
            text += f"; {grade.by}, {grade.scale}"
        yield [_("Severity"), text]
    for label, said in shown.course:
        yield [label, _("yes") if said else _("no")]
    for label, rows in (
        (_("Trigger"), shown.triggers),
        (_("Hospital"), shown.stays),
        (_("Treatment"), shown.treatments),
        (_("Complication"), shown.complications),
    ):
        for row in rows:
            yield [label, _said(row)]
    if shown.no_complications:
        yield [_("Complication"), _("none")]
    if shown.liters:
        yield [_("Fluids in all"), _("%(n)s L") % {"n": shown.liters}]
    for sequela in shown.sequelae:
        yield [_("Stayed behind"), sequela]
    if shown.no_sequelae:
        yield [_("Stayed behind"), _("nothing")]


def _said(row: Line) -> str:
    parts = (row.label, row.when, row.more, row.note)
    return "; ".join(part for part in parts if part)


def _value(value: Extreme) -> list[str]:
    worst = f"{value.worst_word} {value.worst}, {value.worst_on}"
    return [value.label, f"{value.first}, {value.first_on}", worst]


def _chart(
    patient: Patient,
    attack: Attack,
    facts: Rows,
    rows: list[Row],
    case: CaseReport | None,
    now: datetime,
) -> dict[str, str]:
    done = marks(attack, facts.stays, facts.treatments, now)
    of_case = told(case) if case else None
    data = drawing(
        attack,
        rows,
        now,
        patient.units,
        usual={} if case else usual(patient, attack, now),
        treatments=of_case.treatment_days if of_case and not done else (),
        flags=() if case else changes_on_attack(patient, *window(attack, now)),
        happened=done,
    )
    bare = replace(data, title="")  # the heading above it says that
    svg = attack_chart(bare, key=f"attack-{attack.pk}", width="paper")
    return chart(svg, f"{data.title}. {data.desc}")
