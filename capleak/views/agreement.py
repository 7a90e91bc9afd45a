"""What everyone agrees to: read again at any time, asked for when the words change."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from capleak import account_log, consent
from sharing.access import UserRequest
from sharing.models import AccountEvent, Patient


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """The words, and since when the user agrees; agreeing leads on to `next`."""
    if request.method == "POST":
        if consent.agree(request.user):
            account_log.note(AccountEvent.Kind.CONSENTED, request, request.user.pk)
        return redirect(_safe(request.POST.get("next", "")))
    context = {
        "given": consent.given_by(request.user),
        "version": consent.VERSION,
        "next": request.GET.get("next", ""),
        "own": Patient.objects.filter(owner=request.user).first(),
    }
    return render(request, "capleak/consent.html", context)


def _safe(address: str) -> str:
    """The address if it is one of ours, else the start."""
    ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None)
    return address if ours and address.startswith("/") else "home"
