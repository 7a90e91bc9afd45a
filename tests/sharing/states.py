"""What else a record can be in when somebody asks: the states of the matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from uuid import UUID, uuid4

from django.utils import timezone

from capleak import closing
from diary.history import EDITED
from diary.history import draft_of as entry_of
from diary.models import ImportRun
from diary.services import changing, delete_checkin, edit_checkin
from notifications import hospital
from prophylaxis.infusing import delete_infusion
from sharing.deletion import ask_for_record
from sharing.models import Merge, Patient, User
from tests.sharing.roles import World
from tests.sharing.rows import NOTE
from tests.sharing.sends import flagged, over


def edited(world: World) -> None:
    """An entry and an attack said something else before; the marks are in both."""
    owner = _owner(world)
    entry = world.record.checkins.get(client_id=_id(world, "checkin"))
    draft = replace(entry_of(entry), note=f"{entry.note}, corrected")
    edit_checkin(world.record, draft, version=entry.version, by=owner)
    with changing(world.record, by=owner, what=EDITED):
        world.attack.note += ", corrected"
        world.attack.save()


def deleted(world: World) -> None:
    """Everything with an id is gone; what it said is in the history.

    A page that brings something back has had it deleted already.
    """
    owner = _owner(world)
    for entry in world.record.checkins.filter(client_id=_id(world, "checkin")):
        delete_checkin(world.record, entry.client_id, version=entry.version, by=owner)
    for infusion in world.record.infusions.filter(public_id=_id(world, "infusion")):
        delete_infusion(
            world.record, infusion.public_id, version=infusion.version, by=owner
        )
    world.record.comments.filter(public_id=_id(world, "comment")).delete()
    world.attack.triggers.all().delete()


def archived(world: World) -> None:
    """What is not used any more: an own word, an attack that is over."""
    world.record.custom_symptoms.update(archived_at=timezone.now())
    over(world)


def in_hospital(world: World) -> None:
    hospital.begin(world.record, by=_owner(world), now=timezone.now())


def file_removed(world: World) -> None:
    """The file that was brought in is stored, and its text is gone."""
    world.record.imports.update(state=ImportRun.State.DONE, content="")


def closed(world: World) -> None:
    """After a death: what is not named in sharing.closed answers with 409."""
    closing.close(_fresh(world), "", by=User.objects.get(email="manager@example.org"))


def waiting_to_be_deleted(world: World) -> None:
    ask_for_record(_fresh(world), by=_owner(world))


def merged(world: World) -> None:
    """What of another record had no place is kept for those who manage this one."""
    Merge.objects.create(
        patient=world.record,
        source_pk=0,
        source_public_id=uuid4(),
        source_name=NOTE,
        left_over={NOTE: f"{NOTE} in another diary"},
    )


def _fresh(world: World) -> Patient:
    """The record as it is stored: what is changed in it must not outlive a test."""
    return Patient.objects.get(pk=world.record.pk)


def _id(world: World, of: str) -> UUID:
    found = world.ids[of]
    assert isinstance(found, UUID)
    return found


def _owner(world: World) -> User:
    assert world.record.owner
    return world.record.owner


STATES: Final[Mapping[str, Callable[[World], None]]] = {
    "edited": edited,
    "deleted": deleted,
    "archived": archived,
    "flagged": flagged,
    "in hospital": in_hospital,
    "file removed": file_removed,
    "closed": closed,
    "waiting to be deleted": waiting_to_be_deleted,
    "merged": merged,
}
