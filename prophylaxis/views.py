"""Pages of the prophylaxis: the IVIG page, and what is said of the next infusion."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
)

from notifications.models import Occurrence
from prophylaxis import history, infusing, services
from prophylaxis.figures import from_kg, weight_unit
from prophylaxis.forms import ArrangeForm, SkipForm
from prophylaxis.forms.fields import retype
from prophylaxis.models import Appointment, Infusion, MedicinePlan, Plan
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission

INFUSIONS_A_PAGE = 20
REMINDERS_SHOWN = 12
APPOINTMENTS_SHOWN = 6


def overview(
    request: UserRequest, record: Patient, weight_kg: Decimal | None
) -> dict[str, Any]:
    """What is due next, the plan, the infusions, and what became of reminders.

    The IVIG page is a view of capleak: it shows attacks, and asks for the weight.
    """
    now = timezone.now()
    standing = services.standing(record, now)
    infusions = Infusion.objects.readable(record).with_gaps()
    told = Occurrence.objects.told(record, services.SUBJECT)[:REMINDERS_SHOWN]
    upcoming = [
        occurrence
        for occurrence in told
        if occurrence.about_at == standing.due
        and occurrence.state != Occurrence.State.CANCELLED
    ]
    return {
        "standing": standing,
        "plan": standing.plan,
        "dose": planned_dose(record, standing.plan, weight_kg),
        "earlier_plans": Plan.objects.earlier(record),
        "page": Paginator(infusions, INFUSIONS_A_PAGE).get_page(
            request.GET.get("page")
        ),
        "upcoming_reminders": upcoming[::-1],
        "earlier_reminders": [
            o for o in told if o not in upcoming and o.state != Occurrence.State.PENDING
        ],
        "missed": standing.missed(now),
        "appointments": Appointment.objects.readable(record)[:APPOINTMENTS_SHOWN],
        "running": infusions.filter(status=Infusion.Status.STARTED).first(),
        # As with check-ins: for those who may bring it back.
        "deleted": history.deleted(record)
        if Permission.LOG in record.permissions
        else [],
        "medicines": MedicinePlan.objects.current(record),
    }


def planned_dose(
    record: Patient, plan: Plan | None, weight_kg: Decimal | None
) -> dict[str, object] | None:
    """Grams of the plan for the latest weight, with that in the record's unit."""
    if plan is None or weight_kg is None:
        return None
    unit = weight_unit(record.units)
    return {
        "grams": plan.grams(weight_kg),
        "weight": from_kg(weight_kg, unit),
        "unit": unit,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def plan_end(request: UserRequest, patient: UUID) -> HttpResponse:
    """Ask whether the plan shall end, and end it; `plan` is the one that was asked of.

    If that is not the current one any more, ask of the current one.
    """
    record = open_record(request, patient, Permission.MANAGE)
    asked = request.POST.get("plan", "")
    number = int(asked) if asked.isdecimal() and len(asked) < 19 else None
    if request.method == "POST" and services.end_plan(record, number):
        messages.success(request, _("The plan is ended. Nothing is due any more."))
        return redirect("prophylaxis:ivig", record.public_id)
    current = Plan.objects.current(record)
    if current is None:
        return redirect("prophylaxis:ivig", record.public_id)
    context = {"plan": current, "changed": request.method == "POST"}
    return render(request, "prophylaxis/plan_end.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def arrange(request: UserRequest, patient: UUID) -> HttpResponse:
    """Plan the next infusion for a moment of its own."""
    record = open_record(request, patient, Permission.LOG)
    standing = services.standing(record, timezone.now())
    if standing.due is None:
        return redirect("prophylaxis:ivig", record.public_id)
    typed = request.POST if request.method == "POST" else None
    form = ArrangeForm(typed, patient=record, due=standing.due)
    if request.method == "POST" and form.is_valid():
        infusing.arrange(record, form.cleaned_data["at"], by=request.user)
        messages.success(request, _("The next infusion is planned for then."))
        return redirect("prophylaxis:ivig", record.public_id)
    context = {"form": form, "standing": standing}
    return render(request, "prophylaxis/arrange.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def skip(request: UserRequest, patient: UUID) -> HttpResponse:
    """Say what became of an infusion that was due and did not begin."""
    record = open_record(request, patient, Permission.LOG)
    now = timezone.now()
    standing = services.standing(record, now)
    due = standing.due
    if due is None:
        return redirect("prophylaxis:ivig", record.public_id)
    fresh = {"due": due.isoformat()}
    form = SkipForm(request.POST or None, initial=fresh)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        status = Appointment.Status(data["status"])
        try:
            infusing.settle(
                record,
                status,
                due=data["due"],
                reason=data["reason"],
                by=request.user,
                now=now,
            )
        except infusing.NotDue:
            retype(form, **fresh)
            form.add_error(
                None, _("Something else is due by now: look above, then send again.")
            )
        else:
            messages.success(request, _("Noted."))
            return redirect("prophylaxis:ivig", record.public_id)
    context = {"form": form, "standing": standing}
    return render(request, "prophylaxis/skip.html", context)


@require_POST
def withdraw(request: UserRequest, patient: UUID, appointment: UUID) -> HttpResponse:
    """Take back an appointment, a skip or a "missed"."""
    record = open_record(request, patient, Permission.LOG)
    if not infusing.withdraw(record, appointment, by=request.user):
        raise Http404
    messages.success(request, _("Taken back."))
    return redirect("prophylaxis:ivig", record.public_id)
