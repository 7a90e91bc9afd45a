"""A comment on one day."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.comments import COMMENT_LENGTH
from sharing.fields import EARLIEST_YEAR
from sharing.models import Patient


class CommentForm(forms.Form):
    """One of many on a page, so the ids of its fields name the day."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    day = forms.DateField(widget=forms.HiddenInput)
    text = forms.CharField(
        max_length=COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Comment"),
    )

    def __init__(
        self, data: Any = None, *, patient: Patient, day: date | None = None
    ) -> None:
        super().__init__(
            data,
            initial={"client_id": uuid4(), "day": day},
            auto_id=f"comment-{day}-%s" if day else "comment-%s",
        )
        self.patient = patient

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        today = timezone.now().astimezone(self.patient.tz).date()
        if day.year < EARLIEST_YEAR or day > today:
            raise ValidationError(_("A comment belongs to a day between 1900 and now."))
        return day
