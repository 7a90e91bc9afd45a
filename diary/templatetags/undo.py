"""The way back that a message offers."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from django import template
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest

from sharing.models import Patient

register = template.Library()


class Undo(NamedTuple):
    """What an undo form sends, and where: ids and a number, nothing that was said."""

    patient: UUID
    client_id: UUID
    version: int


def tell_with_undo(
    request: HttpRequest, words: str, record: Patient, client_id: UUID, version: int
) -> None:
    """Leave a message whose change `version` can be taken back from where it stands."""
    tag = f"undo {record.public_id} {client_id} {version}"
    messages.success(request, words, extra_tags=tag)


def tell_with_link(request: HttpRequest, words: str, address: str) -> None:
    """Leave a message with a link to the page where it can be looked at and undone."""
    messages.success(request, words, extra_tags=f"look {address}")


@register.filter
def link_of(message: Message) -> str:
    """The page that a message leads to; blank if it leads nowhere."""
    match (message.extra_tags or "").split():
        case ["look", address]:
            return address
        case _:
            return ""


@register.filter
def undo_of(message: Message) -> Undo | None:
    """The undo that a message offers, if it does."""
    match (message.extra_tags or "").split():
        case ["undo", patient, client_id, version]:
            return Undo(UUID(patient), UUID(client_id), int(version))
        case _:
            return None
