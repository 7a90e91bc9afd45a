"""A record for somebody else: its start, and its end after a death."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from attacks.models import Attack
from capleak import closing
from capleak.proxy_forms import ClosingForm, MemorialForm, StartForForm
from notifications.services import preferences_of
from sharing.access import UserRequest, open_record
from sharing.identity import confirm_identity
from sharing.managers import TooMany, start_for
from sharing.models import Permission


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: UserRequest) -> HttpResponse:
    """Make a record for a child or somebody cared for. Sent twice, it is made once."""
    form = StartForForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            record, is_new = start_for(
                request.user,
                data["client_id"],
                name=data["name"],
                zone=data["zone"],
                born_on=data["born_on"],
                emergency_number=data["emergency_number"],
            )
        except TooMany:
            form.add_error(
                None,
                _(
                    "You keep as many diaries for others as one account can. Hand one "
                    "over, or ask somebody else to start this one and invite you."
                ),
            )
        else:
            preferences_of(record)
            if is_new:
                messages.success(
                    request,
                    _(
                        "The diary is there. Invite a second person who can run it: "
                        "under Sharing."
                    ),
                )
            return redirect("today", record.public_id)
    return render(request, "capleak/start_for.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: UserRequest, patient: UUID) -> HttpResponse:
    """Close a record after a death; of one that is closed, its words in memory."""
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    if record.is_own:
        return render(request, "capleak/closing_own.html")
    if record.is_closed:
        return redirect("memorial", record.public_id)
    if not record.runs_for_good:  # the page that leads here says so
        return redirect("sharing:running", record.public_id)
    form = ClosingForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        closing.close(record, form.cleaned_data["memorial"], by=request.user)
        messages.success(request, _("The diary is closed. It can still be read."))
        return redirect("today", record.public_id)
    ongoing = Attack.objects.filter(patient=record, ongoing=True).first()
    return render(request, "capleak/closing.html", {"form": form, "ongoing": ongoing})


@require_POST
def reopen(request: UserRequest, patient: UUID) -> HttpResponse:
    """Open a record that was closed by mistake."""
    record = open_record(request, patient, Permission.MANAGE)
    if closing.reopen(record, by=request.user):
        messages.success(
            request, _("The diary is open again. Reminders begin from now on.")
        )
    return redirect("today", record.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def memorial(request: UserRequest, patient: UUID) -> HttpResponse:
    """Change the words that stand over a closed record."""
    record = open_record(request, patient, Permission.MANAGE)
    if not record.is_closed:
        return redirect("today", record.public_id)
    form = MemorialForm(
        request.POST if request.method == "POST" else None,
        initial={"memorial": record.memorial},
    )
    if form.is_valid():
        closing.write_memorial(record, form.cleaned_data["memorial"])
        messages.success(request, _("Saved."))
        return redirect("today", record.public_id)
    return render(request, "capleak/memorial.html", {"form": form})
