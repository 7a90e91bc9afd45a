"""What is personal to a patient: the diagnosis, what is usual, the units last used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from diary import flags
from diary.drafts import Reading
from diary.models import Measurement, Profile, Usual
from diary.vocabulary import QUANTITIES
from sharing.models import Patient

LABS: Final = [q.key for q in QUANTITIES.values() if q.group == "lab"]


@dataclass(frozen=True, slots=True)
class UsualValue:
    """One's usual value of a quantity; `on` is the day that it is from, if known."""

    reading: Reading
    on: date | None = None


@dataclass(frozen=True, slots=True)
class ProfileDraft:
    """The diagnosis as it shall be stored, whole. Blank is not known."""

    form: str = ""
    cause: str = ""
    cause_text: str = ""
    diagnosed_on: date | None = None
    m_protein: str = ""
    capillary_hemoglobin: bool = False
    usual_symptoms: Mapping[str, int] = field(default_factory=dict)
    usual_values: tuple[UsualValue, ...] = ()


def profile_of(patient: Patient) -> Profile:
    """The stored profile, or one that says nothing and is not stored."""
    stored = Profile.objects.filter(patient=patient).first()
    return stored or Profile(patient=patient)


def save_profile(patient: Patient, draft: ProfileDraft) -> None:
    """Store the diagnosis and what is usual. Pins are not part of it and stay."""
    with Patient.objects.writing(patient):
        Profile.objects.update_or_create(
            patient=patient,
            defaults={
                "form": draft.form,
                "cause": draft.cause,
                "cause_text": draft.cause_text,
                "diagnosed_on": draft.diagnosed_on,
                "m_protein": draft.m_protein,
                "capillary_hemoglobin": draft.capillary_hemoglobin,
                "usual_symptoms": dict(draft.usual_symptoms),
            },
        )
        patient.usual_values.all().delete()
        Usual.objects.bulk_create(
            Usual(
                patient=patient,
                quantity=usual.reading.quantity,
                value=usual.reading.value,
                typed_value=usual.reading.typed_value,
                typed_unit=usual.reading.typed_unit,
                measured_on=usual.on,
            )
            for usual in draft.usual_values
        )
        flags.reassess(patient)  # usual symptoms and the form of SCLS are part of it


def stored_usual(patient: Patient) -> tuple[UsualValue, ...]:
    return tuple(
        UsualValue(
            Reading(row.quantity, row.value, row.typed_value, row.typed_unit),
            row.measured_on,
        )
        for row in patient.usual_values.all()
    )


def usual_values(patient: Patient) -> dict[str, Decimal]:
    """What was said to be usual for this person, canonical, by quantity."""
    return dict(patient.usual_values.values_list("quantity", "value"))


def last_units(patient: Patient, quantities: Iterable[str]) -> dict[str, str]:
    """The unit in which each quantity was typed last, or that the patient chose.

    A choice in the settings comes first.
    """
    typed = (
        Measurement.objects.readable(patient)
        .filter(quantity__in=list(quantities))
        .order_by("quantity", "-at", "-pk")
        .distinct("quantity")
        .values_list("quantity", "typed_unit")
    )
    units: dict[str, str] = dict(typed)
    return {**units, **patient.units}


def last_posture(patient: Patient) -> str:
    """How the patient rested at the last blood pressure; sitting, if none says so."""
    lying, sitting = Measurement.Posture.LYING, Measurement.Posture.SITTING
    rested = Measurement.objects.readable(patient).filter(
        quantity="systolic", posture__in=[lying, sitting]
    )
    last = rested.order_by("-at", "-pk").values_list("posture", flat=True).first()
    return last or sitting.value


def laboratories(patient: Patient, *, limit: int = 5) -> list[str]:
    """Names of laboratories that were entered before, the latest first."""
    named = (
        Measurement.objects.readable(patient)
        .filter(quantity__in=LABS)
        .exclude(device="")
        .order_by("-at", "-pk")
        .values_list("device", flat=True)[:200]
    )
    return list(dict.fromkeys(named))[:limit]


def last_m_protein(patient: Patient) -> Measurement | None:
    """The last M-protein level; a laboratory value like others, kept with them."""
    levels = Measurement.objects.readable(patient).filter(quantity="m_protein")
    return levels.order_by("-at", "-pk").first()
