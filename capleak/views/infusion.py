"""Entering infusions and the plan, and one infusion with what the diary says of it.

These pages are the prophylaxis's own but for two things of the diary: the latest weight
and the measurements around an infusion.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from capleak.weights import latest_weight_kg
from diary.models import Measurement
from diary.redflags import red_flags
from prophylaxis import history, infusing, services
from prophylaxis.drafts import InfusionDraft
from prophylaxis.figures import from_kg, weight_unit
from prophylaxis.forms import FinishForm, InfusionForm, PlanForm
from prophylaxis.forms.infusion import ADD, Shown, as_typed, fresh, of_stored
from prophylaxis.models import Infusion, Lot, Plan, Reaction
from sharing.access import UserRequest, open_record
from sharing.models import Patient, Permission

# Vitals from before an infusion until reactions of the day have come; design choices.
BEFORE: Final = timedelta(hours=3)
AFTER: Final = timedelta(hours=24)

READ: Final = "read"  # read the codes, save nothing: what Enter does

_GRADES: Final = {"mild": 1, "moderate": 2, "severe": 3}
# What the red flags of the diary call the same; a clot is one whatever its severity.
_AS_SYMPTOM: Final = {
    Reaction.Kind.DYSPNEA: "dyspnea",
    Reaction.Kind.CHEST_TIGHTNESS: "chest_pain",
    Reaction.Kind.RENAL: "low_urine",
    Reaction.Kind.LOW_PRESSURE: "lightheaded",
}


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: UserRequest, patient: UUID) -> HttpResponse:
    """Make or change the plan; one that came between is shown, not overwritten."""
    record = open_record(request, patient, Permission.MANAGE)
    current = Plan.objects.current(record)
    form = PlanForm(
        request.POST if request.method == "POST" else None,
        patient=record,
        plan=current,
        weight_kg=latest_weight_kg(record),
    )
    newer = None
    if request.method == "POST" and form.is_valid():
        try:
            saved, changed = services.save_plan(
                record,
                form.to_draft(),
                by=request.user,
                seen=form.cleaned_data["seen"] if current else services.ANY_PLAN,
            )
        except services.PlanChanged as changed_meanwhile:
            newer = changed_meanwhile.current
            form.show_again(newer)
        else:
            return _after_plan(request, record, saved, changed=changed)
    context = {"form": form, "plan": current, "newer": newer}
    return render(request, "prophylaxis/plan_form.html", context)


def _after_plan(
    request: UserRequest, record: Patient, saved: Plan, *, changed: bool
) -> HttpResponse:
    """Back to the IVIG page, or on to the infusion that the plan counts from."""
    if not changed:
        messages.info(request, _("Nothing was changed."))
    elif (
        Infusion.objects.last_start(record) is None
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
def new(request: UserRequest, patient: UUID) -> HttpResponse:
    """Log an infusion that was begun."""
    record = open_record(request, patient, Permission.LOG)
    standing = services.standing(record, timezone.now())
    form = _form(
        request,
        record,
        shown=fresh(
            standing.plan,
            course_day=standing.course_day,
            usual_lots=Lot.objects.usual(record),
        ),
        plan=standing.plan,
        zone=record.zone,
        weight_kg=latest_weight_kg(record),
    )
    if _is_to_save(request) and form.is_valid():
        draft = form.to_draft()
        try:
            saved = infusing.record_infusion(record, draft, by=request.user)
        except infusing.AlreadySaved as earlier:
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
        except infusing.Conflict:
            form.renew()
            form.add_error(
                None,
                _(
                    "This infusion was saved before and then deleted. Press save "
                    "again to add it anew."
                ),
            )
        else:
            return _after_saving(request, record, saved.infusion, draft)
    return render(request, "prophylaxis/infusion_form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    """Change what an infusion says; what it said before is kept."""
    record = open_record(request, patient, Permission.LOG)
    stored = _stored(record, infusion)
    before = infusing.draft_of(stored)
    form = _form(
        request,
        record,
        shown=of_stored(before, stored.version, weight_unit(record.units)),
        plan=stored.plan,
        zone=stored.zone,
        weight_kg=before.weight_kg,
    )
    if _is_to_save(request) and form.is_valid():
        draft = form.to_draft(before)
        try:
            saved = infusing.edit_infusion(
                record,
                infusion,
                draft,
                version=form.cleaned_data["version"] or 0,
                by=request.user,
            )
        except infusing.Conflict:
            form.take_version(stored.version)
            form.add_error(
                None,
                _(
                    "Somebody changed this infusion since you opened this page. It "
                    "is shown below as you typed it. Press save again to replace "
                    "what they entered, or cancel to look at it first."
                ),
            )
        else:
            return _after_saving(request, record, saved, draft)
    context = {"form": form, "infusion": stored}
    return render(request, "prophylaxis/infusion_form.html", context)


def _form(
    request: UserRequest,
    record: Patient,
    *,
    shown: Shown,
    plan: Plan | None,
    zone: str,
    weight_kg: Decimal | None,
) -> InfusionForm:
    known = Lot.objects.known_products(record)
    if request.method == "POST" and not _is_to_save(request):
        shown = as_typed(request.POST, record, known)
    return InfusionForm(
        request.POST if _is_to_save(request) else None,
        patient=record,
        shown=shown,
        zone=zone,
        plan=plan,
        weight_kg=weight_kg,
        known=known,
    )


def _is_to_save(request: UserRequest) -> bool:
    action = request.POST.get("action")
    return request.method == "POST" and action != READ and action not in ADD


def _after_saving(
    request: UserRequest, record: Patient, infusion: Infusion, draft: InfusionDraft
) -> HttpResponse:
    """Help first, if a reaction is a matter of help; else the infusion as stored."""
    messages.success(request, _("Infusion saved."))
    if is_red_flag(draft):
        return redirect("diary:help", record.public_id)
    return redirect("prophylaxis:infusion", record.public_id, infusion.public_id)


def is_red_flag(draft: InfusionDraft) -> bool:
    """Whether a reaction is a sign for which to get help now."""
    symptoms: dict[str, int | None] = {
        _AS_SYMPTOM[Reaction.Kind(r.kind)]: _GRADES[r.severity]
        for r in sorted(draft.reactions, key=lambda r: _GRADES[r.severity])
        if r.kind in _AS_SYMPTOM
    }
    clot = any(r.kind == Reaction.Kind.THROMBOSIS for r in draft.reactions)
    return clot or bool(red_flags(symptoms, {}))


@dataclass(frozen=True, slots=True)
class Reading:
    """What was measured at one moment, and where that lies."""

    at: datetime  # on the clock of the infusion's zone
    part: str  # before, during or after
    measurements: list[Measurement]


@require_safe
def detail(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    """All of one infusion, with what was measured around it."""
    record = open_record(request, patient, Permission.VIEW)
    found = _stored(record, infusion)
    unit = weight_unit(record.units)
    finish = FinishForm(started_at=found.started_at, zone=found.zone)
    return render(
        request,
        "prophylaxis/infusion.html",
        {
            "infusion": found,
            "lots": found.lots.all(),
            "vials_g": found.vials_g,
            "weight": from_kg(found.weight_kg, unit) if found.weight_kg else None,
            "weight_unit": unit,
            "rate_steps": found.rate_steps.select_related("infusion"),
            "reactions": Reaction.objects.readable(record)
            .filter(infusion=found)
            .select_related("infusion"),
            "readings": list(readings(record, found)),
            "earlier": history.earlier(record, infusion),
            "finish": finish if _running(found) else None,
        },
    )


def readings(record: Patient, infusion: Infusion) -> Iterator[Reading]:
    """What was measured from 3 h before until 24 h after, oldest first."""
    ended = infusion.finished_at
    since = infusion.started_at - BEFORE
    until = (ended or infusion.started_at) + AFTER
    rows = Measurement.objects.readable(record).measured_between(since, until)
    zone = ZoneInfo(infusion.zone)
    for at, together in groupby(rows, key=lambda row: row.at):
        part = _("before") if at < infusion.started_at else _("after")
        if infusion.started_at <= at and (ended is None or at <= ended):
            # With no end written down nobody knows when "after" begins.
            part = _("during") if ended or _running(infusion) else _("since the start")
        yield Reading(at.astimezone(zone), part, list(together))


def _running(infusion: Infusion) -> bool:
    return infusion.status == Infusion.Status.STARTED


@require_POST
def finish(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    """Say that a running infusion ended."""
    record = open_record(request, patient, Permission.LOG)
    stored = _stored(record, infusion)
    form = FinishForm(request.POST, started_at=stored.started_at, zone=stored.zone)
    if form.is_valid():
        infusing.finish_infusion(
            record, infusion, at=form.cleaned_data["at"], by=request.user
        )
        messages.success(request, _("Infusion finished."))
    else:
        messages.error(request, str(form.errors["at"][0]))
    return redirect("prophylaxis:infusion", record.public_id, infusion)


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    """Ask whether an infusion shall be deleted, and delete it; its history stays."""
    record = open_record(request, patient, Permission.LOG)
    typed = request.POST.get("version", "")
    version = int(typed) if typed.isdecimal() and len(typed) < 9 else 0
    changed = False
    if request.method == "POST":
        try:
            infusing.delete_infusion(record, infusion, version=version, by=request.user)
        except infusing.Conflict:
            changed = True
        else:
            if not history.earlier(record, infusion):
                raise Http404  # of another record, or never one
            messages.success(request, _("Infusion deleted."))
            return redirect("prophylaxis:ivig", record.public_id)
    stored = _stored(record, infusion)
    context = {"infusion": stored, "lots": stored.lots.all(), "changed": changed}
    return render(request, "prophylaxis/infusion_delete.html", context)


@require_POST
def restore(request: UserRequest, patient: UUID, infusion: UUID) -> HttpResponse:
    """Bring a deleted infusion back, with all that it said."""
    record = open_record(request, patient, Permission.LOG)
    if infusing.restore_infusion(record, infusion) is None:
        raise Http404
    messages.success(request, _("The infusion is back, and counts as before."))
    return redirect("prophylaxis:infusion", record.public_id, infusion)


def _stored(record: Patient, infusion: UUID) -> Infusion:
    found = Infusion.objects.readable(record).filter(public_id=infusion)
    stored = found.select_related("plan", "entered_by").first()
    if stored is None:
        raise Http404
    return stored
