"""Mail that does not arrive: turned off by a link, come back, and where to see it."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from notifications import addresses, bounces
from notifications.kinds import KINDS
from notifications.models import Address
from sharing.access import UserRequest
from sharing.limits import too_many
from sharing.masking import masked

# Of one address. Mail programs send from few; a mail service sends many at once.
UNSUBSCRIBES_PER_MINUTE = 60
BOUNCES_PER_MINUTE = 120


@login_not_required
@csrf_exempt  # a mail program has no cookie of ours: the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Turn off, or on again, what this link came with (RFC 8058); GET only explains."""
    delivery = None
    if too_many(request, "unsubscribe", per_minute=UNSUBSCRIBES_PER_MINUTE):
        response = render(request, "429.html", status=429)
    elif (delivery := addresses.delivery_of(token)) is None:
        response = render(request, "notifications/unsubscribe_gone.html", status=404)
    else:
        if request.method == "POST":
            wants_them = request.POST.get("do") == "on"
            (addresses.accept if wants_them else addresses.decline)(delivery)
        context = {
            "masked": masked(delivery.endpoint),
            "off": addresses.is_declined(delivery),
            "asked": request.method == "POST",
        }
        response = render(request, "notifications/unsubscribe.html", context)
    response["Referrer-Policy"] = "no-referrer"  # the address holds the secret
    patch_cache_control(response, no_store=True, private=True)
    return response


@login_not_required
@csrf_exempt  # another machine calls, with a secret of its own
@require_POST
def bounced(request: HttpRequest) -> HttpResponse:
    """Mark addresses that a mail service tells of; see notifications.bounces."""
    if not settings.BOUNCE_SECRET:
        raise Http404
    if too_many(request, "bounces", per_minute=BOUNCES_PER_MINUTE):
        return JsonResponse({"error": "too often"}, status=429)
    given = request.headers.get("Authorization", "")
    if not constant_time_compare(given, f"Bearer {settings.BOUNCE_SECRET}"):
        return JsonResponse({"error": "wrong secret"}, status=401)
    try:
        told = bounces.read(request.body)
    except bounces.MalformedError as error:
        return JsonResponse({"error": str(error)}, status=400)
    addresses.mark_bounced(told)
    # The same answer whether anybody here has such an address or not.
    return HttpResponse(status=204)


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: UserRequest) -> HttpResponse:
    """Where this user's mail goes, what comes back, and what was turned off."""
    if request.method == "POST":
        _change(request)
        return redirect("mail:page")
    own = EmailAddress.objects.filter(user=request.user, verified=True, primary=True)
    context = {"mail_goes_to": own.first(), "kinds": KINDS}
    return render(request, "notifications/mail.html", context)


def _change(request: UserRequest) -> None:
    """Try an address again, or turn a kind of messages on again."""
    pk = request.POST.get("address", "")
    rows = Address.objects.filter(user=request.user)
    address = get_object_or_404(
        rows, pk=int(pk) if pk.isdecimal() and len(pk) < 19 else 0
    )
    if kind := request.POST.get("kind"):
        addresses.accept_kind(address, kind)
        messages.success(request, _("They are sent again."))
        return
    waiting = addresses.try_again(address)
    text = _("The next message is sent there again.")
    if waiting:
        text = ngettext(
            "%(count)d message that was waiting is sent there now.",
            "%(count)d messages that were waiting are sent there now.",
            waiting,
        ) % {"count": waiting}
    messages.success(request, text)
