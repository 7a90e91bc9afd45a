"""Whose record it is, who wrote in it, and the software that tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Protocol

from django.template.loader import render_to_string
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from capleak.exports.fhir import codes
from capleak.exports.fhir.elements import Element, Resource, day, instant, notes
from capleak.exports.fhir.record import Record, reference_to
from sharing.models import Grant, User

SOFTWARE: Final = "CapLeak"
_KINDS: Final = {Grant.Kind.CLINICIAN.value: "Practitioner"}


def intended_use() -> str:
    """What CapLeak is for, as its pages say it."""
    return strip_tags(render_to_string("_intended_use.html")).strip()


def patient(record: Record) -> Resource:
    """The person, and whom to call for them."""
    whose = record.patient
    contacts = list(whose.emergency_contacts.all())
    return record.resource(
        "Patient",
        lines=[
            whose.name,
            _("Born on %(day)s") % {"day": whose.born_on} if whose.born_on else "",
            _("Has died.") if whose.is_closed else "",
            *(f"{c.name}, {c.role}: {c.phone}" for c in contacts),
        ],
        identifier=[
            {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{whose.public_id}"}
        ],
        name=[{"text": whose.name}],
        birthDate=day(whose.born_on),
        deceasedBoolean=True if whose.is_closed else None,  # the day is not asked for
        contact=[
            {
                "relationship": [codes.text(contact.role)],
                "name": {"text": contact.name},
                "telecom": [{"system": "phone", "value": contact.phone}],
            }
            for contact in contacts
        ],
    )


def software(record: Record) -> Resource:
    """CapLeak itself, which put the file together and raises the flags."""
    return record.resource(
        "Device",
        SOFTWARE,
        lines=[SOFTWARE, intended_use()],
        deviceName=[{"name": SOFTWARE, "type": "user-friendly-name"}],
        type=codes.text(_("Symptom diary, software")),
        note=notes(intended_use()),
    )


class Signed(Protocol):
    """A row that says who entered it, and when."""

    entered_by_id: int | None
    recorded_at: datetime


class People:
    """Those who wrote in the record; each is told once, after what they wrote."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._owner = record.patient.owner_id
        held = Grant.objects.filter(patient=record.patient, user__isnull=False)
        self._kinds = dict(held.order_by("pk").values_list("user_id", "kind"))
        self._met: dict[int, Element] = {}

    def who(self, user: int | None) -> Element:
        """A reference to the person; without an account any more: only words."""
        if user is None:
            return {"display": _("someone who has left")}
        if user == self._owner:
            return self._record.subject
        kind = _KINDS.get(self._kinds.get(user, ""), "RelatedPerson")
        return self._met.setdefault(user, self._record.reference(kind, user))

    def entered(
        self, name: str, targets: Iterable[Resource], by: int | None, at: datetime
    ) -> Resource:
        """Who entered the resources, and when (UTC)."""
        record = self._record
        return {
            "resourceType": "Provenance",
            "id": record.id("Provenance", name),
            "target": [reference_to(target) for target in targets],
            "recorded": instant(at, UTC),
            "agent": [
                {
                    "type": codes.status("provenance-participant-type", "enterer"),
                    "who": self.who(by),
                }
            ],
        }

    def signed(self, resource: Resource, row: Signed) -> Iterator[Resource]:
        """A resource, and who entered the row that it was made of."""
        yield resource
        name = f"{resource['resourceType']}|{resource['id']}"
        yield self.entered(name, [resource], row.entered_by_id, row.recorded_at)

    def met(self) -> Iterator[Resource]:
        """The people that were referred to, the record's own person aside."""
        users = User.objects.in_bulk(self._met)
        for user, reference in self._met.items():
            name = users[user].shown_name if user in users else ""
            caregiver = reference["type"] == "RelatedPerson"
            yield self._record.resource(
                reference["type"],
                user,
                lines=[name or _("Somebody who may write in this diary")],
                name=[{"text": name}],
                patient=self._record.subject if caregiver else None,
                relationship=[codes.text(_("Caregiver"))] if caregiver else None,
            )
