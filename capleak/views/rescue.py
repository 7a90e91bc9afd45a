"""Accounts without their second step: what staff do, and how the owner says no."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from capleak import rescue
from sharing.access import UserRequest, staff_only
from sharing.identity import confirm_identity
from sharing.models import RECOVERY_WAIT, AccountRecovery


class RescueForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("Address of the account"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("How do you know who it is?"),
        min_length=20,
        max_length=500,
        help_text=gettext_lazy(
            "What you checked, and where: a call back to a known number, a letter, the "
            "clinic. No word about health."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@staff_only
@require_http_methods(["GET", "HEAD", "POST"])
def staff_page(request: UserRequest) -> HttpResponse:
    """What is being waited for; POST begins, stops or finishes one."""
    form = RescueForm()
    if request.method == "POST":
        confirm_identity(request)
        do = request.POST.get("do", "ask")
        if do != "ask":
            return _settle(request, do)
        form = RescueForm(request.POST)
        if form.is_valid():
            try:
                rescue.ask(**form.cleaned_data, request=request, by=request.user)
            except rescue.CannotRescue as why:
                form.add_error("email", str(why))
            else:
                messages.success(request, _("The owner is told. The wait has begun."))
                return redirect("staff_rescue")
    waiting = AccountRecovery.objects.open().select_related("user", "asked_by")
    context = {
        "form": form,
        "waiting": waiting.order_by("ready_at"),
        "now": timezone.now(),
        "hours": int(RECOVERY_WAIT.total_seconds() // 3600),
    }
    return render(request, "capleak/staff_rescue.html", context)


def _settle(request: UserRequest, do: str) -> HttpResponse:
    """Stop or finish one; double taps find it settled already."""
    number = request.POST.get("rescue", "")
    chosen = get_object_or_404(
        AccountRecovery.objects.select_related("user"),
        pk=int(number) if number.isdecimal() and len(number) < 19 else None,
    )
    if do == "stop":
        rescue.stop(chosen, request, by=request.user)
        messages.success(request, _("Stopped. The account stays as it is."))
        return redirect("staff_rescue")
    try:
        rescue.finish(chosen, request, by=request.user)
    except rescue.CannotRescue as why:
        messages.error(request, str(why))
    else:
        messages.success(request, _("The second step is removed. The owner is told."))
    return redirect("staff_rescue")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """The owner says no, by a link: nothing happens before the button is pressed."""
    found = rescue.by_token(token)
    stopped = False
    if found is not None and request.method == "POST":
        stopped = rescue.stop(found, request, by=None)
    response = render(
        request,
        "capleak/rescue_stop.html",
        {"rescue": found, "stopped": stopped},
        status=404 if found is None else 200,
    )
    patch_cache_control(response, no_store=True, private=True)
    return response
