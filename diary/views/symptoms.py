"""Symptoms in one's own words, and which symptoms stand first in every form.

Whoever may log may add a word. To rename, map, archive and arrange changes what others
see and what older entries mean: that takes the right to manage.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from diary import pins
from diary.forms.own import OwnSymptomForm, PinForm, meanings
from diary.models import CustomSymptom
from diary.models.entries import OWN
from diary.offer import offer
from sharing.access import UserRequest, open_record
from sharing.models import Category, Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def symptoms(request: UserRequest, patient: UUID) -> HttpResponse:
    """The arrangement; a POST adds a word."""
    record = open_record(request, patient, Permission.LOG)
    if request.method != "POST":
        return page(request, record)
    form = OwnSymptomForm(request.POST, patient=record)
    if not record.hides(Category.OWN_SYMPTOMS) and stored(form):
        return done(request, record)
    return page(request, record, adding=form)


@require_POST
def symptom(request: UserRequest, patient: UUID, symptom: UUID) -> HttpResponse:
    """Rename, map, archive or bring back one's own symptom. Nothing is deleted."""
    record = open_record(request, patient, Permission.MANAGE)
    own = get_object_or_404(CustomSymptom.objects.readable(record), public_id=symptom)
    if "archive" in request.POST or "bring_back" in request.POST:
        own.archived_at = timezone.now() if "archive" in request.POST else None
        with Patient.objects.writing(record):
            own.save(update_fields=["archived_at"])
            pins.unpin(record, f"{OWN}{own.pk}")
        return done(request, record)
    form = OwnSymptomForm(request.POST, patient=record, own=own)
    if stored(form):
        return done(request, record)
    return page(request, record, changing=form)


@require_POST
def pin(request: UserRequest, patient: UUID) -> HttpResponse:
    """Put a symptom first, further up, or back into the list."""
    record = open_record(request, patient, Permission.MANAGE)
    offered = offer(record)
    form = PinForm(request.POST, offer=offered, pins=offered.pinned)
    if not form.is_valid():
        return page(request, record, pinning=form)
    chosen = form.cleaned_data
    try:
        if chosen["add"]:
            pins.pin(record, chosen["add"])
        elif chosen["up"]:
            pins.raise_pin(record, chosen["up"])
        elif chosen["remove"]:
            pins.unpin(record, chosen["remove"])
    except pins.TooMany:
        form.add_error(
            "add",
            _("%(n)s can stand first. Take one away to add another.")
            % {"n": pins.MOST_PINS},
        )
        return page(request, record, pinning=form)
    return redirect("diary:symptoms", record.public_id)


def stored(form: OwnSymptomForm) -> bool:
    """Whether the form is valid and stored; a word is there once, whoever adds it."""
    if not form.is_valid():
        return False
    try:
        form.save()
    except IntegrityError:
        form.add_error("label", _("You have this word already."))
        return False
    return True


def done(request: UserRequest, record: Patient) -> HttpResponse:
    messages.success(request, _("Saved."))
    return redirect("diary:symptoms", record.public_id)


def page(
    request: UserRequest,
    record: Patient,
    *,
    adding: OwnSymptomForm | None = None,
    changing: OwnSymptomForm | None = None,
    pinning: PinForm | None = None,
) -> HttpResponse:
    offered = offer(record)
    rows: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    words = dict(meanings())
    for own in CustomSymptom.objects.readable(record):
        form = OwnSymptomForm(patient=record, own=own)
        if changing is not None and changing.own.pk == own.pk:
            form = changing
        meaning = words.get(own.key, "") if own.key else ""
        row = {"own": own, "form": form, "meaning": meaning}
        rows[own.archived_at is None].append(row)
    context = {
        "form": changing or adding or pinning,  # for the summary of errors
        "own_hidden": record.hides(Category.OWN_SYMPTOMS),
        "adding": adding or OwnSymptomForm(patient=record),
        "in_use": rows[True],
        "archived": rows[False],
        "pinning": pinning or PinForm(offer=offered, pins=offered.pinned),
        "pins": offered.pinned,
        "most_pins": pins.MOST_PINS,
    }
    return render(request, "diary/symptoms.html", context)
