"""A missed infusion: the patient again, then those whom the patient named."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import services
from notifications.escalation import follow_steps
from notifications.models import Answer, Preferences
from sharing.models import Patient

DUE = datetime(2026, 5, 20, 6, tzinfo=UTC)  # 08:00 in Berlin
NOW = DUE - timedelta(days=10)


@pytest.fixture(autouse=True)
def _before(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def missed(patient):
    def plan(due=DUE, *, patient_hours=(6, 24), circle_hours=(48,)):
        services.preferences_of(patient)
        Preferences.objects.filter(patient=patient).update(
            missed_patient_hours=list(patient_hours),
            missed_circle_hours=list(circle_hours),
        )
        with Patient.objects.writing(patient):
            services.plan_missed(patient, due, "Europe/Berlin")

    return plan


def steps(patient):
    rows = patient.occurrences.filter(state="pending").order_by("due_at")
    return [
        (o.due_at.astimezone(patient.tz).strftime("%d %H:%M"), o.audience) for o in rows
    ]


def test_each_step_comes_at_the_time_that_the_patient_set(patient, missed):
    missed()
    assert steps(patient) == [
        ("20 14:00", "patient"),
        ("21 08:00", "patient"),
        ("22 08:00", "circle"),
    ]
    assert set(patient.occurrences.values_list("urgency", "about_at")) == {
        ("asked", DUE)
    }


def test_the_circle_is_told_of_the_topic_infusion(patient, missed):
    missed(patient_hours=(), circle_hours=(1,))
    assert patient.occurrences.get().topic == "infusion"


def test_nothing_is_said_to_a_circle_that_was_not_chosen(patient, missed):
    missed(circle_hours=())
    assert [audience for _at, audience in steps(patient)] == ["patient", "patient"]


def test_an_infusion_that_is_entered_or_moved_takes_its_steps_along(patient, missed):
    missed()
    missed(DUE + timedelta(days=28), patient_hours=(24,))
    assert steps(patient) == [("18 08:00", "patient"), ("19 08:00", "circle")]
    missed(None)
    assert steps(patient) == []


def test_a_choice_of_other_steps_counts_for_what_is_due_next(patient, missed):
    missed()
    chosen = services.preferences_of(patient)
    chosen.missed_patient_hours, chosen.missed_circle_hours = [12], []
    chosen.save()
    with Patient.objects.writing(patient):
        follow_steps(patient, chosen)
    assert steps(patient) == [("20 20:00", "patient")]


def test_steps_that_have_passed_are_not_begun(patient, missed, time_machine):
    time_machine.move_to(DUE + timedelta(days=1, hours=1))
    missed()
    assert steps(patient) == [("22 08:00", "circle")]


def test_one_answer_stops_reminders_and_escalation(
    patient, missed, alice, time_machine
):
    missed()
    time_machine.move_to(DUE + timedelta(hours=7))
    first = patient.occurrences.earliest("due_at")
    with Patient.objects.writing(patient):
        services.answer(first, alice, Answer.What.DONE, DUE)
    assert steps(patient) == []
    missed()
    assert steps(patient) == []
