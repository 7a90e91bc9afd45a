"""The page that hands a record out as files: choose the days, then the format."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_http_methods

from capleak.export_forms import ExportForm
from capleak.exports.formats import FORMATS, Format
from capleak.period import Period
from sharing.access import UserRequest, log_export, open_record
from sharing.identity import confirm_identity
from sharing.models import Patient, Permission


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: UserRequest, patient: UUID) -> HttpResponseBase:
    """Choose days and a format; sending it gives the file."""
    record = open_record(request, patient, Permission.EXPORT)
    form = ExportForm(
        request.POST if request.method == "POST" else None,
        zone=record.tz,
        today=timezone.now().astimezone(record.tz).date(),
    )
    if form.is_valid():
        confirm_identity(request)
        log_export(request, record)
        return _file(record, form.chosen, form.period, timezone.now())
    context = {"form": form, "formats": FORMATS.values()}
    return render(request, "capleak/exports.html", context)


def _file(
    record: Patient, chosen: Format, period: Period, now: datetime
) -> StreamingHttpResponse:
    """The file, written while it is sent."""
    name = chosen.file_name(now.astimezone(record.tz))
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        chosen.stream(record, period, now),
        content_type=chosen.content_type,
        headers={"Content-Disposition": disposition or "attachment"},
    )
