"""Measurements in the words and the grouping that people use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from django import template
from django.utils.translation import gettext as _

from diary.models import Measurement
from diary.words import in_words, with_circumstance

register = template.Library()


class Shown(NamedTuple):
    """One reading as a person would write it: Blood pressure, 122/78 mmHg."""

    label: str
    text: str


@register.filter
def readings(measurements: Iterable[Measurement]) -> list[Shown]:
    """Values as typed, with the two halves of one blood pressure put together."""
    rows = list(measurements)
    upper = {_cuff(m) for m in rows if m.quantity == "systolic"}
    lower = {_cuff(m): m for m in rows if m.quantity == "diastolic"}
    shown = []
    for m in rows:
        partner = lower.get(_cuff(m))
        text = in_words(m.quantity, m.typed_value, m.typed_unit)
        label = m.label
        if m.quantity == "systolic" and partner:
            label = _("Blood pressure")
            text = f"{m.typed}/{partner.typed} {m.typed_unit}"
        elif m is partner and _cuff(m) in upper:
            continue
        shown.append(Shown(with_circumstance(label, m.posture, m.site), text))
    return shown


@register.filter
def devices(measurements: Iterable[Measurement]) -> list[str]:
    """What they were measured with, or by which laboratory, each once."""
    return list(dict.fromkeys(m.device for m in measurements if m.device))


def _cuff(measurement: Measurement) -> tuple[object, str]:
    """What the two halves of one blood pressure have in common."""
    return measurement.client_id, measurement.posture
