"""Asking for a correction, the requests of a record, and deciding about one."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from capleak.corrections import About, lines, subject
from sharing.access import UserRequest, open_record
from sharing.closed import RecordClosed
from sharing.corrections import Request, State, ask, decide
from sharing.models import Correction, Permission, User

A_PAGE: Final = 20
ACCEPT, DECLINE, WITHDRAW = "accept", "decline", "withdraw"
BECOMES: Final = {
    ACCEPT: State.ACCEPTED,
    DECLINE: State.DECLINED,
    WITHDRAW: State.WITHDRAWN,
}


class AskForm(forms.Form):
    client_id = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        label=gettext_lazy("What should be corrected?"),
        help_text=gettext_lazy("For example: the infusion began a day earlier."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"client_id": uuid4()})


class DecideForm(forms.Form):
    do = forms.ChoiceField()
    reply = forms.CharField(
        max_length=300,
        required=False,
        label=gettext_lazy("A word to them"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, correction: Correction, by: User) -> None:
        # One of many on a page, so the ids of its fields name the request.
        super().__init__(data, auto_id=f"answer-{correction.pk}-%s")
        do = self.fields["do"]
        assert isinstance(do, forms.ChoiceField)
        own = correction.asked_by_id == by.pk
        do.choices = [(do, do) for do in BECOMES if own or do != WITHDRAW]


@require_safe
def listing(request: UserRequest, patient: UUID) -> HttpResponse:
    """Every request that the reader may see, the open ones first."""
    record = open_record(request, patient, Permission.VIEW)
    rows = Correction.objects.readable(record, request.user).open_first()
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    shown = [
        (line, DecideForm(correction=line.correction, by=request.user))
        for line in lines(record, page)
    ]
    context = {"page": page, "rows": shown}
    return render(request, "capleak/corrections.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_checkin(request: UserRequest, patient: UUID, checkin: UUID) -> HttpResponse:
    return _ask(request, patient, About.CHECKIN, checkin)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_attack(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    return _ask(request, patient, About.ATTACK, attack)


@require_http_methods(["GET", "HEAD", "POST"])
def ask_infusion(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    return _ask(request, patient, About.INFUSION, infusion)


def _ask(
    request: UserRequest, patient: UUID, about: Correction.About, target: UUID
) -> HttpResponse:
    """Ask for a correction of an entry that the reader sees."""
    record = open_record(request, patient, Permission.VIEW)
    if record.is_closed:
        raise RecordClosed  # no form in which words would be lost
    entry = subject(record, about, target)
    if entry is None:
        raise Http404
    form = AskForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        ask(
            record,
            Request(about=about, target=target, **form.cleaned_data),
            by=request.user,
        )
        messages.success(request, _("Asked. Whoever runs this diary decides about it."))
        return redirect("corrections", record.public_id)
    earlier = Correction.objects.readable(record, request.user).about(about, target)
    context = {"form": form, "entry": entry, "earlier": earlier}
    return render(request, "capleak/correction_ask.html", context)


@require_POST
def answer(request: UserRequest, patient: UUID, correction: UUID) -> HttpResponse:
    """Accept a request and go on to the form, decline it, or take one's own back."""
    do = request.POST.get("do", "")
    own = Correction.objects.filter(public_id=correction, asked_by=request.user)
    withdraws = do == WITHDRAW and own.exists()
    need = Permission.VIEW if withdraws else Permission.MANAGE
    record = open_record(request, patient, need)
    found = get_object_or_404(
        Correction.objects.readable(record, request.user), public_id=correction
    )
    (line,) = lines(record, [found])
    form = DecideForm(request.POST, correction=found, by=request.user)
    if not form.is_valid():
        context = {"line": line, "form": form}
        return render(request, "capleak/correction.html", context)
    wanted = BECOMES[form.cleaned_data["do"]]
    stored = decide(found, wanted, form.cleaned_data["reply"], by=request.user)
    if stored.state != wanted:
        messages.info(request, _("This request was answered already."))
    elif wanted == State.ACCEPTED and line.subject and line.subject.edit_url:
        messages.success(request, _("Accepted. Now correct the entry here, and save."))
        return redirect(line.subject.edit_url)
    else:
        messages.success(request, _("Your answer is saved."))
    return redirect("corrections", record.public_id)
