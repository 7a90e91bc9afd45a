"""Pages for the time before the diary."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from attacks.models import PastCount
from attacks.past import (
    MoreRecorded,
    PastChanged,
    PastDeleted,
    PastOverlaps,
    add_by_year,
    delete_count,
    save_count,
    was_deleted,
)
from attacks.past_forms import ByYearForm, PastCountForm
from attacks.services import Overlaps
from attacks.summary import first_entry
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def by_year(request: UserRequest, patient: UUID) -> HttpResponse:
    """Add one attack of which only the year or the month is known."""
    record = open_record(request, patient, Permission.LOG)
    now = timezone.now()
    form = ByYearForm(request.POST or None, patient=record, now=now)
    if request.method == "POST" and form.is_valid():
        try:
            attack = add_by_year(
                record,
                form.when,
                certainty=form.cleaned_data["certainty"],
                note=form.cleaned_data["note"],
                client_id=form.cleaned_data["client_id"],
                by=request.user,
                now=now,
            )
        except Overlaps as refusal:
            form.refuse_overlap(refusal.other)
        else:
            messages.success(request, _("Saved."))
            return redirect("attacks:detail", record.public_id, attack.public_id)
    return render(request, "attacks/by_year.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def count_new(request: UserRequest, patient: UUID) -> HttpResponse:
    """Say how many attacks there were in a time before the diary."""
    record = open_record(request, patient, Permission.LOG)
    form = PastCountForm(request.POST or None, patient=record, now=timezone.now())
    return _counted(request, record, form)


@require_http_methods(["GET", "HEAD", "POST"])
def count(request: UserRequest, patient: UUID, count: UUID) -> HttpResponse:
    """Change such a number; its earlier version is kept."""
    record = open_record(request, patient, Permission.LOG)
    if was_deleted(record, count):
        return _gone(request, record)
    stored = get_object_or_404(PastCount, patient=record, client_id=count)
    form = PastCountForm(
        request.POST or None, patient=record, now=timezone.now(), stored=stored
    )
    return _counted(request, record, form)


@require_POST
def count_delete(request: UserRequest, patient: UUID, count: UUID) -> HttpResponse:
    """Take such a number away. Pressed twice is once."""
    record = open_record(request, patient, Permission.LOG)
    if was_deleted(record, count):
        return redirect("attacks:list", record.public_id)
    stored = get_object_or_404(PastCount, patient=record, client_id=count)
    delete_count(record, stored.client_id, by=request.user)
    messages.success(request, _("Deleted."))
    return redirect("attacks:list", record.public_id)


def _gone(request: UserRequest, record: Patient) -> HttpResponse:
    messages.warning(request, _("Nothing was saved: this was deleted."))
    return redirect("attacks:list", record.public_id)


def _counted(
    request: UserRequest, record: Patient, form: PastCountForm
) -> HttpResponse:
    is_new = form.stored is None
    if request.method == "POST" and form.is_valid():
        seen = None if is_new else form.cleaned_data["seen"]
        try:
            save_count(record, form.to_count(), seen=seen, by=request.user)
        except PastOverlaps:
            form.refuse_overlap()
        except MoreRecorded as refusal:
            form.refuse_count(refusal.recorded)
        except PastChanged as refusal:
            form.show_conflict(refusal.stored)
        except PastDeleted:
            return _gone(request, record)
        else:
            messages.success(request, _("Saved."))
            return redirect("attacks:list", record.public_id)
    context = {"form": form, "is_new": is_new, "diary_since": first_entry(record)}
    return render(request, "attacks/past_count.html", context)
