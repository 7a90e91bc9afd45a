"""Choosing a file to bring in, and what is asked about it."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary import importing, vocabulary
from diary.forms.moment import ZoneSelect
from diary.import_preview import words
from diary.importing import Plan, Refusal, Table
from sharing.fields import ZoneField

FIELDS: Final = {
    "date": gettext_lazy("Date, or date and time"),
    "time": gettext_lazy("Time"),
    "zone": gettext_lazy("Time zone"),
    **{
        key: gettext_lazy(vocabulary.QUANTITIES[key].label)
        for key in importing.MEASURED
    },
    "weight_unit": gettext_lazy("Unit of the weight"),
    "temperature_unit": gettext_lazy("Unit of the temperature"),
    "note": gettext_lazy("Note"),
    "device": gettext_lazy("Device"),
}
EXAMPLES: Final = 3
NOWHERE: Final = gettext_lazy("Not in the file")


class UploadForm(forms.Form):
    """One CSV file. A valid form has its `text`."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv,text/plain"}),
        error_messages={
            "required": gettext_lazy("Choose a file."),
            "empty": gettext_lazy("This file is empty."),
        },
    )

    def __init__(self, data: Any = None, files: Any = None, *, sent: int = 0) -> None:
        """`sent` is how long the whole request is: too large a file is not taken in."""
        super().__init__(data, files)
        self.text = ""
        if sent > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            self.fields["file"].error_messages["required"] = _(
                "This file is larger than %(most)s MB. Bring it in in parts."
            ) % {"most": importing.MOST_BYTES // 1_000_000}

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        try:
            self.text = importing.decode(file.read())
            importing.table(importing.lines(self.text))
        except Refusal as why:
            raise ValidationError(words(why)) from None
        return file


class QuestionsForm(forms.Form):
    """What a file leaves open: its columns, where the layout is unknown, and the rest.

    What has to be asked depends on which column holds what, so a choice of columns can
    bring a question that was not there before.
    """

    def __init__(
        self, data: Any = None, *, table: Table, plan: Plan, zone: str
    ) -> None:
        super().__init__(data)
        self.table = table
        self.plan = plan
        self.columns = dict(plan.columns)
        self.maps = plan.layout == importing.GENERIC
        if self.maps:
            self._add_columns()
        if "date" in self.columns:
            self._add_questions(plan, zone)

    @property
    def asked(self) -> str:
        """The names of the questions; a form that is sent says which it showed."""
        return " ".join(name for name in self.fields if not name.startswith("c_"))

    @property
    def asks_more(self) -> bool:
        """Whether the columns that were chosen bring a question not shown before."""
        shown = self.data.get("asked", "").split()
        return not set(self.asked.split()) <= set(shown)

    # --- Columns ----------------------------------------------------------------------

    def _add_columns(self) -> None:
        choices = [("", NOWHERE), *((str(i), n) for i, n in enumerate(self.names()))]
        for key, label in FIELDS.items():
            guessed = self.columns.get(key)
            self.fields[f"c_{key}"] = forms.ChoiceField(
                choices=choices,
                required=key == "date",
                label=label,
                initial="" if guessed is None else str(guessed),
                error_messages={"required": _("Choose the column with the date.")},
            )
        if self.is_bound:
            possible = {str(i): i for i in range(len(self.table.header))}
            sent = {key: possible.get(self.data.get(f"c_{key}", "")) for key in FIELDS}
            self.columns = {key: i for key, i in sent.items() if i is not None}

    def names(self) -> list[str]:
        """What the columns are called, with a number where the file has no name."""
        return [
            name or _("Column %(number)s") % {"number": index}
            for index, name in enumerate(self.table.header, start=1)
        ]

    def examples(self) -> list[list[str]]:
        """The first lines, cut to the columns that have a name."""
        width = len(self.table.header)
        return [
            [cell.strip()[:60] for cell in line.cells[:width]]
            for line in islice(self.table.lines, EXAMPLES)
        ]

    def found(self) -> list[tuple[str, str]]:
        """What is read, and the name of its column."""
        names = self.names()
        return [(str(FIELDS[key]), names[i]) for key, i in self.columns.items()]

    @property
    def columns_open(self) -> bool:
        """Whether the choice of columns has to be seen: it is incomplete or wrong."""
        known = "date" in self.columns and bool(self._measured())
        wrong = any(name.startswith("c_") for name in self.errors)
        return not known or wrong or bool(self.non_field_errors())

    def _measured(self) -> list[str]:
        return [key for key in importing.MEASURED if key in self.columns]

    def column_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("c_")]

    def open_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if not name.startswith("c_")]

    # --- The rest ---------------------------------------------------------------------

    def _add_questions(self, plan: Plan, zone: str) -> None:
        left_open = importing.left_open(self.table, self.columns)
        if left_open.order:
            self.fields["order"] = forms.ChoiceField(
                choices=[
                    (o, capfirst(_(text))) for o, text in importing.ORDERS.items()
                ],
                widget=forms.RadioSelect,
                label=_("How are the dates written?"),
                help_text=_("The dates in this file can be read both ways."),
                initial=plan.order,
                error_messages={"required": _("Say how the dates are written.")},
            )
        for quantity in left_open.units:
            known = vocabulary.QUANTITIES[quantity]
            self.fields[f"u_{quantity}"] = forms.ChoiceField(
                choices=[(unit, unit) for unit in known.units],
                widget=forms.RadioSelect,
                label=_("In which unit is the %(quantity)s?")
                % {"quantity": _(known.label).lower()},
                help_text=_("The file does not say it."),
                initial=plan.units.get(quantity),
                error_messages={"required": _("Say in which unit it is.")},
            )
        if left_open.clock:
            self.fields["clock"] = forms.TimeField(
                widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
                label=_("At what time of day was it?"),
                help_text=_("The file has days and no times. This counts for all."),
                initial=plan.clock,
                error_messages={"required": _("Enter a time, such as 07:30.")},
            )
        if left_open.zone:
            self.fields["zone"] = ZoneField(
                widget=ZoneSelect,
                label=_("Time zone of the times in this file"),
                help_text=_("The file does not say it."),
                initial=zone,
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.maps and "c_date" not in self.errors and not self._measured():
            self.add_error(None, _("Choose at least one column with measured values."))
        columns = list(self.columns.values())
        if self.maps and len(set(columns)) < len(columns):
            self.add_error(
                None, _("One column is chosen for two things. Choose it once.")
            )
        return data

    def to_plan(self) -> Plan:
        data = self.cleaned_data
        order = importing.known_order(self.table, self.columns)
        asked = [q for q in importing.MEASURED if data.get(f"u_{q}")]
        clock = data.get("clock")
        return Plan(
            layout=self.plan.layout,
            columns=self.columns,
            order=data.get("order") or order,
            units={quantity: data[f"u_{quantity}"] for quantity in asked},
            clock=f"{clock:%H:%M}" if clock else "",
        )

    def zone(self, otherwise: str) -> str:
        return self.cleaned_data.get("zone") or otherwise


class UnusualForm(forms.Form):
    """One answer for all values that are rarely measured."""

    unusual = forms.ChoiceField(
        choices=[
            ("keep", gettext_lazy("Keep them: they were measured")),
            ("leave", gettext_lazy("Leave out the entries that they stand in")),
        ],
        widget=forms.RadioSelect,
        label=gettext_lazy("What about the unusual values?"),
        error_messages={
            "required": gettext_lazy("Say what shall become of the unusual values.")
        },
    )

    def __init__(self, data: Any = None, *, any_unusual: bool) -> None:
        super().__init__(data)
        if not any_unusual:
            del self.fields["unusual"]

    @property
    def keeps(self) -> bool:
        return bool(self.cleaned_data.get("unusual", "keep") == "keep")
