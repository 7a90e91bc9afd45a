"""An empty comment form for each day of a page."""

from __future__ import annotations

from datetime import date

from django import template

from diary.forms.comment import CommentForm
from sharing.models import Patient

register = template.Library()


@register.simple_tag
def new_comment(patient: Patient, day: date) -> CommentForm:
    return CommentForm(patient=patient, day=day)
