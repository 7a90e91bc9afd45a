"""The list of diaries: of a family, or of a clinic with a thousand patients."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from capleak import overview
from sharing.access import UserRequest, open_records
from sharing.invitation_views import is_waiting
from sharing.models import Patient

A_PAGE: Final = 30  # design choice
MANY: Final = 12  # from so many on, there is a search (design choice)


class FindForm(forms.Form):
    """A name to look for; sent, never in an address."""

    words = forms.CharField(
        max_length=80,
        required=False,
        label=gettext_lazy("Find by name"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def home(request: UserRequest) -> HttpResponse:
    """An invitation that waits, the only diary, or the list of several.

    A POST looks for a name. Only what is shown is opened, and leaves a line in the
    access log of its patient.
    """
    if is_waiting(request.session):
        return redirect("invitation:page")
    visible = Patient.objects.visible_to(request.user)
    match list(visible.values_list("public_id", flat=True)[:2]):
        case []:
            return redirect("start")
        case [only]:
            return redirect("today", only)
    form = FindForm(request.POST if request.method == "POST" else None)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    asked: Any = request.POST if form.is_bound else request.GET
    ranking = overview.rank(visible.filter(name__icontains=words), timezone.now())
    page = Paginator(ranking.pks, A_PAGE).get_page(asked.get("page"))
    records = open_records(request, list(page))
    return render(
        request,
        "capleak/home.html",
        {
            "rows": overview.rows(records, ranking),
            "page": page,
            "asking": ranking.asking,
            "form": form,
            "words": words,
            "many": bool(words) or len(ranking.pks) >= MANY,
            "has_own": Patient.objects.filter(owner=request.user).exists(),
        },
    )
