"""Who sees what became one record of two: nobody more than was meant for them.

Somebody who saw both records may do with the one what they could do with both. Who saw
one of them sees nothing of the other by the merge: their access ends, unless whoever
merges says otherwise, person by person. Who ran one of them for good goes on running
it, or it is not merged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from capleak.merging.shared import CannotMerge, Merging
from sharing.models import Category, Grant, Patient, User
from sharing.services import earliest


@dataclass(frozen=True, slots=True)
class Circle:
    """The people of two records: who saw both, and who saw only one."""

    both: list[tuple[Grant, Grant]]  # of the record that stays, and of the other
    one: list[Grant]
    running: frozenset[int]  # the grants of those who must not lose it


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
        running=frozenset(grant.pk for grant in _running(target, source, by)),
    )


def refuse_loss(
    target: Patient, source: Patient, by: User, *, kept: Collection[int]
) -> None:
    """CannotMerge if anybody who runs one of the two would be left with less of it.

    `kept` are the grants of people who saw one, and may see both. In a diary that has
    an owner that saves nobody: its owner could end it a moment later.
    """
    kept = () if target.owner_id else kept
    beside = {target.pk: _held(source), source.pk: _held(target)}
    losing = [
        grant.who
        for grant in _running(target, source, by)
        if _loses(grant, beside[grant.patient_id].get(grant.user_id or 0), kept)
    ]
    if losing:
        raise CannotMerge(
            _(
                "%(who)s would lose what they run now. Let them manage both diaries "
                "with the same permissions and without an end, or ask them to leave "
                "first, or to hand the diary over."
            )
            % {"who": ", ".join(losing)}
        )


def _running(target: Patient, source: Patient, by: User) -> list[Grant]:
    """What those hold who can be relied on to run a record, but for who merges.

    Who goes on running a record that has an owner is its owner's to say.
    """
    records = [source] if target.owner_id else [target, source]
    lasting = Grant.objects.lasting().filter(patient__in=records).exclude(user=by)
    return list(lasting.select_related("user").order_by("pk"))


def _loses(grant: Grant, other: Grant | None, kept: Collection[int]) -> bool:
    """Whether a lasting grant would be less, with the other of the same person."""
    if other is None:
        return grant.pk not in kept
    return (
        not set(grant.permissions) <= set(other.permissions)
        or not set(other.hidden) <= set(grant.hidden)
        or other.expires_at is not None
        or other.starts_at > timezone.now()
    )


def settle(merging: Merging) -> None:
    """Leave each person what they may have, and end all that waits."""
    target, source, by = merging.target, merging.source, merging.by
    refuse_loss(target, source, by, kept=merging.kept_grants)
    _note_what_ran_out(target, source)
    mine, theirs = _held(target), _held(source)
    for user, grant in mine.items():
        if user in theirs:
            _narrow(grant, theirs[user], by)
            _end([theirs[user]], by)
        elif user != by.pk:
            _keep_or_end(grant, merging)
    for user, grant in theirs.items():
        if user == target.owner_id:
            _end([grant], by)
        elif user not in mine and user != by.pk:
            _keep_or_end(grant, merging)
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
    mine.permissions = [p for p in mine.permissions if p in theirs.permissions]
    mine.hidden = sorted({*mine.hidden, *theirs.hidden})
    mine.told = [topic for topic in mine.told if topic in theirs.told]
    mine.starts_at = max(mine.starts_at, theirs.starts_at)
    mine.expires_at = earliest(mine.expires_at, theirs.expires_at)
    _store(mine, by)


def _keep_or_end(grant: Grant, merging: Merging) -> None:
    """Let a person who is ticked see both, with no more of either than `by` may give.

    The bounds are those of an invitation.
    """
    if grant.pk not in merging.kept_grants:
        _end([grant], merging.by)
        return
    for record in (merging.target, merging.source):
        hidden = [c for c in Category if record.hides(c)]
        grant.permissions = [p for p in grant.permissions if p in record.given]
        grant.hidden = sorted({*grant.hidden, *hidden})
        grant.expires_at = earliest(grant.expires_at, record.granted_until)
    _store(grant, merging.by)


def _store(grant: Grant, by: User) -> None:
    """Write down what a grant allows now; it ends if that is never."""
    if grant.expires_at is not None and grant.expires_at <= grant.starts_at:
        _end([grant], by)
        return
    names = ("permissions", "hidden", "told", "starts_at", "expires_at")
    allowed = {name: getattr(grant, name) for name in names}
    Grant.objects.filter(pk=grant.pk).update(**allowed)


def _end(grants: Iterable[Grant], by: User) -> None:
    ending = Grant.objects.filter(pk__in=[g.pk for g in grants], revoked_at=None)
    ending.update(revoked_at=Now(), revoked_by=by)
