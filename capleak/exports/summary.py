"""The one-page summary as the data of its template: what is said, in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from attacks import rate_words
from capleak.charts import life_strip
from capleak.exports.typesetting import chart
from capleak.report import drawing
from capleak.report.attack_rows import AttackRow
from capleak.report.read import Report

# Design choices: a page takes no more of each, whatever the record holds.
MOST_ATTACKS: Final = 40  # more lines than a page has
MOST_MEDICINES: Final = 6
MOST_REACTIONS: Final = 3
MOST_LABS: Final = 6
LONGEST: Final = 160  # letters of what is only named here, and whole elsewhere


def summary_data(report: Report) -> dict[str, Any]:
    """Everything that the page says."""
    return common(report) | {
        "title": _("Summary for a visit"),
        "kind": _("One-page summary"),
        "questions_title": _("My questions for this visit"),
        "questions": report.questions,
        "years": years(report),
        "attacks": _attacks(report),
        "rates": rates(report),
        "topics": list(_topics(report)),
        "rest": list(_rest(report)),
    }


def common(report: Report) -> dict[str, Any]:
    """What every document says of itself and of whom it is about."""
    return {
        "lang": (get_language() or "en").partition("-")[0],
        "name": report.patient.name,
        "about": report.about,
        "period": report.period_words,
        "page_word": _("Page"),
        "intended_use": _(
            "Made by CapLeak from the diary that the patient keeps. Not a medical "
            "device; no diagnosis and no advice on treatment. What was not entered is "
            "not known."
        ),
        "origin": _("Made on %(at)s · record %(id)s")
        % {"at": report.made_at, "id": report.patient.public_id},
    }


def years(report: Report) -> dict[str, str] | None:
    years = drawing.years(report)
    if not years.attacks and not years.infusions:
        return None
    return chart(life_strip(years, key="years"), f"{years.title}. {years.desc}")


def _attacks(report: Report) -> dict[str, Any]:
    """The table of attacks, newest first; columns without any value are left out."""
    rows, counted = report.attacks, report.counted
    told = rate_words.attacks(len(counted))
    if severe := sum(row.severity[:1] in {"3", "4"} for row in counted):
        told += ", " + (
            _("severe (grade 3 or 4)")
            if len(counted) == 1
            else _("%(n)d of them severe (grade 3 or 4)") % {"n": severe}
        )
    if others := len(rows) - len(counted):
        told += "; " + _("%(n)d that did not count as one") % {"n": others}
    columns = [
        (0.0, _("Began"), [_began(row) for row in rows]),
        (0.0, _("Days"), [row.days for row in rows]),
        (0.0, _("Grade"), [row.severity for row in rows]),
        (1.9, _("Hospital"), [_whole(row.stays.short) for row in rows]),
        _measured(_("Lowest systolic"), [row.systolic for row in rows]),
        _measured(_("Highest Hct"), [row.hematocrit for row in rows]),
        _measured(_("Lowest albumin"), [row.albumin for row in rows], share=1.15),
        (1.0, _("After IVIG, days"), [row.after_infusion for row in rows]),
    ]
    shown = [column for column in columns if any(column[2])]
    return {
        "title": _("Attacks"),
        "told": told + ".",
        "shares": [share for share, _title, _cells in shown],  # 0: as its words need
        "head": [title for _share, title, _cells in shown],
        "rows": [
            [cell or "–" for cell in cells]
            for cells in zip(*(cells for _share, _title, cells in shown), strict=True)
        ][: MOST_ATTACKS + 1],
        "most": MOST_ATTACKS,
        "legend": " ".join(_legend(rows)),
        "more": _("The newest {n} of %(all)d; the full history has them all.")
        % {"all": len(rows)},
    }


def _legend(rows: list[AttackRow]) -> Iterable[str]:
    """What the signs in the table mean, of those that are in it."""
    if any(row.days.endswith("+") for row in rows):
        yield _("+: the end is not known.")
    if any(row.severity.endswith("?") for row in rows):
        yield _("?: follows from facts, nobody graded it.")
    if not all(row.counted for row in rows):
        yield _("In brackets: did not count as an attack.")


def _began(row: AttackRow) -> str:
    """On one line; what did not count as an attack stands in brackets."""
    day = _whole(row.began)
    return day if row.counted else f"({day})"


def _whole(words: str) -> str:
    """Words that break at a comma alone."""
    return words.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")


def _measured(
    title: str, values: list[str], share: float = 1.0
) -> tuple[float, str, list[str]]:
    """A column of values that have one unit, which its heading names."""
    parts = [value.partition(" ") for value in values]
    unit = next((unit for _number, _space, unit in parts if unit), "")
    heading = f"{title} ({unit})" if unit else title
    return share, heading, [number for number, _space, _unit in parts]


def rates(report: Report) -> dict[str, Any]:
    return {
        "title": _("Rates"),
        "head": [_("Time"), _("Attacks"), _("Observed"), _("A year"), _("95 %")],
        "rows": [
            [
                line.label,
                str(line.number),
                line.time,
                line.per_year or "–",
                line.interval or "–",
            ]
            for line in report.lines
            if not line.part
        ],
        "notes": [report.conclusion, report.observed],
    }


def _topics(report: Report) -> Iterable[dict[str, Any]]:
    """The other topics of a visit, each with its lines in the order of their weight."""
    infused = report.infused
    nothing = _("No infusion and no plan is written down.")
    yield _part(
        _("Infusions"),
        []
        if infused.is_empty
        else [
            (_("Given"), infused.told),
            (_("Dose"), infused.doses),
            (_("Rate"), infused.per_month),
            (_("Plan"), infused.plan),
            (_("Next due"), infused.next_due),
        ],
        [nothing] if infused.is_empty else [],
    )
    yield _part(
        _("Flags of the diary"),
        [],
        [capfirst(report.flags.told) + ".", report.flags.attacks_told],
    )
    if report.visit_on:
        day = date_format(report.visit_on, "j F Y")
        yield _part(
            _("Since the visit of %(day)s") % {"day": day},
            [(change.topic, change.told) for change in report.changes],
            [] if report.changes else [_("Nothing new is written down.")],
        )
    else:
        yield _part(
            _("Since the last visit"),
            [],
            [_("The day of the last visit is not written down.")],
        )


def _rest(report: Report) -> Iterable[dict[str, Any]]:
    """What is good to have at hand as well."""
    yield _part(
        _("Medicines"),
        [
            (row.name, f"{row.dose}, {row.times}")
            for row in report.medicines[:MOST_MEDICINES]
            if row.until is None
        ],
    )
    yield _part(
        _("Reactions to infusions"),
        [
            (date_format(row.day, "j M Y"), f"{row.what} ({row.severity})")
            for row in report.infused.reactions[:MOST_REACTIONS]
        ],
    )
    yield _part(
        _("Last laboratory values"),
        [
            (
                one.label,
                f"{value.normalize():f} {one.unit} ({date_format(day, 'j M Y')})",
            )
            for one in report.labs.series[:MOST_LABS]
            for day, value in [one.last]
        ],
    )


def _part(
    title: str, lines: list[tuple[str, str]], notes: Iterable[str] = ()
) -> dict[str, Any]:
    return {
        "title": title,
        "lines": [(label, short(words)) for label, words in lines if words],
        "notes": [words for words in notes if words],
    }


def short(words: str) -> str:
    """Words that are whole in the report and the history, cut with an ellipsis.

    A list ends after a whole entry: half of one may read as another value.
    """
    if len(words) <= LONGEST:
        return words
    kept = words[: LONGEST - 1]
    whole, mark, _rest = kept.rpartition("; ")
    return (whole + mark if mark else kept.rstrip()) + "…"
