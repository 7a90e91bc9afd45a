"""What the database itself refuses, and how a lot is found."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from prophylaxis.models import (
    Appointment,
    Infusion,
    Lot,
    MedicinePlan,
    Plan,
    RateStep,
    Reaction,
)
from sharing.models import Category, Patient

START = datetime(2025, 12, 8, 9, tzinfo=UTC)


@pytest.fixture
def infusion(infused):
    return infused(START)


def refused(make, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        make()


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"status": "started", "finished_at": START}, "running_has_no_end"),
        ({"status": "missed"}, "running_has_no_end"),
        ({"finished_at": START - timedelta(seconds=1)}, "ends_after_start"),
        ({"course_day": 0}, "course_day_in_range"),
        ({"course_day": 6}, "course_day_in_range"),
        ({"dose_g": 0}, "dose_positive"),
        ({"weight_kg": 0}, "weight_positive"),
    ],
)
def test_an_infusion_that_cannot_be_is_refused(infusion, values, rule):
    rows = Infusion.objects.filter(pk=infusion.pk)
    refused(lambda: rows.update(**values), rule)


def test_an_infusion_ends_when_it_began_at_the_earliest(infusion):
    rows = Infusion.objects.filter(pk=infusion.pk)
    assert rows.update(finished_at=START) == 1
    assert rows.update(status="started", finished_at=None) == 1


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"number": ""}, "has_a_number"),
        ({"number": " \t"}, "has_a_number"),
        ({"count": 0}, "has_vials"),
        ({"vial_g": 0}, "size_positive"),
    ],
)
def test_a_lot_that_cannot_be_is_refused(infusion, values, rule):
    said = {"number": "A1", "count": 1}
    refused(lambda: Lot.objects.create(infusion=infusion, **said | values), rule)


def test_a_rate_is_positive_and_one_at_a_time(infusion):
    RateStep.objects.create(infusion=infusion, at=START, ml_per_h=30)
    for rate, rule in ((60, "one_at_a_time"), (0, "rate_positive")):
        at = START + timedelta(minutes=rate == 0)
        refused(
            lambda r=rate, a=at: RateStep.objects.create(
                infusion=infusion, at=a, ml_per_h=r
            ),
            rule,
        )


def test_another_reaction_says_what_it_was(infusion):
    reaction = Reaction(infusion=infusion, kind="other", severity="mild")
    refused(reaction.save, "other_is_named")
    reaction.other = "itching ears"
    reaction.save()


def appointment(patient, **values):
    row = Appointment(patient=patient, **{"status": "planned"} | values)
    row.set_moment(START, "Europe/Berlin")
    return row


def test_a_skipped_infusion_has_a_reason_and_a_day_has_one_fate(patient):
    refused(appointment(patient, status="skipped").save, "skipped_for_a_reason")
    appointment(patient, status="skipped", reason="a cold").save()
    refused(appointment(patient, status="missed").save, "one_fate_a_day")


def test_one_appointment_is_planned_at_a_time(patient):
    appointment(patient).save()
    refused(appointment(patient).save, "one_planned")


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"cadence": "weeks"}, "cadence_is_whole"),
        ({"cadence": "weeks", "weekday": 7}, "cadence_is_whole"),
        ({"cadence": "month", "month_day": 32}, "cadence_is_whole"),
        ({"weekday": 2}, "cadence_is_whole"),
        ({"cadence": "weeks", "weekday": 2, "interval_days": 27}, "cadence_is_whole"),
        ({"course_days": 0}, "course_in_range"),
        ({"course_days": 6}, "course_in_range"),
        ({"weight_kg": 0}, "weight_positive"),
        ({"interval_days": 43}, "interval_in_range"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(plan, values, rule):
    refused(lambda: Plan.objects.filter(pk=plan.pk).update(**values), rule)


def medicine(patient, **values):
    said = {
        "patient": patient,
        "name": "Theophylline",
        "dose": "200 mg",
        "times": [time(8), time(20)],
        "zone": "Europe/Berlin",
        "valid_from": date(2026, 1, 1),
    }
    return MedicinePlan(**said | values)


@pytest.mark.parametrize(
    ("values", "rule"),
    [
        ({"times": []}, "has_times"),
        ({"times": [time(hour) for hour in range(9)]}, "has_times"),
        ({"valid_until": date(2025, 12, 31)}, "until_after_from"),
    ],
)
def test_a_medicine_that_cannot_be_is_refused(patient, values, rule):
    refused(medicine(patient, **values).save, rule)


def test_a_medicine_has_one_current_plan(patient):
    first = medicine(patient)
    first.save()
    refused(medicine(patient, medicine=first.medicine).save, "one_current")
    medicine(patient, name="Terbutaline").save()


@pytest.mark.parametrize("typed", ["P100 456-7", "p100456-7", " P100456-7 "])
def test_a_lot_is_found_however_it_is_spaced_or_cased(infusion, typed):
    lot = Lot.objects.create(infusion=infusion, number="P100 456-7")
    Lot.objects.create(infusion=infusion, number="P100 456-70")
    assert list(Lot.objects.numbered(typed)) == [lot]


def test_who_had_a_lot_is_read_from_an_index(infusion):
    with connection.cursor() as cursor:  # a handful of rows would be read through
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Lot.objects.numbered("lot77").values("infusion__patient").explain()
    assert "prophylaxis_lot_by_number" in plan


def test_a_reader_from_whom_notes_are_hidden_sees_no_free_text(
    patient, infusion, viewer, alice
):
    patient.grants.update(hidden=[Category.NOTES])
    Reaction.objects.create(
        infusion=infusion, kind="other", other="OTHER", action="ACT", severity="mild"
    )
    appointment(patient, status="skipped", reason="WHY").save()

    def texts(user):
        opened = Patient.objects.visible_to(user).get(pk=patient.pk)
        reaction = Reaction.objects.readable(opened).get()
        skipped = Appointment.objects.readable(opened).get()
        return [reaction.shown_other, reaction.shown_action, skipped.shown_reason]

    assert texts(viewer) == ["", "", ""]
    assert texts(alice) == ["OTHER", "ACT", "WHY"]


def test_the_dose_of_a_plan_is_worked_out_for_a_weight(plan):
    assert plan.grams(Decimal("70.5")) == 141
