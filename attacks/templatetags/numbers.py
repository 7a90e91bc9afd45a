"""Lengths of time and days a year in words."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils.translation import gettext as _

from attacks import rate_words, words
from attacks.statistics import DAYS_A_YEAR

register = template.Library()


@register.filter
def span_of(days: int) -> str:
    """Days in the unit that suits them: days, months, or years."""
    return rate_words.span(days)


@register.filter
def spelled(time: timedelta) -> str:
    """A length of time in its two largest units."""
    return words.spelled(time)


@register.simple_tag
def days_a_year(days: float | None, observed: int) -> str:
    """Days of something in the time observed, and a year once one was observed."""
    if days is None:
        return _("not said")
    if observed < DAYS_A_YEAR:
        return _("%(days)s in %(time)s") % {
            "days": rate_words.figure(days),
            "time": rate_words.span(observed),
        }
    a_year = rate_words.figure(days / observed * DAYS_A_YEAR)
    return _("%(days)s in %(time)s: %(rate)s a year") % {
        "days": rate_words.figure(days),
        "time": rate_words.span(observed),
        "rate": a_year,
    }
