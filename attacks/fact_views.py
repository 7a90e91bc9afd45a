"""Pages on which the facts of an attack are told, and answers to suggested times."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from attacks import history, suggestions, words
from attacks.course_form import CourseForm
from attacks.fact_forms import FORMS, FactForm
from attacks.fact_rows import rows_of
from attacks.fact_words import facts_shown
from attacks.facts import (
    KINDS,
    FactChanged,
    FactDeleted,
    NoneOrSome,
    course_of,
    delete_fact,
    save_course,
    save_fact,
    was_deleted,
)
from attacks.models import Attack, Source
from attacks.models.facts import Fact
from attacks.services import Overlaps, source_of
from sharing.access import UserRequest, open_record
from sharing.models import Category, Patient, Permission


def _attack_of(record: Patient, public_id: UUID) -> Attack:
    return get_object_or_404(Attack.objects.readable(record), public_id=public_id)


def _to_facts(record: Patient, attack: Attack) -> HttpResponse:
    return redirect("attacks:course", record.public_id, attack.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def course(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """How far it went, and what else is told of it; each part may wait."""
    record = open_record(request, patient, Permission.LOG)
    found = _attack_of(record, attack)
    given_as = source_of(record, request.user)
    form = CourseForm(
        request.POST or None,
        stored=course_of(found, given_as=given_as),
        as_clinician=given_as == Source.CLINICIAN,
        hides_notes=record.hides(Category.NOTES),
    )
    if request.method == "POST" and form.is_valid():
        draft, seen = form.to_draft(), form.cleaned_data["seen"]
        try:
            save_course(record, found, draft, seen=seen, by=request.user)
        except FactChanged as refusal:
            form.show_conflict(refusal.stored)
        else:
            messages.success(request, _("Saved."))
            return redirect("attacks:detail", record.public_id, found.public_id)
    context = {
        "attack": found,
        "dates": words.dates(found),
        "form": form,
        "facts": facts_shown(found, rows_of(record, found)),
        "once": uuid4(),  # of the button "none known": pressed twice is once
    }
    return render(request, "attacks/course.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def fact_new(
    request: UserRequest, patient: UUID, attack: UUID, kind: str
) -> HttpResponse:
    """Tell one more fact."""
    record = open_record(request, patient, Permission.LOG)
    found = _attack_of(record, attack)
    form = FORMS[kind](request.POST or None, patient=record, attack=found)
    return _told(request, record, found, form, kind)


@require_http_methods(["GET", "HEAD", "POST"])
def fact(request: UserRequest, patient: UUID, attack: UUID, fact: UUID) -> HttpResponse:
    """Change a fact; its earlier version is kept."""
    record = open_record(request, patient, Permission.LOG)
    found = _attack_of(record, attack)
    if was_deleted(found, fact):  # while the form stood open
        return _gone(request, record, found)
    kind, row = _fact_of(record, found, fact)
    form = FORMS[kind](request.POST or None, patient=record, attack=found, instance=row)
    return _told(request, record, found, form, kind)


@require_POST
def fact_delete(
    request: UserRequest, patient: UUID, attack: UUID, fact: UUID
) -> HttpResponse:
    """Take a fact away; it stays in the history. Pressed twice is once."""
    record = open_record(request, patient, Permission.LOG)
    found = _attack_of(record, attack)
    if was_deleted(found, fact):  # pressed twice
        return _to_facts(record, found)
    kind, row = _fact_of(record, found, fact)
    delete_fact(record, found, kind, row.client_id, by=request.user)
    messages.success(request, _("Deleted. What it said stays in the history."))
    return _to_facts(record, found)


def _fact_of(record: Patient, attack: Attack, client_id: UUID) -> tuple[str, Fact]:
    for kind, model in KINDS.items():
        rows = model.objects.readable(record).filter(attack=attack)
        if (row := rows.filter(client_id=client_id).first()) is not None:
            return kind, row
    raise Http404


def _gone(request: UserRequest, record: Patient, attack: Attack) -> HttpResponse:
    messages.warning(request, _("Nothing was saved: this was deleted."))
    return _to_facts(record, attack)


def _told(
    request: UserRequest, record: Patient, attack: Attack, form: FactForm, kind: str
) -> HttpResponse:
    is_new = form.instance.pk is None
    if request.method == "POST" and form.is_valid():
        try:
            save_fact(
                record,
                attack,
                form.instance,
                seen=None if is_new else form.cleaned_data["seen"],
                with_note="note" in form.fields,
                by=request.user,
            )
        except FactChanged as refusal:
            form.show_conflict(refusal.stored)
        except NoneOrSome:
            form.refuse_none()
        except FactDeleted:
            return _gone(request, record, attack)
        else:
            messages.success(request, _("Saved."))
            return _to_facts(record, attack)
    context = {
        "attack": attack,
        "dates": words.dates(attack),
        "form": form,
        "kind": kind,
        "is_new": is_new,
    }
    return render(request, "attacks/fact.html", context)


@require_POST
def suggestion(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """Use a suggested time, or say no to it."""
    record = open_record(request, patient, Permission.LOG)
    found = _attack_of(record, attack)
    key, use = request.POST.get("key", ""), request.POST.get("use") == "1"
    answer = suggestions.accept if use else suggestions.decline
    try:
        answer(record, found.public_id, key, by=request.user, now=timezone.now())
    except suggestions.Gone:
        text = _(
            "Nothing was changed: the entries do not suggest this any more, or it was "
            "answered already. Below is what is saved now."
        )
        messages.warning(request, text)
    except Overlaps:
        text = _("Nothing was changed: another attack already has this time.")
        messages.warning(request, text)
    else:
        said = _("Saved. You can correct every time later.")
        messages.success(request, said if use else _("It will not be asked again."))
    return redirect("attacks:detail", record.public_id, found.public_id)


@require_safe
def versions(request: UserRequest, patient: UUID, attack: UUID) -> HttpResponse:
    """What was changed, by whom and when, and what stood there before."""
    record = open_record(request, patient, Permission.VIEW)
    found = _attack_of(record, attack)
    context = {
        "attack": found,
        "dates": words.dates(found),
        "changes": history.changes(record, found),
    }
    return render(request, "attacks/history.html", context)
