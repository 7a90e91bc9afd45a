"""The page of numbers, the rates of the list, and the tile of Today."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attacks.models import Attack, Facts, Grade, PastCount, Stay, Treatment, Trigger
from attacks.numbers import read
from attacks.rate_words import conclusion, figure, lines, span
from diary.models import CheckIn, Measurement
from prophylaxis.models import Infusion, Plan
from sharing.models import Category, Patient
from tests.attacks.conftest import berlin
from tests.diary.flagging import ACT, WATCH, quiet_weeks, say

DAY = timedelta(days=1)
NOW = berlin(1, 12, month=12)


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/attacks/numbers/"


@pytest.fixture
def opened(patient, alice):
    """Alice's record as she opens it."""
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


def html(browser, url):
    page = browser.get(url)
    assert page.status_code == 200
    return page.content.decode()


def checkin(patient, at):
    row = CheckIn(patient=patient, no_symptoms=True)
    row.set_moment(at, patient.zone)
    row.save()
    return row


def infusion(patient, at):
    row = Infusion(patient=patient, product="IG", dose_g=140, weight_kg=70)
    row.set_start(at, patient.zone)
    row.save()


def told(opened):
    return [f"{line.label}: {line.short}" for line in lines(read(opened, NOW))]


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("viewer", 200), ("doctor", 200), ("eve", 404)]
)
def test_who_may_see_the_record_sees_its_numbers(request, sign_in, url, who, status):
    assert sign_in(request.getfixturevalue(who)).get(url).status_code == status


def test_an_empty_record_has_a_page_that_claims_nothing(sign_in, alice, url):
    page = html(sign_in(alice), url)
    assert "There is no diary entry yet" in page
    assert "a year" not in page.partition("How this is counted")[0]


def test_exposure_starts_with_the_first_entry_of_the_diary(
    opened, sign_in, alice, url, make_attack
):
    checkin(opened, NOW - 200 * DAY)
    make_attack(leak_start=NOW - 900 * DAY, end=NOW - 890 * DAY)
    make_attack(leak_start=NOW - 100 * DAY, end=NOW - 95 * DAY)
    assert told(opened) == ["All time observed: 1 attack in 7 months"]
    page = html(sign_in(alice), url)
    assert "Time counts from the first entry of the diary" in page
    assert "1 attack began, or may have begun, outside the time observed" in page


def test_a_laboratory_value_of_long_ago_begins_no_observation(opened):
    lab = Measurement(
        patient=opened,
        quantity="hematocrit",
        value=45,
        typed_value=45,
        typed_unit="%",
    )
    lab.set_moment(NOW - 4000 * DAY, opened.zone)
    lab.save()
    checkin(opened, NOW - 10 * DAY)
    assert read(opened, NOW).diary_days == 11


def test_before_and_on_prophylaxis_are_counted_apart(opened, make_attack):
    checkin(opened, NOW - 800 * DAY)
    for ago in range(400, 0, -28):
        infusion(opened, NOW - ago * DAY)
    for ago in (700, 600, 500, 100):
        make_attack(leak_start=NOW - ago * DAY, end=NOW - ago * DAY + 5 * DAY)
    assert told(opened) == [
        "All time observed: 4 attacks in 2.2 years",
        "Before the first infusion: 3 attacks in 13 months",
        "On prophylaxis: 1 attack in 13 months",
    ]


def test_below_the_minimum_no_conclusion_is_worded(opened, make_attack):
    checkin(opened, NOW - 800 * DAY)
    for ago in range(400, 0, -28):
        infusion(opened, NOW - ago * DAY)
    starts = [NOW - ago * DAY for ago in (780, 740, 700, 660)]
    for start in starts:
        make_attack(leak_start=start, end=start + DAY)
    assert "Too little to compare" in conclusion(read(opened, NOW))
    for ago in (620, 580, 540, 500, 460):
        make_attack(leak_start=NOW - ago * DAY, end=NOW - ago * DAY + DAY)
    found = conclusion(read(opened, NOW))
    assert found.startswith("Attacks came less often on prophylaxis than before")
    assert "rate ratio 0" in found


def test_a_plan_counts_from_the_day_on_which_it_became_valid(opened, alice):
    """Both were typed in on one day; the second says since when it holds."""
    checkin(opened, NOW - 400 * DAY)
    for ago in range(300, 0, -28):
        infusion(opened, NOW - ago * DAY)
    said = {"product": "IG", "local_time": "09:00", "zone": "Europe/Berlin"}
    first, second = (NOW - ago * DAY for ago in (300, 100))
    Plan.objects.create(
        patient=opened,
        dose_g_per_kg=2,
        first_on=first.date(),
        valid_from=first.date(),
        began_at=NOW - 2 * DAY,
        ended_at=NOW - DAY,
        **said,
    )
    Plan.objects.create(
        patient=opened,
        dose_g_per_kg=1,
        first_on=second.date(),
        valid_from=second.date(),
        began_at=NOW - DAY,
        **said,
    )
    courses = read(opened, NOW).courses
    assert [(c.began_on, c.ended_on, c.label[:6]) for c in courses] == [
        (first.date(), second.date(), "2 g/kg"),
        (second.date(), None, "1 g/kg"),
    ]


def test_a_grade_follows_from_stays_and_treatments_as_on_the_page_of_the_attack(
    opened, make_attack
):
    checkin(opened, NOW - 400 * DAY)
    attack = make_attack(leak_start=NOW - 100 * DAY, end=NOW - 95 * DAY)
    assert read(opened, NOW).ungraded == 1
    stay = Stay.objects.create(attack=attack, icu_from=NOW - 99 * DAY)
    assert read(opened, NOW).severe.count == 1
    stay.delete()
    Treatment.objects.create(attack=attack, kind="decompression")
    assert [known.grade for known in read(opened, NOW).attacks] == [3]


def test_flags_stand_on_the_line_of_all_years_and_in_its_table(
    sign_in, alice, patient, url
):
    quiet_weeks(patient)
    assert "flag: watch" not in html(sign_in(alice), url)
    say(patient, alice, WATCH)
    page = html(sign_in(alice), url)
    assert "flag: watch" in page
    assert "1 flag;" in page  # of the sentence that says what the line shows
    say(patient, alice, ACT)
    page = html(sign_in(alice), url)
    assert "flag: act" in page
    assert "flag: watch" not in page  # one flag, by the level it came to


def test_an_open_attack_counts_once_and_leaves_no_time_free(opened, make_attack):
    checkin(opened, NOW - 100 * DAY)
    make_attack(leak_start=NOW - 2 * DAY, ongoing=True)
    found = read(opened, NOW)
    assert found.tallies.overall.count == 1
    assert found.free_now is None


def test_early_signs_and_false_alarms_do_not_count(opened, make_attack):
    checkin(opened, NOW - 100 * DAY)
    outcomes = Attack.Outcome
    make_attack(
        prodrome_start=NOW - 50 * DAY, end=NOW - 49 * DAY, outcome=outcomes.ABORTED
    )
    make_attack(leak_start=NOW - 30 * DAY, outcome=outcomes.NOT_ATTACK)
    assert told(opened) == ["All time observed: 0 attacks in 3 months"]


def test_a_past_count_adds_its_time_only_if_it_is_complete(opened, sign_in, alice, url):
    checkin(opened, berlin(1, month=11))
    past = PastCount.objects.create(
        patient=opened, from_on="2020-01-01", until_on="2021-12-31", count=5
    )
    assert read(opened, NOW).tallies.overall.count == 0
    assert "not marked as complete" in html(sign_in(alice), url)
    past.complete = True
    past.save()
    found = read(opened, NOW).tallies.overall
    assert (found.count, found.days) == (5, 731 + 31)


def test_an_attack_known_by_its_year_is_in_no_rate_of_a_younger_diary(
    opened, make_attack
):
    checkin(opened, berlin(1, month=2))
    make_attack(leak_start=berlin(1, month=7), leak_start_precision="year")
    found = read(opened, NOW).tallies
    assert (found.overall.count, found.outside) == (0, 1)


def test_severe_attacks_and_days_in_intensive_care(opened, make_attack):
    checkin(opened, NOW - 365 * DAY)
    graded = make_attack(leak_start=NOW - 300 * DAY, end=NOW - 290 * DAY)
    Grade.objects.create(
        attack=graded, value=3, scale_name="SCLS", assigned_as="clinician"
    )
    derived = make_attack(leak_start=NOW - 200 * DAY, end=NOW - 190 * DAY)
    Facts.objects.create(attack=derived, icu=True)
    Stay.objects.create(
        attack=derived, icu_from=NOW - 199 * DAY, icu_until=NOW - 196.5 * DAY
    )
    make_attack(leak_start=NOW - 100 * DAY, end=NOW - 90 * DAY)
    found = read(opened, NOW)
    assert (found.severe.count, found.severe.days) == (2, 366)
    assert found.ungraded == 1
    assert found.icu_days == 2.5
    assert found.hospital_days is None


def test_without_any_grade_nothing_is_said_of_severity(opened, make_attack):
    checkin(opened, NOW - 365 * DAY)
    make_attack(leak_start=NOW - 300 * DAY, end=NOW - 290 * DAY)
    assert not read(opened, NOW).severity_known


def test_days_since_the_infusion_at_leak_onset(opened, make_attack):
    infusion(opened, berlin(1, 9))
    make_attack(leak_start=berlin(17, 3), end=berlin(19))
    make_attack(leak_start=berlin(1, 3, month=2), end=berlin(3, month=2))
    rows = read(opened, NOW).since_infusion
    assert [(row.days, row.dose) for row in rows] == [(16, "2 g/kg"), (None, "")]


def test_triggers_are_counted_by_attack_and_hidden_ones_left_out(
    opened, viewer, make_attack
):
    for month in (3, 5):
        attack = make_attack(leak_start=berlin(1, month=month))
        Trigger.objects.create(attack=attack, kind="infection", evidence="test")
    Trigger.objects.create(attack=attack, kind="period")
    labels = [(label, count) for label, count, _how in read(opened, NOW).triggers]
    assert labels == [("infection", 2), ("period", 1)]
    opened.grants.update(hidden=[Category.PERIOD])
    theirs = Patient.objects.visible_to(viewer).get(pk=opened.pk)
    assert [label for label, *_rest in read(theirs, NOW).triggers] == ["infection"]


def test_numbers_take_as_many_queries_for_one_attack_as_for_thirty(
    sign_in, alice, url, make_attack, opened
):
    browser = sign_in(alice)
    make_attack()
    with CaptureQueriesContext(connection) as for_one:
        read(opened, timezone.now())
    for n in range(30):
        start = berlin(1, month=4) + timedelta(days=5 * n)
        more = make_attack(leak_start=start, end=start + DAY)
        Stay.objects.create(attack=more, arrived_at=start)
        Facts.objects.create(attack=more, icu=True)
    with CaptureQueriesContext(connection) as for_thirty:
        read(opened, timezone.now())
    assert len(for_thirty) == len(for_one) <= 10
    html(browser, url)  # draws
    with CaptureQueriesContext(connection) as cached:
        html(browser, url)
    assert len(cached) <= 12


def test_todays_tile_tells_the_counts_on_and_before(
    sign_in, alice, opened, make_attack
):
    today = f"/patients/{opened.public_id}/"
    browser, now = sign_in(alice), timezone.now()
    assert "on IVIG;" not in html(browser, today)
    with Patient.objects.writing(opened):
        checkin(opened, now - 800 * DAY)
        for ago in range(400, 0, -28):
            infusion(opened, now - ago * DAY)
        make_attack(leak_start=now - 700 * DAY, end=now - 695 * DAY)
    page = " ".join(html(browser, today).split())
    assert "<strong>0 attacks</strong> in 13 months on IVIG; 1 attack in" in page


def test_the_list_tells_rates_and_leads_to_numbers_and_comparison(
    sign_in, alice, opened, make_attack
):
    checkin(opened, timezone.now() - 730.5 * DAY)
    start = timezone.now() - 100 * DAY
    make_attack(leak_start=start, end=start + DAY)
    page = html(sign_in(alice), f"/patients/{opened.public_id}/attacks/")
    assert "1 attack in 2.0 years" in page
    assert "0.5" in page
    assert f"/patients/{opened.public_id}/attacks/numbers/" in page
    assert f"/patients/{opened.public_id}/attacks/compare/" in page


@pytest.mark.parametrize(
    ("days", "words"),
    [(1, "1 day"), (59, "59 days"), (70, "2 months"), (731, "2.0 years")],
)
def test_a_length_of_time_has_the_unit_that_suits_it(days, words):
    assert span(days) == words


@pytest.mark.parametrize(
    ("value", "words"), [(0, "0"), (0.0253, "0.025"), (1.234, "1.2"), (12.6, "13")]
)
def test_figures_have_two_digits(value, words):
    assert figure(value) == words
