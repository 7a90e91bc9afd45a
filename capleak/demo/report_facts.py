"""The facts of the published attacks: what a report says, in the rows of an attack.

What a report does not say gets no row. Texts that are not known here are kept as told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from attacks.models import (
    Attack,
    Complication,
    Facts,
    PastCount,
    Precision,
    Source,
    Stay,
    Treatment,
    Trigger,
)
from sharing.models import Patient

# The reports' own words, and what they are called here.
TREATMENTS: Final[Mapping[str, dict[str, Any]]] = {
    "IV saline 2.5 L": {
        "kind": Treatment.Kind.CRYSTALLOID,
        "amount": Decimal("2.5"),
        "unit": "L",
        "detail": "saline",
    },
    "crystalloid 16 L over 4 days": {
        "kind": Treatment.Kind.CRYSTALLOID,
        "amount": Decimal(16),
        "unit": "L",
        "days": 4,
    },
}
TRIGGERS: Final[Mapping[str, str]] = {
    "intense exertion (long run), day -3, then flu-like illness": (
        Trigger.Kind.EXERTION
    ),
    "upper respiratory infection": Trigger.Kind.INFECTION,
}
COMPLICATIONS: Final[Mapping[str, str]] = {
    "pre_renal_acute_kidney_injury": Complication.Kind.KIDNEY_INJURY,
    "acute_kidney_injury": Complication.Kind.KIDNEY_INJURY,
    "rhabdomyolysis": Complication.Kind.RHABDOMYOLYSIS,
}
FULL_RECOVERY: Final = "full recovery from the index attack"
_LABEL: Final = re.compile(r"First label: ([^.]+)\.")


def store_facts(attack: Attack, case: Mapping[str, Any], zero: datetime) -> None:
    """Store what the report says of one attack; `zero` is the instant of its day 0."""
    told = {"attack": attack, "source": Source.REPORT, "precision": Precision.DAY}
    if trigger := case["trigger"]:
        kind = TRIGGERS.get(trigger, Trigger.Kind.OTHER)
        Trigger.objects.create(
            **told, kind=kind, detail=trigger, evidence=Source.REPORT
        )
    for fields in _treatments(case, zero):
        Treatment.objects.create(**told, **fields)
    for code in case["complications"]:
        kind = COMPLICATIONS.get(code, Complication.Kind.OTHER)
        Complication.objects.create(**told, kind=kind, detail=code.replace("_", " "))
    discharge = case["phases"]["discharge_day"]
    Stay.objects.create(
        **told,
        arrived_at=zero,  # the file's day 0 is the first hospital presentation
        discharged_at=None if discharge is None else zero + timedelta(days=discharge),
        first_called=_first_label(case),
    )
    if case["outcome"] == FULL_RECOVERY:
        Facts.objects.create(attack=attack, no_sequelae=True)


def store_count(patient: Patient, began_on: date) -> None:
    """Say how many attacks the three whole years before the diary had; invented."""
    PastCount.objects.create(
        patient=patient,
        from_on=date(began_on.year - 3, 1, 1),
        until_on=date(began_on.year - 1, 12, 31),
        count=4,
        complete=True,
        note="Invented for the demo.",
        entered_by=patient.owner,
    )


def _treatments(case: Mapping[str, Any], zero: datetime) -> Iterator[dict[str, Any]]:
    for event in case["events"]:
        at = zero + timedelta(days=event["day"])
        for text in event["treatments"]:
            fields = dict(TREATMENTS.get(text, {"kind": "other", "detail": text}))
            days = fields.pop("days", None)
            until = None if days is None else at + timedelta(days=days)
            yield {**fields, "at": at, "until": until}


def _first_label(case: Mapping[str, Any]) -> str:
    for event in case["events"]:
        if found := _LABEL.search(event["note"]):
            return found[1]
    return ""
