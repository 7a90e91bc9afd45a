"""The form of one attack: four moments, how well each is known, and what it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks import phases, words
from attacks.drafts import AttackDraft, Boundary, draft_of
from attacks.models import BOUNDARIES, Attack, Precision
from sharing.fields import GRACE, LocalMomentField, note_field
from sharing.models import Patient

LABELS = {
    "prodrome_start": gettext_lazy("First early signs"),
    "leak_start": gettext_lazy("Leak began"),
    "recovery_start": gettext_lazy("Recovery began"),
    "end": gettext_lazy("Over"),
}


class PrecisionField(forms.ChoiceField):
    """How well a time is known; nothing chosen means to the minute."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=Precision.choices, initial=Precision.EXACT, **kwargs)

    def clean(self, value: Any) -> Any:
        return super().clean(value or Precision.EXACT)


class AttackForm(forms.Form):
    """One time is enough; a time that is not known stays empty."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    ongoing = forms.BooleanField(
        required=False, label=gettext_lazy("It is still going on")
    )
    outcome = forms.ChoiceField(
        choices=Attack.Outcome.choices, label=gettext_lazy("What it was")
    )
    certainty = forms.ChoiceField(
        choices=[("", gettext_lazy("not said")), *Attack.Certainty.choices],
        required=False,
        label=gettext_lazy("How certain"),
        help_text=gettext_lazy("Confirmed means: your team called it an attack."),
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        now: datetime,
        attack: Attack | None = None,
        note: str | None = "",
    ) -> None:
        """`note` is what the reader may see of it; None takes the field away."""
        self.patient, self.now, self.attack = patient, now, attack
        self.zone = attack.tz if attack else patient.tz
        self.stored = draft_of(attack, note=note) if attack else None
        super().__init__(data, initial=self._initial())
        for name in BOUNDARIES:
            moment = LocalMomentField(required=False, label=LABELS[name])
            moment.zone = self.zone
            self.fields[name] = moment
            self.fields[f"{name}_precision"] = PrecisionField(
                label=format_html(
                    '{}<span class="visually-hidden"> ({})</span>',
                    _("How exact"),
                    LABELS[name],
                ),
            )
        if note is None:
            del self.fields["note"]
        order = [n for b in BOUNDARIES for n in (b, f"{b}_precision")]
        self.order_fields([*order, "ongoing", "outcome", "certainty", "note", "seen"])

    def _initial(self) -> dict[str, Any]:
        if self.stored is None:
            return {}
        initial: dict[str, Any] = {"seen": self.stored.digest}
        for name, boundary in self.stored.boundaries.items():
            initial[name] = boundary.at
            initial[f"{name}_precision"] = boundary.precision
        for name in ("ongoing", "outcome", "certainty", "note"):
            initial[name] = getattr(self.stored, name)
        return initial

    def moments(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        """Each time with how exactly it is known."""
        for name in BOUNDARIES:
            yield self[name], self[f"{name}_precision"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        draft = self.to_draft()
        mistyped = any(name in self.errors for name in BOUNDARIES)
        for problem in phases.problems(draft.clock, self.now + GRACE):
            if problem.field is None and mistyped:
                continue  # a time was given, only not one that can be read
            field = problem.field or "prodrome_start"
            if field not in self.errors:  # one sentence a field is enough
                self.add_error(field, _(problem.message))
        if draft.ongoing and draft.outcome == Attack.Outcome.NOT_ATTACK:
            # Left open it would go on standing for an attack, flags aside.
            self.add_error("ongoing", _("What was not an attack is not going on."))
        return data

    def to_draft(self) -> AttackDraft:
        """The attack as typed. A time that was not touched stays what it was."""
        data = self.cleaned_data
        return AttackDraft(
            boundaries={name: self._boundary(name) for name in BOUNDARIES},
            ongoing=bool(data.get("ongoing")),
            outcome=data.get("outcome") or Attack.Outcome.ATTACK,
            certainty=data.get("certainty") or "",
            note=data.get("note", "") if "note" in self.fields else None,
        )

    def _boundary(self, name: str) -> Boundary:
        at = self.cleaned_data.get(name)
        precision = self.cleaned_data.get(f"{name}_precision", Precision.EXACT)
        stored = self.stored.boundaries[name].at if self.stored else None
        shown = self.fields[name].prepare_value
        # Seconds, and the second of two equal hours in October, are not in the form.
        if at and stored and shown(at) == shown(stored):
            at = stored
        return Boundary(at, precision)

    def refuse_overlap(self, other: Attack | None) -> None:
        """Say beside the first time typed which attack is in the way."""
        first = next(name for name in BOUNDARIES if self.cleaned_data.get(name))
        if other is None:
            text = _("Another attack already has these days.")
        else:
            text = _(
                "The diary already has an attack in this time (%(dates)s). "
                "Change the times here, or correct that attack first."
            ) % {"dates": words.dates(other)}
        self.add_error(first, text)

    def refuse_ongoing(self, other: Attack | None) -> None:
        """Say that another attack is still open."""
        text = _("Another attack is still open. Close it first.")
        if other is not None:
            text = _("Another attack is still open (%(dates)s). Close it first.") % {
                "dates": words.dates(other)
            }
        self.add_error("ongoing", text)

    def show_conflict(self, attack: Attack) -> None:
        """Show beside each field that differs what somebody saved meanwhile.

        What was typed stays; saving again replaces what is stored knowingly.
        """
        typed = self.to_draft()
        stored = draft_of(attack, note=None if typed.note is None else attack.note)
        self.data = dict(self.data.items(), seen=stored.digest)
        self.add_error(
            None,
            _(
                "Somebody changed this attack after you opened the form. Nothing of "
                "yours is saved yet. What is saved now stands beside each field that "
                "differs. Save again to keep what you typed."
            ),
        )
        for name in BOUNDARIES:
            if str(stored.boundaries[name]) != str(typed.boundaries[name]):
                self._saved(name, _boundary_words(attack, name))
        if stored.ongoing != typed.ongoing:
            self._saved("ongoing", _("going on") if stored.ongoing else _("over"))
        if stored.outcome != typed.outcome:
            self._saved("outcome", attack.get_outcome_display())
        if stored.certainty != typed.certainty:
            self._saved("certainty", attack.get_certainty_display() or _("not said"))
        if stored.note != typed.note:
            self._saved("note", stored.note or _("empty"))

    def _saved(self, name: str, value: str) -> None:
        self.add_error(name, _("Saved meanwhile: %(value)s") % {"value": value})


def _boundary_words(attack: Attack, name: str) -> str:
    if not getattr(attack, name):
        return _("not known")
    precision = getattr(attack, f"get_{name}_precision_display")()
    source = getattr(attack, f"get_{name}_source_display")()
    return f"{words.boundary(attack, name)} ({precision}; {source})"
