"""First and most extreme values: of this attack, in the direction that it drives."""

from __future__ import annotations

from django.utils import timezone

from capleak.attack_entries import entries
from capleak.attack_extremes import extremes
from sharing.models import Patient
from tests.attacks.conftest import berlin
from tests.attacks.test_detail import measure


def found(attack, **how):
    record = Patient.objects.visible_to(attack.patient.owner).get(pk=attack.patient.pk)
    rows = entries(record, attack, timezone.now()).rows
    return {row.quantity: row for row in extremes(attack, rows, **how)}


def test_the_first_and_the_lowest_pressure_of_the_attack(attack):
    for hour, mmhg in ((7, "92"), (9, "70"), (20, "88")):
        measure(attack.patient, berlin(14, hour), "systolic", mmhg)
    measure(attack.patient, berlin(10), "systolic", "60")  # before it began
    row = found(attack)["systolic"]
    assert (row.first, row.first_on) == ("92 mmHg", "14 Mar, 07:00")
    assert (row.worst_word, row.worst, row.worst_on) == (
        "lowest",
        "70 mmHg",
        "14 Mar, 09:00",
    )


def test_what_rises_in_an_attack_is_told_by_its_highest(attack):
    for hour, percent in ((7, "49"), (9, "61"), (20, "52")):
        measure(attack.patient, berlin(14, hour), "hematocrit", percent, unit="%")
    row = found(attack)["hematocrit"]
    assert (row.worst_word, row.worst) == ("highest", "61 %")


def test_what_was_not_measured_has_no_row(attack):
    assert found(attack) == {}


def test_of_a_report_no_hour_is_told(attack):
    measure(attack.patient, berlin(14, 12), "systolic", "80")
    assert found(attack, by_day=True)["systolic"].first_on == "14 Mar"
