"""Attacks side by side."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from capleak.comparison import By, compare
from capleak.comparison_drawing import phase_rows, signature, value_rows
from diary.models import CheckIn, Measurement, Symptom
from sharing.models import Patient
from tests.attacks.conftest import berlin

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
NOW = berlin(1, month=12)


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/attacks/compare/"


@pytest.fixture
def opened(patient, alice):
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


def systolic(patient, at, value, posture=""):
    row = Measurement(
        patient=patient,
        quantity="systolic",
        value=value,
        typed_value=value,
        typed_unit="mmHg",
        posture=posture,
    )
    row.set_moment(at, patient.zone)
    row.save()


def felt(patient, at, **severities):
    row = CheckIn(patient=patient)
    row.set_moment(at, patient.zone)
    row.save()
    Symptom.objects.bulk_create(
        Symptom(checkin=row, code=code, severity=severity)
        for code, severity in severities.items()
    )


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("viewer", 200), ("doctor", 200), ("eve", 404)]
)
def test_who_may_see_the_record_compares(request, sign_in, url, who, status):
    assert sign_in(request.getfixturevalue(who)).get(url).status_code == status


def test_without_attacks_the_page_teaches(sign_in, alice, url):
    assert "Nothing to compare yet." in sign_in(alice).get(url).content.decode()


def test_attacks_are_aligned_at_leak_onset_or_at_the_first_signs(opened, attack):
    systolic(opened, berlin(14, 18, 10), 84)  # 14 March 06:10 the leak
    (by_leak,) = compare(opened, By.LEAK, NOW).attacks
    assert by_leak.values["systolic"] == [(0.5, 84.0)]
    (by_prodrome,) = compare(opened, By.PRODROME, NOW).attacks
    ((day, _value),) = by_prodrome.values["systolic"]
    assert day == pytest.approx(2 + 22 / 24 + 10 / 1440)


def test_values_taken_standing_are_left_out(opened, attack):
    systolic(opened, berlin(14, 18), 70, posture="standing")
    assert compare(opened, By.LEAK, NOW).quantities == []


def test_the_table_tells_the_lowest_pressure(opened, attack):
    for hour, value in ((8, 95), (12, 72), (18, 101)):
        systolic(opened, berlin(14, hour), value)
    (row,) = value_rows(compare(opened, By.LEAK, NOW))
    assert row.values == ["72"]


def test_an_attack_whose_day_0_is_rough_is_left_out_and_said(
    opened, sign_in, alice, url, make_attack
):
    make_attack(leak_start=berlin(1, month=7), leak_start_precision="month")
    found = compare(opened, By.LEAK, NOW)
    assert (found.attacks, found.left_out) == ([], 1)
    assert "1 attack is left out" in sign_in(alice).get(url).content.decode()


def test_one_boundary_and_nothing_else_has_a_page(sign_in, alice, url, make_attack):
    make_attack(leak_start=berlin(1, month=7))
    page = sign_in(alice).get(url).content.decode()
    assert "No measurements in these attacks." in page
    assert "not known" in page


def test_first_symptoms_are_those_of_the_first_day_with_any(opened, attack):
    felt(opened, berlin(10), headache=2)  # the day before: no part of the attack
    felt(opened, berlin(11, 21), fatigue=0)
    felt(opened, berlin(12, 8), fatigue=2, nausea=None)
    felt(opened, berlin(13, 7), dizziness=1)
    felt(opened, berlin(13, 9), myalgia=3)
    found = compare(opened, By.LEAK, NOW)
    assert {label for label, _count in found.signature} == {
        "Fatigue",
        "Nausea",
        "Dizzy",
    }
    assert signature(found).attacks == 1


def test_phases_stand_side_by_side(opened, attack):
    (row,) = phase_rows(compare(opened, By.LEAK, NOW), NOW)
    assert row.lasted == ["2 days 10 hours", "2 days 10 hours", "4 days 2 hours"]


def test_only_the_thirty_newest_are_shown(opened, make_attack):
    for n in range(33):
        start = berlin(1, month=1) + 5 * n * DAY
        make_attack(leak_start=start, end=start + DAY)
    found = compare(opened, By.LEAK, NOW)
    assert (len(found.attacks), found.older) == (30, 3)
    assert found.attacks[0].zero < found.attacks[-1].zero


def test_a_comparison_takes_as_many_queries_for_one_attack_as_for_thirty(
    opened, sign_in, alice, url, make_attack
):
    def queries():
        with CaptureQueriesContext(connection) as captured:
            compare(opened, By.LEAK, NOW)
        return len(captured)

    for n in range(30):
        start = berlin(1, month=1) + 5 * n * DAY
        make_attack(leak_start=start, end=start + DAY)
        systolic(opened, start, 90)
        felt(opened, start, fatigue=1)
        if not n:
            for_one = queries()
    assert queries() == for_one <= 4
    browser = sign_in(alice)
    browser.get(url)
    with CaptureQueriesContext(connection) as cached:
        browser.get(url)
    assert len(cached) <= 12
