"""Forms for the facts of an attack. Every field may stay empty."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.facts import digest
from attacks.forms import PrecisionField
from attacks.models import Attack, Complication, Site, Stay, Treatment, Trigger, Unit
from attacks.models.facts import STAY_TIMES, Fact
from sharing.fields import LocalMomentField, NumberField, note_field
from sharing.models import Category, Patient

if TYPE_CHECKING:
    FactModelForm = forms.ModelForm[Fact]
else:
    FactModelForm = forms.ModelForm  # is no generic at run time


def moment(label: Any) -> LocalMomentField:
    return LocalMomentField(required=False, label=label)


def seeing(data: Any, digest: str) -> Any:
    """What was posted, made after a later state of what is stored."""
    posted = data.copy()
    posted["seen"] = digest
    return posted


class FactForm(FactModelForm):
    """A fact of one attack. Its times are on the clock of the attack."""

    title: ClassVar[Any]
    times: ClassVar[tuple[str, ...]] = ("at",)
    OPTIONAL: ClassVar[tuple[str, ...]] = ("evidence", "unit")

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    precision = PrecisionField(
        required=False, label=gettext_lazy("How exactly the times are known")
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: Any = None,
        *,
        patient: Patient,
        attack: Attack,
        instance: Fact | None = None,
    ) -> None:
        initial: dict[str, Any] = {"client_id": uuid4()}
        with_note = not patient.hides(Category.NOTES)
        if instance is not None:
            seen = digest(instance, with_note=with_note)
            initial = {"client_id": instance.client_id, "seen": seen}
        super().__init__(data, instance=instance, initial=initial)
        if instance is not None:
            del self.fields["client_id"]  # which row it is, is not for a form to say
        self.stored = {name: getattr(self.instance, name) for name in self.times}
        if not with_note:
            del self.fields["note"]
        for name in self.times:
            field = self.fields[name]
            assert isinstance(field, LocalMomentField)
            field.zone = attack.tz
        for name, field in self.fields.items():
            if isinstance(field, forms.TypedChoiceField):
                first = _("not said") if name in self.OPTIONAL else _("Choose")
                offered = cast("list[tuple[str, Any]]", list(field.choices))  # type: ignore[arg-type]
                field.choices = [("", first), *(c for c in offered if c[0])]
        self.order_fields(["seen", *self.Meta.fields])

    class Meta:
        fields: ClassVar[list[str]] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name, stored in self.stored.items():
            shown = self.fields[name].prepare_value
            typed = data.get(name)
            # Seconds are not in the form: what was not touched stays what it was.
            if typed and stored and shown(typed) == shown(stored):
                data[name] = stored
        return data

    def in_order(self, data: dict[str, Any], *names: str) -> None:
        """Refuse a time that lies before one that has to come first."""
        for earlier, later in combinations(names, 2):
            first, last = data.get(earlier), data.get(later)
            if first and last and last < first and later not in self.errors:
                text = _("This cannot be before “%(earlier)s”.")
                self.add_error(later, text % {"earlier": self.fields[earlier].label})

    def show_conflict(self, stored: Fact) -> None:
        """Say that somebody saved the same thing meanwhile; what was typed stays.

        Saving again replaces what is stored, knowingly.
        """
        self.data = seeing(self.data, digest(stored, with_note="note" in self.fields))
        text = _(
            "Somebody changed this after you opened the form. Nothing of yours is "
            "saved yet. Save again to keep what you typed; what is saved now stays in "
            "the history."
        )
        self.add_error(None, text)

    def refuse_none(self) -> None:
        """Say that "none known" cannot stand beside a trigger."""
        text = _("A trigger is written down already. Delete it first.")
        self.add_error("kind", text)


class TriggerForm(FactForm):
    title = gettext_lazy("A trigger")
    at = moment(gettext_lazy("When"))

    class Meta:
        model = Trigger
        fields: ClassVar[list[str]] = [
            "client_id",
            "kind",
            "detail",
            "evidence",
            "at",
            "precision",
            "note",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "kind": gettext_lazy("What may have set it off"),
            "evidence": gettext_lazy("How it is known"),
            "detail": gettext_lazy("Which"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "kind": gettext_lazy(
                "“None known” is a normal answer: it is so for more than half of all "
                "attacks."
            ),
            "detail": gettext_lazy("For example: influenza A, a long flight."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if data.get("kind") == Trigger.Kind.NONE_KNOWN:
            for name in ("detail", "evidence", "at"):
                if data.get(name):
                    self.add_error(name, _("Leave this empty if none is known."))
        return data


class StayForm(FactForm):
    title = gettext_lazy("A stay in hospital")
    times = STAY_TIMES
    arrived_at = moment(gettext_lazy("Arrived"))
    icu_from = moment(gettext_lazy("Intensive care from"))
    icu_until = moment(gettext_lazy("Intensive care until"))
    discharged_at = moment(gettext_lazy("Went home"))

    class Meta:
        model = Stay
        fields: ClassVar[list[str]] = [
            "client_id",
            "arrived_at",
            "icu_from",
            "icu_until",
            "discharged_at",
            "precision",
            "first_called",
            "note",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "first_called": gettext_lazy("What it was first called")
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "first_called": gettext_lazy("For example: sepsis, dehydration, allergy.")
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.in_order(data, *STAY_TIMES)
        told = [*STAY_TIMES, "first_called"]
        if not any(data.get(name) or name in self.errors for name in told):
            self.add_error("arrived_at", _("Give at least one of these."))
        return data


class TreatmentForm(FactForm):
    title = gettext_lazy("A treatment")
    times = ("at", "until")
    at = moment(gettext_lazy("From"))
    until = moment(gettext_lazy("Until"))
    amount = NumberField(
        required=False, min_value=0, label=gettext_lazy("How much, in all")
    )
    sites = forms.MultipleChoiceField(
        choices=Site.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label=gettext_lazy("Where muscles were relieved"),
        help_text=gettext_lazy("Only for surgery to relieve tight muscles."),
    )

    class Meta:
        model = Treatment
        fields: ClassVar[list[str]] = [
            "client_id",
            "kind",
            "detail",
            "amount",
            "unit",
            "at",
            "until",
            "precision",
            "sites",
            "note",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "kind": gettext_lazy("What was given or done"),
            "detail": gettext_lazy("Which"),
            "unit": gettext_lazy("Unit"),
        }
        help_texts: ClassVar[dict[str, Any]] = {
            "detail": gettext_lazy("The name, if you know it."),
            "unit": gettext_lazy("Fluids in L or mL, albumin and IVIG in g."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.in_order(data, "at", "until")
        amount, unit, kind = (data.get(name) for name in ("amount", "unit", "kind"))
        if amount is not None and not amount:
            self.add_error("amount", _("Enter more than 0, or leave it empty."))
        elif amount is not None and not unit:
            self.add_error("unit", _("Say in which unit."))
        elif unit and amount is None and "amount" not in self.errors:
            data["unit"] = ""
        elif amount is not None and kind:
            self._fitting(kind, unit)
        if data.get("sites") and kind != Treatment.Kind.DECOMPRESSION:
            self.add_error("sites", _("This is only for surgery on tight muscles."))
        return data

    def _fitting(self, kind: str, unit: Any) -> None:
        if kind in Treatment.FLUIDS and unit not in {Unit.LITERS, Unit.MILLILITERS}:
            self.add_error("unit", _("Fluids are written down in L or mL."))
        if kind in Treatment.BY_GRAM and unit != Unit.GRAMS:
            text = _("This is written down in g: 100 mL of 20 % are 20 g.")
            self.add_error("unit", text)


class ComplicationForm(FactForm):
    title = gettext_lazy("A complication")
    at = moment(gettext_lazy("When"))

    class Meta:
        model = Complication
        fields: ClassVar[list[str]] = [
            "client_id",
            "kind",
            "detail",
            "at",
            "precision",
            "note",
        ]
        labels: ClassVar[dict[str, Any]] = {
            "kind": gettext_lazy("What went wrong"),
            "detail": gettext_lazy("Which, where"),
        }


FORMS: dict[str, type[FactForm]] = {
    "trigger": TriggerForm,
    "stay": StayForm,
    "treatment": TreatmentForm,
    "complication": ComplicationForm,
}
