"""Hospital mode: one button there, one back, and a question on return."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications import hospital, kinds
from notifications.models import Answer
from notifications.notices import stay_of
from sharing.access import UserRequest, open_record
from sharing.models import Grant, Patient, Permission, Topic

CHOICES: Final = {
    "later": Answer.What.SNOOZED,
    "done": Answer.What.DONE,
    "skip": Answer.What.SKIPPED,
}


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.LOG)
    now = timezone.now()
    if request.method == "POST":
        with Patient.objects.writing(record):
            match request.POST.get("do"):
                case "begin":
                    hospital.begin(record, by=request.user, now=now)
                case "end":
                    hospital.end(record, by=request.user, now=now)
                case "settle":
                    _settle(request, record)
        return _after(request, record)
    stay = stay_of(record)
    told = Grant.objects.live().filter(patient=record, told__contains=[Topic.HOSPITAL])
    context = {
        "stay": stay,
        "missed": hospital.missed(stay) if stay and stay.ended_at else [],
        "told": [str(grant.user) for grant in told.select_related("user")],
        "kinds": kinds.KINDS,
    }
    return render(request, "notifications/hospital.html", context)


def _settle(request: UserRequest, record: Patient) -> None:
    """Do what was chosen for what was missed; a choice of another stay is ignored."""
    stay = stay_of(record)
    if stay is None or request.POST.get("stay") != str(stay.pk) or not stay.ended_at:
        return
    chosen = {
        occurrence.pk: CHOICES[word]
        for occurrence in hospital.missed(stay)
        if (word := request.POST.get(f"missed_{occurrence.pk}", "")) in CHOICES
    }
    hospital.settle(stay, chosen, by=request.user, now=timezone.now())


def _after(request: UserRequest, record: Patient) -> HttpResponse:
    stay = stay_of(record)
    if stay is not None and stay.ended_at is None:
        messages.success(request, _("Hospital mode is on. Get well."))
        return redirect("today", record.public_id)
    if stay is not None:
        messages.success(request, _("Welcome back. Hospital mode is off."))
        return redirect("reminders:hospital", record.public_id)
    messages.success(request, _("Hospital mode is off. Reminders go on."))
    return redirect("today", record.public_id)
