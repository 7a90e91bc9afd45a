"""Handing a record over: the managers' side, and that of the person whose it is."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_http_methods,
    require_POST,
    require_safe,
)

from sharing import hand_over
from sharing.access import UserRequest, open_record
from sharing.hand_over_forms import OfferForm, TakeOverForm
from sharing.identity import confirm_identity
from sharing.limits import too_many
from sharing.models import Deletion, Grant, HandOver, Patient, Permission
from sharing.waiting import HAND_OVER

OPENINGS_PER_MINUTE = 30  # of one address, as for invitations
TAKEN = "taken_over"  # in the session: which offer its user accepted


@require_safe
def running(request: UserRequest, patient: UUID) -> HttpResponse:
    """Who runs a record, and all that can be done about that."""
    record = open_record(request, patient, Permission.MANAGE)
    context = {
        "managers": hand_over.who_runs(record),
        "lasting": Grant.objects.lasting().filter(patient=record).count(),
        "offered": HandOver.objects.standing().filter(patient=record).first(),
        "merges": record.merges.select_related("by"),
    }
    return render(request, "sharing/running.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: UserRequest, patient: UUID) -> HttpResponse:
    """Offer the record to its person. The answer shows the link, which is kept nowhere.

    That is why no redirect follows. Sent twice, the second link is the one that works.
    """
    record = open_record(request, patient, Permission.MANAGE)
    confirm_identity(request)
    if record.owner_id is not None or record.is_closed or not record.runs_for_good:
        return redirect("sharing:running", record.public_id)
    form = OfferForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made, token = hand_over.offer(
                record, form.cleaned_data["email"], by=request.user
            )
        except hand_over.CannotOffer as reason:
            form.add_error("email", str(reason))
        else:
            link = hand_over.link(token)
            sent = hand_over.send(made, link)
            shown = {"offered": made, "link": link, "sent": sent}
            return render(request, "sharing/hand_over_offered.html", shown)
    return render(request, "sharing/hand_over.html", {"form": form})


@require_POST
def take_back(request: UserRequest, patient: UUID) -> HttpResponse:
    """End the offer that is open."""
    record = open_record(request, patient, Permission.MANAGE)
    hand_over.take_back(record)
    messages.success(request, _("Taken back. The link does not work any more."))
    return redirect("sharing:running", record.public_id)


@login_not_required
@require_safe
def open_link(request: HttpRequest, token: str) -> HttpResponse:
    """Remember the offer and go on to it. Spends nothing: previews fetch links."""
    if too_many(request, "hand_over", per_minute=OPENINGS_PER_MINUTE):
        response = render(request, "429.html", status=429)
    elif offered := HandOver.objects.open_link(token):
        request.session[HAND_OVER] = str(offered.public_id)
        response = redirect("hand_over:page")
    else:
        response = render(request, "sharing/hand_over_gone.html", status=404)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the secret
    patch_cache_control(response, no_store=True, private=True)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """Take a record over, or not; for whoever owns the address of the offer."""
    offered = _opened(request)
    if offered is None:
        return _gone(request)
    answer = request.POST.get("answer")
    if answer == "later":
        del request.session[HAND_OVER]
        return redirect("home")
    if not hand_over.is_for(offered, request.user):
        return render(request, "sharing/hand_over_other.html", status=403)
    if answer == "decline":
        hand_over.decline(offered)
        del request.session[HAND_OVER]
        messages.info(request, _("Declined. Everything stays as it was."))
        return redirect("home")
    if own := Patient.objects.filter(owner=request.user).first():
        shown = {"offered": offered, "own": own}
        return render(request, "sharing/hand_over_two.html", shown, status=403)
    return _decide(request, offered)


def _decide(request: UserRequest, offered: HandOver) -> HttpResponse:
    sent = request.POST if request.POST.get("answer") == "accept" else None
    form = TakeOverForm(sent, patient=offered.patient, user=request.user)
    if sent is not None:
        confirm_identity(request)
    if form.is_valid():
        was_leaving = Deletion.objects.of_user(request.user) is not None
        try:
            record = hand_over.take_over(offered, form.chosen(), by=request.user)
        except hand_over.OfferGone:
            return _gone(request)
        except hand_over.HasOwnRecord:
            return redirect("hand_over:page")
        except hand_over.ManagersChanged:
            messages.warning(
                request, _("Somebody changed who runs this diary. Choose once more.")
            )
            return redirect("hand_over:page")
        request.session[TAKEN] = request.session.pop(HAND_OVER)
        messages.success(request, _("This diary is yours from now on."))
        if was_leaving:
            words = _("Your account was to be deleted. It is kept, with this diary.")
            messages.info(request, words)
        return redirect("today", record.public_id)
    context = {
        "form": form,
        "offered": offered,
        "others": hand_over.others(offered.patient, request.user),
    }
    return render(request, "sharing/hand_over_take.html", context)


def _opened(request: UserRequest) -> HandOver | None:
    """The offer that this browser opened, if it can still be accepted."""
    if HAND_OVER not in request.session:
        return None
    found = HandOver.objects.standing().filter(public_id=request.session[HAND_OVER])
    return found.select_related("patient", "by").first()


def _gone(request: UserRequest) -> HttpResponse:
    """What is said of an offer that is none; the same tap again goes on."""
    number = request.session.pop(HAND_OVER, None) or request.session.get(TAKEN)
    taken = HandOver.objects.filter(
        accepted_by=request.user, patient__owner=request.user
    ).select_related("patient")
    if number and (made := taken.filter(public_id=number).first()):
        request.session[TAKEN] = str(made.public_id)
        return redirect("today", made.patient.public_id)
    return render(request, "sharing/hand_over_gone.html", status=404)
