"""Plans, infusions and what is planned of two records."""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from capleak.merging.shared import BOTH, MINE, Merging, Pair, ask_about
from prophylaxis.figures import trimmed
from prophylaxis.models import Appointment, Infusion, Plan
from sharing.models import Patient
from sharing.zones import local_day

# Two infusions that began within this time of each other are asked about: nobody is
# given two in one night, and clocks in two diaries differ (design choice).
SAME_INFUSION: Final = timedelta(hours=6)


def doubled(target: Patient, source: Patient) -> list[Pair]:
    """Infusions that may have been written down in both; each of theirs once."""
    mine = list(Infusion.objects.filter(patient=target).order_by("started_at", "pk"))
    pairs = []
    for theirs in Infusion.objects.filter(patient=source).order_by("started_at", "pk"):
        near = [
            m for m in mine if abs(m.started_at - theirs.started_at) <= SAME_INFUSION
        ]
        if near:
            nearest = min(near, key=lambda m: abs(m.started_at - theirs.started_at))
            pairs.append(Pair(nearest, theirs))
    return pairs


def two_plans(target: Patient, source: Patient) -> Pair | None:
    """The plans in force, if both have one: one of them goes on."""
    mine, theirs = Plan.objects.current(target), Plan.objects.current(source)
    return Pair(mine, theirs) if mine and theirs else None


def settle(merging: Merging) -> None:
    """Make room for every plan, infusion and appointment."""
    for pair in doubled(merging.target, merging.source):
        answer = merging.answer(pair)
        loser = pair.theirs if answer == MINE else pair.mine
        if answer != BOTH and Infusion.objects.filter(pk=loser.pk).exists():
            _leave_infusion(merging, loser)
            winner = pair.mine if loser is pair.theirs else pair.theirs
            ask_about(winner.public_id, instead_of=loser.public_id)
            loser.delete()
    if plans := two_plans(merging.target, merging.source):
        _go_on_with_one(merging, plans)
    _appointments(merging)


def _leave_infusion(merging: Merging, infusion: Infusion) -> None:
    began = date_format(
        infusion.started_at.astimezone(ZoneInfo(infusion.zone)), "j F Y, H:i"
    )
    lots = [f"{lot.number} × {lot.count}" for lot in infusion.lots.all()]
    dose = f"{trimmed(infusion.dose_g)} g" if infusion.dose_g is not None else ""
    said = [infusion.product, dose, *lots, infusion.note]
    merging.leave(
        _("Infusion of %(day)s") % {"day": began}, "\n".join(filter(None, said))
    )


def plan_words(plan: Plan) -> str:
    """A plan in a few words."""
    return f"{plan.product}, {trimmed(plan.dose_g_per_kg)} g/kg, {plan.rhythm_label}"


def _go_on_with_one(merging: Merging, pair: Pair) -> None:
    """Both plans end now, and the chosen one goes on as the next: dates stay theirs.

    What was in force until now can only be told by the dates of both, and the plan
    that is entered last is the one that is in force.
    """
    chosen = pair.mine if merging.answer(pair) == MINE else pair.theirs
    other = pair.theirs if chosen is pair.mine else pair.mine
    merging.leave(_("IVIG plan until now"), plan_words(other))
    now = timezone.now()
    both = Plan.objects.filter(pk__in=[pair.mine.pk, pair.theirs.pk])
    both.update(ended_at=Greatest(Now(), F("began_at")))
    chosen.pk, chosen.ended_at, chosen.began_at = None, None, now
    chosen.patient, chosen.entered_by = merging.target, merging.by
    chosen.valid_from = max(chosen.valid_from, local_day(now, merging.target.zone))
    chosen.save(force_insert=True)


def _appointments(merging: Merging) -> None:
    """One is planned, and a day has one fate: of two the record's that stays."""
    mine = Appointment.objects.filter(patient=merging.target)
    theirs = Appointment.objects.filter(patient=merging.source)
    planned = Appointment.Status.PLANNED
    in_the_way = list(
        theirs.exclude(status=planned).filter(
            day__in=mine.exclude(status=planned).values("day")
        )
    )
    if mine.filter(status=planned).exists():
        in_the_way += theirs.filter(status=planned)
    for row in in_the_way:
        day = date_format(row.local_at, "j F Y")
        said = ", ".join(filter(None, [str(row.get_status_display()), row.reason]))
        merging.leave(_("Infusion due on %(day)s") % {"day": day}, said)
        row.delete()
