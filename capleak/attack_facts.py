"""What was done in one attack, as rows of marks for its chart."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from attacks.models import Attack, Stay, Treatment
from capleak.attack_entries import day_of
from capleak.charts import MarkRow
from sharing.models import Patient


def happened(patient: Patient, attack: Attack, now: datetime) -> list[MarkRow]:
    """Stays and treatments whose time is known, a row each kind, in two queries."""
    stays = Stay.objects.readable(patient).filter(attack=attack)
    treatments = Treatment.objects.readable(patient).filter(attack=attack)
    return marks(attack, list(stays), treatments.order_by("at", "pk"), now)


def marks(
    attack: Attack,
    stays: Collection[Stay],
    treatments: Iterable[Treatment],
    now: datetime,
) -> list[MarkRow]:
    """The same of rows that were read already, oldest first."""
    return [*_stays(attack, stays, now), *_treatments(attack, treatments)]


def _stays(attack: Attack, stays: Collection[Stay], now: datetime) -> Iterator[MarkRow]:
    """Hospital and intensive care; with one end unknown, the moment that is known."""
    for label, first, last in (
        (_("In hospital"), "arrived_at", "discharged_at"),
        (_("Intensive care"), "icu_from", "icu_until"),
    ):
        spans, times = [], []
        for stay in stays:
            start, end = getattr(stay, first), getattr(stay, last)
            if start and not end and attack.ongoing:
                end = now
            if start and end:
                spans.append((day_of(attack, start), day_of(attack, end)))
            elif start or end:
                times.append(day_of(attack, start or end))
        if spans or times:
            yield MarkRow(label, "stay", tuple(times), tuple(spans))


def _treatments(attack: Attack, treatments: Iterable[Treatment]) -> Iterator[MarkRow]:
    """A row each kind of treatment: a mark where it began, a bar while it lasted."""
    times: dict[str, list[float]] = {}
    spans: dict[str, list[tuple[float, float]]] = {}
    for treatment in treatments:
        start, end = treatment.at, treatment.until
        if at := start or end:
            times.setdefault(treatment.kind, []).append(day_of(attack, at))
        if start and end and end > start:
            span = (day_of(attack, start), day_of(attack, end))
            spans.setdefault(treatment.kind, []).append(span)
    for kind, of_kind in times.items():
        label = _short(kind)
        yield MarkRow(label, "treatment", tuple(of_kind), tuple(spans.get(kind, ())))


def _short(kind: str) -> str:
    """A kind of treatment in the few words that a row has room for."""
    return {
        "crystalloid": _("Salt solution"),
        "colloid": _("Colloid or plasma"),
        "albumin": _("Albumin"),
        "ivig": _("IVIG"),
        "vasopressor": _("Pressure medicine"),
        "steroid": _("Steroid"),
        "diuretic": _("Diuretic"),
        "decompression": _("Surgery on muscles"),
        "dialysis": _("Dialysis"),
        "ventilation": _("Ventilation"),
    }.get(kind, _("Other treatment"))
