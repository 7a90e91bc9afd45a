"""What the parts of a merge share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _
from pghistory.models import Event

from sharing.models import Correction, Patient, User

MINE: Final = "mine"  # as in the record that stays
THEIRS: Final = "theirs"  # as in the record that goes into it
BOTH: Final = "both"  # they are two things


class CannotMerge(Exception):
    """Why the two cannot be one, in words for the page; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One row of each record that cannot both stand as they are."""

    mine: Any
    theirs: Any

    @property
    def key(self) -> str:
        """Its name in a form, the same as long as both rows stand."""
        name = self.mine._meta.model_name
        return f"{name}_{self.mine.pk}_{self.theirs.pk}"


@dataclass(slots=True)
class Merging:
    """One merge while it goes on."""

    target: Patient  # stays
    source: Patient  # goes into it
    by: User
    answers: Mapping[str, str]  # MINE, THEIRS or BOTH by the key of a Pair
    kept_grants: frozenset[int]  # of people who saw one, and may see both
    left_over: dict[str, str] = field(default_factory=dict)

    def answer(self, pair: Pair) -> str:
        """What was decided; CannotMerge for what came up after the page was shown."""
        try:
            return self.answers[pair.key]
        except KeyError:
            raise CannotMerge(stale()) from None

    def leave(self, what: object, value: object) -> None:
        """Keep what has no place in the record that stays; two of one name both."""
        words, name = str(value).strip(), str(what)
        if words:
            before = self.left_over.get(name)
            self.left_over[name] = f"{before}\n{words}" if before else words


def stale() -> str:
    return _("One of the two diaries was changed meanwhile. Look again first.")


def label_of(row: models.Model, name: str) -> str:
    """What a column is called, as the beginning of a line."""
    words = str(getattr(row._meta.get_field(name), "verbose_name", name))
    return words[:1].upper() + words[1:]


def join(merging: Merging, mine: Any, theirs: Any, names: Iterable[str]) -> None:
    """Add to one row what only the other says, and note what both say differently.

    For tables of which a record has one row at most. Nothing is saved here.
    """
    for name in names:
        said, other = getattr(mine, name), getattr(theirs, name)
        if said in ("", None):
            setattr(mine, name, other)
        elif other not in ("", None) and other != said:
            merging.leave(label_of(mine, name), other)


def ask_about(stays: UUID, *, instead_of: UUID) -> None:
    """Let what was asked of an entry be asked of the one that stands in its place."""
    Correction.objects.filter(target=instead_of).update(target=stays)


def event_models() -> Iterator[Any]:
    """The models of pghistory's events."""
    for model in apps.get_models():
        if issubclass(model, Event) and hasattr(model, "pgh_tracked_model"):
            yield model


def column_to(model: type[models.Model], to: type[models.Model]) -> str | None:
    """The column by which a row of `model` names one of `to`, if it has one."""
    for found in model._meta.concrete_fields:
        related = found.related_model
        if found.is_relation and related is to and not found.name.startswith("pgh_"):
            return found.name
    return None
