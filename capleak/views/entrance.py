"""The ways in: the public page, and the start of a diary."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from capleak.demo.people import LOCAL_PASSWORD, PEOPLE, demo_record
from capleak.forms import StartForm
from notifications.services import preferences_of
from sharing.access import UserRequest
from sharing.models import Patient, User


@login_not_required
@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("home")
    context: dict[str, object] = {}
    if settings.LOCAL and demo_record() is not None:
        context["demo_accounts"] = [f"{p.email} ({p.name}: {p.role})" for p in PEOPLE]
        context["demo_password"] = LOCAL_PASSWORD
    return render(request, "landing.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: UserRequest) -> HttpResponse:
    """Make one's own record. There is one for each user, so sent twice is made once."""
    own = Patient.objects.filter(owner=request.user).first()
    if own is not None:
        return redirect("today", own.public_id)
    form = StartForm(
        request.POST if request.method == "POST" else None,
        initial={"name": request.user.name},
    )
    if form.is_valid():
        own, _made = Patient.objects.get_or_create(
            owner=request.user, defaults=form.cleaned_data
        )
        preferences_of(own)
        User.objects.filter(pk=request.user.pk, name="").update(name=own.name)
        return redirect("today", own.public_id)
    follows = Patient.objects.visible_to(request.user).exists()
    return render(request, "capleak/start.html", {"form": form, "follows": follows})
