"""A flag in words, in the reader's units, without what the reader may not see."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.utils.translation import gettext as _

from diary import vocabulary
from diary.models import FlagAnswer, FlagChange, ProdromeFlag
from diary.models.entries import OWN
from diary.models.flags import Closed, Level
from diary.quantities import QUANTITIES
from diary.vocabulary import from_canonical
from diary.words import in_words
from sharing.models import Category, Patient

SMALL: Final = 5  # fewer usual days than this are little to compare with (design)
TELLING: Final = 3

Reason = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answered:
    """What somebody said a flag was."""

    at: datetime  # on the patient's clock
    by: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An open or closed flag as one reader may see it; times are the patient's."""

    flag: ProdromeFlag
    title: str
    reasons: list[str]
    of_days: int  # usual days that the reasons were compared with
    first_at: datetime
    last_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    ended: str

    @property
    def telling(self) -> list[str]:
        """The first of the reasons: as many as a tired person reads."""
        return self.reasons[:TELLING]

    @property
    def further(self) -> list[str]:
        """The other reasons."""
        return self.reasons[TELLING:]

    @property
    def little_diary(self) -> bool:
        return self.of_days < SMALL

    @property
    def is_act(self) -> bool:
        return self.flag.level == Level.ACT


def shown(flag: ProdromeFlag, patient: Patient) -> Shown:
    """The flag for the reader of the opened record."""
    closed_at = flag.closed_at
    return Shown(
        flag=flag,
        title=title(flag.level, is_own=patient.is_own),
        reasons=sentences(flag.reasons, patient),
        of_days=max((r.get("of_days") or 0 for r in flag.reasons), default=0),
        first_at=flag.first_at.astimezone(patient.tz),
        last_at=flag.last_at.astimezone(patient.tz),
        opened_at=flag.opened_at.astimezone(patient.tz),
        closed_at=closed_at.astimezone(patient.tz) if closed_at else None,
        ended=str(Closed(flag.closed_why).label) if flag.closed_why else "",
    )


def title(level: str, *, is_own: bool) -> str:
    """What is said first: the level, and that the diary is unusual for its owner."""
    if level == Level.ACT:
        if is_own:
            return _("Act: this is very unusual for you")
        return _("Act: this diary is very unusual")
    if is_own:
        return _("Watch: this is unusual for you")
    return _("Watch: this diary is unusual")


def sentences(reasons: Iterable[Reason], patient: Patient) -> list[str]:
    """Each reason in the patient's own numbers, most telling first.

    What rests on a hidden category is one line that says only that there is something.
    """
    told: list[str] = []
    for reason in reasons:
        if reason.get("hidden") and patient.hides(Category(reason["hidden"])):
            told.append(_("Something unusual"))
        else:
            told.append(sentence(reason, patient))
    return list(dict.fromkeys(told))


def sentence(reason: Reason, patient: Patient) -> str:
    """What is unusual and against what usual: "Dizzy, mild: new"."""
    if reason["code"] in QUANTITIES and reason.get("usual_days") is None:
        return _measured(reason, patient)
    what = label_of(reason)
    if reason.get("graded", True):
        what = f"{what}, {_grade(reason['now'])}"
    return f"{what}: {_against(reason)}"


def label_of(reason: Reason) -> str:
    """What a symptom is called: one's own word, else that of the vocabulary."""
    if reason.get("label"):
        return str(reason["label"])
    return sign_label(str(reason["code"]))


def sign_label(code: str) -> str:
    """The word for a sign or a quantity of the vocabulary."""
    known = vocabulary.SYMPTOMS.get(code) or vocabulary.FINDINGS.get(code)
    if known is None and code in QUANTITIES:
        return _(QUANTITIES[code].label)
    if known is None:
        return _("A symptom of your own") if code.startswith(OWN) else code
    return _(known.label)


def _grade(now: float) -> str:
    return _(vocabulary.Severity(max(1, min(3, round(now)))).label).lower()


def _against(reason: Reason) -> str:
    days, of_days = reason.get("usual_days") or 0, reason.get("of_days") or 0
    if reason.get("usual"):
        return _("your usual is %(grade)s") % {"grade": _grade(reason["usual"])}
    if not days:
        return _("new")
    text = _("rare, on %(k)d of %(n)d days")
    if reason["kind"] == "worse_than_usual":
        text = _("more than usual, on %(k)d of %(n)d days")
    return text % {"k": days, "n": of_days}


def _measured(reason: Reason, patient: Patient) -> str:
    code = str(reason["code"])
    label, now = _(QUANTITIES[code].label), amount(code, reason["now"], patient)
    if reason.get("usual") is None:
        return _("%(what)s %(now)s; no usual value is known yet") % {
            "what": label,
            "now": now,
        }
    text = _("%(what)s %(now)s, your usual %(usual)s")
    if not patient.is_own:
        text = _("%(what)s %(now)s, usually %(usual)s")
    usual = amount(code, reason["usual"], patient)
    return text % {"what": label, "now": now, "usual": usual}


def amount(code: str, canonical: float, patient: Patient) -> str:
    """A canonical value with its unit, in the unit that the patient chose."""
    known = QUANTITIES[code]
    chosen = patient.units.get(code, known.canonical_unit)
    unit = chosen if chosen in known.units else known.canonical_unit
    value = from_canonical(code, Decimal(str(round(canonical, 6))), unit)
    return in_words(code, value, unit)


def answered(answers: Iterable[FlagAnswer], patient: Patient) -> Iterator[Answered]:
    """The answers as the reader may see them."""
    for answer in answers:
        yield Answered(
            at=answer.at.astimezone(patient.tz),
            by=answer.signed or _("someone who has left"),
            label=answer.label_for(patient),
            words=answer.words_for(patient),
        )


@dataclass(frozen=True, slots=True)
class FlagLine:
    """A change of a flag as a line of the timeline, for one reader."""

    what: str
    level: str  # blank: closed
    reasons: list[str]
    rule_version: str


def flag_line(change: FlagChange, patient: Patient) -> FlagLine:
    """A change in words; why a flag closed stands in place of the reasons."""
    if not change.level:
        why = Closed(change.closed_why).label
        text = _("Flag closed: %(why)s") % {"why": why}
        return FlagLine(text, "", [], change.rule_version)
    level = Level(change.level)
    if not change.before:
        text = _("Flag: %(level)s")
    elif change.rose:
        text = _("Flag rose to: %(level)s")
    else:
        text = _("Flag fell back to: %(level)s")
    told = sentences(change.reasons, patient)
    return FlagLine(text % {"level": level.label}, level, told, change.rule_version)
