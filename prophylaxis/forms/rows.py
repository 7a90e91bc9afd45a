"""The rows of an infusion's form: lots, rates, reactions.

A row in which the one thing is empty that it is about (the lot, the rate, the kind) is
no row: rows are shown ahead of need, and emptying one takes it out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.schedule import resolve_local
from prophylaxis import gs1
from prophylaxis.drafts import LotDraft, RateDraft, ReactionDraft
from prophylaxis.figures import trimmed
from prophylaxis.forms.fields import ClockField, CountField, ExpiryField, RangeField
from prophylaxis.models import Reaction
from prophylaxis.models.details import Known
from sharing.fields import LocalMomentField

MOST_ROWS: Final = 30
LONGEST_SCAN: Final = 200
LONGEST_LOT: Final = 40

FAULTS: Final[Mapping[gs1.Fault, Any]] = {
    gs1.Fault.UNKNOWN: gettext_lazy(
        "This looks like a code, but not like one of a medicine. Type the lot as it is "
        "printed."
    ),
    gs1.Fault.LENGTH: gettext_lazy(
        "A part of this code is too short or too long. Scan it again, or type the lot "
        "as it is printed."
    ),
    gs1.Fault.CHARACTERS: gettext_lazy(
        "There are signs in this code that do not belong there. Scan it again, or type "
        "the lot as it is printed."
    ),
    gs1.Fault.CHECK_DIGIT: gettext_lazy(
        "The product number in this code contradicts itself, so something was misread. "
        "Scan it again, or type the lot as it is printed."
    ),
    gs1.Fault.DATE: gettext_lazy(
        "The use-by date in this code is no date. Scan it again, or type the lot as it "
        "is printed."
    ),
    gs1.Fault.TWICE: gettext_lazy(
        "Two codes seem to run into each other here. Scan one at a time."
    ),
    gs1.Fault.RUN_TOGETHER: gettext_lazy(
        "The scanner left out the mark after the lot, so that its end cannot be told "
        "from what follows. Type the lot as it is printed."
    ),
    gs1.Fault.NO_LOT: gettext_lazy(
        "There is no lot in this code. Scan the other one on the vial, or type the lot "
        "as it is printed."
    ),
}


class LotRow(forms.Form):
    """Vials of one lot; the lot is typed, or read from the code on the vial."""

    number = forms.CharField(
        max_length=LONGEST_SCAN,
        required=False,
        strip=False,  # a separator at an end is part of a code
        label=gettext_lazy("Lot, or the scanned code"),
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    vial_g = RangeField(
        Decimal(0),
        Decimal(100),
        "g",
        2,
        required=False,
        label=gettext_lazy("Size (g)"),
    )
    count = CountField(1, 99, required=False, label=gettext_lazy("Vials"))
    expires_on = ExpiryField(required=False, label=gettext_lazy("Use by"))
    product = forms.CharField(max_length=80, required=False, widget=forms.HiddenInput)
    gtin = forms.RegexField(r"^\d{14}$", required=False, widget=forms.HiddenInput)

    today: date  # these two are set by the infusion's form
    known: Mapping[str, Known]
    notices: Sequence[str] = ()  # what was wrong with a code, when nothing was saved

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        typed = (data.get("number") or "").strip(" \t\r\n")
        try:
            code = gs1.read(typed, self.today)
        except gs1.Unreadable as refusal:
            self.add_error("number", FAULTS[refusal.fault])
            return data
        if code is None:
            data["number"] = " ".join(typed.split())
        else:
            self._take(code)
        number = data["number"]
        if len(number) > LONGEST_LOT or not number.isprintable():
            self.add_error("number", _("A lot has at most 40 letters and digits."))
        elif not number and data.get("expires_on"):
            self.add_error("number", _("Enter the lot of these vials."))
        return data

    def _take(self, code: gs1.Code) -> None:
        data = self.cleaned_data
        data["number"] = code.lot
        data["gtin"] = code.gtin
        typed = data.get("expires_on")
        if typed and code.expires_on and typed != code.expires_on:
            self.add_error(
                "expires_on",
                _("The code says %(day)s. Empty this field or scan again.")
                % {"day": code.expires_on.isoformat()},
            )
        data["expires_on"] = code.expires_on or typed
        known = self.known.get(code.gtin)
        if known:
            data["product"] = known.product
            data["vial_g"] = data.get("vial_g") or known.vial_g

    def to_draft(self) -> LotDraft | None:
        data = self.cleaned_data
        if not data["number"]:
            return None
        return LotDraft(
            number=data["number"],
            count=data["count"] or 1,
            vial_g=data["vial_g"],
            expires_on=data["expires_on"],
            product=data["product"],
            gtin=data["gtin"],
        )


class RateRow(forms.Form):
    """A rate from a time of day on."""

    at = ClockField(required=False, label=gettext_lazy("From"))
    ml_per_h = RangeField(
        Decimal(0), Decimal(2000), "mL/h", 1, required=False, label=gettext_lazy("Rate")
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("ml_per_h") and not data.get("at") and "at" not in self.errors:
            self.add_error("at", _("Enter from when on it ran at this rate."))
        return data

    def to_draft(self, started_at: datetime, zone: ZoneInfo) -> RateDraft | None:
        """The rate at its time on the day of the start, or on the day after."""
        data = self.cleaned_data
        if not data["ml_per_h"]:
            return None
        day = started_at.astimezone(zone).date()
        at = resolve_local(day, data["at"], zone)
        if at < started_at.replace(second=0, microsecond=0):
            at = resolve_local(day + timedelta(1), data["at"], zone)
        return RateDraft(at, data["ml_per_h"])


class ReactionRow(forms.Form):
    """One reaction, when it began, how bad it was, and what was done."""

    kind = forms.ChoiceField(
        choices=[("", "–"), *Reaction.Kind.choices],
        required=False,
        label=gettext_lazy("What happened"),
    )
    other = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("What it was, if something else"),
    )
    severity = forms.ChoiceField(
        choices=[("", "–"), *Reaction.Severity.choices],
        required=False,
        label=gettext_lazy("How bad"),
    )
    onset_at = LocalMomentField(required=False, label=gettext_lazy("Began"))
    action = forms.CharField(
        max_length=200, required=False, label=gettext_lazy("What was done")
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if not data.get("kind"):
            if data.get("other") or data.get("severity") or data.get("action"):
                self.add_error("kind", _("Choose what happened."))
            return data
        if not data.get("severity"):
            self.add_error("severity", _("Choose how bad it was."))
        if data["kind"] == Reaction.Kind.OTHER and not data.get("other"):
            self.add_error("other", _("Say what it was."))
        return data

    def to_draft(self) -> ReactionDraft | None:
        data = self.cleaned_data
        if not data["kind"]:
            return None
        other = data["other"] if data["kind"] == Reaction.Kind.OTHER else ""
        return ReactionDraft(
            data["kind"], data["severity"], other, data["onset_at"], data["action"]
        )


Row = TypeVar("Row", LotRow, RateRow, ReactionRow)


class Rows(Generic[Row]):
    """Rows of one kind: as many as were shown, as the field `<prefix>-count` tells."""

    def __init__(
        self,
        row: type[Row],
        prefix: str,
        data: QueryDict | None,
        initial: Sequence[Mapping[str, Any]],
    ) -> None:
        self.prefix = prefix
        shown = len(initial) if data is None else count(data, prefix)
        self.forms: list[Row] = [
            row(
                data,
                prefix=f"{prefix}-{n}",
                initial=None if data is not None else dict(initial[n]),
                use_required_attribute=False,
            )
            for n in range(min(shown, MOST_ROWS))
        ]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.forms)

    def __len__(self) -> int:
        return len(self.forms)

    @property
    def hold_anything(self) -> bool:
        """Whether something is in a row, or a row was asked for."""
        filled = (field.value() for form in self.forms for field in form)
        return len(self.forms) > 1 or any(filled)

    @property
    def errors(self) -> list[str]:
        """What is wrong in which row, for the top of the page."""
        return [
            _("%(row)s, row %(number)s: %(error)s")
            % {"row": form.fields[name].label, "number": number, "error": error}
            for number, form in enumerate(self.forms, start=1)
            for name, errors in form.errors.items()
            for error in errors
        ]


def count(data: QueryDict, prefix: str) -> int:
    """How many rows of one kind a form had; none if it does not say."""
    typed = data.get(f"{prefix}-count", "")
    return min(int(typed), MOST_ROWS) if typed.isdecimal() and len(typed) < 4 else 0


def typed_rows(
    row: type[forms.Form], prefix: str, data: QueryDict
) -> list[dict[str, Any]]:
    """What was typed into each row, to be shown again without being judged."""
    return [
        {name: data.get(f"{prefix}-{n}-{name}", "") for name in row.base_fields}
        for n in range(count(data, prefix))
    ]


def shown_lot(lot: LotDraft) -> dict[str, Any]:
    """A lot as its row shows it."""
    return {
        "number": lot.number,
        "vial_g": trimmed(lot.vial_g) if lot.vial_g else "",
        "count": lot.count,
        "expires_on": lot.expires_on,
        "product": lot.product,
        "gtin": lot.gtin,
    }
