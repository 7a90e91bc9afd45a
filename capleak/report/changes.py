"""What changed since the last visit, one line a topic, with counts and dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from attacks import words
from attacks.numbers import Numbers
from capleak.report.infused import ReactionRow, plan_words, within
from capleak.report.labs import Series
from prophylaxis.adherence import Outcome
from prophylaxis.kept import Kept
from prophylaxis.models import MedicinePlan, Plan


@dataclass(frozen=True, slots=True)
class Change:
    """One topic, and what is new about it."""

    topic: str
    told: str


def changes(
    on: date,
    until: date,
    *,
    numbers: Numbers,
    kept: Kept,
    medicines: Iterable[MedicinePlan],
    flags: Iterable[date],
    reactions: Iterable[ReactionRow],
    series: Iterable[Series],
) -> list[Change]:
    """From the day of the visit on; what was entered by then is not looked at."""
    return [
        Change(topic, told)
        for topic, lines in (
            (_("Attacks"), _attacks(on, numbers)),
            (_("Infusions"), _infusions(on, until, kept)),
            (_("Plan"), _plans(on, until, kept)),
            (_("Medicines"), _medicines(on, until, medicines)),
            (_("Flags"), _flags(on, flags)),
            (_("Reactions"), _reactions(on, reactions)),
            (_("Laboratory"), _labs(on, series)),
        )
        if (told := "; ".join(lines))
    ]


def _attacks(on: date, numbers: Numbers) -> Iterator[str]:
    """Those that began since, or were going on then."""
    counted = numbers.counted
    new = [known for known in counted if known.onset.first >= on]
    text = _("%(n)d new") % {"n": len(new)} if new else _("no new attack")
    if new:
        text += ": " + ", ".join(words.dates(known.attack) for known in new[-3:])
    yield text
    over = [k for k in counted if k.onset.first < on <= k.last and not k.attack.ongoing]
    if over:
        yield _("the one that was open then is over")


def _infusions(on: date, until: date, kept: Kept) -> Iterator[str]:
    period = within(kept, on, until)
    if not period.courses and not period.dues:
        return
    yield _("%(n)d given") % {"n": len(period.courses)}
    for outcome in (Outcome.LATE, Outcome.MISSED, Outcome.SKIPPED):
        if count := period.count(outcome):
            yield f"{count} {_(outcome.label)}"


def _plans(on: date, until: date, kept: Kept) -> Iterator[str]:
    """Plans that came into force since, and one that ended without another."""
    for period in kept.periods:
        plan: Plan | None = kept.plan_of(period)
        if plan and period.planned and on <= period.planned.since <= until:
            yield _("%(plan)s since %(day)s") % {
                "plan": plan_words(plan),
                "day": _day(period.planned.since),
            }
    last = kept.periods[-1].planned if kept.periods else None
    if last and last.until and on <= last.until <= until:
        yield _("ended on %(day)s") % {"day": _day(last.until)}


def _medicines(
    on: date, until: date, medicines: Iterable[MedicinePlan]
) -> Iterator[str]:
    """Those begun, changed or ended since."""
    versions: dict[object, list[MedicinePlan]] = {}
    for row in sorted(medicines, key=lambda row: (row.began_at, row.pk)):
        versions.setdefault(row.medicine, []).append(row)
    for rows in versions.values():
        last = rows[-1]
        name = f"{last.name} {last.dose}"
        ended = last.ended_at.astimezone(last.tz).date() if last.ended_at else None
        ended = min(filter(None, (ended, last.valid_until)), default=None)
        if ended and on <= ended <= until:
            yield _("%(name)s until %(day)s") % {"name": name, "day": _day(ended)}
        elif on <= last.valid_from <= until:
            text = _("new: %(name)s") if len(rows) == 1 else _("changed: %(name)s")
            yield text % {"name": name}


def _flags(on: date, opened: Iterable[date]) -> Iterator[str]:
    count = sum(day >= on for day in opened)
    if count:
        yield _("%(n)d new") % {"n": count}


def _reactions(on: date, reactions: Iterable[ReactionRow]) -> Iterator[str]:
    for row in [r for r in reactions if r.day >= on][:3]:
        yield f"{row.what} ({row.severity}), {_day(row.day)}"


def _labs(on: date, series: Iterable[Series]) -> Iterator[str]:
    """The last value before the visit and the last since, of each quantity."""
    for one in series:
        since = [value for day, value in one.points if day >= on]
        before = [value for day, value in one.points if day < on]
        if since:
            new = f"{since[-1].normalize():f} {one.unit}"
            if before:
                yield _("%(what)s %(old)s → %(new)s") % {
                    "what": one.label,
                    "old": f"{before[-1].normalize():f}",
                    "new": new,
                }
            else:
                yield f"{one.label} {new}"


def _day(day: date) -> str:
    return date_format(day, "j M Y")
