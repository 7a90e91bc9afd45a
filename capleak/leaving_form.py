"""The forms that ask whether somebody means it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.deletion import run_alone_by
from sharing.models import Patient, User


class SureForm(forms.Form):
    sure = forms.BooleanField(
        label=gettext_lazy("I know that it cannot be brought back after that day"),
        error_messages={
            "required": gettext_lazy("Tick this, so that nothing goes by mistake.")
        },
    )


class AccountForm(SureForm):
    """Records that nobody else runs go along if that is said, each by itself."""

    def __init__(self, data: Any = None, *, user: User) -> None:
        super().__init__(data)
        self.alone = list(run_alone_by(user))
        for patient in self.alone:
            self.fields[_name(patient)] = forms.BooleanField(
                label=_("Delete the diary of %(name)s too") % {"name": patient.name},
                required=False,
            )
        self.order_fields([*map(_name, self.alone), "sure"])

    @property
    def along(self) -> list[Patient]:
        """What was ticked."""
        return [p for p in self.alone if self.cleaned_data[_name(p)]]

    def refuse(self, left: Collection[Patient]) -> None:
        """Say beside each record why the account cannot go without it."""
        for patient in left:
            self.add_error(
                _name(patient) if _name(patient) in self.fields else None,
                _(
                    "You alone run the diary of %(name)s. Make somebody else a manager "
                    "first, under Sharing in that diary, or tick that it goes too."
                )
                % {"name": patient.name},
            )


def _name(patient: Patient) -> str:
    return f"along-{patient.public_id}"
