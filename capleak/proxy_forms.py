"""Forms of records that somebody keeps for somebody else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from capleak.forms import NameField, StartForm
from sharing.fields import EARLIEST_YEAR


class StartForForm(StartForm):
    """What a record for somebody else cannot do without."""

    name = NameField(
        label=gettext_lazy("Their name"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    born_on = forms.DateField(
        label=gettext_lazy("Their date of birth"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={"invalid": gettext_lazy("Enter a date, such as 2015-03-14.")},
        help_text=gettext_lazy("Some urgent signs differ for children."),
    )
    may = forms.BooleanField(
        label=gettext_lazy(
            "I am their parent or legal guardian, or they have asked me to keep it"
        ),
        error_messages={
            "required": gettext_lazy(
                "A diary of somebody’s health needs a parent, a guardian, or their own "
                "wish."
            )
        },
    )
    client_id = forms.UUIDField(widget=forms.HiddenInput)

    field_order = ("client_id", "name", "born_on", "zone", "emergency_number", "may")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["zone"].label = _("Their time zone")
        self.fields["emergency_number"].label = _("Emergency number where they live")
        self.initial.setdefault("client_id", uuid4())

    def clean_born_on(self) -> Any:
        born_on = self.cleaned_data["born_on"]
        if born_on and (
            born_on.year < EARLIEST_YEAR or born_on > timezone.now().date()
        ):
            raise ValidationError(_("Enter a date between 1900 and today."))
        return born_on


def memorial_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Words in memory of them"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "They stand on the first page of the diary, for all who can see it."
        ),
    )


class ClosingForm(forms.Form):
    """Closing stops every reminder and flag, so it takes two steps of the hand."""

    memorial = memorial_field()
    sure = forms.BooleanField(
        label=gettext_lazy("Yes, this person has died. Close the diary"),
        error_messages={"required": gettext_lazy("Tick this to close the diary.")},
    )


class MemorialForm(forms.Form):
    """The words over a closed record."""

    memorial = memorial_field()
