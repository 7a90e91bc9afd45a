"""Everything as one file: a record, an account, and a record that is brought over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from capleak.exports.csv_zip import ZIP_TYPE
from capleak.exports.takeout.account import account_takeout
from capleak.exports.takeout.emptiness import is_empty
from capleak.exports.takeout.reading import MOST_BYTES, Refused
from capleak.exports.takeout.storing import HasOne, store
from capleak.exports.takeout.upload import BringForm, TakeoutUploadHandler
from capleak.exports.takeout.writing import takeout
from sharing.access import UserRequest, log_export, open_record
from sharing.identity import confirm_identity
from sharing.limits import too_many_of
from sharing.models import Patient, Permission

BRINGS_PER_HOUR: Final = 10  # of one account; each can keep the database busy


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: UserRequest, patient: UUID) -> HttpResponseBase:
    """The whole record, for those from whom nothing of it is kept."""
    opened = open_record(request, patient, Permission.EXPORT, Permission.MANAGE)
    if opened.hidden and not opened.is_own:
        raise PermissionDenied
    if request.method == "POST":
        confirm_identity(request)
        line = log_export(request, opened)
        return _file(takeout(opened, line), "diary")
    return render(request, "capleak/takeout.html")


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: UserRequest) -> HttpResponseBase:
    """All of the account that asks, its own record included."""
    own = Patient.objects.visible_to(request.user).filter(owner=request.user).first()
    if request.method == "POST":
        confirm_identity(request)
        line = log_export(request, own) if own else None
        return _file(account_takeout(request.user, line), "account")
    return render(request, "capleak/takeout_account.html", {"has_own": own is not None})


@csrf_exempt  # asked for below, once there is a place for a large file
def bring_over(request: UserRequest) -> HttpResponse:
    """Make a take-out the own record of an account that has none, or an empty one."""
    request.upload_handlers = [TakeoutUploadHandler(request)]
    return _bring_over(request)


@csrf_protect
@require_http_methods(["GET", "HEAD", "POST"])
def _bring_over(request: UserRequest) -> HttpResponse:
    own = Patient.objects.filter(owner=request.user).first()
    if own is not None and not is_empty(own):
        messages.info(
            request,
            _(
                "This account has a diary already. A take-out is brought in only where "
                "nothing was ever written: no entry, no plan, no contact and no choice "
                "under Settings, and where nobody was let in. Use another account, or "
                "delete this diary first."
            ),
        )
        return redirect("today", own.public_id)
    sent = request.method == "POST"
    form = BringForm(
        request.POST if sent else None, request.FILES if sent else None, request=request
    )
    context = {"form": form, "most_mb": MOST_BYTES // 1_000_000}
    if sent and too_many_of(request.user, "bring_over", per_hour=BRINGS_PER_HOUR):
        messages.error(request, _("That was tried often. Try again in an hour."))
        context["form"] = BringForm(None, None, request=request)
        return render(request, "capleak/bring_over.html", context, status=429)
    if form.is_valid():
        try:
            made = store(form.incoming, by=request.user)
        except HasOne:
            return redirect("bring_over")
        except Refused as why:
            form.add_error("file", str(why))
        else:
            messages.success(request, _("Your diary is here, with all that it held."))
            return redirect("today", made.public_id)
    return render(request, "capleak/bring_over.html", context)


def _file(pieces: Iterator[bytes], what: str) -> StreamingHttpResponse:
    """A ZIP, written while it is sent; its name says nobody's name."""
    name = f"capleak-{what}-{timezone.localdate():%Y-%m-%d}.zip"
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return StreamingHttpResponse(
        pieces,
        content_type=ZIP_TYPE,
        headers={"Content-Disposition": disposition or "attachment"},
    )
