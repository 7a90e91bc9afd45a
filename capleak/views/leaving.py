"""Having a record or an account deleted, and keeping it after all."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from capleak.leaving_form import AccountForm, SureForm
from sharing.access import UserRequest, open_record
from sharing.deletion import (
    OnlyManager,
    ask_for_account,
    ask_for_record,
    decides,
    keep_account,
    keep_record,
    left_alone,
)
from sharing.identity import confirm_identity
from sharing.models import GRACE, Deletion, Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: UserRequest, patient: UUID) -> HttpResponse:
    """Say what is deleted and when; POST asks for it."""
    opened = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    if not decides(opened):
        return render(request, "capleak/erase_record.html")
    form = SureForm(request.POST if request.method == "POST" else None)
    if opened.runs_for_good and form.is_valid():
        ask_for_record(opened, by=request.user)
        return redirect("erase_record", opened.public_id)
    context = {
        "form": form,
        "may": True,
        "deletion": Deletion.objects.filter(patient=opened).first(),
        "days": GRACE.days,
        "others": opened.grants.live().count() - (not opened.is_own),
    }
    return render(request, "capleak/erase_record.html", context)


@require_POST
def keep(request: UserRequest, patient: UUID) -> HttpResponse:
    """Keep a record that was to be deleted: one tap, no password."""
    opened = open_record(request, patient, Permission.MANAGE)
    if not decides(opened):
        return render(request, "capleak/erase_record.html")
    if keep_record(opened):
        messages.success(request, _("Kept. Nothing is deleted."))
    return redirect("today", opened.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: UserRequest) -> HttpResponse:
    """Say what goes with an account; POST asks for it if no record is left alone."""
    confirm_identity(request)
    form = AccountForm(
        request.POST if request.method == "POST" else None, user=request.user
    )
    if form.is_valid():
        try:
            ask_for_account(request.user, along=form.along)
        except OnlyManager as left:
            form.refuse(left.records)
        else:
            return redirect("erase_account")
    context = {
        "form": form,
        "deletion": Deletion.objects.of_user(request.user),
        "left_alone": left_alone(request.user),
        "days": GRACE.days,
        "own_record": Patient.objects.filter(owner=request.user).first(),
    }
    return render(request, "capleak/erase_account.html", context)


@require_POST
def keep_own_account(request: UserRequest) -> HttpResponse:
    if keep_account(request.user):
        if Deletion.objects.filter(patient__owner=request.user).exists():
            words = _("Your account is kept. Your diary is still to be deleted.")
        else:
            words = _("Kept. Nothing is deleted.")
        messages.success(request, words)
    return redirect("home")
