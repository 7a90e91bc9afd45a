"""Measurements in the words and the grouping that people use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.utils.translation import gettext as _

from diary.models import Measurement

register = template.Library()


class Shown(NamedTuple):
    """One reading as a person would write it: Blood pressure, 122/78 mmHg."""

    label: str
    text: str


@register.filter
def readings(measurements: Iterable[Measurement]) -> list[Shown]:
    """Values as typed, with the two halves of one blood pressure put together."""
    rows = list(measurements)
    lower = {m.client_id: m for m in rows if m.quantity == "diastolic"}
    shown = []
    for m in rows:
        partner = lower.get(m.client_id)
        if m.quantity == "systolic" and partner:
            value = f"{m.typed}/{partner.typed} {m.typed_unit}"
            shown.append(Shown(_("Blood pressure"), value))
        elif m.quantity != "diastolic" or not _has_upper(m, rows):
            shown.append(Shown(m.label, f"{m.typed} {m.typed_unit}"))
    return shown


def _has_upper(lower: Measurement, rows: list[Measurement]) -> bool:
    return any(
        m.quantity == "systolic" and m.client_id == lower.client_id for m in rows
    )
