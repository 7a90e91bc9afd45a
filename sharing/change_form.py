"""The form that changes what somebody may do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing import stale
from sharing.changing import NeverHolds, Parts, change, parts_of
from sharing.forms import EXTRAS, HIDE, HIDES, SHOW, AccessForm
from sharing.models import Category, Grant, Patient, Topic, User


class ChangeForm(AccessForm):
    """What someone may do from now on, what they are told, and for how long."""

    told = forms.MultipleChoiceField(
        label=gettext_lazy("What are they told, by e-mail too?"),
        choices=Topic.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, patient: Patient, grant: Grant) -> None:
        self.grant = grant
        stored = parts_of(grant, patient)
        seen = stale.write(stale.marks(stored))
        super().__init__(data, patient=patient, initial=_initial(stored, seen))
        self.offer(patient.given | set(grant.permissions))
        notes = self.fields["notes"]
        assert isinstance(notes, forms.ChoiceField)
        notes.choices = [(SHOW, _("Yes")), (HIDE, _("No"))]
        notes.required = True
        if stored["begins_on"] is None:
            del self.fields["begins"], self.fields["begins_on"]

    def stays_hidden(self, category: Category) -> bool:
        return super().stays_hidden(category) and category in self.grant.hidden

    def save(self, *, by: User) -> bool:
        """Store what was changed here, and nothing else; see sharing.changing.change.

        False, and nothing stored, if somebody else changed one of these meanwhile; the
        form then says what is saved now, and saving again replaces that knowingly. Also
        if whoever saves has no access any more when this would begin.
        """
        data = self.cleaned_data
        typed: Parts = {
            "kind": data["kind"],
            "permissions": self.permissions_given(),
            "hidden": self.hidden(),
            "told": [topic for topic in Topic.values if topic in data["told"]],
            "begins_on": data["begins_on"],
            "until": data["until"],
        }
        try:
            found, stored = change(self.patient, self.grant, typed, data["seen"], by=by)
        except NeverHolds:
            self.add_error(None, _("Your own access has ended by then."))
            return False
        if found.taken:
            self._show_conflict(found, stored)
        return not found.taken

    def _show_conflict(self, found: stale.Difference, stored: Parts) -> None:
        """Show what is saved now, and carry its marks: the next saving counts."""
        self.add_error(
            None,
            _(
                "Somebody else changed this while you were here. Nothing of yours is "
                "saved yet. Look again at what you chose, and save to replace theirs."
            ),
        )
        data = self.data.copy() if isinstance(self.data, QueryDict) else self.data
        assert isinstance(data, QueryDict)
        seen = stale.write(stale.marks(stored))
        now = _initial({part: stored[part] for part in found.untouched}, seen)
        for name, value in now.items():
            _show(data, name, value)
        self.data = data


def _initial(parts: Mapping[str, Any], seen: str) -> dict[str, Any]:
    """What the fields of the form show of these parts of a grant."""
    shown: dict[str, Any] = {"seen": seen}
    shown |= {part: parts[part] for part in ("kind", "told") if part in parts}
    if "permissions" in parts:  # to look is no choice
        shown["permissions"] = [p for p in parts["permissions"] if p in EXTRAS]
    if "hidden" in parts:
        shown["notes"] = HIDE if Category.NOTES in parts["hidden"] else SHOW
        shown |= {name: c in parts["hidden"] for name, c in HIDES.items()}
    for part, choice, none in (
        ("begins_on", "begins", "now"),
        ("until", "ends", "never"),
    ):
        if part in parts:
            shown |= {part: parts[part], choice: "date" if parts[part] else none}
    return shown


def _show(data: QueryDict, name: str, value: Any) -> None:
    """Make a form that was sent show a value, as a browser would have sent it."""
    if isinstance(value, list):
        data.setlist(name, value)
    elif value is False or value is None:
        data.pop(name, None)
    else:
        data[name] = "on" if value is True else str(value)
