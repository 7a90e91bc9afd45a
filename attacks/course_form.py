"""How far an attack went: boxes that need no medical word, and the team's grade."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.fact_forms import seeing
from attacks.facts import COURSE, CourseDraft
from attacks.models import Sequela
from attacks.severity import GRADES, SCALE_NAME, SCALE_VERSION, Course

ANSWERS: Final = (
    ("", gettext_lazy("Not said")),
    ("yes", gettext_lazy("Yes")),
    ("no", gettext_lazy("No")),
)
_STORED: Final = {None: "", True: "yes", False: "no"}
_TYPED: Final = {"yes": True, "no": False}
QUESTIONS: Final = {
    "drank_at_home": gettext_lazy("Was drinking at home enough?"),
    "iv_fluids": gettext_lazy("Were there fluids into a vein (a drip)?"),
    "ward": gettext_lazy("Was there a stay on a hospital ward?"),
    "icu": gettext_lazy("Was there intensive care?"),
    "ventilated": gettext_lazy("Did a machine help with breathing?"),
    "surgery": gettext_lazy("Was there surgery?"),
}


class CourseForm(forms.Form):
    """All of it optional; "not said" is an answer of its own."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    no_complications = forms.BooleanField(
        required=False, label=gettext_lazy("There were no complications")
    )
    sequelae = forms.MultipleChoiceField(
        required=False,
        choices=Sequela.choices,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("What stayed behind"),
    )
    no_sequelae = forms.BooleanField(
        required=False, label=gettext_lazy("Nothing stayed behind")
    )
    sequelae_note = forms.CharField(
        required=False, max_length=400, label=gettext_lazy("In your words")
    )
    scale_name = forms.CharField(
        required=False, max_length=80, label=gettext_lazy("On which scale")
    )
    scale_version = forms.CharField(
        required=False, max_length=40, label=gettext_lazy("Its version or author")
    )

    def __init__(
        self,
        data: Any = None,
        *,
        stored: CourseDraft,
        as_clinician: bool,
        hides_notes: bool = False,
    ) -> None:
        super().__init__(data, initial=_initial(stored))
        self.stored = stored
        if hides_notes:
            del self.fields["sequelae_note"]
        for name, question in QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                choices=ANSWERS,
                required=False,
                label=question,
                widget=forms.RadioSelect,
            )
        self.fields["grade"] = forms.ChoiceField(
            required=False,
            choices=[
                ("", _("not said")),
                *((n, f"{n}: {_(wording)}") for n, wording in GRADES.items()),
            ],
            label=_("The grade that you give")
            if as_clinician
            else _("The grade that your team gave"),
            help_text=_("Only a grade that a clinician gave."),
        )

    def questions(self) -> Iterator[forms.BoundField]:
        """The yes-or-no questions, from home to surgery."""
        return (self[name] for name in COURSE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        own_words = data.get("sequelae_note", self.stored.sequelae_note)
        if data.get("no_sequelae") and (data.get("sequelae") or own_words):
            text = _(
                "Something is written down that stayed behind. Untick one of them."
            )
            self.add_error("no_sequelae", text)
        return data

    def to_draft(self) -> CourseDraft:
        """What was answered. A grade without a scale is on ours."""
        data = self.cleaned_data
        grade = int(data["grade"]) if data["grade"] else None
        name = data["scale_name"] or SCALE_NAME
        version = data["scale_version"] or (SCALE_VERSION if name == SCALE_NAME else "")
        return CourseDraft(
            course=Course(**{field: _TYPED.get(data[field]) for field in COURSE}),
            sequelae=tuple(data["sequelae"]),
            no_sequelae=data["no_sequelae"],
            no_complications=data["no_complications"],
            sequelae_note=data.get("sequelae_note", self.stored.sequelae_note),
            grade=grade,
            scale_name=name if grade else "",
            scale_version=version if grade else "",
        )

    def show_conflict(self, stored: CourseDraft) -> None:
        """Say that somebody answered meanwhile; what was typed stays."""
        self.data = seeing(self.data, stored.digest)
        text = _(
            "Somebody changed this after you opened the form. Nothing of yours is "
            "saved yet. Save again to keep what you typed; what is saved now stays in "
            "the history."
        )
        self.add_error(None, text)


def _initial(stored: CourseDraft) -> dict[str, Any]:
    return {
        "seen": stored.digest,
        **{name: _STORED[getattr(stored.course, name)] for name in COURSE},
        "sequelae": list(stored.sequelae),
        "no_sequelae": stored.no_sequelae,
        "no_complications": stored.no_complications,
        "sequelae_note": stored.sequelae_note,
        "grade": stored.grade or "",
        "scale_name": stored.scale_name,
        "scale_version": stored.scale_version,
    }
