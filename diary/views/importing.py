"""Bringing a file of measurements in, and taking one's entries out as a file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from diary import import_service, importing
from diary.csv_format import file_name, written
from diary.download import entry_lines
from diary.forms.importing import QuestionsForm, UnusualForm, UploadForm
from diary.import_preview import (
    HELP_WITHIN,
    Preview,
    calls_for_help,
    plan_of,
    preview,
    read_file,
    table_of,
)
from diary.import_shown import LISTS, listed
from diary.import_undo import left_of, undo_import
from diary.models import ImportRun
from diary.tasks import store_import
from diary.templatetags.undo import tell_with_link
from notifications.tasks import after_commit
from sharing.access import UserRequest, log_export, open_record
from sharing.identity import confirm_identity
from sharing.models import Patient, Permission

State = ImportRun.State

ON_A_PAGE: Final = 200
RUNS_SHOWN: Final = 5
HELPED: Final = "import_helped"  # the run whose help page this browser has seen


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: UserRequest, patient: UUID) -> HttpResponse:
    """Choose a file. Nothing is stored before its preview was seen."""
    record = open_record(request, patient, Permission.LOG)
    if request.method == "POST":
        form = UploadForm(request.POST, request.FILES, sent=_length(request))
        if form.is_valid():
            run = import_service.receive(record, form.text, by=request.user)
            return redirect("diary:import_run", record.public_id, run.public_id)
    else:
        form = UploadForm()
    context = {
        "form": form,
        "most_mb": importing.MOST_BYTES // 1_000_000,
        "waiting": record.imports.waiting_for(request.user).first(),
        "runs": record.imports.stored().select_related("by")[:RUNS_SHOWN],
    }
    return render(request, "diary/import.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def import_run(request: UserRequest, patient: UUID, run: UUID) -> HttpResponse:
    """One file: questions, then the preview, then how far it is, then what came of it.

    Only for the one who sent it: a file is nobody else's before it is in the diary.
    From then on whoever may log can undo it.
    """
    record = open_record(request, patient, Permission.LOG)
    runs = ImportRun.objects.shown_to(request.user).select_related("by")
    found = get_object_or_404(runs, patient=record, public_id=run)
    if found.state == State.PREVIEW:
        return _before(request, record, found)
    if request.method == "POST":
        match request.POST.get("do"):
            case "now":
                import_service.store(found.pk)  # only what is queued, and only once
            case "undo":
                undo_import(record, found, by=request.user)
        return _to(record, found)
    if found.state == State.QUEUED:
        return _meanwhile(request, record, found)
    return _afterwards(request, record, found)


@require_safe
def download(request: UserRequest, patient: UUID) -> HttpResponseBase:
    """All entries as CapLeak's own CSV, written while it is sent."""
    record = open_record(request, patient, Permission.EXPORT)
    if record.preview_of:  # which is for looking, and writes no line
        messages.info(request, _("In a preview nothing is taken out as a file."))
        return redirect("exports", record.public_id)
    confirm_identity(request)
    log_export(request, record)
    name = file_name(timezone.now().astimezone(record.tz))
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        written(entry_lines(record)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": disposition or "attachment"},
    )


def _length(request: HttpRequest) -> int:
    length = request.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else 0


def _to(record: Patient, run: ImportRun) -> HttpResponse:
    return redirect("diary:import_run", *_ids(run))


def _ids(run: ImportRun) -> tuple[UUID, UUID]:
    return run.patient.public_id, run.public_id


# --- Before it is stored --------------------------------------------------------------


def _before(request: UserRequest, record: Patient, run: ImportRun) -> HttpResponse:
    action = request.POST.get("do", "") if request.method == "POST" else ""
    if action == "discard":
        import_service.discard(record, run)
        messages.info(request, _("The file was not brought in and is gone."))
        return redirect("diary:import", record.public_id)
    asks_again = "questions" in request.GET and run.options.get("asked")
    if action == "answer" or asks_again or not run.options["ready"]:
        return _questions(request, record, run, sent=action == "answer")
    return _preview(request, record, run, sent=action == "store")


def _questions(
    request: UserRequest, record: Patient, run: ImportRun, *, sent: bool
) -> HttpResponse:
    table, plan = table_of(run), plan_of(run)
    form = QuestionsForm(
        request.POST if sent else None, table=table, plan=plan, zone=run.zone
    )
    if sent and form.asks_more:
        chosen = replace(plan, columns=form.columns)
        form = QuestionsForm(table=table, plan=chosen, zone=run.zone)
    elif sent and form.is_valid():
        import_service.answer(record, run, form.to_plan(), form.zone(record.zone))
        return _to(record, run)
    context = {"form": form, "run": run, "layout": importing.LAYOUTS[run.layout]}
    return render(request, "diary/import_questions.html", context)


def _preview(
    request: UserRequest, record: Patient, run: ImportRun, *, sent: bool
) -> HttpResponse:
    shown = preview(record, read_file(record, run))
    form = UnusualForm(request.POST if sent else None, any_unusual=bool(shown.unusual))
    if sent and shown.new and form.is_valid():
        if import_service.queue(record, run, shown, keep_unusual=form.keeps):
            after_commit(store_import, run.pk)
        return _to(record, run)
    context = _lists(request, shown) | {
        "form": form,
        "run": run,
        "layout": importing.LAYOUTS[run.layout],
        "help": calls_for_help(record, shown.new),
        "shown": shown,
    }
    if run.layout != importing.OWN:
        context["unread"] = importing.unread(table_of(run), plan_of(run).columns)
    return render(request, "diary/import_run.html", context)


def _lists(request: HttpRequest, shown: Preview) -> dict[str, Any]:
    """One list by pages, where one is asked for; else the beginning of each."""
    wanted = request.GET.get("list", "")
    if wanted in LISTS:
        every = LISTS[wanted].entries(shown)
        page = Paginator(every, ON_A_PAGE).get_page(request.GET.get("page"))
        return {"only": LISTS[wanted], "page": page, "rows": listed(page, shown)}
    return {
        "lists": [
            {
                "list": kind,
                "count": len(every),
                "rows": listed(every[:ON_A_PAGE], shown),
                "more": len(every) > ON_A_PAGE,
            }
            for kind in LISTS.values()
            if (every := kind.entries(shown))
        ]
    }


# --- While and after it is stored -----------------------------------------------------


def _meanwhile(request: UserRequest, record: Patient, run: ImportRun) -> HttpResponse:
    context = {"run": run, "is_late": import_service.is_late(run, timezone.now())}
    return render(request, "diary/import_progress.html", context)


def _afterwards(request: UserRequest, record: Patient, run: ImportRun) -> HttpResponse:
    """What came of it; red flags of the last day lead to the help page first, once."""
    if "HX-Request" in request.headers:  # the page of the progress: show another one
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    recent = timezone.now() - run.created_at < HELP_WITHIN
    is_new = run.state == State.DONE and request.session.get(HELPED) != run.pk
    if recent and is_new and run.options.get("help") and run.by == request.user:
        request.session[HELPED] = run.pk
        words = ngettext(
            "%(n)s entry was brought in.",
            "%(n)s entries were brought in.",
            run.rows_added,
        )
        told = words % {"n": run.rows_added}
        tell_with_link(request, told, reverse("diary:import_run", args=_ids(run)))
        return redirect("diary:help", record.public_id)
    context = {
        "run": run,
        "left_out": run.rows_total
        - (run.rows_added + run.rows_doubled + run.rows_refused),
        "left": left_of(record, run),
    }
    return render(request, "diary/import_done.html", context)
