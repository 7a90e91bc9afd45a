"""How long a sign-in lasts, and what must come before a record opens.

The sign-in of a clinician ends after 30 minutes without use and after 12 hours at most:
their screens stand where others pass, and show other people's illness (design choice).
Staff are held to the same.

A patient's or caregiver's ends after 14 days without use and after 90 days at most. It
is long on purpose: who feels an attack coming at 3 a.m. must not meet a sign-in page,
and the phone has a lock of its own (design choice).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.account.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import urlencode

from capleak import consent
from sharing.models import AccountRecovery, Consent, Grant

# How exactly a visit is written down: pages that load together write once.
GRAIN: Final = timedelta(seconds=20)

# Recovery codes alone are no factor: they exist only beside one of these.
FACTORS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)

# What works before a required second factor is set up: the account itself.
ACCOUNT_ROUTES: Final = ("account_", "mfa_", "security", "session_left", "consent")
# What works before the words of now are agreed to: the account, and getting help.
UNASKED_ROUTES: Final = (*ACCOUNT_ROUTES, "diary:help", "erase", "account_takeout")
# What pages ask for every few seconds until something is done; opened by hand, and so
# without the header of htmx, they are used like any other.
POLLED_ROUTES: Final = frozenset(
    {"diary:import_run", "exports_job", "invitation:page", "sharing:waiting"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a sign-in may last without use, and at most."""

    idle: timedelta
    longest: timedelta


BY_TRADE: Final = Limits(idle=timedelta(minutes=30), longest=timedelta(hours=12))
AT_HOME: Final = Limits(
    idle=timedelta(seconds=settings.SESSION_COOKIE_AGE), longest=timedelta(days=90)
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """One line of the session list, and what its user must and may."""

    session: UserSession
    by_trade: bool  # clinicians and staff, who see more than their own
    has_factor: bool
    has_agreed: bool  # to the words of now, see capleak.consent
    is_rescued: bool = False  # staff were asked to remove the second step
    looked_into: UUID | None = None  # a record of theirs that staff have open
    leaves_at: datetime | None = None  # when the account will be deleted, if it will

    @property
    def limits(self) -> Limits:
        return BY_TRADE if self.by_trade else AT_HOME

    @property
    def ends_at(self) -> datetime:
        """When it ends if nobody does anything any more."""
        seen: datetime = self.session.last_seen_at
        began: datetime = self.session.created_at
        return min(seen + self.limits.idle, began + self.limits.longest)

    @property
    def lacks_factor(self) -> bool:
        """Whether a second factor must be set up before anything else."""
        return settings.SECOND_FACTOR_REQUIRED and self.by_trade and not self.has_factor

    @property
    def must_agree(self) -> bool:
        """Whether the words of now come first; not in a sign-in that is older."""
        return not self.has_agreed and self.session.created_at >= consent.SINCE


def sign_in_of(request: HttpRequest) -> SignIn | None:
    """The sign-in that a request belongs to, in one query; None when signed out."""
    user = request.user
    if not user.is_authenticated:
        return None
    grants = Grant.objects.live().filter(user=user, kind=Grant.Kind.CLINICIAN)
    factors = Authenticator.objects.filter(user=user, type__in=FACTORS)
    agreed = Consent.objects.filter(user=user, version=consent.VERSION)
    managed = Grant.objects.managing().filter(user=user).values("patient")
    looks = Grant.objects.live().filter(
        Q(patient__owner=user) | Q(patient__in=managed), kind=Grant.Kind.STAFF
    )
    session = (
        UserSession.objects.filter(session_key=request.session.session_key, user=user)
        .annotate(
            is_clinician=Exists(grants),
            has_factor=Exists(factors),
            has_agreed=Exists(agreed),
            is_rescued=Exists(AccountRecovery.objects.open().filter(user=user)),
            looked_into=Subquery(looks.values("patient__public_id")[:1]),
            leaves_at=F("user__deletion__due_at"),
        )
        .first()
    )
    if session is None:
        return None
    return SignIn(
        session,
        by_trade=user.is_staff or session.is_clinician,
        has_factor=session.has_factor,
        has_agreed=session.has_agreed,
        is_rescued=session.is_rescued,
        looked_into=session.looked_into,
        leaves_at=session.leaves_at,
    )


def ended(now: datetime) -> QuerySet[UserSession]:
    """Sign-ins past their limits, of people who did not come back to meet them."""
    grants = Grant.objects.live().filter(kind=Grant.Kind.CLINICIAN)
    by_trade = Q(user__is_staff=True) | Exists(grants.filter(user=OuterRef("user")))
    found: QuerySet[UserSession] = UserSession.objects.filter(
        _past(AT_HOME, now) | (by_trade & _past(BY_TRADE, now))
    )
    return found


def _past(limits: Limits, now: datetime) -> Q:
    unused = Q(last_seen_at__lte=now - limits.idle)
    return unused | Q(created_at__lte=now - limits.longest)


class SessionLimitMiddleware:
    """End a sign-in that was unused for too long or lasts for too long; note the visit.

    The visit is kept in the session list and not in the session itself, where two
    requests of one person would write over each other.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        sign_in = sign_in_of(request)
        if sign_in is None:  # begun before this list was kept, or under another key
            request.session.save()  # a list that is shown now would call it ended
            UserSession.objects.create_from_request(request)
            sign_in = sign_in_of(request)
            assert sign_in is not None
        now = timezone.now()
        if now >= sign_in.ends_at:
            sign_in.session.delete()
            logout(request)
            return
        request.sign_in = sign_in  # type: ignore[attr-defined]
        if now - sign_in.session.last_seen_at >= GRAIN and not only_asks(request):
            UserSession.objects.filter(pk=sign_in.session.pk).update(
                last_seen_at=now, ip=get_adapter(request).get_client_ip(request)
            )


def only_asks(request: HttpRequest) -> bool:
    """Whether a page that stands open asks by itself, which is no use of the diary."""
    if request.method == "POST":
        return False
    try:
        name = resolve(request.path_info).view_name
    except Resolver404:
        return False
    polled = name in POLLED_ROUTES and request.headers.get("HX-Request") == "true"
    return polled or name == "session_left"


class FirstThingsMiddleware:
    """Lead people to what must come first: to agree, and to set a second factor up.

    Every address that needs an account is closed to them but those of the account
    itself, so that a new page is closed too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> HttpResponse | None:
        sign_in: SignIn | None = getattr(request, "sign_in", None)
        if sign_in is None or not getattr(view, "login_required", True):
            return None
        name = request.resolver_match.view_name if request.resolver_match else ""
        if sign_in.must_agree and not name.startswith(UNASKED_ROUTES):
            asked = "" if request.method == "POST" else request.get_full_path()
            return redirect(f"{reverse('consent')}?{urlencode({'next': asked})}")
        if sign_in.lacks_factor and not name.startswith(ACCOUNT_ROUTES):
            return redirect("security")
        return None


def context(request: HttpRequest) -> dict[str, Any]:
    """For templates: this sign-in, and whether the demo lets a factor be missing."""
    sign_in: SignIn | None = getattr(request, "sign_in", None)
    if sign_in is None or not request.user.is_authenticated:
        return {}
    waived = not settings.SECOND_FACTOR_REQUIRED
    return {
        "sign_in": sign_in,
        "factor_waived": waived and sign_in.by_trade and not sign_in.has_factor,
    }
