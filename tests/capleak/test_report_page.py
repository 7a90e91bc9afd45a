"""The report for a visit, and the questions that the patient takes there."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from attacks.models import Attack
from bench.report_records import ZONE, give_attacks, give_infusions, reading
from capleak.period import Period
from capleak.report.read import read
from diary.models import VisitSheet
from diary.visit import parts, sheet_of
from prophylaxis.models import MedicinePlan, Plan
from sharing import stale
from sharing.models import AccessEvent, Category, Patient

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BERLIN = ZoneInfo(ZONE)


@pytest.fixture
def own(patient, alice) -> Patient:
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


@pytest.fixture
def page(patient, sign_in):
    """What somebody reads on the report, without its frame."""

    def get(who, **query) -> str:
        answer = sign_in(who).get(f"/patients/{patient.public_id}/report/", query)
        assert answer.status_code == 200
        shown = " ".join(answer.content.decode().split())
        return shown[shown.index("<main") : shown.index("</main>")]

    return get


def a_year(year: int) -> Period:
    return Period(date(year, 1, 1), date(year, 12, 31), BERLIN)


# --- What it says -------------------------------------------------------------------


def test_a_report_of_last_year_says_what_it_would_have_said_then(own):
    give_infusions(own, 30)  # from August 2024 on
    give_attacks(own, 12)  # one each 60 days until October 2026
    found = read(own, a_year(2025), NOW)
    assert [row.began for row in found.attacks][::6] == ["26 Dec 2025", "31 Dec 2024"]
    assert found.attacks[-1].dates == "31 December 2024 to 8 January 2025"
    assert found.numbers.today == date(2025, 12, 31)
    assert all(row.day.year == 2025 for row in found.infused.rows)
    assert len(found.infused.rows) == 13
    assert found.infused.told.startswith("13 given, 13 on time")


def test_a_report_of_last_year_knows_the_plan_of_that_time_and_no_next_day(own):
    give_infusions(own, 30)
    then = Plan.objects.get()
    change = datetime(2026, 2, 1, 9, tzinfo=UTC)
    Plan.objects.filter(pk=then.pk).update(ended_at=change)
    later = Plan.objects.get(pk=then.pk)
    later.pk, later.ended_at, later.began_at = None, None, change
    later.valid_from, later.dose_g_per_kg = change.date(), Decimal(1)
    later.save(force_insert=True)
    found = read(own, a_year(2025), NOW).infused
    assert (found.plan.partition(",")[2], found.next_due) == (
        " 2 g/kg every 28 days",
        "",
    )
    found = read(own, Period(None, None, BERLIN), NOW).infused
    assert found.plan.partition(",")[2] == " 1 g/kg every 28 days"
    assert found.next_due


def test_weight_is_told_in_the_unit_that_the_patient_chose(own):
    own.usual_values.create(
        quantity="weight", value=70, typed_value=70, typed_unit="kg"
    )
    always = Period(None, None, BERLIN)
    assert ("Usual weight", "70 kg") in read(own, always, NOW).about
    own.units = {"weight": "lb"}
    assert ("Usual weight", "154.3 lb") in read(own, always, NOW).about


def test_nobody_grows_older_in_a_diary_that_was_closed(own):
    own.born_on = date(1960, 5, 3)
    always = Period(None, None, BERLIN)
    assert ("Born", "3 May 1960, 66 years") in read(own, always, NOW).about
    own.closed_at = datetime(2021, 1, 1, tzinfo=UTC)
    assert ("Born", "3 May 1960") in read(own, always, NOW).about


def test_the_chosen_period_has_a_rate_of_its_own(own):
    give_attacks(own, 12)
    own.checkins.create(at=NOW, zone=ZONE, day=date(2025, 7, 1), no_symptoms=True)
    found = read(own, a_year(2025), NOW)
    assert found.lines[-1].label == "In the chosen period"
    assert found.lines[-1].short == "3 attacks in 6 months"


def test_what_changed_since_the_visit_is_counted_from_its_day_on(own):
    give_infusions(own, 10)
    give_attacks(own, 3)  # 22 October, 23 August and 24 June 2026
    day = datetime(2026, 9, 30, 8, tzinfo=UTC)
    for value, at in ((2, day.replace(month=8)), (3, day)):
        level = reading(own, "m_protein", value, at)
        level.typed_unit = "g/L"
        level.save()
    MedicinePlan.objects.create(
        patient=own,
        name="Montelukast",
        dose="10 mg",
        times=["21:00"],
        zone=ZONE,
        valid_from=date(2026, 9, 15),
    )
    told = read(own, Period(None, None, BERLIN), NOW, date(2026, 9, 1)).changes
    assert [(change.topic, change.told) for change in told] == [
        ("Attacks", "1 new: 22 October to 30 October 2026"),
        ("Infusions", "2 given"),
        ("Medicines", "new: Montelukast 10 mg"),
        ("Laboratory", "M-protein 2 → 3 g/L"),
    ]


@pytest.mark.parametrize(
    ("fields", "began", "days"),
    [
        ({"leak_start": NOW, "end": NOW, "leak_start_precision": "year"}, "2026", ""),
        ({"leak_start": NOW}, "23 Nov 2026", "1+"),
        ({"leak_start": NOW.replace(day=20), "end": NOW}, "20 Nov 2026", "4"),
    ],
)
def test_an_attack_is_told_no_more_exactly_than_it_is_known(own, fields, began, days):
    Attack.objects.create(patient=own, zone=ZONE, **fields)
    [row] = read(own, Period(None, None, BERLIN), NOW).attacks
    assert (row.began.removeprefix("about "), row.days) == (began, days)


def test_a_period_of_one_day_is_told_as_one_day(own):
    day = date(2026, 11, 23)
    assert read(own, Period(day, day, BERLIN), NOW).period_words == "23 November 2026"


def test_no_rates_are_drawn_where_nothing_was_observed(page, alice, own):
    assert "This compares times" not in page(alice)
    give_attacks(own, 3)
    own.checkins.create(at=NOW, zone=ZONE, day=date(2025, 7, 1), no_symptoms=True)
    assert "This compares times" in page(alice)


def test_hospital_is_blank_where_nothing_was_said(own):
    Attack.objects.create(patient=own, zone=ZONE, leak_start=NOW)
    [row] = read(own, Period(None, None, BERLIN), NOW).attacks
    assert row.stays.told == ""
    [row] = read(own, Period(None, None, BERLIN), NOW).attacks
    assert row.severity == ""


def test_the_page_shows_the_five_things_then_the_details(page, alice, own):
    give_infusions(own, 14)
    give_attacks(own, 2, detailed=1)
    VisitSheet.objects.create(patient=own, questions=["Is <b>this</b> the dose?"])
    shown = page(alice)
    order = [
        "Is &lt;b&gt;this&lt;/b&gt; the dose?",
        "In short",
        "Before the first infusion",
        "14 given",
        "Flags, and what followed",
        "Since the last visit",
        "Attacks in this period",
        "All years",
        "Laboratory values",
        "Medicines",
        "Reactions to infusions",
        "Infusions one by one",
    ]
    places = [shown.index(words) for words in order]
    assert places == sorted(places)


def test_an_empty_record_has_a_report_that_says_so(page, alice):
    shown = page(alice)
    assert "No attack is written down in these days." in shown
    assert "No infusion and no plan is written down." in shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"since": "nonsense"}, "Enter a date, such as 2019-03-14."),
        ({"since": "2020-05-01", "until": "2020-04-01"}, "This is before the first"),
        ({"until": "9999-12-31"}, "Enter a date between 1900 and today."),
        ({"visit": "1899-01-01"}, "Enter a date between 1900 and today."),
    ],
)
def test_days_that_cannot_be_read_are_refused_and_everything_is_shown(
    page, alice, query, words
):
    shown = page(alice, **query)
    assert words in shown
    assert 'aria-current="true"' in shown[: shown.index("5 years")]


def test_what_is_hidden_is_on_no_report(page, own, eve, grant_to):
    [attack] = give_attacks(own, 1)
    attack.triggers.update(kind="period")
    VisitSheet.objects.create(patient=own, questions=["a secret question"])
    grant_to(eve, hidden=[Category.NOTES, Category.PERIOD])
    shown = page(eve)
    assert "secret question" not in shown
    assert "period</td>" not in shown


def test_every_look_is_in_the_access_log(page, viewer):
    page(viewer)
    event = AccessEvent.objects.get()
    assert (event.route, event.allowed) == ("report", True)


# --- Questions and the last visit ---------------------------------------------------


@pytest.fixture
def send(patient, sign_in):
    def post(who, **fields):
        url = f"/patients/{patient.public_id}/report/questions/"
        shown = stale.marks(parts(sheet_of(patient)))
        return sign_in(who).post(url, {"seen": stale.write(shown), **fields})

    return post


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 302), ("manager", 302), ("viewer", 403), ("eve", 404)]
)
def test_only_those_who_manage_the_record_write_its_questions(
    send, patient, request, who, status
):
    answer = send(request.getfixturevalue(who), question_1=" Is this\nthe dose? ")
    assert answer.status_code == status
    stored = VisitSheet.objects.filter(patient=patient).values_list("questions")
    assert list(stored) == ([(["Is this the dose?"],)] if status == 302 else [])


def test_a_question_that_is_too_long_is_kept_and_refused(send, alice, patient):
    answer = send(alice, question_2="x" * 161)
    assert answer.status_code == 200
    assert "x" * 161 in answer.content.decode()
    assert not VisitSheet.objects.exists()


def test_two_people_who_write_see_both_texts(send, alice, manager, patient, sign_in):
    url = f"/patients/{patient.public_id}/report/questions/"
    seen = sign_in(alice).get(url).context["form"]["seen"].value()
    send(manager, question_1="From the manager", seen=seen)
    answer = send(alice, question_1="From Alice", seen=seen)
    shown = answer.content.decode()
    assert "From the manager" in shown
    assert "From Alice" in shown
    again = answer.context["form"]["seen"].value()
    assert send(alice, question_1="From Alice", seen=again).status_code == 302
    assert VisitSheet.objects.get().questions == ["From Alice"]


def test_sent_twice_is_stored_once_and_a_change_keeps_what_was_there(
    send, alice, patient
):
    for question in ("First", "First", "Second"):
        send(alice, question_1=question, last_on="2026-01-05")
    sheet = VisitSheet.objects.get()
    assert (sheet.questions, sheet.last_on) == (["Second"], date(2026, 1, 5))


def test_the_earlier_version_is_kept(send, alice):
    send(alice, question_1="First")
    send(alice, question_1="Second")
    sheet = VisitSheet.objects.get()
    assert [event.questions for event in sheet.events.all()] == [["First"]]


def test_a_visit_that_has_not_come_yet_is_refused(send, alice, patient):
    tomorrow = timezone.now().date().replace(year=timezone.now().year + 1)
    answer = send(alice, last_on=tomorrow.isoformat())
    assert answer.status_code == 200
    assert not VisitSheet.objects.exists()
