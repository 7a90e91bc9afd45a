"""Which messages an address does not get: what bounced, and what was turned off.

What is urgent always goes out: to an address that bounced it is worth a try.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from allauth.account.models import EmailAddress
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from notifications.models import Address, Delivery, Occurrence
from notifications.outcome import DeliveryState, Outcome, Result
from sharing.models import User

BOUNCED: Final = Outcome(Result.REFUSED, "address bounced")
TURNED_OFF: Final = Outcome(Result.REFUSED, "turned off")

_signer = Signer(salt="notifications.unsubscribe")


def held_back(delivery: Delivery) -> Outcome | None:
    """Why this message is not to leave for its address, if it is not."""
    occurrence = delivery.occurrence
    if occurrence.urgency == Occurrence.Urgency.URGENT:
        return None
    address = Address.objects.filter(
        user=delivery.user_id, channel=delivery.channel, endpoint=delivery.endpoint
    ).first()
    if address is None:
        return None
    if address.bounced_at:
        return BOUNCED
    if occurrence.kind in address.declined and may_be_declined(occurrence):
        return TURNED_OFF
    return None


# --- Turned off by whoever reads there ----------------------------------------------


def may_be_declined(occurrence: Occurrence) -> bool:
    """Whether its reader can turn such messages off by a link in the message.

    Of what others are to be told, only the ordinary: a step that the patient set for
    an infusion that is missed must not end at one tap in somebody's mailbox.
    """
    match occurrence.urgency:
        case Occurrence.Urgency.ORDINARY:
            return True
        case Occurrence.Urgency.ASKED:
            return occurrence.audience == Occurrence.Audience.PATIENT
    return False


def token_of(delivery: Delivery) -> str:
    """The secret of this message's link: an id and a signature, nothing about health.

    It does not run out: a reader may turn off today what came a year ago.
    """
    return _signer.sign(str(delivery.pk))


def delivery_of(token: str) -> Delivery | None:
    """The message that a link was in, if the link is ours and the message is kept."""
    try:
        pk = int(_signer.unsign(token))
    except (BadSignature, ValueError):
        return None
    return Delivery.objects.filter(pk=pk).select_related("occurrence").first()


def decline(delivery: Delivery) -> None:
    """Send nothing more of this kind to where this message went."""
    with transaction.atomic():
        address = _locked(delivery)
        kinds = {*address.declined, delivery.occurrence.kind}
        address.declined = sorted(kinds)
        address.save(update_fields=["declined"])


def accept(delivery: Delivery) -> None:
    """Send this kind there again."""
    with transaction.atomic():
        accept_kind(_locked(delivery), delivery.occurrence.kind)


def accept_kind(address: Address, kind: str) -> None:
    address.declined = [other for other in address.declined if other != kind]
    address.save(update_fields=["declined"])


def is_declined(delivery: Delivery) -> bool:
    """Whether messages of this kind have been turned off there."""
    return Address.objects.filter(
        user=delivery.user_id,
        channel=delivery.channel,
        endpoint=delivery.endpoint,
        declined__contains=[delivery.occurrence.kind],
    ).exists()


def _locked(delivery: Delivery) -> Address:
    """The row of this message's address, made when missing, until the commit."""
    where = {
        "user_id": delivery.user_id,
        "channel": delivery.channel,
        "endpoint": delivery.endpoint,
    }
    Address.objects.bulk_create([Address(**where)], ignore_conflicts=True)
    return Address.objects.select_for_update().get(**where)


# --- Mail that comes back -----------------------------------------------------------


def mark_bounced(emails: Collection[str]) -> int:
    """Mark these addresses of accounts that confirmed them; how many there were."""
    wanted = {email.strip().lower() for email in emails}
    owners = EmailAddress.objects.filter(email__in=wanted, verified=True)
    rows = [
        Address(user_id=user, channel="email", endpoint=email, bounced_at=Now())
        for user, email in owners.values_list("user", "email")
    ]
    Address.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["user", "channel", "endpoint"],
        update_fields=["bounced_at"],
    )
    return len(rows)


@transaction.atomic
def try_again(address: Address) -> int:
    """Take the mark away; what was held back by it and still helps leaves now.

    Returns how many messages that were.
    """
    address.bounced_at = None
    address.save(update_fields=["bounced_at"])
    held = Delivery.objects.filter(
        user=address.user_id,
        channel=address.channel,
        endpoint=address.endpoint,
        state=DeliveryState.FAILED,
        problem=BOUNCED.problem,
        occurrence__state=Occurrence.State.DISPATCHED,
        occurrence__expires_at__gt=Now(),
    )
    return held.update(
        state=DeliveryState.WAITING,
        settled_at=None,
        next_attempt_at=Now(),
        problem="",
    )


def troubled(user: User) -> list[Address]:
    """This user's addresses in use that something does not go to."""
    in_use = EmailAddress.objects.filter(
        user=OuterRef("user"), email=OuterRef("endpoint"), primary=True
    )
    return list(Address.objects.filter(Exists(in_use), user=user).troubled())
