"""Every change of an attack and of its facts: who, when, and what stood there before.

A row's event says what it said until then; what came after is the next event of the
same row, or the row as it is now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from attacks.course_form import QUESTIONS
from attacks.facts import KINDS
from attacks.forms import LABELS as BOUNDARY_LABELS
from attacks.models import BOUNDARIES, Attack, Facts, Grade, Precision, Trigger
from attacks.words import moment
from sharing.models import Category, Patient, Permission, User

NOTES: Final = {"note", "sequelae_note"}
TITLES: Final = {
    "attack": gettext_lazy("The attack"),
    "facts": gettext_lazy("How far it went"),
    "grade": gettext_lazy("Grade"),
    "trigger": gettext_lazy("Trigger"),
    "stay": gettext_lazy("Stay in hospital"),
    "treatment": gettext_lazy("Treatment"),
    "complication": gettext_lazy("Complication"),
}
# What is told of each row, in the order of its page. Who and when stand beside it.
LABELS: Final[Mapping[str, Any]] = {
    **{
        label: text
        for name in BOUNDARIES
        for label, text in (
            (name, BOUNDARY_LABELS[name]),
            (f"{name}_precision", gettext_lazy("How exact")),
        )
    },
    "ongoing": gettext_lazy("Still going on"),
    "outcome": gettext_lazy("What it was"),
    "certainty": gettext_lazy("How certain"),
    "kind": gettext_lazy("What"),
    "detail": gettext_lazy("Which"),
    "evidence": gettext_lazy("How it is known"),
    "amount": gettext_lazy("How much"),
    "unit": gettext_lazy("Unit"),
    "sites": gettext_lazy("Where"),
    "at": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
    "arrived_at": gettext_lazy("Arrived"),
    "icu_from": gettext_lazy("Intensive care from"),
    "icu_until": gettext_lazy("Intensive care until"),
    "discharged_at": gettext_lazy("Went home"),
    "first_called": gettext_lazy("What it was first called"),
    "precision": gettext_lazy("How exact"),
    **QUESTIONS,
    "no_complications": gettext_lazy("There were no complications"),
    "sequelae": gettext_lazy("What stayed behind"),
    "no_sequelae": gettext_lazy("Nothing stayed behind"),
    "sequelae_note": gettext_lazy("In your words"),
    "value": gettext_lazy("Grade"),
    "scale_name": gettext_lazy("Scale"),
    "scale_version": gettext_lazy("Version of the scale"),
    "note": gettext_lazy("Note"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that a change changed; `after` is None where all of it went."""

    label: str
    before: str
    after: str | None


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one row."""

    title: str
    at: datetime  # on the clock of the attack's zone
    by: str
    deleted: bool
    differences: tuple[Difference, ...]


def changes(patient: Patient, attack: Attack) -> list[Change]:
    """All changes that the reader may see, newest first; a constant query count.

    What a deleted fact said is for those who add entries, as with check-ins.
    """
    models: list[tuple[str, Any]] = [
        ("attack", Attack),
        ("facts", Facts),
        ("grade", Grade),
        *KINDS.items(),
    ]
    streams = [(title, model, *_streams(model, attack)) for title, model in models]
    events = [e for _title, _model, of_row, _live in streams for e in of_row]
    people = User.objects.in_bulk({by for e in events if (by := _by(e)) is not None})
    hidden = NOTES if patient.hides(Category.NOTES) else set()
    no_period = patient.hides(Category.PERIOD)
    sees_deleted = Permission.LOG in patient.permissions
    facts = set(KINDS.values())
    found = []
    for title, model, of_model, live in streams:
        for event, after in _pairs(of_model, live):
            if model is Trigger and no_period and _is_period(event, after):
                continue
            if model in facts and event.pgh_obj_id not in live and not sees_deleted:
                continue
            told = tuple(_differences(model, event, after, attack, hidden))
            if told:
                found.append(
                    Change(
                        title=_titled(title, event),
                        at=event.pgh_created_at.astimezone(attack.tz),
                        by=_named(people, _by(event)),
                        deleted=event.pgh_label == "delete",
                        differences=told,
                    )
                )
    return sorted(found, key=lambda change: change.at, reverse=True)


def _streams(model: Any, attack: Attack) -> tuple[list[Any], dict[int, Any]]:
    """The events of a model's rows of this attack, oldest first, and the rows now."""
    mine = {"pk": attack.pk} if model is Attack else {"attack": attack}
    of_events = {"pgh_obj_id": attack.pk} if model is Attack else {"attack": attack}
    events = model.pgh_event_model.objects.filter(**of_events)
    return (
        list(events.select_related("pgh_context").order_by("pgh_id")),
        {row.pk: row for row in model.objects.filter(**mine)},
    )


def _pairs(
    events: Iterable[Any], live: Mapping[int, Any]
) -> Iterator[tuple[Any, Any | None]]:
    """Each event with what came after it; None where the row was deleted."""
    of_row: dict[int, list[Any]] = defaultdict(list)
    for event in events:
        of_row[event.pgh_obj_id].append(event)
    for pk, stream in of_row.items():
        for event, after in zip(stream, [*stream[1:], live.get(pk)], strict=True):
            yield event, None if event.pgh_label == "delete" else after


def _by(event: Any) -> int | None:
    about = event.pgh_context.metadata if event.pgh_context else {}
    by: int | None = about.get("by")
    return by


def _named(people: Mapping[int, User], by: int | None) -> str:
    if by is None:
        return _("somebody unnamed")
    return str(people.get(by, _("someone who has left")))


def _titled(title: str, event: Any) -> str:
    """What the row is about: "Complication: stroke"."""
    kinds = {"trigger", "treatment", "complication"}
    if title not in kinds:
        return str(TITLES[title])
    return f"{TITLES[title]}: {event.get_kind_display()}"


def _is_period(event: Any, after: Any | None) -> bool:
    period = Trigger.Kind.PERIOD
    return period in {event.kind, after.kind if after else ""}


def _differences(
    model: Any, before: Any, after: Any | None, attack: Attack, hidden: set[str]
) -> Iterator[Difference]:
    names = {column.name for column in model._meta.concrete_fields}
    for name, label in LABELS.items():
        if name not in names or name in hidden:
            continue
        old = getattr(before, name)
        new = None if after is None else getattr(after, name)
        if after is None:
            if old not in (None, "", [], False) and "precision" not in name:
                yield Difference(str(label), _told(model, name, old, attack), None)
        elif old != new:
            texts = [_told(model, name, value, attack) for value in (old, new)]
            yield Difference(_label(name, str(label)), *texts)


def _label(name: str, label: str) -> str:
    """A precision says of which time it is."""
    of = BOUNDARY_LABELS.get(name.removesuffix("_precision"))
    return f"{of}: {label}" if of and name.endswith("_precision") else label


def _told(model: Any, name: str, value: Any, attack: Attack) -> str:
    if value in (None, "", []):
        return _("not said")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return moment(value, Precision.EXACT, attack.tz)
    column = model._meta.get_field(name)
    choices = dict(getattr(column, "base_field", column).flatchoices)
    if isinstance(value, list):
        return ", ".join(str(choices.get(part, part)) for part in value)
    return str(choices.get(value, value))
