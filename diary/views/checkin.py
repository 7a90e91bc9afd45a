"""Making a check-in, in full or in sick mode, and the help that a red flag opens."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from diary.forms import CheckInForm, SickForm
from diary.forms.record import RecordForm
from diary.offer import last_time, offer, said_last
from diary.saved import remember
from diary.services import (
    AlreadySaved,
    Deleted,
    Saved,
    recent_red_flags,
    record_checkin,
    red_flags_of,
)
from diary.telling import circle, tell, told_lately
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission, User


@require_http_methods(["GET", "HEAD", "POST"])
def checkin_new(request: UserRequest, patient: UUID) -> HttpResponse:
    """The full form. `same` fills in what was felt last time and saves nothing."""
    record = open_record(request, patient, Permission.LOG)
    last = last_time(record)
    same_as = said_last(record, last) if last and "same" in request.GET else None
    form = CheckInForm(
        request.POST or None,
        patient=record,
        offer=offer(record, same_as),
        same_as=same_as,
    )
    if request.method == "POST" and form.is_valid():
        try:
            saved = record_checkin(record, form.to_draft(), by=request.user)
        except (AlreadySaved, Deleted) as refusal:
            ask_again(form, refusal)
        else:
            return after_saving(request, record, saved)
    context = {"form": form, "last_time": last}
    return render(request, "diary/checkin_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def sick(request: UserRequest, patient: UUID) -> HttpResponse:
    """One button says how bad it is and saves."""
    record = open_record(request, patient, Permission.LOG)
    form = SickForm(request.POST or None, patient=record, offer=offer(record))
    if request.method == "POST" and form.is_valid():
        try:
            saved = record_sick(record, form, by=request.user)
        except (AlreadySaved, Deleted) as refusal:
            ask_again(form, refusal)
        else:
            return after_saving(request, record, saved)
    context = {"form": form, "last_time": last_time(record)}
    return render(request, "diary/sick.html", context)


def record_sick(record: Patient, form: SickForm, *, by: User) -> Saved:
    """Store it. Who goes back and presses another button means that one too: asking
    which is not for 3 a.m., and each can be undone."""
    try:
        return record_checkin(record, form.to_draft(), by=by)
    except AlreadySaved:
        return record_checkin(record, form.another(), by=by)


def ask_again(form: RecordForm, refusal: AlreadySaved | Deleted) -> None:
    """The form was stored before and came again: nothing is lost, nothing doubled."""
    form.renew()
    if isinstance(refusal, AlreadySaved):
        form.add_error(
            None,
            _(
                "This form was already saved at %(time)s with other answers, which "
                "are kept. Press save again to add these as a second check-in."
            )
            % {"time": f"{refusal.checkin.local_at:%H:%M}"},
        )
    else:
        form.add_error(
            None,
            _(
                "This form was already saved, and the check-in then deleted. Press "
                "save again to add it as a new one."
            ),
        )


def after_saving(request: UserRequest, record: Patient, saved: Saved) -> HttpResponse:
    """Help first, if it is a matter of help; a flag that opened or rose is on Today.

    Else the timeline, with an undo.
    """
    remember(request, saved.checkin)
    if red_flags_of(saved.checkin, timezone.now()):
        return redirect("diary:help", record.public_id)
    if saved.flagged:
        return redirect("today", record.public_id)
    return redirect("timeline", record.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def help_now(request: UserRequest, patient: UUID) -> HttpResponse:
    """Whom to call and the patient's own plan. Never behind a score.

    A POST tells the people whom the patient chose.
    """
    need = Permission.LOG if request.method == "POST" else Permission.VIEW
    record = open_record(request, patient, need)
    now = timezone.now()
    if request.method == "POST":
        tell(record, now)
        return redirect(f"{reverse('diary:help', args=[record.public_id])}#tell")
    context: dict[str, Any] = {
        "flagged": recent_red_flags(record, now),
        "contacts": record.emergency_contacts.all(),
        "sick": True,
    }
    if Permission.LOG in record.permissions:
        context |= {"circle": circle(record), "told": told_lately(record, now)}
    return render(request, "diary/help.html", context)
