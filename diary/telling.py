"""“Tell my caregivers now”: whom it tells, by what, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils.text import get_text_list
from django.utils.translation import gettext as _

from notifications.channels import CHANNELS
from notifications.models import Occurrence
from notifications.services import tell_circle
from sharing.models import Grant, Patient, Topic, User

SUBJECT: Final = "help"
ONCE_IN: Final = timedelta(minutes=5)  # pressing again within is the same (design)
SHOWN_FOR: Final = timedelta(hours=1)  # on the help page (design choice)


@dataclass(frozen=True, slots=True)
class Circle:
    """Whom the patient chose to be told, by name; and who has no way to be reached."""

    reached: list[str]
    unreached: list[str]

    @property
    def names(self) -> str:
        """The people who are told, as they are spoken of: Bob, Carol and Dan."""
        return get_text_list(self.reached, _("and"))

    @property
    def others(self) -> str:
        return get_text_list(self.unreached, _("and"))


@dataclass(frozen=True, slots=True)
class Told:
    """That it was pressed: when, on the patient's clock, and what became of it."""

    at: datetime
    sent_to: str  # the people to whom a message has left, spoken of
    fate: Occurrence.Fate
    may_repeat: bool  # long enough ago, so that pressing again tells again

    @property
    def on_its_way(self) -> bool:
        fates = Occurrence.Fate
        return not self.sent_to and self.fate in {fates.PLANNED, fates.TRYING}


def circle(patient: Patient) -> Circle:
    """Who would be told at this moment; two queries and one for each channel."""
    grants = Grant.objects.live().filter(patient=patient, told__contains=[Topic.HELP])
    users = [grant.user for grant in grants.select_related("user").order_by("pk")]
    chosen = [user for user in users if user is not None]
    pks = {user.pk for user in chosen}
    found = {pk for way in CHANNELS.values() for pk in way.endpoints(pks)}
    return Circle(
        [str(user) for user in chosen if user.pk in found],
        [str(user) for user in chosen if user.pk not in found],
    )


def tell(patient: Patient, now: datetime) -> Occurrence:
    """Tell everyone chosen, once however often it is pressed within some minutes.

    The row is all that is needed: a worker sends at once, or else the next sweep.
    """
    with Patient.objects.writing(patient):
        if pressed := _last(patient, now - ONCE_IN):
            return pressed
        return tell_circle(
            patient,
            kind=Occurrence.Kind.HELP,
            topic=Topic.HELP,
            subject=SUBJECT,
            key=f"{SUBJECT}:{now:%Y%m%dT%H%M%S.%f}",
            now=now,
            urgency=Occurrence.Urgency.URGENT,
        )


def told_lately(patient: Patient, now: datetime) -> Told | None:
    """The last time that it was pressed within the hour; None if it was not."""
    pressed = _last(patient, now - SHOWN_FOR)
    if pressed is None:
        return None
    sent = pressed.deliveries.filter(state="sent").values("user")
    people = User.objects.filter(pk__in=sent).order_by("pk")
    return Told(
        at=pressed.about_at.astimezone(patient.tz),
        sent_to=get_text_list([str(user) for user in people], _("and")),
        fate=pressed.fate,
        may_repeat=now - pressed.about_at >= ONCE_IN,
    )


def _last(patient: Patient, since: datetime) -> Occurrence | None:
    pressed = Occurrence.objects.filter(
        patient=patient, subject=SUBJECT, kind=Occurrence.Kind.HELP, about_at__gt=since
    )
    return pressed.order_by("-about_at").first()
