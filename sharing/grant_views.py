"""One person's access: changing it, and letting in who opened a link."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from sharing.access import UserRequest, open_record, open_to_poll
from sharing.change_form import ChangeForm
from sharing.changing import GrantGone, earlier
from sharing.claims import admit
from sharing.identity import confirm_identity
from sharing.mails import tell_admitted
from sharing.models import Grant, Patient, Permission
from sharing.services import InvitationGone, held_before, revoke


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, patient: UUID, grant: UUID) -> HttpResponse:
    """Change what somebody may do, from their next request on. Nobody changes their own
    access.
    """
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    changing = _grant(record, grant)
    if changing.user_id == request.user.pk or changing.kind == Grant.Kind.STAFF:
        raise PermissionDenied
    if not Grant.objects.standing().filter(pk=changing.pk).exists():
        return _ended(request, record)
    data = request.POST if request.method == "POST" else None
    form = ChangeForm(data, patient=record, grant=changing)
    try:
        if form.is_valid() and form.save(by=request.user):
            messages.success(request, _("Saved. It counts from their next tap on."))
            return redirect("sharing:people", record.public_id)
    except GrantGone:
        return _ended(request, record)
    context = {"form": form, "grant": changing, "earlier": earlier(changing)}
    return render(request, "sharing/edit.html", context)


@require_safe
def waiting(request: UserRequest, patient: UUID, grant: UUID) -> HttpResponse:
    """What became of a link: the page that shows it asks here every few seconds.

    As long as it is told that nothing is new, that leaves no line in the access log.
    """
    record, line = open_to_poll(request, patient, Permission.MANAGE)
    made = _grant(record, grant)
    context = {
        "grant": made,
        "stands": Grant.objects.standing().filter(pk=made.pk).exists(),
        "held": held_before(made, made.claimed_by),
    }
    asks_by_itself = "HX-Request" in request.headers
    if asks_by_itself and context["stands"] and made.is_open_link:
        return HttpResponse(status=204)  # nothing new: the code stays where it is
    if line:
        line.save(force_insert=True)
    page = "_waiting" if asks_by_itself else "waiting"
    return render(request, f"sharing/{page}.html", context)


@require_POST
def let_in(request: UserRequest, patient: UUID, grant: UUID) -> HttpResponse:
    """Let in who opened a link, or send them away; the link is spent either way."""
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    asked = _grant(record, grant)
    if request.POST.get("answer") != "yes":
        return _send_away(request, record, asked)
    try:
        who = admit(record, asked, by=request.user)
    except InvitationGone:
        return _ended(request, record)
    if asked.is_asked_for:  # as it was found: the same tap again sends nothing
        tell_admitted(asked, who)
    words = _("%(who)s can see the diary now.") % {"who": who.known_as}
    messages.success(request, words)
    return redirect("sharing:people", record.public_id)


def _send_away(request: UserRequest, record: Patient, asked: Grant) -> HttpResponse:
    """End a link; who has access already, by this one or another, keeps it."""
    if not Grant.objects.standing().filter(pk=asked.pk).exists():
        return _ended(request, record)
    who = {"who": asked.who}
    if asked.user_id is not None:
        words = _(
            "%(who)s was let in meanwhile and can see the diary. To take that back, "
            "choose “Remove” below."
        )
        messages.warning(request, words % who)
        return redirect("sharing:people", record.public_id)
    revoke(record, asked, by=request.user)
    if held_before(asked, asked.claimed_by):
        words = _("This was not given. %(who)s keeps the access that they have.")
        messages.success(request, words % who)
    else:
        messages.success(request, _("Not let in. They see nothing of the diary."))
    return redirect("sharing:people", record.public_id)


def _grant(record: Patient, public_id: UUID) -> Grant:
    grants = record.grants.select_related("user", "claimed_by", "patient__owner")
    return get_object_or_404(grants, public_id=public_id)


def _ended(request: UserRequest, record: Patient) -> HttpResponse:
    messages.info(request, _("This access has ended meanwhile. Nothing was changed."))
    return redirect("sharing:people", record.public_id)
