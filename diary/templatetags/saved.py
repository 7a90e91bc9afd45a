"""The notice of what was just saved, on any page of a record."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context
from django.utils import timezone

from diary.saved import just_saved
from sharing.models import Permission

register = template.Library()


@register.inclusion_tag("diary/_saved.html", takes_context=True)
def saved_notice(context: Context) -> dict[str, Any]:
    """What this browser saved in the last ten minutes, with its undo; else nothing."""
    patient = context["patient"]
    saved = None
    if Permission.LOG in patient.permissions:
        saved = just_saved(context["request"], patient, timezone.now())
    return {
        "saved": saved,
        "patient": patient,
        "csrf_token": context.get("csrf_token"),
    }
