"""What every form that adds an entry to a record has."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms

from diary.drafts import CheckInDraft
from sharing.models import Patient


class RecordForm(forms.Form):
    """A form about one patient that is stored once, however often it is sent.

    With `editing` it begins with what a stored check-in says, to be corrected.
    """

    client_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        editing: CheckInDraft | None = None,
    ) -> None:
        super().__init__(None if data is None else data.copy())
        self.patient = patient
        self.editing = editing
        self.initial["client_id"] = editing.client_id if editing else uuid4()

    def renew(self) -> None:
        """Give the shown form a new client id, keeping everything else typed."""
        self.data["client_id"] = str(uuid4())  # type: ignore[index]  # our own copy

    def opens(self, *prefixes: str) -> bool:
        """Whether a folded part holds something: typed, refused or filled in."""
        return any(
            name in self.errors or self[name].value()
            for name in self.fields
            if name.startswith(prefixes)
        )
