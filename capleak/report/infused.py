"""Infusions of a period: how many came when, what was given, and reactions to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Prefetch
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from prophylaxis.adherence import Outcome, Period
from prophylaxis.figures import trimmed
from prophylaxis.kept import Kept
from prophylaxis.models import Infusion, Plan, Reaction
from sharing.models import Patient

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ReactionRow:
    """A reaction to one infusion."""

    day: date
    product: str
    lots: str
    what: str
    severity: str
    action: str


@dataclass(frozen=True, slots=True)
class InfusionRow:
    """One infusion with its lots."""

    day: date
    product: str
    dose: str
    per_kg: str
    lots: str
    reactions: str


@dataclass(frozen=True, slots=True)
class Infused:
    """What was given on the days of a period, and what became of its due days."""

    period: Period
    plan: str  # the current one; blank without any
    next_due: str
    rows: list[InfusionRow]  # newest first
    reactions: list[ReactionRow]  # newest first

    def of_days(self, since: date, kept: Kept) -> Infused:
        """The part of it from a day on."""
        until = self.period.until - A_DAY
        return replace(
            self,
            period=within(kept, since, until),
            rows=[row for row in self.rows if row.day >= since],
            reactions=[row for row in self.reactions if row.day >= since],
        )

    @property
    def is_empty(self) -> bool:
        return not (self.period.courses or self.period.dues or self.plan)

    @property
    def counts(self) -> list[tuple[str, int]]:
        """How many were given, and of the due days how many were met how."""
        given = _("given"), len(self.period.courses)
        fates = [(_(o.label), self.period.count(o)) for o in Outcome]
        return [given, *fates] if self.period.dues else [given]

    @property
    def told(self) -> str:
        """The counts in one line."""
        return ", ".join(f"{count} {label}" for label, count in self.counts)

    @property
    def doses(self) -> str:
        """The dose of a course, and how far it varied; blank if none is known."""
        known = [c.g_per_kg for c in self.period.courses if c.g_per_kg is not None]
        if not known:
            return ""
        low, high = (trimmed(round(value, 2)) for value in (min(known), max(known)))
        mean = trimmed(round(sum(known, Decimal(0)) / len(known), 2))
        if low == high:
            text = _("%(mean)s g/kg each") % {"mean": mean}
        else:
            text = _("%(mean)s g/kg on average (%(low)s to %(high)s)") % {
                "mean": mean,
                "low": low,
                "high": high,
            }
        unknown = len(self.period.courses) - len(known)
        if unknown:
            text += "; " + ngettext(
                "dose per kg of %(n)d not known",
                "dose per kg of %(n)d not known",
                unknown,
            ) % {"n": unknown}
        return text

    @property
    def per_month(self) -> str:
        """What was given a month; blank below the least that says anything."""
        found = self.period.g_per_kg_a_month
        return _("%(n)s g/kg a month") % {"n": trimmed(found)} if found else ""


def infused(
    patient: Patient,
    kept: Kept,
    plan: Plan | None,
    due: datetime | None,
    since: date,
    until: date,
) -> Infused:
    """The infusions of these days of an opened record; three queries."""
    reactions = Reaction.objects.readable(patient)
    given = (
        Infusion.objects.readable(patient)
        .filter(day__range=(since, until))
        .prefetch_related("lots", Prefetch("reactions", reactions))
    )
    rows = list(given)
    return Infused(
        period=within(kept, since, until),
        plan=plan_words(plan) if plan else "",
        next_due=date_format(due.astimezone(patient.tz), "j M Y") if due else "",
        rows=[_row(infusion) for infusion in rows],
        reactions=[row for infusion in rows for row in _reactions(infusion)],
    )


def within(kept: Kept, since: date, until: date) -> Period:
    """The courses and due days of some days, whichever plan was in force."""
    began = [period.since for period in kept.periods]
    first = max(since, min(began, default=since))
    return Period(
        None,
        first,
        max(first, until + A_DAY),
        tuple(c for p in kept.periods for c in p.courses if since <= c.day <= until),
        tuple(d for p in kept.periods for d in p.dues if since <= d.day <= until),
    )


def plan_words(plan: Plan) -> str:
    """A plan in a line: product, dose, and how often."""
    return _("%(product)s, %(dose)s g/kg %(rhythm)s") % {
        "product": plan.product,
        "dose": trimmed(plan.dose_g_per_kg),
        "rhythm": plan.rhythm_label,
    }


def _row(infusion: Infusion) -> InfusionRow:
    return InfusionRow(
        day=infusion.day,
        product=infusion.product,
        dose=_("%(n)s g") % {"n": trimmed(infusion.dose_g)} if infusion.dose_g else "",
        per_kg=trimmed(infusion.g_per_kg) if infusion.g_per_kg else "",
        lots=_lots(infusion),
        reactions=", ".join(row.what for row in _reactions(infusion)),
    )


def _lots(infusion: Infusion) -> str:
    return ", ".join(lot.number for lot in infusion.lots.all())


def _reactions(infusion: Infusion) -> Iterator[ReactionRow]:
    for reaction in infusion.reactions.all():
        what = str(reaction.get_kind_display())
        yield ReactionRow(
            day=infusion.day,
            product=infusion.product,
            lots=_lots(infusion),
            what=reaction.shown_other or what,
            severity=str(reaction.get_severity_display()),
            action=reaction.shown_action,
        )
