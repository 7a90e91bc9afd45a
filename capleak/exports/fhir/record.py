"""The record that is exported: its days, the moment of the export, and stable ids."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid5

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from capleak.exports.fhir.elements import Element, Resource, narrative
from capleak.period import Period
from sharing.models import Patient


@dataclass(frozen=True)
class Record:
    """A record as the door handed it out, the period and the moment of the export."""

    patient: Patient
    period: Period
    now: datetime

    def id(self, kind: str, *name: object) -> str:
        """The id of a resource: the same name gives the same id in every export.

        The record is part of it. Ids made by clients are unique in one record only.
        """
        told = "|".join(map(str, (kind, *name)))
        return str(uuid5(self.patient.public_id, told))

    def reference(self, kind: str, *name: object) -> Element:
        """A reference to a resource of this Bundle, with its type for readers."""
        return {"reference": f"urn:uuid:{self.id(kind, *name)}", "type": kind}

    @cached_property
    def subject(self) -> Element:
        return self.reference("Patient")

    def resource(
        self,
        kind: str,
        *name: object,
        lines: Iterable[str],
        complete: bool = True,
        **elements: Any,
    ) -> Resource:
        """A resource with its id and, from `lines`, what a person reads."""
        return {
            "resourceType": kind,
            "id": self.id(kind, *name),
            "text": narrative(lines, complete=complete),
            **elements,
        }

    def on_days(self, rows: QuerySet[Any], field: str = "day") -> QuerySet[Any]:
        """The rows whose local day lies in the period."""
        if self.period.since:
            rows = rows.filter(**{f"{field}__gte": self.period.since})
        if self.period.until:
            rows = rows.filter(**{f"{field}__lte": self.period.until})
        return rows

    def touches(self, first: datetime, last: datetime | None) -> bool:
        """Whether a span, None for one that goes on, has any time in the period."""
        start, end = self.period.start, self.period.end
        return (end is None or first < end) and (
            start is None or last is None or last >= start
        )


def named(*names: str) -> str:
    """The first name that is not blank: what FHIR wants named must not be left out."""
    return next((name for name in names if name.strip()), _("not named"))


def reference_to(resource: Resource) -> Element:
    """A reference to a resource that is there already."""
    kind = resource["resourceType"]
    return {"reference": f"urn:uuid:{resource['id']}", "type": kind}
