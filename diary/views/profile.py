"""The diagnosis and what is usual, for those who manage a record; others read it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from diary import causes
from diary.forms.profile import ProfileForm
from diary.models import Measurement, Profile
from diary.personal import last_m_protein, profile_of, save_profile
from diary.vocabulary import QUANTITIES, SYMPTOMS, Severity
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest, patient: UUID) -> HttpResponse:
    """One page: a form for who may change it, the same facts for who may see them."""
    sent = request.method == "POST"
    record = open_record(
        request, patient, Permission.MANAGE if sent else Permission.VIEW
    )
    stored = profile_of(record)
    level = last_m_protein(record)
    context: dict[str, object] = {"profile": stored, "last_level": level}
    if Permission.MANAGE in record.permissions:
        form = ProfileForm(
            request.POST if sent else None, patient=record, profile=stored
        )
        if form.is_valid():
            save_profile(record, form.to_draft())
            messages.success(request, _("Saved."))
            return redirect("diary:profile", record.public_id)
        context |= {"form": form, "sources": causes.sources()}
    else:
        context["facts"] = list(facts(record, stored, level))
    return render(request, "diary/profile.html", context)


def facts(
    record: Patient, stored: Profile, level: Measurement | None
) -> Iterator[tuple[str, str]]:
    """What is entered, line by line, for who may read it only."""
    if known := causes.FORMS.get(stored.form):
        yield _("Form of the disease"), _(known.label)
    known = causes.CAUSES.get(stored.cause)
    if known or stored.cause_text:
        words = [_(known.label)] if known else []
        yield _("Cause"), ": ".join([*words, *filter(None, [stored.cause_text])])
    if stored.diagnosed_on:
        yield _("Date of diagnosis"), date_format(stored.diagnosed_on)
    if known := causes.M_PROTEINS.get(stored.m_protein):
        yield _("M-protein in the blood"), _(known.label)
    if level:
        value = f"{level.typed} {level.typed_unit}, {date_format(level.day)}"
        yield _("Last M-protein level"), value
    for usual in record.usual_values.all():
        label = _(QUANTITIES[usual.quantity].label)
        value = f"{usual.typed_value.normalize():f} {usual.typed_unit}"
        if usual.measured_on:
            value += f", {date_format(usual.measured_on)}"
        yield _("Usual: %(quantity)s") % {"quantity": label}, value
    if stored.usual_symptoms:
        yield _("Usual symptoms"), ", ".join(_symptoms(stored))


def _symptoms(stored: Profile) -> Iterator[str]:
    for key, severity in stored.usual_symptoms.items():
        if key in SYMPTOMS:
            grade = _(Severity(severity).label).lower()
            yield f"{_(SYMPTOMS[key].label)} ({grade})"
