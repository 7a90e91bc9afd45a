"""Cron can take the place of beat and worker: one command does all that they do."""

from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db.models.functions import Now

from capleak.management.commands import sweep
from notifications.models import Heartbeat, Occurrence
from prophylaxis.drafts import MedicineDraft
from prophylaxis.medicines import save_medicine


@pytest.fixture
def medicine(patient, alice):
    draft = MedicineDraft(
        client_id=uuid4(),
        name="Theophylline",
        dose="200 mg",
        times=(time(8),),
        zone="Europe/Berlin",
        valid_from=date(2026, 1, 1),
        remind=True,
    )
    return save_medicine(patient, draft, by=alice)[0]


def test_it_writes_reminders_on_ahead_as_beat_does(medicine, patient):
    before = patient.occurrences.count()
    Occurrence.objects.all().delete()
    call_command("sweep")
    assert patient.occurrences.count() == before > 0


def test_what_beat_does_less_often_waits_for_its_time(db):
    began = [job.name for job in sweep.jobs_due()]
    assert began == [
        "diary.tasks.reassess_flags",
        "prophylaxis.tasks.extend_reminders",
        "capleak.tasks.write_exports",
        "capleak.tasks.erase_due",
        "capleak.tasks.retain",
    ]
    assert list(sweep.jobs_due()) == []
    Heartbeat.objects.update(at=Now() - timedelta(minutes=6))
    assert [job.name for job in sweep.jobs_due()] == [
        "diary.tasks.reassess_flags",
        "capleak.tasks.write_exports",
    ]
    Heartbeat.objects.update(at=Now() - timedelta(hours=2))
    assert len(list(sweep.jobs_due())) == 4


def test_when_nothing_is_its_turn_it_costs_a_question_each(
    db, django_assert_num_queries
):
    list(sweep.jobs_due())
    with django_assert_num_queries(5):
        list(sweep.jobs_due())
