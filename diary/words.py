"""Measured values and tags in the words that people use."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from django.utils.translation import gettext as _

from diary.models import Measurement, Tag
from diary.vocabulary import URINE_GRADES


def in_words(quantity: str, number: Decimal, unit: str) -> str:
    """A number with its unit, or the word that the number stands for."""
    if quantity == "urine_relative" and int(number) in URINE_GRADES:
        return _(URINE_GRADES[int(number)])
    if quantity == "limb_tightness":
        return _("%(grade)s of 4") % {"grade": f"{number.normalize():f}"}
    return f"{number.normalize():f} {unit}"


def tags_in_words(tags: Collection[str], vaccine: str = "") -> list[str]:
    """What else went on, in the order of the form; a vaccine with its name."""
    named = {Tag.VACCINE: vaccine}
    return [
        f"{tag.label}: {named[tag]}" if named.get(tag) else str(tag.label)
        for tag in Tag
        if tag in tags
    ]


def with_circumstance(label: str, posture: str = "", site: str = "") -> str:
    """What was measured, and how or where: "Blood pressure, standing"."""
    known = posture in Measurement.Posture.values
    how = str(Measurement.Posture(posture).label) if known else site
    return f"{label}, {how}" if how else label
