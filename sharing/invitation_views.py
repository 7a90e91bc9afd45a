"""The invited person's side: open the link, sign in, accept or decline."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from sharing.access import UserRequest
from sharing.claims import claim
from sharing.forms import NameForm
from sharing.limits import too_many
from sharing.mails import tell_accepted, tell_claimed
from sharing.masking import masked
from sharing.models import Grant
from sharing.services import (
    InvitationGone,
    accept,
    addressed_to,
    decline,
    held_before,
    inviter_name,
)
from sharing.waiting import HAND_OVER

KEY = "invitation"  # in the session: which invitation this browser has opened
LET_IN = "let_in"  # and by which one its user came in last
OPENINGS_PER_MINUTE = 30  # of one address; a clinic may share one


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Remember the invitation and go on to it. Spends nothing: previews fetch links."""
    if too_many(request, "invitation", per_minute=OPENINGS_PER_MINUTE):
        response = render(request, "429.html", status=429)
    elif invitation := Grant.objects.open_invitation(token):
        request.session[KEY] = str(invitation.public_id)
        request.session.pop(LET_IN, None)
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
    """Who invites, and to what; answered by whoever owns the address or has the link.

    Who claimed a link without an address waits here: the page asks by itself, and goes
    on as soon as something has changed.
    """
    if HAND_OVER in request.session:
        return redirect("hand_over:page")
    invitation = _opened(request)
    if "HX-Request" in request.headers:
        if invitation is not None and invitation.is_asked_for:
            return HttpResponse(status=204)  # nothing new
        return HttpResponse(headers={"HX-Redirect": request.path})
    if invitation is None:
        return _gone(request)
    if invitation.user_id is not None:
        return _let_in(request, invitation)
    answer = request.POST.get("answer")
    if answer == "later":
        del request.session[KEY]
        return redirect("home")
    if (refusal := _not_theirs(request, invitation)) is not None:
        return refusal
    form = NameForm(request.POST or None, initial={"name": request.user.name})
    match answer:
        case "accept" if form.is_valid():
            form.save(request.user)
            return _accept(request, invitation)
        case "decline":
            decline(invitation, by=request.user)
            del request.session[KEY]
            messages.info(request, _("Declined. You do not see that diary."))
            return redirect("home")
    context = {
        "invitation": invitation,
        "inviter": inviter_name(invitation),
        "held": held_before(invitation, request.user),
        "form": form,
        "now": timezone.now(),
    }
    return render(request, "sharing/invitation.html", context)


def _not_theirs(request: UserRequest, invitation: Grant) -> HttpResponse | None:
    """What is said to who made the invitation, and to who is not meant by it."""
    if request.user.pk in {invitation.patient.owner_id, invitation.invited_by_id}:
        own = {"by_owner": invitation.patient.owner_id == request.user.pk}
        return render(request, "sharing/invitation_own.html", own, status=403)
    if invitation.invited_email and not addressed_to(invitation, request.user):
        other = {"masked": masked(invitation.invited_email)}
        return render(request, "sharing/invitation_other.html", other, status=403)
    return None


def _accept(request: UserRequest, invitation: Grant) -> HttpResponse:
    """Take an invitation to one's address; ask to be let in by any other link."""
    try:
        if not invitation.invited_email:
            was_asked_for = invitation.is_asked_for
            claim(invitation, by=request.user)
            if not was_asked_for:
                tell_claimed(invitation, request.user)
            return redirect("invitation:page")
        held = held_before(invitation, request.user)
        accept(invitation, by=request.user)
    except InvitationGone:
        return _gone(request)
    tell_accepted(invitation, request.user, replaced=held is not None)
    return _let_in(request, invitation)


def _let_in(request: UserRequest, grant: Grant, *, again: bool = False) -> HttpResponse:
    """Go to the diary, or be told when it opens."""
    request.session.pop(KEY, None)
    request.session[LET_IN] = str(grant.public_id)
    if grant.starts_at > timezone.now():
        day = grant.starts_at.astimezone(grant.patient.tz)
        words = _("Accepted. The diary opens to you on %(day)s.")
        messages.success(request, words % {"day": date_format(day, "j F Y")})
        return redirect("home")
    if not again:
        messages.success(request, _("You can see this diary from now on."))
    return redirect("today", grant.patient.public_id)


def _opened(request: UserRequest) -> Grant | None:
    """The invitation that this browser opened, if it is still open to its user.

    One that they claimed stays theirs when they are let in.
    """
    if KEY not in request.session:
        return None
    open_to_them = Q(user=None, claimed_at=None) | Q(claimed_by=request.user)
    waiting = Grant.objects.standing().filter(
        open_to_them, public_id=request.session[KEY]
    )
    return waiting.select_related("patient", "invited_by").first()


def _gone(request: UserRequest) -> HttpResponse:
    """What is said of an invitation that is none; the same tap again goes on."""
    number = request.session.pop(KEY, None) or request.session.get(LET_IN)
    theirs = Grant.objects.standing().filter(user=request.user)
    known = theirs.select_related("patient")
    if number and (grant := known.filter(public_id=number).first()):
        return _let_in(request, grant, again=True)
    return render(request, "sharing/invitation_gone.html", status=404)
