"""The search for a lot: by those who see a record, and by staff after a recall."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from prophylaxis import recall as recalls
from prophylaxis.models import Lot
from sharing.access import (
    UserRequest,
    access_event,
    log_export,
    open_record,
    staff_only,
)
from sharing.identity import confirm_identity
from sharing.models import AccessEvent, Patient, Permission

log = logging.getLogger("capleak.recall")


class LotForm(forms.Form):
    """A lot number, as a vial or a recall has it; sent, never in an address."""

    number = forms.CharField(
        max_length=recalls.LOT_LENGTH,
        label=gettext_lazy("Lot number"),
        help_text=gettext_lazy(
            "Capitals, spaces and dashes do not matter; all letters and digits do."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def lots(request: UserRequest, patient: UUID) -> HttpResponse:
    """Whether this record has a lot, when, and how many vials."""
    record = open_record(request, patient, Permission.VIEW)
    form = LotForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form, "agreed": recalls.agreed_by(record)}
    if form.is_valid():
        number = form.cleaned_data["number"]
        context |= {"number": number, "lots": recalls.in_record(record, number)}
    return render(request, "prophylaxis/lots.html", context)


@require_POST
def lots_csv(request: UserRequest, patient: UUID) -> HttpResponse:
    """The same as a file."""
    record = open_record(request, patient, Permission.EXPORT)
    form = LotForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "agreed": recalls.agreed_by(record)}
        return render(request, "prophylaxis/lots.html", context)
    confirm_identity(request)
    log_export(request, record)
    return _file(recalls.in_record(record, form.cleaned_data["number"]), names=False)


@require_POST
def consent(request: UserRequest, patient: UUID) -> HttpResponse:
    """Let staff find this record by a lot, or stop that."""
    record = open_record(request, patient, Permission.MANAGE)
    agreed = request.POST.get("agreed") == "yes"
    recalls.agree(record, by=request.user, agreed=agreed)
    if agreed:
        messages.success(request, _("Saved. Staff can find this diary by a lot."))
    else:
        messages.success(request, _("Saved. Staff cannot find this diary by a lot."))
    return redirect("prophylaxis:lots", record.public_id)


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def recall(request: UserRequest) -> HttpResponse:
    """Who had a lot, among those who agreed to be found; each of them sees it."""
    form = LotForm(request.POST if request.method == "POST" else None)
    context: dict[str, object] = {"form": form}
    if form.is_valid():
        found = _searched(request, form.cleaned_data["number"])
        context |= {
            "number": form.cleaned_data["number"],
            "lots": found[: recalls.SHOWN],
            "more": max(0, len(found) - recalls.SHOWN),
            "people": len({lot.infusion.patient_id for lot in found}),
        }
    return render(request, "prophylaxis/recall.html", context)


@staff_only
@require_POST
def recall_csv(request: UserRequest) -> HttpResponse:
    """All that were found, as a file."""
    form = LotForm(request.POST)
    if not form.is_valid():
        return render(request, "prophylaxis/recall.html", {"form": form})
    confirm_identity(request)
    return _file(_searched(request, form.cleaned_data["number"]), names=True)


def _searched(request: UserRequest, number: str) -> list[Lot]:
    """What a search of staff finds, once it stands in every log where it belongs."""
    found = recalls.in_all_records(number)
    patients = {lot.infusion.patient_id: lot.infusion.patient for lot in found}
    AccessEvent.objects.bulk_create(
        _event(request, patient) for patient in patients.values()
    )
    log.info("lot search", extra={"user": request.user.pk, "records": list(patients)})
    return found


def _event(request: UserRequest, patient: Patient) -> AccessEvent:
    patient.grant_pk, patient.grant_kind = None, None  # staff open nothing by a grant
    return access_event(patient, request, Permission.VIEW, allowed=True)


def _file(found: Iterable[Lot], *, names: bool) -> HttpResponse:
    response = HttpResponse(
        recalls.table(found, names=names), content_type="text/csv; charset=utf-8"
    )
    name = f"capleak-lot-{timezone.now():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
