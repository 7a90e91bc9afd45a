"""Measured values in the words and the grouping that people use."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from diary.models import Measurement
from diary.vocabulary import URINE_GRADES


def in_words(quantity: str, number: Decimal, unit: str) -> str:
    """A number with its unit, or the word that the number stands for."""
    if quantity == "urine_relative" and int(number) in URINE_GRADES:
        return _(URINE_GRADES[int(number)])
    if quantity == "limb_tightness":
        return _("%(grade)s of 4") % {"grade": f"{number.normalize():f}"}
    return f"{number.normalize():f} {unit}"


def with_circumstance(label: str, posture: str = "", site: str = "") -> str:
    """What was measured, and how or where: "Blood pressure, standing"."""
    known = posture in Measurement.Posture.values
    how = str(Measurement.Posture(posture).label) if known else site
    return f"{label}, {how}" if how else label
