"""Fill a database with people who are to be reminded.

    python -m bench.reminders PEOPLE SECONDS

One occurrence for each of so many people, due one after the other in that time from
now on. Only for a database that is thrown away.
"""

import sys
from datetime import datetime, timedelta
from typing import Final

import django

django.setup()

# Models need the settings, so their imports come after the setup.
from allauth.account.models import EmailAddress  # noqa: E402
from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from notifications.models import Occurrence  # noqa: E402
from sharing.models import Patient, User  # noqa: E402

USEFUL_FOR: Final = timedelta(hours=6)
ZONE: Final = "Europe/Berlin"
LEAD: Final = timedelta(seconds=2)  # nothing is due before all rows are there


def people(number: int) -> list[Patient]:
    """So many new records, each with an owner who has a confirmed address."""
    users = User.objects.bulk_create(
        User(email=f"person{n}@drill.invalid") for n in range(number)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in users
    )
    return Patient.objects.bulk_create(
        Patient(owner=user, name="Nobody", zone=ZONE) for user in users
    )


def reminder(patient: Patient, due_at: datetime) -> Occurrence:
    """A reminder that somebody asked for at this moment."""
    return Occurrence(
        patient=patient,
        kind=Occurrence.Kind.INFUSION,
        subject="infusion",
        key=due_at.isoformat(),
        due_at=due_at,
        expires_at=due_at + USEFUL_FOR,
        about_at=due_at + USEFUL_FOR,
        zone=ZONE,
        urgency=Occurrence.Urgency.ASKED,  # at any hour of the day this is run at
    )


@transaction.atomic
def fill(number: int, over: timedelta) -> None:
    records = people(number)
    start = timezone.now() + LEAD
    Occurrence.objects.bulk_create(
        reminder(record, start + n * over / number) for n, record in enumerate(records)
    )


if __name__ == "__main__":
    fill(int(sys.argv[1]), timedelta(seconds=float(sys.argv[2])))
