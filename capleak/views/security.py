"""How an account is kept safe: second factors, and where it is signed in."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from capleak import account_log, rescue
from capleak.sign_in import AT_HOME, BY_TRADE, sign_in_of
from sharing.access import UserRequest, device_of
from sharing.models import AccessEvent, AccountEvent, AccountRecovery, User

Kind = AccountEvent.Kind

# By what stands in the header; the others claim to be Safari too, so it comes last.
BROWSERS = (
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """Second factors, and every browser signed in; POST signs some of them out."""
    others = UserSession.objects.filter(user=request.user).exclude(
        session_key=request.session.session_key
    )
    if request.method == "POST":
        chosen = request.POST.get("end", "")
        if chosen != "others":
            known = chosen.isdecimal() and len(chosen) < 19
            others = others.filter(pk=int(chosen) if known else None)
        if ending := list(others):
            get_adapter().end_sessions(ending)
            account_log.note(Kind.OTHERS_OUT, request, request.user.pk)
        messages.success(request, _("Signed out there."))
        return redirect("security")
    factors = list(Authenticator.objects.filter(user=request.user).order_by("pk"))
    by_type = {factor.type: factor for factor in factors}
    codes = by_type.get(Authenticator.Type.RECOVERY_CODES)
    context = {
        "passkeys": [f for f in factors if f.type == Authenticator.Type.WEBAUTHN],
        "app": by_type.get(Authenticator.Type.TOTP),
        "codes": codes,
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else 0,
        "sessions": [
            (session, device_words(session.user_agent), session.is_current())
            for session in UserSession.objects.purge_and_list(request.user)
        ],
        "rescue": (waiting := open_rescue(request.user)),
        "rescue_token": rescue.token_of(waiting) if waiting else "",
        "events": account_log.last_events(request.user),
        "events_zone": account_log.zone_of(request.user),
        "trade_minutes": int(BY_TRADE.idle.total_seconds() // 60),
        "trade_hours": int(BY_TRADE.longest.total_seconds() // 3600),
        "home_days": AT_HOME.idle.days,
        "home_longest_days": AT_HOME.longest.days,
    }
    return render(request, "capleak/security.html", context)


def open_rescue(user: User) -> AccountRecovery | None:
    """What staff were asked to do to this account, if it can still be stopped."""
    return AccountRecovery.objects.open().filter(user=user).first()


def device_words(user_agent: str) -> str:
    """The device and the browser, as a person would say it."""
    device = AccessEvent.Device(device_of(user_agent)).label
    found = [name for mark, name in BROWSERS if mark in user_agent]
    words = f"{device}, {found[0]}" if found else str(device)
    return words[:1].upper() + words[1:]


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def session_left(request: HttpRequest) -> JsonResponse:
    """How long this sign-in lasts without use, in seconds; POST counts as use.

    A page that stayed open also gets a new token, for the form that waits in it:
    signing in again makes the old one invalid.
    """
    sign_in = sign_in_of(request)
    if sign_in is None:
        return JsonResponse({"seconds": 0})
    left = sign_in.ends_at - timezone.now()
    return JsonResponse(
        {
            "seconds": max(0, int(left.total_seconds())),
            "user": request.user.pk,
            "token": get_token(request),
        }
    )
