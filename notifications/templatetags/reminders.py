"""How pages speak of messages."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from notifications.hospital import STILL
from notifications.kinds import STILL_THERE
from notifications.models import Answer, Occurrence
from notifications.notices import Notice
from sharing.masking import masked as masked_address
from sharing.models import User

register = template.Library()


@register.filter
def masked(endpoint: str) -> str:
    """An address that its owner recognizes and that tells others little."""
    return masked_address(endpoint)


@register.filter
def of(words: Mapping[str, object], occurrence: Occurrence) -> object:
    """What an occurrence, or a schedule, is called by its kind and subject."""
    return STILL_THERE if occurrence.subject == STILL else words[occurrence.kind]


@register.filter
def seen_by(notice: Notice, user: User) -> bool:
    """Whether this user has said that they have seen a notice."""
    return notice.seen_by(user)


@register.filter
def closing(occurrence: Occurrence) -> list[Answer]:
    """What was answered, oldest first; the answers are prefetched with their users."""
    return sorted(occurrence.answers.all(), key=lambda answer: answer.at)
