"""Exporting several diaries at once: choose them, watch, and fetch the file."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from capleak.exports import formats, many
from capleak.exports.many_form import ManyExportForm, SearchForm
from capleak.tasks import write_exports
from notifications.tasks import after_commit
from sharing.access import UserRequest, device_of, log_names
from sharing.identity import confirm_identity
from sharing.models import ExportJob, Permission

A_PAGE: Final = 25  # a thumb comes to the end of it
LATE_SECONDS: Final = 120  # then a page says that it takes longer than it should


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: UserRequest) -> HttpResponse:
    """What was asked for, and the choice for another export.

    Every button keeps the ticks of the page that it stands on, so none is lost by
    searching or turning the page. The words of a search stand in no address.
    """
    confirm_identity(request)
    choice = many.choice_of(request.user)
    sent = request.method == "POST"
    do = request.POST.get("do", "") if sent else ""
    if do == "start" and (begun := _begun(request)):
        return redirect("exports_job", begun.public_id)  # the form was sent twice
    search = SearchForm(request.POST if sent else None)
    words = search.cleaned_data["words"] if search.is_valid() else ""
    found = many.named(request.user, words)
    if sent:
        _keep_ticks(request, choice)
    if search.chosen_only:
        found = found.filter(pk__in=choice.items.values("patient"))
    if do == "all":
        many.choose(choice, found)
    elif do == "none":
        choice.items.all().delete()
    form = ManyExportForm(request.POST if do == "start" else None, job=choice)
    if form.is_valid() and _start(request, choice, form):
        return redirect("exports_job", choice.public_id)
    page = Paginator(found, A_PAGE).get_page(request.POST.get("page"))
    log_names(request, page, Permission.EXPORT)
    context = {
        "search": search,
        "words": words,
        "form": form,
        "page": page,
        "choice": choice,
        "chosen": set(choice.items.values_list("patient", flat=True)),
        "most": many.MOST_RECORDS,
        "jobs": [
            (job, many.progress(job)) for job in ExportJob.objects.of(request.user)
        ],
    }
    return render(request, "capleak/exports_many.html", context)


def _begun(request: UserRequest) -> ExportJob | None:
    """The export that the choice on the page has become already, if it has."""
    choice = request.POST.get("choice", "")
    jobs = ExportJob.objects.of(request.user)
    return jobs.filter(public_id=choice).first() if is_uuid(choice) else None


def _keep_ticks(request: UserRequest, choice: ExportJob) -> None:
    """Add what was ticked on the page that was sent, and take out what was not."""
    shown, ticked = (
        {UUID(text) for text in request.POST.getlist(name)[:A_PAGE] if is_uuid(text)}
        for name in ("shown", "ticked")
    )
    on_page = many.exportable(request.user).filter(public_id__in=shown)
    many.choose(choice, [record for record in on_page if record.public_id in ticked])
    many.leave_out(
        choice, [record for record in on_page if record.public_id not in ticked]
    )


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _start(request: UserRequest, choice: ExportJob, form: ManyExportForm) -> bool:
    """Hand the choice to the worker; False, and the form says why, if it may not."""
    device = device_of(request.headers.get("User-Agent", ""))
    try:
        many.start(choice, **form.to_job(), device=device)
    except many.TooManyJobs:
        form.add_error(
            None, _("That were many exports in one day. Go on tomorrow, please.")
        )
        return False
    after_commit(write_exports)
    return True


@require_safe
def job(request: UserRequest, job: UUID) -> HttpResponse:
    """How far an export is, without a name: it is asked for every few seconds."""
    found = get_object_or_404(ExportJob.objects.of(request.user), public_id=job)
    counts = many.progress(found)
    is_done = found.state == ExportJob.State.DONE
    if is_done and "HX-Request" in request.headers:  # let the whole page be shown
        response = HttpResponse()
        response["HX-Refresh"] = "true"
        return response
    waited = (timezone.now() - found.asked_at).total_seconds()
    context: dict[str, Any] = {
        "job": found,
        "format": formats.FORMATS[found.format],
        "counts": counts,
        "handled": counts["total"] - counts["waiting"],
        "is_done": is_done,
        "is_late": counts["waiting"] == counts["total"] and waited > LATE_SECONDS,
    }
    if is_done:
        left = len(many.open_items(found))
        context |= {"open": left, "ended": counts["written"] - left}
    return render(request, "capleak/exports_job.html", context)


@require_safe
def file(request: UserRequest, job: UUID) -> StreamingHttpResponse | HttpResponse:
    """All that may still be fetched, as one ZIP; each record gets a line in its log."""
    done = ExportJob.objects.of(request.user).filter(state=ExportJob.State.DONE)
    found = get_object_or_404(done, public_id=job)
    confirm_identity(request)
    patients = [patient for _item, patient in many.open_items(found)]
    if not patients:
        messages.error(request, _("There is nothing left in it that you may fetch."))
        return redirect("exports_job", found.public_id)
    many.lines(patients, found, route="exports_file", method="GET")
    name = f"capleak-{found.format}-{found.asked_at:%Y-%m-%d}-{len(patients)}.zip"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        many.fetch(found),
        content_type="application/zip",
        headers={"Content-Disposition": disposition or "attachment"},
    )
