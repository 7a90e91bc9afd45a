"""Pages of the attacks. The page of one attack, with its chart, is in capleak."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from attacks import numbers, phases, rate_words, suggestions, words
from attacks.early import EarlySignsForm
from attacks.forms import AttackForm
from attacks.models import Attack, PastCount
from attacks.services import (
    AlreadyOngoing,
    ChangedMeanwhile,
    NotNext,
    Overlaps,
    add_attack,
    correct_attack,
    move_attack,
    start_attack,
)
from attacks.summary import summary
from diary.flags import standing_flag
from sharing.access import UserRequest, open_record
from sharing.models import Category, Patient, Permission

A_PAGE = 30


@require_safe
def attack_list(request: UserRequest, patient: UUID) -> HttpResponse:
    """Every attack, newest first, and how many in what time."""
    record = open_record(request, patient, Permission.VIEW)
    now = timezone.now()
    attacks = (
        Attack.objects.readable(record)
        .select_related("report")
        .defer("note", "report__told")
    )
    page = Paginator(attacks, A_PAGE).get_page(request.GET.get("page"))
    found = numbers.read(record, now)
    return render(
        request,
        "attacks/list.html",
        {
            "page": page,
            "rows": [
                (attack, words.dates(attack), words.lines(attack, now)[:-1])
                for attack in page
            ],
            "summary": summary(record, now),
            "past": PastCount.objects.readable(record),
            "numbers": found,
            "lines": rate_words.lines(found)[:3],  # all time, before, on prophylaxis
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: UserRequest, patient: UUID) -> HttpResponse:
    """Two giant buttons; while an attack is open, they lead to it."""
    record = open_record(request, patient, Permission.LOG)
    ongoing = Attack.objects.filter(patient=record, ongoing=True).first()
    early = EarlySignsForm(
        request.POST or None, patient=record, flag=standing_flag(record)
    )
    if request.method == "POST" and early.is_valid():
        begins = request.POST.get("begins", "")
        try:
            ongoing, is_new = start_attack(
                record,
                begins,
                by=request.user,
                now=timezone.now(),
                early_at=early.cleaned_data["early_at"],
            )
        except NotNext:
            messages.error(request, _("Choose one of the two buttons."))
        else:
            if is_new:
                messages.success(
                    request,
                    _(
                        "You opened an attack. Details can wait. "
                        "You can correct every time later."
                    ),
                )
            if begins == "leak_start":
                return redirect("diary:help", record.public_id)
    if ongoing is not None:
        return redirect("attacks:detail", record.public_id, ongoing.public_id)
    return render(request, "attacks/start.html", {"sick": True, "early": early})


@require_POST
def move(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """Cross the next boundary of an open attack now."""
    record = open_record(request, patient, Permission.LOG)
    found = get_object_or_404(Attack.objects.readable(record), public_id=attack)
    try:
        chosen = phases.Move(request.POST.get("move", ""))
        move_attack(
            record, found.public_id, chosen, by=request.user, now=timezone.now()
        )
    except (ValueError, NotNext):
        # Pressed twice, or somebody else was first: say so, change nothing.
        messages.warning(
            request,
            _(
                "Nothing was changed: this step is already in the diary, or cannot "
                "come next. Below is what is saved now."
            ),
        )
    else:
        messages.success(
            request,
            _("Saved: %(step)s. You can correct every time later.")
            % {"step": _(chosen.label)},
        )
        if chosen == phases.Move.LEAK:  # says what red flags say: whom to call, first
            return redirect("diary:help", record.public_id)
    return redirect("attacks:detail", record.public_id, found.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest, patient: UUID) -> HttpResponse:
    """Add an attack of the past, however roughly it is known."""
    record = open_record(request, patient, Permission.LOG)
    form = AttackForm(request.POST or None, patient=record, now=timezone.now())
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, record, form)
        if saved is not None:
            return redirect("attacks:detail", record.public_id, saved.public_id)
    return render(request, "attacks/form.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """Correct one attack; moving a boundary moves nothing but the boundary."""
    record = open_record(request, patient, Permission.LOG)
    found = get_object_or_404(Attack.objects.readable(record), public_id=attack)
    now = timezone.now()
    form = AttackForm(
        request.POST or None,
        patient=record,
        now=now,
        attack=found,
        note=None if record.hides(Category.NOTES) else found.shown_note,
    )
    if request.method == "POST" and form.is_valid():
        saved = _saved(request, record, form, found)
        if saved is not None:
            return redirect("attacks:detail", record.public_id, saved.public_id)
    offered = suggestions.suggested(record, found, now)
    context = {
        "form": form,
        "attack": found,
        "suggestions": suggestions.shown(offered, found, record.units),
    }
    return render(request, "attacks/form.html", context)


def _saved(
    request: UserRequest,
    record: Patient,
    form: AttackForm,
    attack: Attack | None = None,
) -> Attack | None:
    """The attack as stored, or None with what stood in the way shown in the form."""
    draft = form.to_draft()
    try:
        if attack is None:
            saved = add_attack(record, draft, by=request.user)
        else:
            saved = correct_attack(
                record,
                attack.public_id,
                draft,
                seen=form.cleaned_data["seen"],
                by=request.user,
            )
    except Overlaps as refusal:
        form.refuse_overlap(refusal.other)
    except AlreadyOngoing as refusal:
        form.refuse_ongoing(refusal.other)
    except ChangedMeanwhile as refusal:
        form.show_conflict(refusal.attack)
    else:
        messages.success(request, _("Saved."))
        return saved
    return None
