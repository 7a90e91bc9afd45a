"""What the site knows of an account, told in account.json of its take-out.

It belongs to the account on this site and is not brought in anywhere. Secrets are left
out: of a second factor stands here that there is one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.db.models import ForeignKey, Model

from capleak.exports.moment import one_moment
from capleak.exports.takeout.columns import as_json
from capleak.exports.takeout.writing import members, whole
from capleak.exports.zipped import Member, zipped
from notifications.models import Address
from sharing.models import (
    AccessEvent,
    AccountEvent,
    AccountRecovery,
    Consent,
    Grant,
    Patient,
    User,
)

# Each part of account.json: rows of which table, whose by which column, what of them.
PARTS: Final[dict[str, tuple[type[Model], str, tuple[str, ...]]]] = {
    "addresses": (EmailAddress, "user", ("email", "verified", "primary")),
    "second_factors": (
        Authenticator,
        "user",
        ("type", "created_at", "last_used_at"),
    ),
    "signed_in": (
        UserSession,
        "user",
        ("created_at", "last_seen_at", "ip", "user_agent"),
    ),
    "mail": (Address, "user", ("channel", "endpoint", "bounced_at", "declined")),
    "access_to_others": (
        Grant,
        "user",
        (
            *("kind", "permissions", "hidden", "told", "reason", "invited_email"),
            *("created_at", "invitation_expires_at", "claimed_at", "accepted_at"),
            *("starts_at", "expires_at", "revoked_at"),
        ),
    ),
    "access_asked_for": (Grant, "claimed_by", ("claimed_at", "accepted_at")),
    "agreed_to": (Consent, "user", ("version", "given_at")),
    "rescues_by_staff": (
        AccountRecovery,
        "user",
        ("reason", "asked_at", "ready_at", "stopped_at", "done_at"),
    ),
    "what_happened": (AccountEvent, "user_pk", ("at", "kind", "device")),
}


def account_takeout(user: User, line: AccessEvent | None = None) -> Iterator[bytes]:
    """The account, and the person's own record if they have one, at one moment.

    Without the line that this very take-out left in its log.
    """
    with one_moment():
        own = Patient.objects.filter(owner=user).first()
        told = json.dumps(about(user), ensure_ascii=False, indent=1, sort_keys=True)
        account: list[Member] = [("account.json", [told.encode()])]
        yield from zipped(chain(account, members(whole(own), line) if own else ()))


def about(user: User) -> dict[str, Any]:
    """All that is stored of the account itself, and where else it is named."""
    return {
        "email": user.email,
        "name": user.name,
        "joined_at": as_json(user.date_joined),
        "last_sign_in_at": as_json(user.last_login),
        **{part: _rows(user, *of) for part, of in PARTS.items()},
        "named_in": named_in(user),
    }


def named_in(user: User) -> dict[str, int]:
    """How many rows of each column name the user; whose they are is not told.

    What somebody wrote into the diary of another belongs to that diary.
    """
    found = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, ForeignKey) and field.related_model is User:
                rows: Any = model
                if model._meta.managed and (
                    count := rows.objects.filter(**{field.name: user.pk}).count()
                ):
                    found[f"{model._meta.label_lower}.{field.name}"] = count
    return dict(sorted(found.items()))


def _rows(
    user: User, model: Any, whose: str, names: tuple[str, ...]
) -> list[dict[str, Any]]:
    rows = model.objects.filter(**{whose: user.pk}).order_by("pk")
    return [
        {name: as_json(value) for name, value in zip(names, row, strict=True)}
        for row in rows.values_list(*names)
    ]
