"""How flags work: in plain words, what is usual, how many, and what came of them."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from capleak import flag_page
from diary.flag_history import LEAST_FOR_SHARE
from diary.flags import choice_of, is_on, set_choice
from diary.forms.flags import FlagChoiceForm
from diary.models import ProdromeFlag
from diary.personal import profile_of
from diary.prodrome import RULE_VERSION
from sharing.access import UserRequest, open_record
from sharing.models import Permission

A_PAGE: Final = 20


@require_http_methods(["GET", "HEAD", "POST"])
def flags(request: UserRequest, patient: UUID) -> HttpResponse:
    """One page for all who see the record; who manages it also chooses here."""
    sent = request.method == "POST"
    record = open_record(
        request, patient, Permission.MANAGE if sent else Permission.VIEW
    )
    now, choice = timezone.now(), choice_of(record)
    form = FlagChoiceForm(request.POST if sent else None, choice=choice)
    if form.is_valid():
        set_choice(record, form.to_choice(), now)
        messages.success(request, _("Saved."))
        return redirect("flags", record.public_id)
    stored = ProdromeFlag.objects.readable(record).prefetch_related("answers__by")
    attacks = flag_page.onsets(record)
    page = Paginator(stored, A_PAGE).get_page(request.GET.get("page"))
    usual_days, usual = flag_page.usual(record, now)
    context = {
        "is_on": is_on(choice, profile_of(record)),
        "rule_version": RULE_VERSION,
        "usual_days": usual_days,
        "usual": usual,
        "page": page,
        "past": flag_page.past(page, attacks, record, now),
        "counts": flag_page.counts(list(stored), attacks, choice, now),
        "least": LEAST_FOR_SHARE,
    }
    if Permission.MANAGE in record.permissions:
        context["form"] = form
    return render(request, "capleak/flags.html", context)
