"""The settings of a record."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from capleak.forms import SettingsForm
from notifications.models import shown_preferences
from notifications.zone import asks
from sharing.access import UserRequest, open_record
from sharing.models import Permission


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    form = SettingsForm(
        request.POST if request.method == "POST" else None, patient=record
    )
    zone_before = record.zone
    if form.is_valid() and form.save():
        messages.success(request, _("Saved."))
        record.refresh_from_db(fields=["zone"])
        if record.zone != zone_before:
            messages.info(
                request,
                _(
                    "New entries use the new time zone. Earlier entries have not "
                    "moved, and an IVIG plan keeps its own zone."
                ),
            )
            if asks(record, shown_preferences(record)):
                return redirect("reminders:zone", record.public_id)
        return redirect("settings", record.public_id)
    return render(request, "capleak/settings.html", {"form": form})
