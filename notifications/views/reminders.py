"""What a record is reminded of: what comes, what came, and the choices."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from notifications import kinds, zone
from notifications.answers import answer
from notifications.channels import CHANNELS
from notifications.forms import PreferencesForm
from notifications.models import Answer, Occurrence, Preferences, shown_preferences
from notifications.recipients import patient_users
from sharing.access import UserRequest, open_record
from sharing.masking import masked
from sharing.models import Grant, Patient, Permission, Topic

COMING: Final = 8
A_PAGE: Final = 20


@require_safe
def page(request: UserRequest, patient: UUID) -> HttpResponse:
    """What comes and what came, with what became of it. `before`: go on from there."""
    record = open_record(request, patient, Permission.MANAGE)
    number = request.GET.get("before", "")
    before = None
    if number.isdecimal() and len(number) < 19:
        before = record.occurrences.filter(pk=int(number)).first()
    chosen = shown_preferences(record)
    past = list(Occurrence.objects.past(record, before)[: A_PAGE + 1])
    context = {
        "chosen": chosen,
        "by": [str(CHANNELS[name].label) for name in chosen.channels],
        "asks_zone": zone.asks(record, chosen),
        "reached": _addresses(record, chosen),
        "coming": Occurrence.objects.coming(record)[:COMING] if not before else [],
        "past": past[:A_PAGE],
        "older": past[A_PAGE - 1].pk if len(past) > A_PAGE else None,
        "first_page": before is None,
        "kinds": kinds.KINDS,
        "now": timezone.now(),
    }
    return render(request, "notifications/reminders.html", context)


def _addresses(record: Patient, chosen: Preferences) -> list[str]:
    """Where messages for the patient go now, for whoever knows these addresses."""
    users = patient_users(record)
    return [
        masked(endpoint)
        for name in chosen.channels
        for endpoints in CHANNELS[name].endpoints(users).values()
        for endpoint in endpoints
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    form = PreferencesForm(
        request.POST if request.method == "POST" else None, patient=record
    )
    if form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        if form.cleaned_data["missed_circle_hours"] and not _somebody_is_told(record):
            messages.warning(
                request,
                _(
                    "Nobody is named yet who is told of an overdue infusion, so those "
                    "steps reach nobody."
                ),
            )
        return redirect("reminders:page", record.public_id)
    return render(request, "notifications/edit.html", {"form": form})


def _somebody_is_told(record: Patient) -> bool:
    told = Grant.objects.live().filter(patient=record, told__contains=[Topic.INFUSION])
    return told.exists()


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: UserRequest, patient: UUID) -> HttpResponse:
    """Ask whether reminders move with the record to its new zone."""
    record = open_record(request, patient, Permission.MANAGE)
    match request.POST.get("answer"):
        case "move":
            with Patient.objects.writing(record):
                zone.move(record)
            messages.success(request, _("Reminders keep to the new time zone now."))
            return redirect("reminders:page", record.public_id)
        case "stay":
            with Patient.objects.writing(record):
                zone.stay(record)
            messages.success(request, _("Reminders stay in the zone they were in."))
            return redirect("reminders:page", record.public_id)
    chosen = shown_preferences(record)
    context = {
        "chosen": chosen,
        "differs": chosen.zone != record.zone,
        "moves": zone.moves(record, timezone.now()),
        "kinds": kinds.KINDS,
    }
    return render(request, "notifications/zone.html", context)


@require_safe
def go(request: UserRequest, patient: UUID, occurrence: int) -> HttpResponse:
    """From a message to the page that it is about, as far as the reader may see it.

    What was told to the patient is there for those alone who may manage the record.
    """
    record = open_record(request, patient, Permission.VIEW)
    may = record.permissions
    theirs = record.occurrences.all()
    if Permission.MANAGE not in may:
        theirs = theirs.filter(audience=Occurrence.Audience.CIRCLE)
    told = get_object_or_404(theirs, pk=occurrence)
    pages = kinds.PAGES if Permission.LOG in may else kinds.LOOKING
    return redirect(pages.get(told.kind, "today"), record.public_id)


@require_POST
def seen(request: UserRequest, patient: UUID, occurrence: int) -> HttpResponse:
    """Say "I have seen it, I am calling" on a page of the record."""
    record = open_record(request, patient, Permission.VIEW)
    told = get_object_or_404(
        record.occurrences, pk=occurrence, audience=Occurrence.Audience.CIRCLE
    )
    with Patient.objects.writing(record):
        answer(told, request.user, Answer.What.SEEN, timezone.now())
    messages.success(request, _("The others see that you are calling."))
    return redirect("today", record.public_id)
