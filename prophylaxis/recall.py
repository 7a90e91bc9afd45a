"""Who had a lot: in one record, and across those whose patients agreed to it."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from io import StringIO
from typing import Any

from prophylaxis.models import Lot, RecallConsent
from sharing.models import Patient, User
from sharing.spreadsheet import MARK, defused

LOT_LENGTH = 40
SHOWN = 200  # rows on a page; the file has all of them


def in_record(patient: Patient, number: str) -> list[Lot]:
    """The lots of this number in one record, newest first; one query."""
    found = Lot.objects.numbered(number).filter(infusion__patient=patient)
    return list(
        found.select_related("infusion").order_by("-infusion__started_at", "pk")
    )


def in_all_records(number: str) -> list[Lot]:
    """The lots of this number in every record that agreed to be found; one query.

    By name, then newest first.
    """
    found = Lot.objects.numbered(number).filter(
        infusion__patient__recall_consent__isnull=False
    )
    return list(
        found.select_related("infusion__patient").order_by(
            "infusion__patient__name",
            "infusion__patient",
            "-infusion__started_at",
            "pk",
        )
    )


def agree(patient: Patient, *, by: User, agreed: bool) -> None:
    """Let staff find this record by a lot, or not any more; said twice, kept once."""
    with Patient.objects.writing(patient):
        if agreed:
            RecallConsent.objects.get_or_create(
                patient=patient, defaults={"given_by": by}
            )
        else:
            RecallConsent.objects.filter(patient=patient).delete()


def agreed_by(patient: Patient) -> RecallConsent | None:
    return (
        RecallConsent.objects.filter(patient=patient).select_related("given_by").first()
    )


def table(lots: Iterable[Lot], *, names: bool) -> str:
    """The lots as a file for a spreadsheet; a cell is never a formula."""
    out = StringIO()
    writer = csv.writer(out)
    head = ["lot", "infused on", "vials"]
    writer.writerow(["name", *head] if names else head)
    for lot in lots:
        row: list[Any] = [defused(lot.number), lot.infusion.day.isoformat(), lot.count]
        name = [defused(lot.infusion.patient.name)] if names else []
        writer.writerow([*name, *row])
    return MARK + out.getvalue()
