"""The form of an infusion: one page, its rows of lots, rates and reactions with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from prophylaxis import schedule
from prophylaxis.drafts import InfusionDraft, LotDraft, ReactionDraft
from prophylaxis.figures import from_kg, trimmed, weight_unit
from prophylaxis.forms.fields import (
    LARGEST_DOSE_G,
    CountField,
    RangeField,
    WeightField,
    retype,
)
from prophylaxis.forms.rows import (
    LotRow,
    RateRow,
    ReactionRow,
    Rows,
    shown_lot,
    typed_rows,
)
from prophylaxis.models import Lot, Plan, Site
from prophylaxis.models.details import Known
from sharing.fields import LocalMomentField, note_field
from sharing.models import Category, Patient

LONGEST: Final = timedelta(days=3)  # from start to end; design choice
ADD: Final = {"add-lot": "lots", "add-rate": "rates", "add-reaction": "reactions"}


@dataclass(frozen=True, slots=True)
class Shown:
    """What a form shows before anything is typed into it, or once more as typed."""

    fields: Mapping[str, Any]
    lots: Sequence[Mapping[str, Any]] = ()
    rates: Sequence[Mapping[str, Any]] = ()
    reactions: Sequence[Mapping[str, Any]] = ()
    notices: Mapping[int, Sequence[str]] = field(default_factory=dict)  # by row of lots
    is_typed: bool = False


class InfusionForm(forms.Form):
    """One infusion that was begun, as quick or as complete as somebody wants."""

    client_id = forms.UUIDField(widget=forms.HiddenInput)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    started_at = LocalMomentField(label=gettext_lazy("Started"))
    is_running = forms.BooleanField(
        required=False, label=gettext_lazy("It is still running")
    )
    finished_at = LocalMomentField(required=False, label=gettext_lazy("Finished"))
    course_day = forms.TypedChoiceField(
        coerce=int,
        empty_value=None,
        required=False,
        label=gettext_lazy("Day of the course"),
    )
    product = forms.CharField(max_length=80, label=gettext_lazy("Product"))
    dose_g = RangeField(
        Decimal(0), LARGEST_DOSE_G, "g", 2, required=False, label=gettext_lazy("Dose")
    )
    premedication = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("Pre-medication")
    )
    hydration_ml = CountField(
        0, 9999, required=False, label=gettext_lazy("Fluid given along")
    )
    site = forms.ChoiceField(
        choices=[("", gettext_lazy("not said")), *Site.choices],
        required=False,
        label=gettext_lazy("Where"),
    )
    given_by = forms.CharField(
        max_length=80, required=False, label=gettext_lazy("Given by")
    )
    note = note_field(label=gettext_lazy("Note"))

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        patient: Patient,
        shown: Shown,
        zone: str,
        plan: Plan | None = None,
        weight_kg: Decimal | None = None,
        known: Mapping[str, Known] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(shown.fields))
        self.patient, self.zone = patient, zone
        self.unit = weight_unit(patient.units)
        self.may_write_notes = not patient.hides(Category.NOTES)
        self._add_weight(weight_kg, plan)
        self._offer_course_days(plan, shown)
        for name in ("started_at", "finished_at"):
            self._moment(self.fields[name])
        if not self.may_write_notes:
            del self.fields["note"]
        self.lots = Rows(LotRow, "lots", data, shown.lots)
        self.rates = Rows(RateRow, "rates", data, shown.rates)
        self.reactions = Rows(
            ReactionRow,
            "reactions",
            data if self.may_write_notes else None,
            shown.reactions if self.may_write_notes else (),
        )
        prepare_lots(self.lots, patient, known or {})
        for number, lot in enumerate(self.lots):
            lot.notices = shown.notices.get(number, ())
        if data is None and shown.is_typed:
            self._go_on()
        for reaction in self.reactions:
            self._moment(reaction.fields["onset_at"])

    def _go_on(self) -> None:
        """Put the cursor where a code was refused, or else into the next empty row."""
        refused = [row for row in self.lots if row.notices]
        empty = [row for row in self.lots if not row.initial.get("number")]
        for row in [*refused, *empty][:1]:
            row.fields["number"].widget.attrs["autofocus"] = True

    def _add_weight(self, weight_kg: Decimal | None, plan: Plan | None) -> None:
        self.fields["weight"] = WeightField(
            self.unit,
            weight_kg=weight_kg,
            required=False,
            label=_("Weight used for the dose"),
        )
        dose = self.fields["dose_g"]
        dose.help_text = _("Left empty, it is what the vials add up to.")
        if plan and weight_kg:
            dose.help_text += " " + _(
                "By the plan %(per_kg)s g/kg, which is %(grams)s g at "
                "%(weight)s %(unit)s."
            ) % {
                "per_kg": trimmed(plan.dose_g_per_kg),
                "grams": trimmed(plan.grams(weight_kg)),
                "weight": trimmed(from_kg(weight_kg, self.unit)),
                "unit": self.unit,
            }

    def _offer_course_days(self, plan: Plan | None, shown: Shown) -> None:
        """Ask only where doses are split, or where this one was."""
        usual = plan.course_days if plan else 1
        days = max(usual, int(shown.fields.get("course_day") or 1))
        choice = self.fields["course_day"]
        assert isinstance(choice, forms.TypedChoiceField)
        days = min(days, schedule.LONGEST_COURSE)
        choice.choices = [
            (n, _("day %(n)s of %(days)s") % {"n": n, "days": days})
            for n in range(1, days + 1)
        ]
        self.has_course = days > 1

    def _moment(self, moment: forms.Field) -> None:
        assert isinstance(moment, LocalMomentField)
        moment.zone = ZoneInfo(self.zone)

    def _is_open(self, *names: str) -> bool:
        """Whether a folded part holds anything, so that it is shown unfolded."""
        return any(self[name].value() or self[name].errors for name in names)

    @property
    def has_end(self) -> bool:
        return self._is_open("finished_at", "is_running")

    @property
    def has_circumstances(self) -> bool:
        return self._is_open("premedication", "hydration_ml", "site", "given_by")

    @property
    def has_rates(self) -> bool:
        return self.rates.hold_anything

    @property
    def has_reactions(self) -> bool:
        return self.reactions.hold_anything

    def is_valid(self) -> bool:
        # All are asked, so that all that is wrong is said at once.
        rows = [form.is_valid() for form in (*self.lots, *self.rates, *self.reactions)]
        if not all(rows):
            for kind in (self.lots, self.rates, self.reactions):
                for error in kind.errors:
                    self.add_error(None, error)
        return super().is_valid() and all(rows)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        began: datetime | None = data.get("started_at")
        ended: datetime | None = data.get("finished_at")
        if began and ended:
            if data["is_running"]:
                error = _("It cannot be running and finished. Take out one of the two.")
                self.add_error("finished_at", error)
            elif ended < began:
                self.add_error("finished_at", _("This is before the start."))
            elif ended - began > LONGEST:
                self.add_error("finished_at", _("This is days after the start."))
        return data

    def renew(self) -> None:
        """Give the shown form a new client id, keeping everything else typed."""
        retype(self, client_id=str(uuid4()))

    def take_version(self, version: int) -> None:
        """Let the next save replace what came between."""
        retype(self, version=str(version))

    def to_draft(self, stored: InfusionDraft | None = None) -> InfusionDraft:
        """The infusion as typed, its weight in kilograms.

        What the reader may not see stays as it is in `stored`.
        """
        data = self.cleaned_data
        began = data["started_at"]
        lots = tuple(filter(None, (form.to_draft() for form in self.lots)))
        rates = (form.to_draft(began, ZoneInfo(self.zone)) for form in self.rates)
        by_time = {step.at: step for step in rates if step}
        reactions: tuple[ReactionDraft, ...] = stored.reactions if stored else ()
        if self.may_write_notes:
            said = (form.to_draft() for form in self.reactions)
            reactions = tuple(filter(None, said))
        return InfusionDraft(
            client_id=stored.client_id if stored else data["client_id"],
            started_at=began,
            zone=self.zone,
            product=data["product"],
            dose_g=data["dose_g"] or vials_g(lots),
            weight_kg=data["weight"],
            note=data.get("note", stored.note if stored else ""),
            is_running=data["is_running"],
            finished_at=data["finished_at"],
            course_day=data["course_day"] or 1,
            premedication=data["premedication"],
            hydration_ml=data["hydration_ml"],
            site=data["site"],
            given_by=data["given_by"],
            lots=lots,
            rate_steps=tuple(by_time[at] for at in sorted(by_time)),
            reactions=reactions,
        )


def vials_g(lots: Sequence[LotDraft]) -> Decimal | None:
    """What all vials hold together; None unless the size of each is known."""
    sizes = [lot.vial_g for lot in lots]
    if not sizes or None in sizes:
        return None
    return sum((lot.vial_g * lot.count for lot in lots if lot.vial_g), Decimal(0))


def prepare_lots(
    lots: Rows[LotRow], patient: Patient, known: Mapping[str, Known]
) -> None:
    """Give rows what they need to read a code."""
    for row in lots:
        row.today = timezone.now().astimezone(patient.tz).date()
        row.known = known


def fresh(plan: Plan | None, *, course_day: int, usual_lots: Sequence[Lot]) -> Shown:
    """A form for an infusion that begins now, with rows for the usual vials."""
    return Shown(
        fields={
            "client_id": uuid4(),
            "started_at": timezone.now(),
            "product": plan.product if plan else "",
            "course_day": course_day,
            "premedication": plan.premedication if plan else "",
            "site": plan.site if plan else "",
        },
        lots=[
            {"vial_g": trimmed(lot.vial_g) if lot.vial_g else "", "count": lot.count}
            for lot in usual_lots
        ]
        or [{"count": 1}],
        rates=[{}],
        reactions=[{}],
    )


def of_stored(draft: InfusionDraft, version: int, unit: str) -> Shown:
    """A form that shows what is stored, the weight in the record's unit."""
    zone = ZoneInfo(draft.zone)
    return Shown(
        fields={
            "client_id": draft.client_id,
            "version": version,
            "started_at": draft.started_at,
            "is_running": draft.is_running,
            "finished_at": draft.finished_at,
            "course_day": draft.course_day,
            "product": draft.product,
            "dose_g": trimmed(draft.dose_g) if draft.dose_g else "",
            "weight": trimmed(from_kg(draft.weight_kg, unit))
            if draft.weight_kg
            else "",
            "premedication": draft.premedication,
            "hydration_ml": draft.hydration_ml,
            "site": draft.site,
            "given_by": draft.given_by,
            "note": draft.note,
        },
        lots=[*map(shown_lot, draft.lots)] or [{"count": 1}],
        rates=[
            *(
                {"at": s.at.astimezone(zone).time(), "ml_per_h": trimmed(s.ml_per_h)}
                for s in draft.rate_steps
            ),
            {},
        ],
        reactions=[
            *(
                {
                    "kind": r.kind,
                    "other": r.other,
                    "severity": r.severity,
                    "onset_at": r.onset_at,
                    "action": r.action,
                }
                for r in draft.reactions
            ),
            {},
        ],
    )


def as_typed(data: QueryDict, patient: Patient, known: Mapping[str, Known]) -> Shown:
    """Everything as it was typed, with codes read and one more row where asked.

    Nothing is judged but codes, for this is not saving yet.
    """
    reading = Rows(LotRow, "lots", data, ())
    prepare_lots(reading, patient, known)
    lots = typed_rows(LotRow, "lots", data)
    notices: dict[int, Sequence[str]] = {}
    for number, row in enumerate(reading):
        if "number" in row.errors or "expires_on" in row.errors:
            wrong = [*row.errors.get("number", ()), *row.errors.get("expires_on", ())]
            notices[number] = wrong
        elif row.is_valid() and (lot := row.to_draft()):
            lots[number] = shown_lot(lot)
    kinds = {
        "lots": lots,
        "rates": typed_rows(RateRow, "rates", data),
        "reactions": typed_rows(ReactionRow, "reactions", data),
    }
    if wanted := ADD.get(data.get("action", "")):
        kinds[wanted].append({"count": 1} if wanted == "lots" else {})
    names = [*InfusionForm.base_fields, "weight"]
    return Shown(
        fields={name: data.get(name, "") for name in names},
        notices=notices,
        is_typed=True,
        **kinds,
    )


class FinishForm(forms.Form):
    """When a running infusion ended."""

    at = LocalMomentField(label=gettext_lazy("Finished"))

    def __init__(self, data: Any = None, *, started_at: datetime, zone: str) -> None:
        super().__init__(data, initial={"at": timezone.now()})
        self.started_at = started_at
        moment = self.fields["at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = ZoneInfo(zone)

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        began = self.started_at.replace(second=0, microsecond=0)
        if at < began:
            raise ValidationError(_("This is before the start."))
        if at - began > LONGEST:
            raise ValidationError(_("This is days after the start."))
        return max(at, self.started_at)
