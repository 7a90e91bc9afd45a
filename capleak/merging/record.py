"""The record itself: its person, whom to call, and what it is reminded of."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db.models import F, Value
from django.db.models.functions import Concat, Left
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from capleak.forms import CONTACTS
from capleak.merging.shared import Merging, label_of
from notifications.models import HospitalStay, Occurrence
from notifications.planning import withdraw
from sharing.models import EmergencyContact, Patient

LONGEST_KEY: Final = 80  # of an occurrence


def settle(merging: Merging, now: datetime) -> None:
    """Keep what the record says; add what it left blank, and note what differs."""
    _person(merging)
    _contacts(merging)
    _notices(merging, now)


def _person(merging: Merging) -> None:
    target, source = merging.target, merging.source
    stays = Patient.objects.get(pk=target.pk)
    goes = Patient.objects.get(pk=source.pk)
    for name in ("born_on", "plan_text"):
        mine, theirs = getattr(stays, name), getattr(goes, name)
        if not mine:
            setattr(stays, name, theirs)
        elif theirs and theirs != mine:
            words = date_format(theirs, "j F Y") if name == "born_on" else theirs
            merging.leave(label_of(stays, name), words)
    if goes.emergency_number != stays.emergency_number:
        merging.leave(_("Emergency number"), goes.emergency_number)
    if goes.name != stays.name:
        merging.leave(_("Name"), goes.name)
    Patient.objects.filter(pk=target.pk).update(
        born_on=stays.born_on,
        plan_text=stays.plan_text,
        units=goes.units | stays.units,
    )


def _contacts(merging: Merging) -> None:
    """Whom to call: those of both, as far as there is room."""
    mine = list(merging.target.emergency_contacts.all())
    phones = {_digits(contact.phone) for contact in mine}
    for theirs in merging.source.emergency_contacts.all():
        if _digits(theirs.phone) in phones:
            continue
        if len(mine) < CONTACTS:
            EmergencyContact.objects.filter(pk=theirs.pk).update(
                patient=merging.target, position=len(mine)
            )
            mine.append(theirs)
        else:
            said = ", ".join(filter(None, [theirs.name, theirs.phone, theirs.role]))
            merging.leave(_("Whom to call"), said)


def _digits(phone: str) -> str:
    return "".join(filter(str.isdigit, phone))


def _notices(merging: Merging, now: datetime) -> None:
    """What was said stays told; what was to be said is planned anew by the other."""
    told = Occurrence.objects.filter(patient=merging.source)
    withdraw(told)
    # Their keys may be the same: "checkin:20270314T0900Z" is in both.
    prefix = Value(f"merged{merging.source.pk}:")
    told.update(key=Left(Concat(prefix, F("key")), LONGEST_KEY))
    if HospitalStay.objects.open().filter(patient=merging.target).exists():
        for stay in HospitalStay.objects.open().filter(patient=merging.source):
            stay.end(now, merging.by)
            stay.settled_at = now
            stay.save(update_fields=["settled_at"])
