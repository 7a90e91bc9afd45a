"""Search in what was written. Nothing of it stands in an address or a log line."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from capleak.search import places, show
from sharing.access import UserRequest, open_record
from sharing.models import Category, Permission

A_PAGE: Final = 50
LONGEST: Final = 100  # characters; what is longer is no search (design choice)


class SearchForm(forms.Form):
    words = forms.CharField(
        max_length=LONGEST,
        label=gettext_lazy("Look for"),
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Write what to look for."),
            "max_length": gettext_lazy(
                "This is too long. Use at most %(limit_value)d characters."
            ),
        },
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="search-%s")

    def shorten(self) -> None:
        """Show no more of what was refused than could be sent, and nothing unseen."""
        typed = str(self.data.get("words", "")).replace("\0", "")
        self.data = {"words": typed[:LONGEST]}


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: UserRequest, patient: UUID) -> HttpResponse:
    """What holds the words of a POST, newest first; without one, the form alone."""
    record = open_record(request, patient, Permission.VIEW)
    form = SearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {
        "form": form,
        "in_notes": not record.hides(Category.NOTES),
        "in_own_words": not record.hides(Category.OWN_SYMPTOMS),
    }
    if form.is_valid():
        words = form.cleaned_data["words"]
        pages = Paginator(places(record, words), A_PAGE)
        page = pages.get_page(request.POST.get("page"))
        found = show(record, list(page), words)
        context |= {"words": words, "page": page, "found": found}
    elif form.is_bound:
        form.shorten()
    return render(request, "capleak/search.html", context)
