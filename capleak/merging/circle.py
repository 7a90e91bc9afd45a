"""Who sees what became one record of two: nobody more than was meant for them.

Somebody who saw both records may do with the one what they could do with both. Who saw
one of them sees nothing of the other by the merge: their access ends, unless whoever
merges says otherwise, person by person.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Now

from capleak.merging.shared import Merging
from sharing.models import Grant, Patient, User


@dataclass(frozen=True, slots=True)
class Circle:
    """The people of two records: who saw both, and who saw only one."""

    both: list[tuple[Grant, Grant]]  # of the record that stays, and of the other
    one: list[Grant]


def circle(target: Patient, source: Patient, by: User) -> Circle:
    """Everyone with access that stands, but for the owner and who merges."""
    mine, theirs = _held(target), _held(source)
    owner = {target.owner_id, source.owner_id, by.pk}
    both = [(mine[user], theirs[user]) for user in mine if user in theirs]
    alone = [grant for user, grant in mine.items() if user not in theirs]
    alone += [grant for user, grant in theirs.items() if user not in mine]
    return Circle(
        both=[pair for pair in both if pair[0].user_id not in owner],
        one=[grant for grant in alone if grant.user_id not in owner],
    )


def settle(merging: Merging) -> None:
    """Leave each person what they may have, and end all that waits."""
    target, source, by = merging.target, merging.source, merging.by
    _note_what_ran_out(target, source)
    mine, theirs = _held(target), _held(source)
    for user, grant in mine.items():
        if user in theirs:
            _narrow(grant, theirs[user], by)
            _end([theirs[user]], by)
        elif grant.pk not in merging.kept_grants and user != by.pk:
            _end([grant], by)
    for user, grant in theirs.items():
        if user in mine:
            continue
        is_owner = user == target.owner_id
        if is_owner or (grant.pk not in merging.kept_grants and user != by.pk):
            _end([grant], by)
    # Invitations were made for one of the two; the next ones are made for both.
    waiting = Grant.objects.filter(patient__in=[target, source], user=None)
    waiting.filter(revoked_at=None).update(revoked_at=Now(), revoked_by=by)
    for record in (target, source):
        offers = record.hand_overs.filter(accepted_at=None, revoked_at=None)
        offers.update(revoked_at=Now())
    source.grants.update(patient=target)


def _note_what_ran_out(*records: Patient) -> None:
    """Write down the end of access that ended by itself.

    A person holds one grant of a record that nobody has ended; of two records of which
    both ran out they would bring two.
    """
    held = Grant.objects.filter(patient__in=records, user__isnull=False)
    over = held.filter(revoked_at=None, expires_at__lte=Now())
    over.update(revoked_at=F("expires_at"))


def _held(record: Patient) -> dict[int, Grant]:
    """Access that stands, begun or not, by the key of its user."""
    standing = Grant.objects.standing().filter(patient=record, user__isnull=False)
    return {g.user_id: g for g in standing.select_related("user") if g.user_id}


def _narrow(mine: Grant, theirs: Grant, by: User) -> None:
    """Leave of a grant what both allow; nothing, if they never hold together."""
    starts_at = max(mine.starts_at, theirs.starts_at)
    expires_at = earlier(mine.expires_at, theirs.expires_at)
    if expires_at is not None and expires_at <= starts_at:
        _end([mine], by)
        return
    Grant.objects.filter(pk=mine.pk).update(
        permissions=[p for p in mine.permissions if p in theirs.permissions],
        hidden=sorted({*mine.hidden, *theirs.hidden}),
        told=[topic for topic in mine.told if topic in theirs.told],
        starts_at=starts_at,
        expires_at=expires_at,
    )


def earlier(*ends: datetime | None) -> datetime | None:
    """The first of some ends; None is no end."""
    return min((end for end in ends if end is not None), default=None)


def _end(grants: Iterable[Grant], by: User) -> None:
    ending = Grant.objects.filter(pk__in=[g.pk for g in grants], revoked_at=None)
    ending.update(revoked_at=Now(), revoked_by=by)
