"""The list of attacks and its counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attacks.models import Attack, CaseReport
from attacks.summary import summary
from diary.models import CheckIn, Measurement
from tests.attacks.conftest import berlin
from tests.attacks.test_detail import opened

DAY = timedelta(days=1)


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/attacks/"


def html(browser, url):
    page = browser.get(url)
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("viewer", 200), ("logger_", 200), ("doctor", 200), ("eve", 404)],
)
def test_who_may_see_the_record_sees_the_list(request, sign_in, url, who, status):
    assert sign_in(request.getfixturevalue(who)).get(url).status_code == status


def test_the_empty_list_teaches_and_offers_to_add(sign_in, alice, url):
    page = html(sign_in(alice), url)
    assert "No attacks are written down yet." in page
    assert f"{url}new/" in page


def test_who_may_not_log_is_not_offered_to(sign_in, viewer, url):
    page = html(sign_in(viewer), url)
    assert f"{url}new/" not in page
    assert f"{url}start/" not in page


def test_attacks_come_newest_first_with_dates_and_durations(
    sign_in, alice, url, attack, make_attack
):
    make_attack(
        leak_start=berlin(1, 12, month=7),
        leak_start_precision="year",
        end=berlin(9, 12, month=7),
        end_precision="year",
    )
    page = html(sign_in(alice), url)
    assert page.index("about 2024") < page.index("11 March to 20 March 2024")
    assert "Leak phase: 2 days 10 hours" in page
    assert "Recovery phase: 4 days 2 hours" in page
    assert "Leak phase: length not known" in page


def test_an_attack_from_a_report_says_so(sign_in, alice, url, attack):
    assert "Published report" not in html(sign_in(alice), url)
    CaseReport.objects.create(attack=attack, case_id="x", told={})
    assert "Published report" in html(sign_in(alice), url)


def test_an_open_attack_is_led_to_first(sign_in, alice, url, ongoing):
    page = html(sign_in(alice), url)
    assert "An attack is open" in page
    assert "since 11 March 2024" in page
    assert f"{url}start/" not in page


def test_counts_are_of_attacks_with_the_time_observed(patient, make_attack):
    now = timezone.now()
    patient.checkins.add(checkin(patient, now - 700 * DAY), bulk=False)
    make_attack(leak_start=now - 800 * DAY, end=now - 795 * DAY)
    make_attack(leak_start=now - 364 * DAY, end=now - 360 * DAY)
    make_attack(leak_start=now - 30 * DAY, end=now - 20 * DAY)
    make_attack(
        prodrome_start=now - 9 * DAY, end=now - 8 * DAY, outcome=Attack.Outcome.ABORTED
    )
    make_attack(leak_start=now - 3 * DAY, outcome=Attack.Outcome.NOT_ATTACK)
    found = summary(opened(patient, patient.owner), now)
    assert (found.in_all, found.last_12_months, found.days_since) == (3, 2, 20)
    assert found.observed_since == (now - 700 * DAY).astimezone(patient.tz).date()


def test_readings_brought_in_years_later_do_not_start_the_time_observed(patient):
    now = timezone.now()
    for days_ago, saved_ago in ((2000, 1), (300, 290)):
        row = Measurement(
            patient=patient,
            quantity="pulse",
            value=60,
            typed_value=60,
            typed_unit="/min",
            recorded_at=now - saved_ago * DAY,
        )
        row.set_moment(now - days_ago * DAY, patient.zone)
        row.save()
    first = (now - 300 * DAY).astimezone(patient.tz).date()
    assert summary(opened(patient, patient.owner), now).observed_since == first


def test_no_days_are_counted_while_an_attack_is_open(patient, attack, make_attack):
    make_attack(leak_start=timezone.now() - DAY, ongoing=True)
    assert summary(opened(patient, patient.owner), timezone.now()).days_since is None


def test_days_are_those_of_the_patient_not_of_utc(patient, make_attack):
    make_attack(leak_start=berlin(1), end=berlin(3, 0, 30))
    # 2 March 23:30 in London, and already the 3rd in Berlin.
    assert summary(opened(patient, patient.owner), berlin(4, 0, 15)).days_since == 1


def checkin(patient, at):
    row = CheckIn(patient=patient, no_symptoms=True)
    row.set_moment(at, patient.zone)
    return row


def test_the_page_says_since_when_the_diary_was_kept(
    sign_in, alice, patient, url, attack
):
    assert "as remembered" in html(sign_in(alice), url)
    checkin(patient, berlin(2)).save()
    assert "first entry of the diary, 2 March 2024" in html(sign_in(alice), url)


def test_the_list_takes_as_many_queries_for_one_attack_as_for_forty(
    sign_in, alice, url, attack, make_attack
):
    browser = sign_in(alice)
    with CaptureQueriesContext(connection) as for_one:
        html(browser, url)
    for number in range(40):
        began = berlin(1, month=4) + timedelta(days=10 * number)
        more = make_attack(leak_start=began, end=began + DAY)
        CaseReport.objects.create(attack=more, case_id=str(number), told={})
    with CaptureQueriesContext(connection) as for_forty:
        page = html(browser, url)
    assert len(for_forty) == len(for_one) <= 28
    assert "Page 1 of 2" in page
