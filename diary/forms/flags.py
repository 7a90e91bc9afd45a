"""What somebody says a flag was, and how many flags a patient wants."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy

from diary.flags import Choice
from diary.models import FlagAnswer, FlagChoice


class AnswerForm(forms.Form):
    """One label, and words if wanted. It labels; the flag stays as it is."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    label = forms.ChoiceField(
        choices=FlagAnswer.Label.choices,
        widget=forms.RadioSelect,
        label=gettext_lazy("What was it?"),
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    words = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("In your words")
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"client_id": uuid4()})

    @property
    def sent_id(self) -> UUID:
        """The id that this sending carries; sent twice, it is stored once."""
        sent: UUID = self.cleaned_data["client_id"]
        return sent


class FlagChoiceForm(forms.Form):
    """How many flags, whether at all, and what silence after one means."""

    watching = forms.ChoiceField(
        choices=[
            ("", gettext_lazy("As fits the form of SCLS: off for the chronic form")),
            ("on", gettext_lazy("On")),
            ("off", gettext_lazy("Off")),
        ],
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Flags"),
    )
    budget = forms.ChoiceField(
        choices=FlagChoice.Budget.choices,
        widget=forms.RadioSelect,
        label=gettext_lazy("How many"),
        help_text=gettext_lazy(
            "More flags come earlier and are more often about nothing. Fewer flags "
            "stay silent more often. Each can be wrong in both ways."
        ),
    )
    silence_told = forms.BooleanField(
        required=False,
        label=gettext_lazy("If nothing more is written after a flag, tell my people"),
        help_text=gettext_lazy(
            "You are asked once, about 4 hours after the last entry. About 4 hours "
            "later those are told who may be told that the diary looks unusual, "
            "outside their quiet hours."
        ),
    )

    def __init__(self, data: Any = None, *, choice: FlagChoice | None) -> None:
        wanted = {None: "", True: "on", False: "off"}
        initial = {
            "watching": wanted[choice.wanted if choice else None],
            "budget": choice.budget if choice else FlagChoice.Budget.STANDARD,
            "silence_told": bool(choice and choice.silence_told),
        }
        super().__init__(data, initial=initial)

    def to_choice(self) -> Choice:
        data = self.cleaned_data
        wanted = {"": None, "on": True, "off": False}
        return Choice(
            budget=data["budget"],
            wanted=wanted[data["watching"]],
            silence_told=data["silence_told"],
        )
