"""The page by which staff break the glass."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from capleak import account_log
from sharing import staff_look
from sharing.access import UserRequest, access_event, staff_only
from sharing.deletion import who_keep
from sharing.identity import confirm_identity
from sharing.models import STAFF_LOOK, AccountEvent, Grant, Patient, Permission


class LookForm(forms.Form):
    diary = forms.CharField(
        label=gettext_lazy("Which diary?"),
        max_length=300,
        help_text=gettext_lazy(
            "The email address of its owner, or the address of one of its pages."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Why must you look?"),
        min_length=20,
        max_length=300,
        help_text=gettext_lazy("The patient reads this, word for word."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """Ask for the reason; with it the record opens, and the patient is told."""
    if request.method == "POST":
        confirm_identity(request)
    form = LookForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        patient = staff_look.find(form.cleaned_data["diary"])
        if patient is None:
            form.add_error("diary", _("There is no such diary."))
        else:
            try:
                grant = _open(request, patient, form.cleaned_data["reason"])
            except staff_look.CannotLook as why:
                form.add_error("diary", str(why))
            else:
                if not staff_look.tell(grant):
                    messages.warning(
                        request, _("The mail to the patient was not sent.")
                    )
                return redirect("today", patient.public_id)
    minutes = int(STAFF_LOOK.total_seconds() // 60)
    context = {"form": form, "minutes": minutes}
    return render(request, "capleak/staff_look.html", context)


@transaction.atomic
def _open(request: UserRequest, patient: Patient, reason: str) -> Grant:
    """Let staff in and write it into both logs, or neither: no look is a silent one."""
    grant = staff_look.begin(patient, reason, by=request.user)
    patient.grant_pk, patient.grant_kind = grant.pk, grant.kind
    event = access_event(patient, request, Permission.VIEW, allowed=True)
    event.save(force_insert=True)
    for person in who_keep(patient):
        account_log.note(
            AccountEvent.Kind.STAFF_LOOKED, request, person.pk, by_pk=request.user.pk
        )
    return grant
