"""Pages of the diary: the check-in form and the help page."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from diary.forms import CheckInForm, top_symptoms
from diary.services import (
    AlreadySaved,
    recent_red_flags,
    record_checkin,
    red_flags_of,
)
from sharing.access import UserRequest, open_record
from sharing.models import Permission


@require_http_methods(["GET", "HEAD", "POST"])
def checkin_new(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.LOG)
    form = CheckInForm(request.POST or None, patient=record, top=top_symptoms(record))
    if request.method == "POST" and form.is_valid():
        try:
            saved = record_checkin(record, form.to_draft(), by=request.user)
        except AlreadySaved as earlier:
            form.renew()
            form.add_error(
                None,
                _(
                    "This form was already saved at %(time)s with other answers, which "
                    "are kept. Press save again to add these as a second check-in."
                )
                % {"time": f"{earlier.checkin.local_at:%H:%M}"},
            )
        else:
            if red_flags_of(saved.checkin, timezone.now()):
                return redirect("diary:help", record.public_id)
            messages.success(request, _("Saved."))
            return redirect("timeline", record.public_id)
    # A refused form says what a saved one says: whom to call does not wait for it.
    flags = form.red_flags(timezone.now()) if form.is_bound else []
    return render(
        request, "diary/checkin_form.html", {"form": form, "red_flags": flags}
    )


@require_safe
def help_now(request: UserRequest, patient: UUID) -> HttpResponse:
    """Whom to call and the patient's own plan. Never behind a score."""
    record = open_record(request, patient, Permission.VIEW)
    return render(
        request,
        "diary/help.html",
        {
            "flagged": recent_red_flags(record, timezone.now()),
            "contacts": record.emergency_contacts.all(),
            "sick": True,
        },
    )
