"""Entering measurements: what is measured at home, and a sheet of laboratory values."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from diary.forms.labs import LabsForm
from diary.forms.measure import MeasureForm
from diary.personal import profile_of
from diary.services import AlreadySaved, Deleted, record_checkin
from diary.views.checkin import after_saving, ask_again
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def measure(request: UserRequest, patient: UUID) -> HttpResponse:
    """Blood pressure in one or two postures, and what else is measured at home."""
    record = open_record(request, patient, Permission.LOG)
    form = MeasureForm(
        request.POST if request.method == "POST" else None,
        patient=record,
        capillary=profile_of(record).capillary_hemoglobin,
        unfold="all" in request.GET,
    )
    return saved(request, record, form) or render(
        request, "diary/measure.html", {"form": form}
    )


@require_http_methods(["GET", "HEAD", "POST"])
def labs(request: UserRequest, patient: UUID) -> HttpResponse:
    """All values of one laboratory sheet."""
    record = open_record(request, patient, Permission.LOG)
    form = LabsForm(request.POST if request.method == "POST" else None, patient=record)
    return saved(request, record, form) or render(
        request, "diary/labs.html", {"form": form}
    )


def saved(
    request: UserRequest, record: Patient, form: MeasureForm | LabsForm
) -> HttpResponse | None:
    """Store what was sent and go on; None if the form has to be shown."""
    if not form.is_valid():
        return None
    try:
        stored = record_checkin(record, form.to_draft(), by=request.user)
    except (AlreadySaved, Deleted) as refusal:
        ask_again(form, refusal)
        return None
    return after_saving(request, record, stored)
