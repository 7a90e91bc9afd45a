"""The invited person's side: open the link, sign in, accept or decline."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sharing.access import UserRequest
from sharing.limits import too_many
from sharing.models import Grant
from sharing.services import (
    InvitationGone,
    accept,
    addressed_to,
    decline,
    inviter_name,
)
from sharing.waiting import HAND_OVER

KEY = "invitation"  # in the session: which invitation this browser has opened
OPENINGS_PER_MINUTE = 30  # of one address; a clinic may share one


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Remember the invitation and go on to it. Spends nothing: previews fetch links."""
    if too_many(request, "invitation", per_minute=OPENINGS_PER_MINUTE):
        response = render(request, "429.html", status=429)
    elif invitation := Grant.objects.open_invitation(token):
        request.session[KEY] = str(invitation.public_id)
        response = redirect("invitation:page")
    else:
        response = render(request, "sharing/invitation_gone.html", status=404)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the secret
    patch_cache_control(response, no_store=True, private=True)
    return response


def is_waiting(session: SessionBase) -> bool:
    """Whether this browser has opened an invitation that is not answered yet."""
    return KEY in session or HAND_OVER in session


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """Who invites, and to what; accepted or declined by whoever owns the address."""
    if HAND_OVER in request.session:
        return redirect("hand_over:page")
    invitation = _opened(request.session)
    if invitation is None:
        return _gone(request)
    if request.POST.get("answer") == "later":
        del request.session[KEY]
        return redirect("home")
    if invitation.patient.owner_id == request.user.pk:
        return render(request, "sharing/invitation_own.html", status=403)
    if not addressed_to(invitation, request.user):
        other = {"masked": masked(invitation.invited_email)}
        return render(request, "sharing/invitation_other.html", other, status=403)
    match request.POST.get("answer"):
        case "accept":
            return _accept(request, invitation)
        case "decline":
            decline(invitation, by=request.user)
            del request.session[KEY]
            messages.info(request, _("Declined. You do not see that diary."))
            return redirect("home")
    context = {"invitation": invitation, "inviter": inviter_name(invitation)}
    return render(request, "sharing/invitation.html", context)


def _accept(request: UserRequest, invitation: Grant) -> HttpResponse:
    try:
        accept(invitation, by=request.user)
    except InvitationGone:
        return _gone(request)
    del request.session[KEY]
    messages.success(request, _("You can see this diary from now on."))
    return redirect("today", invitation.patient.public_id)


def _opened(session: SessionBase) -> Grant | None:
    """The invitation that this browser opened, if it can still be accepted."""
    if KEY not in session:
        return None
    waiting = Grant.objects.standing().filter(public_id=session[KEY], user=None)
    return waiting.select_related("patient", "invited_by").first()


def _gone(request: UserRequest) -> HttpResponse:
    request.session.pop(KEY, None)
    return render(request, "sharing/invitation_gone.html", status=404)


def masked(email: str) -> str:
    """An address that its owner recognizes and that tells others little."""
    name, _at, domain = email.partition("@")
    return f"{name[:1]}•••@{domain}"
