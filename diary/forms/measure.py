"""What is measured at home: blood pressure in two postures, weight, urine, limbs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from django import forms
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.drafts import CheckInDraft, Reading
from diary.forms.confirming import ConfirmsDoubts, Measured
from diary.forms.moment import MomentForm
from diary.models import Measurement
from diary.personal import last_posture
from diary.redflags import RedFlag, red_flags, worst
from diary.vocabulary import URINE_GRADES

Posture = Measurement.Posture

STANDING: Final = "stand_"  # begins the names of the fields of the second step
PRESSURE: Final = {
    "systolic": (gettext_lazy("Upper"), gettext_lazy("Upper, standing")),
    "diastolic": (gettext_lazy("Lower"), gettext_lazy("Lower, standing")),
    "pulse": (gettext_lazy("Pulse"), gettext_lazy("Pulse, standing")),
}
BODY: Final = ("weight", "temperature", "spo2")
LIMBS: Final = ("1", "2")  # as many sites as one entry takes: left and right
LIMB_LABELS: Final = (
    (gettext_lazy("Place"), gettext_lazy("Girth"), gettext_lazy("Tightness")),
    (
        gettext_lazy("Second place"),
        gettext_lazy("Girth, second place"),
        gettext_lazy("Tightness, second place"),
    ),
)
# Quantity, and how the names of its fields begin.
OF_A_LIMB: Final = {"limb_girth": "girth", "limb_tightness": "tightness"}
SITES: Final = (
    gettext_lazy("left calf"),
    gettext_lazy("right calf"),
    gettext_lazy("left thigh"),
    gettext_lazy("right thigh"),
    gettext_lazy("left forearm"),
    gettext_lazy("right forearm"),
    gettext_lazy("left upper arm"),
    gettext_lazy("right upper arm"),
)
# The sheet has grades and no words for them; these are a design choice.
TIGHTNESS: Final = [
    ("", gettext_lazy("Not felt for")),
    ("0", gettext_lazy("0, soft")),
    ("1", gettext_lazy("1, a little tight")),
    ("2", gettext_lazy("2, tight")),
    ("3", gettext_lazy("3, very tight")),
    ("4", gettext_lazy("4, hard all over")),
]
URINE: Final = [
    (str(grade), capfirst(gettext_lazy(word))) for grade, word in URINE_GRADES.items()
]


class Limb(NamedTuple):
    """The fields of one site."""

    site: forms.BoundField
    girth: Measured
    tightness: forms.BoundField


class MeasureForm(ConfirmsDoubts, MomentForm):
    """One moment of measuring; symptoms are not asked.

    Blood pressure has two steps, at rest and standing, and is one measurement: both are
    saved together or the second is left out. With `editing` it begins with what was
    stored, and what it cannot show stays as it is.
    """

    parts = "diary/_measure_parts.html"

    posture = forms.ChoiceField(
        choices=[
            (p.value, capfirst(p.label)) for p in (Posture.LYING, Posture.SITTING)
        ],
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Posture at rest"),
    )
    urine_relative = forms.ChoiceField(
        choices=URINE,
        required=False,
        widget=forms.RadioSelect,
        label=gettext_lazy("Against what is usual"),
    )

    def __init__(
        self, *args: Any, capillary: bool = False, unfold: bool = False, **kwargs: Any
    ) -> None:
        """`unfold` opens weight and urine as well, for who comes from a flag."""
        super().__init__(*args, **kwargs)
        self.unfold = unfold
        self.readings: tuple[Reading, ...] = ()
        for key, (resting, standing) in PRESSURE.items():
            self.add_value(f"m_{key}", key, str(resting))
            self.add_value(f"{STANDING}{key}", key, str(standing))
        for key in BODY:
            self.add_value(f"m_{key}", key)
        self.add_value("m_urine_volume", "urine_volume", _("Or measured in 24 hours"))
        if capillary:
            self.add_value("m_capillary_hemoglobin", "capillary_hemoglobin")
        for n, labels in zip(LIMBS, LIMB_LABELS, strict=True):
            self._add_limb(n, *map(str, labels))
        self.initial["posture"] = last_posture(self.patient)
        if not self.is_bound and self.editing is None:
            self.fields["m_systolic"].widget.attrs["autofocus"] = True
        self.said = self.editing.readings if self.editing else ()
        self.kept = tuple(self._fill_in())

    def _add_limb(self, n: str, site: str, girth: str, tightness: str) -> None:
        self.fields[f"site_{n}"] = forms.CharField(
            required=False,
            max_length=40,
            label=site,
            widget=forms.TextInput(attrs={"list": "sites", "autocomplete": "off"}),
        )
        self.add_value(f"girth_{n}", "limb_girth", girth)
        self.fields[f"tightness_{n}"] = forms.ChoiceField(
            choices=TIGHTNESS, required=False, label=tightness
        )

    def _fill_in(self) -> Iterator[Reading]:
        """Fill in what was stored; gives back what has no field here."""
        sites = dict.fromkeys(r.site for r in self.said if r.quantity in OF_A_LIMB)
        rows = dict(zip(sites, LIMBS, strict=False))
        for reading in self.said:
            name = self._field_of(reading, rows)
            if name not in self.fields or name in self.initial:
                yield reading
                continue
            self.initial[name] = f"{reading.typed_value.normalize():f}"
            self.initial[f"u_{reading.quantity}"] = reading.typed_unit
            if name in {f"m_{key}" for key in PRESSURE}:
                self.initial["posture"] = reading.posture
        self.initial.update({f"site_{n}": site for site, n in rows.items()})

    def _field_of(self, reading: Reading, rows: Mapping[str, str]) -> str:
        key = reading.quantity
        if key in PRESSURE and reading.posture == Posture.STANDING:
            return f"{STANDING}{key}"
        if key in OF_A_LIMB:
            return f"{OF_A_LIMB[key]}_{rows.get(reading.site)}"
        return key if key == "urine_relative" else f"m_{key}"

    # --- What the page shows ----------------------------------------------------------

    def resting(self) -> list[Measured]:
        return [self.measured(f"m_{key}", key) for key in PRESSURE]

    def standing(self) -> list[Measured]:
        return [self.measured(f"{STANDING}{key}", key) for key in PRESSURE]

    def body(self) -> list[Measured]:
        return [self.measured(f"m_{key}", key) for key in BODY]

    def urine_volume(self) -> Measured:
        return self.measured("m_urine_volume", "urine_volume")

    def capillary(self) -> Measured | None:
        """Finger-prick hemoglobin, where the profile says that there is a meter."""
        name = "m_capillary_hemoglobin"
        if name not in self.fields:
            return None
        return self.measured(name, "capillary_hemoglobin")

    def limbs(self) -> list[Limb]:
        return [
            Limb(
                self[f"site_{n}"],
                self.measured(f"girth_{n}", "limb_girth"),
                self[f"tightness_{n}"],
            )
            for n in LIMBS
        ]

    def sites(self) -> list[str]:
        return [str(site) for site in SITES]

    @property
    def body_open(self) -> bool:
        opened = self.opens(*(f"m_{key}" for key in BODY))
        return self.unfold or opened or self._unit_refused(*BODY)

    @property
    def urine_open(self) -> bool:
        refused = self._unit_refused("urine_volume")
        opened = self.opens("urine_relative", "m_urine_volume")
        return self.unfold or refused or opened

    @property
    def capillary_open(self) -> bool:
        refused = self._unit_refused("capillary_hemoglobin")
        return refused or self.opens("m_capillary_hemoglobin")

    @property
    def limbs_open(self) -> bool:
        refused = self._unit_refused("limb_girth")
        return refused or self.opens("site_", "girth_", "tightness_")

    def _unit_refused(self, *keys: str) -> bool:
        return any(f"u_{key}" in self.errors for key in keys)

    # --- What it says -----------------------------------------------------------------

    def measured_at(self) -> datetime | None:
        return None if {"ago", "at"} & self.errors.keys() else self.moment()

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for step in ("m_", STANDING):
            self.check_pressure(f"{step}systolic", f"{step}diastolic")
        found = [*self._pressures(), *self._plain_values(), *self._limb_values()]
        self.readings = (*(reading for reading in found if reading), *self.kept)
        if len({r.identity for r in self.readings}) < len(self.readings):
            self.add_error(
                "posture", _("This entry has values in this posture already.")
            )
        if not self.errors and not self.readings:
            self.add_error(
                None, _("Nothing is filled in yet. Enter at least one value.")
            )
        return data

    def _pressures(self) -> Iterator[Reading | None]:
        rested = self.cleaned_data.get("posture") or ""
        for key in PRESSURE:
            yield self.read(f"m_{key}", key, posture=rested)
            yield self.read(f"{STANDING}{key}", key, posture=Posture.STANDING.value)

    def _plain_values(self) -> Iterator[Reading | None]:
        yield self.read("urine_relative", "urine_relative")
        for key in (*BODY, "urine_volume", "capillary_hemoglobin"):
            yield self.read(f"m_{key}", key)

    def _limb_values(self) -> Iterator[Reading | None]:
        above: set[str] = set()
        for n in LIMBS:
            site = " ".join((self.cleaned_data.get(f"site_{n}") or "").split())
            typed = any(self.data.get(f"{part}_{n}") for part in OF_A_LIMB.values())
            if typed and not site and f"site_{n}" not in self.errors:
                self.add_error(f"site_{n}", _("Say where, such as “left calf”."))
            elif site and not typed:
                self.add_error(f"girth_{n}", _("Enter the girth or the tightness."))
            elif site and site.casefold() in above:
                self.add_error(f"site_{n}", _("This place is entered above already."))
            above.add(site.casefold())
            for key, part in OF_A_LIMB.items():
                yield self.read(f"{part}_{n}", key, site=site)

    def to_draft(self) -> CheckInDraft:
        """The measurements as filled in; without a time they are from now."""
        at, zone = self.moment(), self.clock
        if self.editing is not None:
            return replace(self.editing, at=at, zone=zone, readings=self.readings)
        return CheckInDraft(
            client_id=self.cleaned_data["client_id"],
            at=at,
            zone=zone,
            timed=self.cleaned_data.get("at") is not None,
            readings=self.readings,
        )

    @property
    def red_flags(self) -> list[RedFlag]:
        """The red flags of what is not saved yet: help waits for no question."""
        if not (self.is_bound and self.errors):
            return []
        values = worst((r.quantity, r.value) for r in self.possible)
        is_child = self.patient.is_child(timezone.now())
        return red_flags({}, values, is_child=is_child)
