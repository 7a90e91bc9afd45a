"""What of an entry its reader may see, and what stays when they change it."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from diary.drafts import CheckInDraft
from diary.models import Tag
from sharing.models import Category, Patient

Hidden = Container[str]


def hidden_of(record: Patient) -> frozenset[Category]:
    """What the reader of the opened record must not see."""
    return frozenset(category for category in Category if record.hides(category))


def visible(record: Patient, draft: CheckInDraft) -> CheckInDraft:
    """The draft as far as the reader of the opened record may see it."""
    return without(draft, hidden_of(record))


def without(draft: CheckInDraft, hidden: Hidden) -> CheckInDraft:
    """The draft without what belongs to one of the hidden categories."""
    return replace(
        draft,
        note="" if Category.NOTES in hidden else draft.note,
        own={} if Category.OWN_SYMPTOMS in hidden else draft.own,
        tags=tuple(
            tag
            for tag in draft.tags
            if not (tag == Tag.PERIOD and Category.PERIOD in hidden)
        ),
    )


def is_hidden(record: Patient, draft: CheckInDraft) -> bool:
    """Whether the entry says something, and nothing that this reader may see."""
    return visible(record, draft).is_empty and not draft.is_empty


def with_unseen(
    record: Patient, draft: CheckInDraft, stored: CheckInDraft
) -> CheckInDraft:
    """A correction, with what its author could not see of the stored entry."""
    return keeping(draft, stored, hidden_of(record))


def keeping(draft: CheckInDraft, stored: CheckInDraft, hidden: Hidden) -> CheckInDraft:
    """The draft, with what the stored entry says in the hidden categories."""
    unseen = {pk: s for pk, s in stored.own.items() if Category.OWN_SYMPTOMS in hidden}
    period = [tag for tag in stored.tags if tag == Tag.PERIOD]
    return replace(
        draft,
        note=stored.note if Category.NOTES in hidden else draft.note,
        own={**unseen, **draft.own},
        tags=(*draft.tags, *(period if Category.PERIOD in hidden else ())),
    )
