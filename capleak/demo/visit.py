"""What the demo takes to the next visit: questions, the diagnosis, and M-protein."""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Final

from capleak.demo.parts import HOME_ZONE, at_local, client_id, reading
from capleak.demo.people import Household
from diary.models import Measurement, Profile, VisitSheet

QUESTIONS: Final = (
    "Can we stay at 2 g/kg, or go back to 1 g/kg after a year without an attack?",
    "I have a headache after each infusion. Would a slower rate help?",
    "May I have the flu vaccine in the week before an infusion?",
)
# Days before today, and g/L: invented, about steady, as an M-protein often is.
LEVELS: Final = ((940, "2.4"), (640, "2.6"), (330, "2.5"), (60, "2.7"))
LAST_VISIT: Final = timedelta(days=180)


def store(people: Household, today: date) -> None:
    """The sheet, the profile and four laboratory values."""
    VisitSheet.objects.create(
        patient=people.patient,
        questions=list(QUESTIONS),
        last_on=today - LAST_VISIT,
        saved_by=people.owner,
    )
    Profile.objects.update_or_create(
        patient=people.patient,
        defaults={"form": Profile.Form.ACUTE, "m_protein": "igg_kappa"},
    )
    rows = []
    for days, level in LEVELS:
        at = at_local(today - timedelta(days=days), time(9, 30))
        typed = reading("m_protein", Decimal(level), "g/L")
        row = Measurement(
            patient=people.patient,
            client_id=client_id(f"m-protein {days}"),
            quantity=typed.quantity,
            value=typed.value,
            typed_value=typed.typed_value,
            typed_unit=typed.typed_unit,
            recorded_at=at + timedelta(days=2),
            entered_by=people.owner,
        )
        row.set_moment(at, HOME_ZONE)
        rows.append(row)
    Measurement.objects.bulk_create(rows)
