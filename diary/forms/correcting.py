"""Which form an entry is corrected in: the one that shows what it says."""

from __future__ import annotations

from typing import Any, Final

from diary.drafts import CheckInDraft
from diary.forms.checkin import CheckInForm
from diary.forms.labs import SHEET, LabsForm
from diary.forms.measure import MeasureForm
from diary.offer import offer
from sharing.models import Patient

EntryForm = CheckInForm | MeasureForm | LabsForm

CHECKIN, MEASURE, LABS = "checkin", "measure", "labs"
KINDS: Final = (CHECKIN, MEASURE, LABS)


def kind_of(said: CheckInDraft) -> str:
    """The kind of form for an entry; with anything but values it is a check-in."""
    values = bool(said.readings) and not (
        said.symptoms or said.own or said.no_symptoms or said.note or said.tags
    )
    of_a_sheet = [reading.quantity in SHEET for reading in said.readings]
    if values and all(of_a_sheet):
        return LABS
    return MEASURE if values and not any(of_a_sheet) else CHECKIN


def correcting(
    data: Any, *, patient: Patient, editing: CheckInDraft, kind: str
) -> EntryForm:
    """The form that corrects an entry.

    `kind` is that of the page that was sent, whatever the entry says by now: a field
    that the form does not know would be lost.
    """
    if kind == MEASURE:
        meter = any(r.quantity == "capillary_hemoglobin" for r in editing.readings)
        return MeasureForm(data, patient=patient, editing=editing, capillary=meter)
    if kind == LABS:
        return LabsForm(data, patient=patient, editing=editing)
    return CheckInForm(
        data, patient=patient, editing=editing, offer=offer(patient, editing)
    )
