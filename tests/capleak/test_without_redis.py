"""With Redis away, people sign in and save; what was due goes out all the same."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications.models import Occurrence
from notifications.services import Due, plan
from sharing.models import Patient

NOBODY_LISTENS = "redis://127.0.0.1:1/0"
PASSWORD = "a long enough secret 7"


@pytest.fixture
def no_redis(settings):
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": NOBODY_LISTENS},
    }
    settings.CELERY_BROKER_URL = NOBODY_LISTENS


def test_signing_in_and_saving_a_check_in_work(no_redis, alice, patient):
    alice.set_password(PASSWORD)
    alice.save()
    client = Client()
    answer = client.post(
        "/accounts/login/", {"login": alice.email, "password": PASSWORD}
    )
    assert answer.status_code == 302
    saved = client.post(
        f"/patients/{patient.public_id}/checkins/new/",
        {"client_id": str(uuid4()), "well": "1"},
    )
    assert saved.status_code == 302
    assert patient.checkins.count() == 1
    page = client.get(f"/patients/{patient.public_id}/")
    assert page.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_reminder_goes_out_by_cron_alone(no_redis, alice, patient):
    now = timezone.now()
    with Patient.objects.writing(patient):
        due = Due(
            key="infusion:1",
            due_at=now + timedelta(hours=1),
            expires_at=now + timedelta(days=1),
            about_at=now + timedelta(hours=1),
            zone="Europe/Berlin",
        )
        plan(patient, "infusion", Occurrence.Kind.INFUSION, [due])
    Occurrence.objects.update(due_at=now)  # an hour later
    call_command("sweep")
    call_command("sweep")
    assert [m.to for m in mail.outbox] == [[alice.email]]
