"""What can be done about a flag: check in again, and say what it was."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from diary import flag_notices, flags
from diary.flag_words import shown
from diary.forms.flags import AnswerForm
from diary.models import FlagAnswer, ProdromeFlag
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission


@require_POST
def recheck(request: UserRequest, patient: UUID) -> HttpResponse:
    """Remind of the next check-in in 2 to 4 hours; 0 takes the reminder back."""
    record = open_record(request, patient, Permission.LOG)
    hours, now = request.POST.get("hours", ""), timezone.now()
    with Patient.objects.writing(record):
        if hours == "0":
            flag_notices.forget_recheck(record)
            messages.success(request, _("The reminder is taken back."))
        elif hours in map(str, flag_notices.RECHECK_HOURS):
            at = flag_notices.plan_recheck(record, now, int(hours))
            local = at.astimezone(record.tz)
            messages.success(
                request,
                _("A reminder to check in is set for %(time)s.")
                % {"time": f"{local:%H:%M}"},
            )
        else:
            messages.error(request, _("Choose one of the times."))
        flags.reassess(record, now)  # the question after a silence waits for it
    return redirect("today", record.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: UserRequest, patient: UUID, flag: UUID) -> HttpResponse:
    """Say what a flag was. It labels it; nothing is closed and nothing silenced."""
    record = open_record(request, patient, Permission.LOG)
    found = get_object_or_404(ProdromeFlag.objects.readable(record), public_id=flag)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        label, words = form.cleaned_data["label"], form.cleaned_data["words"]
        flags.answer(found, form.sent_id, label, words, by=request.user)
        if label == FlagAnswer.Label.ATTACK:
            messages.success(request, _("Noted. Enter the attack, if it is not there."))
            return redirect("attacks:list", record.public_id)
        if found.is_open:
            messages.success(request, _("Noted. Keep an eye on it: the flag stays."))
            return redirect("today", record.public_id)
        messages.success(request, _("Noted."))
        return redirect("flags", record.public_id)
    context = {"form": form, "flag": shown(found, record)}
    return render(request, "diary/flag_answer.html", context)
