"""What a grant hides leaves no trace: not in words, numbers, charts or files.

Two records alike but for what is hidden, each read by somebody from whom it is: every
page must come out the same. So nothing is searched for that a test had to think of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from difflib import unified_diff
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from attacks.models import Attack, PastCount, Trigger
from diary.models import CheckIn, CustomSymptom
from prophylaxis.models import Infusion, Plan
from sharing.models import Category, Patient, User
from tests.conftest import make_user
from tests.sharing.matrix import RECORD
from tests.sharing.roles import routes
from tests.sharing.rows import bare_grant, skipped

pytestmark = pytest.mark.django_db

SECRET = "zebra-crossing"
PARAMS = {route.name: route.params for route in routes(get_resolver())}
READ = [
    name
    for name, page in RECORD.items()
    if page.get and PARAMS[name] <= {"patient", "attack", "checkin", "infusion"}
    if name != "sharing:log"  # is about who reads, on the clock of the database
]
# What differs between two askings of the same page and says nothing: keys, tokens,
# and fractions of seconds.
NOISE = re.compile(
    rb'name="(csrfmiddlewaretoken|seen|plan)" value="[^"]*"'
    rb"|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(attack-|told_|id_told_)\d+"
    rb"|T\d\d:\d\d:\d\d\.\d+"
)


def entry(patient: Patient, at: datetime, **symptoms: int) -> CheckIn:
    checkin = CheckIn(patient=patient, no_symptoms=not symptoms)
    checkin.set_moment(at, patient.zone)
    checkin.save()
    for code, severity in symptoms.items():
        checkin.symptoms.create(code=code, severity=severity)
    return checkin


def tell(checkin: CheckIn, own: CustomSymptom | None) -> None:
    """Add to an entry what belongs to each of the hidden categories."""
    if own:
        checkin.note, checkin.tags = f"{SECRET} in an entry", ["period"]
        checkin.save()
        checkin.symptoms.create(custom=own, severity=3)


def furnish(owner: User, now: datetime, *, secret: bool) -> dict[str, object]:
    """A record of ten weeks with an attack, an infusion; the ids of its addresses."""
    patient = Patient.objects.create(owner=owner, name="Alice", zone="Europe/Berlin")
    note = SECRET if secret else ""
    own = patient.custom_symptoms.create(label=SECRET) if secret else None
    day = timedelta(days=1)
    for number in range(70, 0, -7):
        tell(entry(patient, now - number * day, fatigue=1), own)
        entry(patient, now - (number - 3) * day)
    if own:  # a day of which nothing else is known, and one with nothing but a note
        hidden = CheckIn(patient=patient)
        hidden.set_moment(now - 33 * day, patient.zone)
        hidden.save()
        tell(hidden, own)
        silent = CheckIn(patient=patient, note=SECRET)
        silent.set_moment(now - 5 * day, patient.zone)
        silent.save()
    latest = entry(patient, now - timedelta(hours=2), dizziness=2, nausea=1)
    tell(latest, own)
    attack = Attack.objects.create(
        patient=patient,
        prodrome_start=now - 30 * day,
        leak_start=now - 29 * day,
        recovery_start=now - 27 * day,
        end=now - 24 * day,
        zone=patient.zone,
        note=note,
    )
    Trigger.objects.create(attack=attack, kind="infection", note=note)
    if secret:
        Trigger.objects.create(attack=attack, kind="period")
    years = {"from_on": "1991-01-01", "until_on": "1994-12-31", "count": 2}
    PastCount.objects.create(patient=patient, note=note, **years)
    Plan.objects.create(
        patient=patient,
        product="Gammaplex",
        dose_g_per_kg=2,
        first_on=(now - 60 * day).date(),
        local_time="08:00",
        zone=patient.zone,
    )
    infusion = Infusion(patient=patient, product="Gammaplex", note=note)
    infusion.set_start(now - 25 * day, patient.zone)
    infusion.save()
    appointment = skipped(patient)
    appointment.reason = note or "ill"
    appointment.save()
    return {
        "patient": patient.public_id,
        "attack": attack.public_id,
        "checkin": latest.client_id,
        "infusion": infusion.public_id,
    }


@pytest.fixture
def read_by_the_discreet(
    sign_in: Callable[[User], Client],
) -> Callable[[str, bool], bytes]:
    """A page of such a record, as read by somebody with all permissions and no more."""

    def read(name: str, secret: bool) -> bytes:
        owner = User.objects.create_user(f"{uuid4()}@example.org", name="Alice")
        reader = make_user(f"reader{uuid4().hex}")
        User.objects.filter(pk=reader.pk).update(name="Reader", email="r@example.org")
        now = timezone.now()
        ids = furnish(owner, now, secret=secret)
        bare_grant(
            Patient.objects.get(owner=owner),
            user=reader,
            accepted_at=now,
            permissions=["view", "log", "export", "manage"],
            hidden=[*Category],
        )
        url = reverse(name, kwargs={p: ids[p] for p in PARAMS[name]})
        answer = sign_in(reader).get(url)
        body: bytes = answer.getvalue()
        assert answer.status_code == 200, name
        reader.delete()
        return NOISE.sub(b"~", body)

    return read


@pytest.mark.parametrize("name", READ)
def test_what_is_hidden_leaves_no_trace(name, read_by_the_discreet):
    with time_machine.travel(timezone.now(), tick=False):
        with_secrets = read_by_the_discreet(name, True)
        without = read_by_the_discreet(name, False)
    assert SECRET.encode() not in with_secrets
    lines = [
        page.decode(errors="replace").splitlines() for page in (with_secrets, without)
    ]
    assert not (found := list(unified_diff(*lines, n=0))), "\n".join(found)
    assert with_secrets == without
