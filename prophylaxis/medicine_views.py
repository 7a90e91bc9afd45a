"""Pages of the medicines that are taken daily."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from prophylaxis import medicines
from prophylaxis.forms import MedicineForm
from prophylaxis.models import MedicinePlan
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_safe
def medicine_list(request: UserRequest, patient: UUID) -> HttpResponse:
    """What is taken now, and what was."""
    record = open_record(request, patient, Permission.VIEW)
    context = {
        "medicines": MedicinePlan.objects.current(record),
        "earlier": MedicinePlan.objects.earlier(record),
    }
    return render(request, "prophylaxis/medicines.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def medicine_new(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    return _form(request, record, None)


@require_http_methods(["GET", "HEAD", "POST"])
def medicine_edit(request: UserRequest, patient: UUID, medicine: UUID) -> HttpResponse:
    """Change a medicine; what it was stays among the earlier ones."""
    record = open_record(request, patient, Permission.MANAGE)
    stored = medicines.current(record, medicine)
    if stored is None:
        raise Http404
    return _form(request, record, stored)


def _form(
    request: UserRequest, record: Patient, stored: MedicinePlan | None
) -> HttpResponse:
    typed = request.POST if request.method == "POST" else None
    form = MedicineForm(typed, patient=record, stored=stored)
    if request.method == "POST" and form.is_valid():
        try:
            _saved, changed = medicines.save_medicine(
                record,
                form.to_draft(),
                by=request.user,
                seen=(form.cleaned_data["seen"] or 0) if stored else None,
            )
        except medicines.MedicineChanged:
            form.show_again(stored)
            form.add_error(
                None,
                _(
                    "This medicine was changed since you opened this page. Look at it "
                    "in the list; press save again to replace what it says now."
                ),
            )
        else:
            said = _("Medicine saved.") if changed else _("Nothing was changed.")
            messages.success(request, said)
            return redirect("prophylaxis:medicines", record.public_id)
    context = {"form": form, "stored": stored}
    return render(request, "prophylaxis/medicine_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def medicine_end(request: UserRequest, patient: UUID, medicine: UUID) -> HttpResponse:
    """Ask whether a medicine is not taken any more, and end it as it was shown.

    If it was changed meanwhile, ask of what it says now.
    """
    record = open_record(request, patient, Permission.MANAGE)
    if not record.medicines.filter(medicine=medicine).exists():
        raise Http404
    typed = request.POST.get("seen", "")
    seen = int(typed) if typed.isdecimal() and len(typed) < 19 else None
    if request.method == "POST" and medicines.end_medicine(record, medicine, seen):
        messages.success(request, _("Ended. It stays among the earlier ones."))
        return redirect("prophylaxis:medicines", record.public_id)
    stored = medicines.current(record, medicine)
    if stored is None:
        return redirect("prophylaxis:medicines", record.public_id)
    context = {"medicine": stored, "changed": request.method == "POST"}
    return render(request, "prophylaxis/medicine_end.html", context)
