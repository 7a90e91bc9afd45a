"""The page behind the link in a message: neutral words, and buttons that answer."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods

from notifications.answers import answer, may_answer
from notifications.links import answerable, said
from notifications.models import Answer, Delivery, shown_preferences
from notifications.schedule import EVENING, Later, later_at
from sharing.limits import too_many
from sharing.models import Patient

PER_MINUTE: Final = 60  # of one address; a mail server's robots may share one


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Say done, later, not this time, or seen. Only a POST does: robots fetch links."""
    if too_many(request, "answer", per_minute=PER_MINUTE):
        response = render(request, "429.html", status=429)
    else:
        response = _page(request, token)
    # The address holds the secret: no page that is opened from here is told of it. The
    # origin alone must be sent, or the browser's own check of a POST would have none.
    response["Referrer-Policy"] = "strict-origin"
    patch_cache_control(response, no_store=True, private=True)
    return response


def _page(request: HttpRequest, token: str) -> HttpResponse:
    now = timezone.now()
    delivery = answerable(token, now)
    if delivery is None:
        return render(request, "notifications/answer_gone.html", status=404)
    if request.method == "POST" and _answer(delivery, request.POST.get("answer", "")):
        return redirect("answer:page", token)
    answers = said(delivery)
    what = Answer.What
    return render(
        request,
        "notifications/answer.html",
        {
            "occurrence": delivery.occurrence,
            "offered": may_answer(delivery.occurrence),
            "closed": next((a for a in answers if a.closes), None),
            "snoozed": next((a for a in answers if a.what == what.SNOOZED), None),
            "seen": next((a for a in answers if a.what == what.SEEN), None),
            "evening_is_over": _evening_is_over(delivery, now),
        },
    )


def _evening_is_over(delivery: Delivery, now: datetime) -> bool:
    zone = ZoneInfo(delivery.occurrence.zone)
    return now.astimezone(zone).time() >= EVENING


def _answer(delivery: Delivery, said: str) -> bool:
    """Keep an answer; False for a word that is none of those offered."""
    occurrence, patient = delivery.occurrence, delivery.occurrence.patient
    until = None
    if said in tuple(Later):
        what = Answer.What.SNOOZED
        chosen = shown_preferences(patient)
        until = later_at(Later(said), timezone.now(), chosen.tz, chosen.morning)
    elif said in Answer.What.values:
        what = Answer.What(said)
    else:
        return False
    if what not in may_answer(occurrence) or (what == what.SNOOZED) != bool(until):
        return False
    with Patient.objects.writing(patient):
        answer(occurrence, delivery.user, what, timezone.now(), until=until)
    return True
