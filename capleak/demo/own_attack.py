"""An attack of Ana's own, before her first infusion: invented from start to end.

The published ones tell of a first sign and of a day in hospital, so this is the one
that shows what a page of an attack can hold: every phase, hour by hour, and a flag
that came before it. Its course follows what such attacks are like (domain sheet,
sections 1 and 13); no value is anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from attacks.drafts import Boundary
from attacks.models import (
    Attack,
    Complication,
    Facts,
    Precision,
    Source,
    Stay,
    Treatment,
    Trigger,
)
from attacks.services import set_boundary
from capleak.demo.parts import (
    HOME_ZONE,
    Author,
    Entry,
    Window,
    at_local,
    client_id,
    reading,
)
from capleak.demo.people import Household
from diary.drafts import CheckInDraft

DAYS_AGO: Final = 930  # between two published attacks, before the first infusion
BEFORE, AFTER = timedelta(days=6), timedelta(days=10)
NOTE: Final = "Invented for the demo."
_UNITS: Final = {
    "systolic": "mmHg",
    "diastolic": "mmHg",
    "pulse": "/min",
    "weight": "kg",
    "hematocrit": "%",
    "hemoglobin": "g/dL",
    "albumin": "g/dL",
    "creatinine": "mg/dL",
}


@dataclass(frozen=True, slots=True)
class _Told:
    """One entry: hours from the leak, what was felt and measured, and what was said."""

    hours: float
    felt: Mapping[str, int]
    pressure: tuple[int, int, int]  # upper and lower in mmHg, pulse per minute
    values: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    by: Author = "patient"


_COURSE: Final = (
    _Told(
        -69,
        {"fatigue": 1},
        (121, 76, 68),
        {"weight": "71.4"},
        "Sore throat is gone, but tired.",
    ),
    _Told(-46, {"fatigue": 2, "myalgia": 2, "nausea": 1}, (119, 75, 74)),
    _Told(
        -32,
        {"fatigue": 2, "myalgia": 2, "thirst": 2},
        (113, 70, 84),
        {"weight": "71.9"},
        "Legs ache as after a march. I did nothing.",
    ),
    _Told(
        -20, {"fatigue": 2, "myalgia": 2, "dizziness": 1, "thirst": 2}, (107, 67, 92)
    ),
    _Told(
        -8,
        {"fatigue": 3, "myalgia": 2, "dizziness": 2, "low_urine": 1},
        (100, 63, 101),
        {"weight": "72.8"},
        "Dizzy when I get up. Called the clinic, they expect us.",
    ),
    _Told(
        0,
        {"fatigue": 3, "myalgia": 3, "dizziness": 3, "edema_limbs": 2, "low_urine": 2},
        (86, 55, 118),
        {"weight": "73.6"},
        "Ben drives me in. Feet and hands swell.",
    ),
    _Told(
        5,
        {"fatigue": 3, "dizziness": 3, "nausea": 2, "edema_limbs": 3, "low_urine": 3},
        (74, 46, 131),
        {"hematocrit": "54.2", "hemoglobin": "18.3", "albumin": "2.9"}
        | {"creatinine": "1.4"},
        "Ana is in hospital. I write down what they tell me.",
        by="caregiver",
    ),
    _Told(
        15,
        {"fatigue": 3, "edema_limbs": 3, "edema_face": 2, "low_urine": 3},
        (79, 49, 127),
        {"hematocrit": "59.6", "hemoglobin": "20.1", "albumin": "2.1"}
        | {"creatinine": "1.9", "weight": "77.0"},
        "Intensive care now.",
        by="caregiver",
    ),
    _Told(
        28,
        {"fatigue": 3, "edema_limbs": 3, "edema_face": 2, "low_urine": 2},
        (88, 54, 117),
        {"hematocrit": "56.0", "hemoglobin": "18.9", "albumin": "1.9"}
        | {"weight": "80.2"},
        by="caregiver",
    ),
    _Told(
        46,
        {"fatigue": 3, "edema_limbs": 3, "low_urine": 1},
        (97, 60, 104),
        {"hematocrit": "49.1", "hemoglobin": "16.4", "albumin": "2.3"}
        | {"creatinine": "1.5", "weight": "81.1"},
        "She makes jokes again.",
        by="caregiver",
    ),
    _Told(
        62,
        {"fatigue": 2, "edema_limbs": 2, "high_urine": 2},
        (109, 66, 94),
        {"hematocrit": "43.5", "hemoglobin": "14.4", "albumin": "2.8"}
        | {"weight": "79.4"},
        "The water goes.",
        by="caregiver",
    ),
    _Told(
        86,
        {"fatigue": 2, "edema_limbs": 1, "high_urine": 2},
        (115, 71, 83),
        {"hematocrit": "39.8", "hemoglobin": "13.2", "albumin": "3.3"}
        | {"creatinine": "0.9", "weight": "75.9"},
        "Out of intensive care.",
        by="caregiver",
    ),
    _Told(110, {"fatigue": 2, "edema_limbs": 1}, (118, 73, 77), {"weight": "73.5"}),
    _Told(
        134,
        {"fatigue": 1},
        (120, 75, 72),
        {"hematocrit": "39.1", "hemoglobin": "13.0", "albumin": "3.8"}
        | {"weight": "72.2"},
        "Home.",
    ),
    _Told(158, {"fatigue": 1, "myalgia": 1}, (122, 76, 69), {"weight": "71.6"}),
)
_PHASES: Final = {"leak_start": 0, "recovery_start": 56, "end": 158}  # hours
_PRODROME_HOURS: Final = -50


def leak_at(today: date) -> datetime:
    """When the leak began: early on a morning, so many days before today."""
    return at_local(today - timedelta(days=DAYS_AGO), time(6, 30))


def window(today: date) -> Window:
    """The days that belong to it; the rest of the diary leaves them out."""
    leak = leak_at(today)
    return Window((leak - BEFORE).date(), (leak + AFTER).date())


def entries(today: date) -> Iterator[Entry]:
    """What was written down, each within minutes."""
    leak = leak_at(today)
    for number, told in enumerate(_COURSE):
        at = leak + timedelta(hours=told.hours)
        names = ("systolic", "diastolic", "pulse")
        values = dict(zip(names, map(str, told.pressure), strict=True))
        draft = CheckInDraft(
            client_id=client_id(f"own attack {number}"),
            at=at,
            zone=HOME_ZONE,
            symptoms=dict(told.felt),
            note=told.note,
            readings=tuple(
                reading(quantity, Decimal(typed), _UNITS[quantity])
                for quantity, typed in (values | dict(told.values)).items()
            ),
        )
        yield Entry(draft, at + timedelta(minutes=6), told.by)


def store(people: Household, today: date) -> Attack:
    """The attack as it was opened when the leak began, with all that came of it."""
    leak = leak_at(today)

    def after(hours: float) -> datetime:
        return leak + timedelta(hours=hours)

    attack = Attack(
        patient=people.patient,
        zone=HOME_ZONE,
        note=NOTE,
        certainty=Attack.Certainty.CONFIRMED,
        entered_by=people.owner,
        recorded_at=after(0.2),
    )
    for name, hours in _PHASES.items():
        boundary = Boundary(after(hours), Precision.HOURS)
        set_boundary(attack, name, boundary, source=Source.PATIENT)
    attack.save()
    told = {"attack": attack, "source": Source.CAREGIVER, "precision": Precision.HOURS}
    Trigger.objects.create(
        **told, kind=Trigger.Kind.INFECTION, detail="sore throat", evidence="supposed"
    )
    Stay.objects.create(
        **told,
        arrived_at=after(3),
        icu_from=after(13),
        icu_until=after(84),
        discharged_at=after(132),
    )
    Treatment.objects.create(
        **told,
        kind=Treatment.Kind.CRYSTALLOID,
        at=after(4),
        until=after(26),
        amount=Decimal("4.5"),
        unit="L",
    )
    Treatment.objects.create(
        **told, kind=Treatment.Kind.VASOPRESSOR, at=after(14), until=after(40)
    )
    Treatment.objects.create(
        **told, kind=Treatment.Kind.ALBUMIN, at=after(18), amount=Decimal(40), unit="g"
    )
    Treatment.objects.create(
        **told, kind=Treatment.Kind.DIURETIC, at=after(58), until=after(80)
    )
    Complication.objects.create(
        **told, kind=Complication.Kind.KIDNEY_INJURY, at=after(15)
    )
    Facts.objects.create(
        attack=attack,
        drank_at_home=False,
        iv_fluids=True,
        ward=True,
        icu=True,
        ventilated=False,
        surgery=False,
        sequelae=["fatigue"],
        entered_by=people.owner,
    )
    return attack


def remember_the_prodrome(attack: Attack) -> None:
    """Say afterwards when the early signs began, once the flags were replayed.

    A flag opens before anybody knows that an attack is coming; with this boundary in
    place, the replay would find an attack under way.
    """
    assert attack.leak_start is not None
    began = attack.leak_start + timedelta(hours=_PRODROME_HOURS)
    boundary = Boundary(began, Precision.HOURS)
    set_boundary(attack, "prodrome_start", boundary, source=Source.PATIENT)
    attack.save()
