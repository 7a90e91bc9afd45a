"""The page of one attack: what to do now, its chart, its times, its entries."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attacks.around import usual
from attacks.models import Attack, CaseReport, Stay, Treatment
from capleak import attack_entries
from capleak.attack_drawing import drawing
from capleak.attack_entries import entries
from capleak.views import attack as view
from diary.models import CheckIn, Measurement, Symptom
from prophylaxis.models import Infusion
from sharing.models import Category, Grant, Patient
from tests.attacks.conftest import berlin


def url(attack):
    return f"/patients/{attack.patient.public_id}/attacks/{attack.public_id}/"


def html(browser, attack):
    page = browser.get(url(attack))
    assert page.status_code == 200
    return page.content.decode()


def log(patient, at, note="", **severities):
    row = CheckIn(patient=patient, note=note, no_symptoms=not severities)
    row.set_moment(at, patient.zone)
    row.save()
    for code, severity in severities.items():
        Symptom.objects.create(checkin=row, code=code, severity=severity)
    return row


def measure(patient, at, quantity, value, *, client_id=None, checkin=None, unit="mmHg"):
    row = Measurement(
        patient=patient,
        checkin=checkin,
        client_id=client_id or uuid4(),
        quantity=quantity,
        value=Decimal(value),
        typed_value=Decimal(value),
        typed_unit=unit,
    )
    row.set_moment(at, patient.zone)
    row.save()
    return row


def opened(patient, user):
    """The record as open_record hands it out."""
    return Patient.objects.visible_to(user).get(pk=patient.pk)


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("viewer", 200), ("logger_", 200), ("doctor", 200), ("eve", 404)],
)
def test_who_may_see_the_record_sees_the_attack(request, sign_in, attack, who, status):
    assert sign_in(request.getfixturevalue(who)).get(url(attack)).status_code == status


def test_the_attack_of_another_record_is_not_found(sign_in, eve, attack):
    own = eve.own_record.public_id
    path = f"/patients/{own}/attacks/{attack.public_id}/"
    assert sign_in(eve).get(path).status_code == 404


def test_an_open_attack_shows_where_it_stands_and_what_can_come_next(
    sign_in, alice, patient, make_attack
):
    attack = make_attack(leak_start=berlin(14, 6), ongoing=True)
    with time_machine.travel(berlin(14, 9, 20), tick=False):
        page = html(sign_in(alice), attack)
    assert "Leak phase" in page
    assert "for 3 hours 20 minutes" in page
    assert 'value="recovery_start"' in page
    assert 'value="end"' in page
    assert 'value="came_to_nothing"' not in page
    assert 'href="tel:112"' in page
    assert f"/patients/{patient.public_id}/help/" in page
    assert f"/patients/{patient.public_id}/checkins/sick/" in page


def test_who_may_not_log_gets_no_buttons(sign_in, viewer, ongoing):
    page = html(sign_in(viewer), ongoing)
    assert 'name="move"' not in page
    assert "/edit/" not in page
    assert "/checkins/new/" not in page
    assert 'href="tel:112"' in page


def test_an_attack_that_is_over_has_no_next_moves(sign_in, alice, attack):
    page = html(sign_in(alice), attack)
    assert 'name="move"' not in page
    assert "/edit/" in page


def test_times_tell_start_precision_source_and_duration(sign_in, alice, make_attack):
    attack = make_attack(
        prodrome_start=berlin(11, 12),
        prodrome_start_precision="day",
        prodrome_start_source="caregiver",
        leak_start=berlin(14, 6, 10),
        recovery_start=berlin(16, 16),
    )
    page = html(sign_in(alice), attack)
    assert "that day; caregiver" in page
    assert "about 3 days" in page
    assert "14 March 2024, 06:10" in page
    assert "2 days 10 hours" in page
    assert "lasted: not known" in page


def test_a_stretch_of_unknown_phase_is_told(sign_in, alice, make_attack):
    attack = make_attack(leak_start=berlin(14), end=berlin(18))
    assert "Of 4 days the phase is not known" in html(sign_in(alice), attack)


def test_entries_of_the_window_are_a_table_with_the_patients_units(
    sign_in, alice, patient, attack
):
    patient.units = {"weight": "lb"}
    patient.save()
    checkin = log(patient, berlin(14, 8), "very ill", nausea=3, fatigue=None, cough=0)
    for quantity, value in (("systolic", 84), ("diastolic", 51)):
        cuff = checkin.client_id
        at = berlin(14, 8)
        measure(patient, at, quantity, value, checkin=checkin, client_id=cuff)
    measure(patient, berlin(15, 9), "weight", "81.6", unit="kg")
    log(patient, berlin(1), "long before")
    page = html(sign_in(alice), attack)
    assert "Nausea: severe" in page
    assert "Fatigue: not graded" in page
    assert "Cough: none" in page
    assert "Blood pressure 84/51 mmHg" in page
    assert "Weight 179.9 lb" in page
    assert "14 Mar 2024" in page
    assert "very ill" in page
    assert "long before" not in page


def test_a_hidden_note_is_not_on_the_page(sign_in, viewer, patient, attack):
    attack.note = "secret of the attack"
    attack.save()
    log(patient, berlin(14, 8), "secret of the entry", nausea=1)
    Grant.objects.filter(user=viewer).update(hidden=[Category.NOTES])
    page = html(sign_in(viewer), attack)
    assert "Nausea: mild" in page
    assert "secret" not in page


def test_hostile_words_are_shown_as_words(sign_in, alice, patient, attack):
    log(patient, berlin(14, 8), "<script>alert(1)</script>", **{"</svg><b>x": 2})
    attack.note = "<img src=x onerror=alert(1)>"
    attack.save()
    page = html(sign_in(alice), attack)
    assert "<script>alert(1)" not in page
    assert "<img" not in page
    assert "<b>x" not in page


def test_the_chart_counts_days_from_leak_onset(alice, patient, attack):
    log(patient, berlin(12, 6, 10), nausea=1, cough=0)
    measure(patient, berlin(15, 6, 10), "systolic", 80)
    infusion = Infusion(patient=patient, product="Ig", plan=None)
    infusion.set_start(berlin(16, 6, 10), patient.zone)
    infusion.save()
    record = opened(patient, alice)
    now = timezone.now()
    rows = entries(record, Attack.objects.readable(record).get(), now).rows
    chart = drawing(attack, rows, now, {})
    assert [(s.label, s.marks) for s in chart.symptoms] == [("Nausea", ((-2.0, 1),))]
    assert chart.systolic is not None
    assert chart.systolic.points == ((1.0, 80.0),)
    assert chart.diastolic is None
    assert chart.marks[0].times == (2.0,)
    assert chart.day0_label == "Days from leak onset (14 March 2024, 06:10)"
    assert [(b.phase, b.label) for b in chart.bands] == [
        ("prodrome", "Prodrome · 2.4 d"),
        ("leak", "Leak · 2.4 d"),
        ("recovery", "Recovery · 4.1 d"),
    ]


def test_a_boundary_with_nothing_known_after_it_is_a_single_moment(make_attack):
    attack = make_attack(
        prodrome_start=berlin(11), prodrome_start_precision="day", leak_start=berlin(14)
    )
    chart = drawing(attack, [], timezone.now(), {})
    prodrome, leak = chart.bands
    assert (prodrome.label, prodrome.soft_start, prodrome.soft_end) == (
        "Prodrome · about 3 d",
        True,
        False,
    )
    assert (leak.start, leak.end, leak.label) == (0, 0, "Leak begins")


def test_the_phase_of_an_open_attack_has_no_hard_end(ongoing):
    chart = drawing(ongoing, [], berlin(12, 2), {})
    (band,) = chart.bands
    assert (band.label, band.soft_end, band.end) == ("Prodrome · 6 h", True, 0.25)


def test_the_usual_value_is_the_median_of_well_days_before(
    alice, patient, attack, make_attack
):
    make_attack(leak_start=berlin(20, month=2), end=berlin(22, month=2))
    for day, value in [(1, 118), (3, 120), (5, 122), (7, 124), (9, 199)]:
        measure(patient, berlin(day, month=2), "systolic", value)
    measure(patient, berlin(21, month=2), "systolic", 60)  # in the other attack
    measure(patient, berlin(14, 7), "systolic", 61)  # in this one
    measure(patient, berlin(2), "pulse", 70, unit="/min")  # one value is no habit
    record = opened(patient, alice)
    found = Attack.objects.readable(record).get(pk=attack.pk)
    assert usual(record, found, timezone.now()) == {"systolic": Decimal(122)}


def test_the_chart_is_drawn_once_for_each_state_of_the_record(
    sign_in, alice, viewer, patient, attack, monkeypatch
):
    drawn = []

    def draw(data, *, key, width):
        drawn.append(width)
        return "<svg/>"

    monkeypatch.setattr(view, "attack_chart", draw)
    browser = sign_in(alice)
    html(browser, attack)
    html(browser, attack)
    html(sign_in(viewer), attack)
    assert drawn == ["phone", "desk"]
    with Patient.objects.writing(patient):
        log(patient, berlin(14, 8), nausea=2)
    html(browser, attack)
    assert len(drawn) == 4


def test_the_chart_has_its_ids_once_and_no_inline_style(
    sign_in, alice, patient, attack
):
    log(patient, berlin(14, 8), nausea=3)
    measure(patient, berlin(14, 8), "systolic", 84)
    page = html(sign_in(alice), attack)
    assert page.count("<svg") >= 2
    assert "style=" not in page
    ids = [part.split('"')[0] for part in page.split(' id="')[1:]]
    assert len(ids) == len(set(ids))


def test_the_page_takes_as_many_queries_for_few_entries_as_for_many(
    sign_in, alice, patient, attack, monkeypatch
):
    browser = sign_in(alice)
    with CaptureQueriesContext(connection) as for_none:
        html(browser, attack)
    for hour in range(40):
        row = log(patient, berlin(14, 8) + timedelta(hours=hour), nausea=1, fatigue=2)
        measure(patient, row.at, "pulse", 90 + hour, checkin=row, unit="/min")
    with Patient.objects.writing(patient), CaptureQueriesContext(connection) as many:
        html(browser, attack)
    # The first page had no check-ins, so none of their symptoms to ask for.
    assert len(many) <= len(for_none) + 1 <= 31


def test_an_attack_left_open_for_years_still_opens(
    sign_in, alice, patient, ongoing, monkeypatch
):
    monkeypatch.setattr(attack_entries, "MOST", 3)
    for day in range(12, 18):
        log(patient, berlin(day), nausea=1)
    page = html(sign_in(alice), ongoing)
    assert page.count("Nausea: mild") == 3
    assert "the timeline has all of them" in page


def test_an_empty_report_is_shown_without_a_fault(sign_in, alice, attack):
    CaseReport.objects.create(attack=attack, case_id="x", told={})
    assert "What the published report says" in html(sign_in(alice), attack)


def test_the_chart_shows_stays_and_treatments_by_time(sign_in, alice, patient, attack):
    Stay.objects.create(
        attack=attack, arrived_at=berlin(14, 9), discharged_at=berlin(20, 11)
    )
    Treatment.objects.create(attack=attack, kind="vasopressor", at=berlin(14, 12))
    Treatment.objects.create(attack=attack, kind="steroid")  # nobody knows when
    url = f"/patients/{patient.public_id}/attacks/{attack.public_id}/"
    page = sign_in(alice).get(url)
    chart = page.context["chart"]
    assert "In hospital" in chart
    assert "Pressure medicine" in chart
    assert "Steroid" not in chart
    assert "Steroid" in page.content.decode()  # among the facts


def test_published_limits_name_their_source(sign_in, alice, patient, attack):
    row = Measurement(
        patient=patient,
        quantity="albumin",
        value=2,
        typed_value=2,
        typed_unit="g/dL",
    )
    row.set_moment(berlin(14, 9), "Europe/Berlin")
    row.save()
    url = f"/patients/{patient.public_id}/attacks/{attack.public_id}/"
    page = sign_in(alice).get(url).content.decode()
    assert "albumin below 3: low (Ebdrup 2018)" in page
