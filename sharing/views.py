"""People with access, inviting and removing them, and who looked."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from sharing import accesslog
from sharing.access import UserRequest, open_record
from sharing.forms import InviteForm
from sharing.identity import confirm_identity
from sharing.logfilter import LogForm
from sharing.mails import send_invitation
from sharing.managers import LastManager
from sharing.models import ENDS_SOON, Grant, Permission
from sharing.qr import qr_svg
from sharing.services import (
    CannotInvite,
    invitation_link,
    invite,
    revoke,
)

ENDED_SHOWN = 50


@require_safe
def people(request: UserRequest, patient: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    standing = list(
        Grant.objects.standing()
        .filter(patient=record)
        .select_related("user", "claimed_by")
    )
    standing.sort(key=lambda grant: grant.kind != Grant.Kind.STAFF)  # first: end it
    ended = record.grants.exclude(pk__in=[grant.pk for grant in standing])
    looks = accesslog.last_looks(record)
    held = {grant.user_id: grant for grant in standing if grant.user_id}
    context = {
        "asking": [
            (grant, held.get(grant.claimed_by_id or 0))
            for grant in standing
            if grant.is_asked_for
        ],
        "people": [
            (grant, looks.get(grant.user_id or 0))
            for grant in standing
            if not grant.is_asked_for
        ],
        "soon": timezone.now() + ENDS_SOON,
        "ended": ended.select_related("user", "claimed_by").order_by("-pk")[
            :ENDED_SHOWN
        ],
        "now": timezone.now(),
    }
    return render(request, "sharing/people.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def invite_someone(request: UserRequest, patient: UUID) -> HttpResponse:
    """Invite; the answer shows the link, which is stored nowhere and never shown again.

    That is why no redirect follows. The same form sent again invites nobody twice.
    """
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    form = InviteForm(
        request.POST if request.method == "POST" else None, patient=record
    )
    if form.is_valid():
        try:
            grant, token = invite(record, form.to_draft(), by=request.user)
        except CannotInvite as reason:
            form.add_error(None if form.by_link else "email", str(reason))
        else:
            link = invitation_link(token)
            context = {"grant": grant, "link": link, "code": qr_svg(link)}
            if grant.invited_email:
                context["sent"] = send_invitation(grant, link)
            return render(request, "sharing/invited.html", context)
    return render(request, "sharing/invite.html", {"form": form})


@require_POST
def revoke_access(request: UserRequest, patient: UUID, grant: UUID) -> HttpResponse:
    record = open_record(request, patient, Permission.MANAGE)
    ending = get_object_or_404(record.grants, public_id=grant)
    try:
        revoke(record, ending, by=request.user)
    except LastManager:
        return render(request, "sharing/last_manager.html", status=409)
    messages.success(request, _("Removed. They cannot open the diary any more."))
    if ending.user_id == request.user.pk:
        return redirect("home")
    return redirect("sharing:people", record.public_id)


@require_safe
def log(request: UserRequest, patient: UUID) -> HttpResponse:
    """Who looked, newest first, narrowed down as the address asks.

    `before` is the line that the last page ended with.
    """
    record = open_record(request, patient, Permission.MANAGE)
    before = request.GET.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 19 else None
    is_asked = any(request.GET.get(name) for name in LogForm.base_fields)
    form = LogForm(request.GET if is_asked else None, patient=record)
    context = {
        "page": accesslog.page(record, number, form.wanted(), request.user.pk),
        "first_page": number is None,
        "form": form,
        "narrowed": form.in_words(),
    }
    return render(request, "sharing/log.html", context)
