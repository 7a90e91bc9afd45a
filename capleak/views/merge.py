"""Two diaries of one person become one: which, what is decided, and done."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from capleak.merge_forms import MergeForm, OtherForm
from capleak.merging import run
from capleak.merging.questions import candidates, questions, refuse_into
from capleak.merging.shared import CannotMerge
from sharing.access import UserRequest, access_event, open_record
from sharing.identity import confirm_identity
from sharing.models import AccessEvent, Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def merge(request: UserRequest, patient: UUID) -> HttpResponse:
    """Ask which the other diary is, then what cannot be decided without a person."""
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    try:
        refuse_into(record)
    except CannotMerge as reason:
        return render(request, "capleak/merge_cannot.html", {"reason": str(reason)})
    others = candidates(request.user, record)
    chosen = OtherForm(
        request.POST if request.method == "POST" else None, others=others
    )
    if not chosen.is_valid():
        _log(request, others)
        context = {"form": chosen, "others": len(others)}
        return render(request, "capleak/merge_choose.html", context)
    other = _opened_beside(request, record, chosen.cleaned_data["other"])
    try:
        return _decide(request, record, other)
    except CannotMerge as reason:
        context = {"other": other, "reason": str(reason)}
        return render(request, "capleak/merge_cannot.html", context, status=409)


def _log(request: UserRequest, others: Iterable[Patient]) -> None:
    """A list of names is a look at each."""
    AccessEvent.objects.bulk_create(
        access_event(
            other, request, Permission.MANAGE, allowed=True, route="merge_choose"
        )
        for other in others
        if not other.is_own
    )


def _opened_beside(request: UserRequest, record: Patient, other: Patient) -> Patient:
    """Open the other record too, so that its access log tells; the page stays here."""
    opened = open_record(request, other.public_id, Permission.MANAGE)
    request.record = record
    timezone.activate(record.tz)
    return opened


def _decide(request: UserRequest, record: Patient, other: Patient) -> HttpResponse:
    asked = questions(record, other, request.user)
    seen = run.versions(record, other)
    form = MergeForm(
        request.POST if "seen" in request.POST else None,
        asked=asked,
        other=other,
        seen=seen,
    )
    if form.is_valid():
        run.merge(
            record,
            other,
            form.answers(),
            form.kept_grants(),
            seen=form.cleaned_data["seen"],
            by=request.user,
        )
        messages.success(
            request,
            _("Merged. Everything of both stands in this diary now."),
        )
        return redirect("sharing:running", record.public_id)
    context = {"form": form, "other": other, "asked": asked}
    return render(request, "capleak/merge.html", context)
