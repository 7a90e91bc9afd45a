"""What is kept for a time only, and for how long. The same table is in docs/erasure.md.

Everything here may run twice and stop midway: each rule is one statement of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from capleak import sign_in
from capleak.exports import many
from diary.models import ImportRun
from notifications.models import Occurrence
from sharing.models import Grant, HandOver, User

# Each a design choice: long enough to be asked about, no longer.
INVITATIONS_KEPT: Final = timedelta(days=30)  # after nobody could accept them any more
SIGN_UPS_KEPT: Final = timedelta(days=30)  # of which no address was ever confirmed
MESSAGES_KEPT: Final = timedelta(days=730)  # what was sent and what became of it

log = logging.getLogger(__name__)


def retain() -> Mapping[str, int]:
    """Delete what is past its time; how many rows of each kind that were."""
    now = timezone.now()
    gone = {
        "exports": many.clear(),
        "imports": _delete(ImportRun.objects.stale(now)),
        "invitations": _delete(lapsed_invitations(now)),
        "offers": _delete(lapsed_offers(now)),
        "sessions": _delete(ended_sessions(now)),
        "sign_ins": _delete(sign_ins_without_session()),
        "confirmations": _delete(EmailConfirmation.objects.all_expired()),
        "sign_ups": _delete(forgotten_sign_ups(now)),
        "messages": _delete(old_messages(now)),
        "cache": _empty_cache_table(),
    }
    log.info("retention", extra={"gone": gone})
    return gone


def lapsed_invitations(now: datetime) -> QuerySet[Grant]:
    """Never accepted, and over for some time; who had access stays in the record."""
    return Grant.objects.filter(
        user=None, invitation_expires_at__lt=now - INVITATIONS_KEPT
    )


def lapsed_offers(now: datetime) -> QuerySet[HandOver]:
    """Records that were offered to an address, and not taken over by that link."""
    return HandOver.objects.filter(
        accepted_at=None, expires_at__lt=now - INVITATIONS_KEPT
    )


def ended_sessions(now: datetime) -> QuerySet[Session]:
    """Those that ran out, and those of sign-ins past their limits."""
    ended = sign_in.ended(now).values("session_key")
    return Session.objects.filter(Q(expire_date__lt=now) | Q(pk__in=ended))


def sign_ins_without_session() -> QuerySet[UserSession]:
    """Lines of the list of sign-ins whose session is over."""
    live = Session.objects.filter(pk=OuterRef("session_key"))
    found: QuerySet[UserSession] = UserSession.objects.exclude(Exists(live))
    return found


def forgotten_sign_ups(now: datetime) -> QuerySet[User]:
    """Accounts that nobody could ever sign in to: no address of theirs was confirmed.

    Somebody may have typed an address that is not their own.
    """
    addresses = EmailAddress.objects.filter(user=OuterRef("pk"))
    return User.objects.filter(
        Exists(addresses),
        ~Exists(addresses.filter(verified=True)),
        date_joined__lt=now - SIGN_UPS_KEPT,
        last_login=None,
        is_staff=False,
        own_record=None,
        grants=None,
    )


def old_messages(now: datetime) -> QuerySet[Occurrence]:
    """Long past, nothing of them still to be sent, and nobody answered."""
    old = Occurrence.objects.filter(due_at__lt=now - MESSAGES_KEPT, answers=None)
    return old.exclude(pk__in=Occurrence.objects.unsettled().values("pk"))


def _delete(rows: QuerySet[Any]) -> int:
    """Delete rows; how many, without what hung on them."""
    gone: Mapping[str, int] = rows.delete()[1]
    return gone.get(rows.model._meta.label, 0)


def _empty_cache_table() -> int:
    """What stands in for Redis forgets by itself only when it grows."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM capleak_cache WHERE expires < now()")
        gone: int = cursor.rowcount
    return gone
