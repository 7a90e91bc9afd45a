"""The merge itself: all of it in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Final

import pghistory
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from attacks.services import constraint
from capleak.erasing import remove_copies
from capleak.merging import attacks, circle, diary, prophylaxis, record
from capleak.merging.questions import refuse
from capleak.merging.rules import move_all, move_events
from capleak.merging.shared import CannotMerge, Merging, stale
from diary import flags, history
from notifications import planners
from prophylaxis.medicines import remind_again
from prophylaxis.services import replan
from sharing import managers
from sharing.authority import managed
from sharing.mails import tell_change
from sharing.models import Merge, Patient, User

IN_THE_WAY: Final = {
    "attacks_attack_no_overlap",
    "attacks_attack_one_ongoing",
    "attacks_pastcount_no_overlap",
}


def versions(target: Patient, source: Patient) -> str:
    """What a page was made of: another word once either record was written to."""
    return f"{target.pk}.{target.version} {source.pk}.{source.version}"


def merge(
    target: Patient,
    source: Patient,
    answers: Mapping[str, str],
    kept_grants: frozenset[int],
    *,
    seen: str,
    by: User,
) -> Merge:
    """Let everything of `source` stand in `target`, and delete what is left of it.

    `seen` is of `versions`. CannotMerge if something came between, the answers do not
    do or `by` may not decide that, see `refuse`; PermissionDenied if `by` does not
    manage both any more. Then nothing has changed.
    """
    now = timezone.now()
    with ExitStack() as stack:
        stack.enter_context(_kind_refusals())
        for one in sorted((target, source), key=lambda p: p.pk):  # never two orders
            stack.enter_context(Patient.objects.writing(one))
        stack.enter_context(pghistory.context(by=by.pk, what=history.DELETED))
        target, source = managed(target, by), managed(source, by)
        if versions(target, source) != seen:
            raise CannotMerge(stale())
        refuse(target, source)
        merging = Merging(target, source, by, answers, kept_grants)
        _tell_once_done(merging)
        attacks.settle(merging)
        prophylaxis.settle(merging)
        diary.settle(merging)
        diary.tell_apart(merging)
        record.settle(merging, now)
        circle.settle(merging)
        merged = Merge.objects.create(
            patient=target,
            source_pk=source.pk,
            source_public_id=source.public_id,
            source_name=source.name,
            by=by,
            left_over=merging.left_over,
        )
        remove_copies(source)
        move_all(source, target)
        move_events(source, target)
        Patient.objects.get(pk=source.pk).delete()
        flags.reassess(target, now)
        replan(target)
        remind_again(target)
        planners.keep(target, now)
    return merged


def _tell_once_done(merging: Merging) -> None:
    """Tell all who run either now, each of what they ran and of nothing else."""
    target, source, by = merging.target, merging.source, merging.by
    here, there = (set(managers.told(r, besides=by)) for r in (target, source))

    def tell() -> None:
        for people, ran in (
            (here - there, [target]),
            (there - here, [source]),
            (here & there, [source, target]),
        ):
            tell_change(people, "capleak/mail/merged.txt", {"by": by, "ran": ran})

    transaction.on_commit(tell, robust=True)


@contextmanager
def _kind_refusals() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        if constraint(error) not in IN_THE_WAY:
            raise
        raise CannotMerge(
            _(
                "With these times attacks would still lie in each other’s time. Choose "
                "the other times, or correct them first."
            )
        ) from error
    except Patient.DoesNotExist:
        raise CannotMerge(stale()) from None
