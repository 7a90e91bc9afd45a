"""What was asked about an entry, on the page where it is changed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import template
from django.template import Context

from sharing.models import Correction

register = template.Library()


@register.inclusion_tag("sharing/_asked.html", takes_context=True)
def asked_about(context: Context, about: str, target: UUID) -> dict[str, Any]:
    """The requests about one entry that wait or were accepted, newest first."""
    rows = Correction.objects.readable(context["patient"], context["user"])
    states = [Correction.State.OPEN, Correction.State.ACCEPTED]
    return {"asked": rows.about(about, target).filter(state__in=states)}
