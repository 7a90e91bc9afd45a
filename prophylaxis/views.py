"""Pages of the prophylaxis: the IVIG page, the plan, and a new infusion."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from notifications.models import Occurrence
from prophylaxis import services
from prophylaxis.figures import from_kg, weight_unit
from prophylaxis.forms import InfusionForm, PlanForm
from prophylaxis.models import Infusion, Plan
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission

INFUSIONS_A_PAGE = 20
REMINDERS_SHOWN = 12


def overview(request: UserRequest, record: Patient) -> dict[str, Any]:
    """What is due next, the plan, the infusions, and what became of reminders.

    The IVIG page is a view of capleak: it shows attacks as well.
    """
    standing = services.standing(record, timezone.now())
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
        "dose": planned_dose(record, standing.plan),
        "earlier_plans": Plan.objects.earlier(record),
        "page": Paginator(infusions, INFUSIONS_A_PAGE).get_page(
            request.GET.get("page")
        ),
        "upcoming_reminders": upcoming[::-1],
        "earlier_reminders": [o for o in told if o not in upcoming],
    }


def planned_dose(record: Patient, plan: Plan | None) -> dict[str, object] | None:
    """Grams of the plan for the last weight, with that weight in the record's unit."""
    weight_kg = Infusion.objects.last_weight_kg(record)
    if plan is None or weight_kg is None:
        return None
    unit = weight_unit(record.units)
    return {
        "grams": plan.grams(weight_kg),
        "weight": from_kg(weight_kg, unit),
        "unit": unit,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    current = Plan.objects.current(record)
    form = PlanForm(
        request.POST if request.method == "POST" else None, patient=record, plan=current
    )
    if request.method == "POST" and form.is_valid():
        saved, changed = services.save_plan(record, form.to_draft(), by=request.user)
        return _after_plan(request, record, saved, changed=changed)
    return render(
        request, "prophylaxis/plan_form.html", {"form": form, "plan": current}
    )


def _after_plan(
    request: UserRequest, record: Patient, saved: Plan, *, changed: bool
) -> HttpResponse:
    """Back to the IVIG page, or on to the infusion that the plan counts from."""
    started = Infusion.objects.last_start(record)
    if not changed:
        messages.info(request, _("Nothing was changed."))
    elif (
        started is None
        and saved.next_due(None) < timezone.now()
        and Permission.LOG in record.permissions
    ):
        messages.success(
            request,
            _(
                "Plan saved. Now log the last infusion, so that the next one is "
                "counted from it."
            ),
        )
        return redirect("prophylaxis:infusion_new", record.public_id)
    else:
        messages.success(request, _("Plan saved."))
    return redirect("prophylaxis:ivig", record.public_id)


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
def infusion_new(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.LOG)
    form = InfusionForm(
        request.POST if request.method == "POST" else None,
        patient=record,
        plan=Plan.objects.current(record),
        weight_kg=Infusion.objects.last_weight_kg(record),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.record_infusion(record, form.to_draft(), by=request.user)
        except services.AlreadySaved as earlier:
            form.renew()
            form.add_error(
                None,
                _(
                    "This form was already saved with other values (started "
                    "%(time)s), which are kept. Press save again to add these as a "
                    "second infusion."
                )
                % {"time": f"{earlier.infusion.local_started_at:%Y-%m-%d %H:%M}"},
            )
        else:
            messages.success(request, _("Infusion saved."))
            return redirect("prophylaxis:ivig", record.public_id)
    return render(request, "prophylaxis/infusion_form.html", {"form": form})
