"""Making, changing and ending the plan."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from prophylaxis.models import Plan
from prophylaxis.services import save_plan
from sharing.models import Patient
from tests.prophylaxis.conftest import PLAN

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPED = {
    "product": "Octagam 10 %",
    "route": "iv",
    "dose_g_per_kg": "1,5",
    "interval_days": "28",
    "first_at": "2026-01-05T09:00",
    "zone": "Europe/Berlin",
    "remind": ["7", "0"],
}


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


def url(patient, end=""):
    return f"/patients/{patient.public_id}/ivig/plan/{end}"


@pytest.fixture
def post(patient, alice, sign_in):
    client = sign_in(alice)

    def send(**typed):
        """From a page that shows the plan as it is now."""
        current = Plan.objects.current(patient)
        seen = {"seen": current.pk} if current else {}
        return client.post(url(patient), TYPED | seen | typed)

    return send


MATRIX = [("alice", 200), ("manager", 200), ("logger_", 403), ("viewer", 403)]
MATRIX += [("doctor", 403), ("eve", 404)]


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_manage_open_the_form(request, patient, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == status


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_manage_save(request, patient, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(patient), TYPED).status_code
    assert answer == (302 if status == 200 else status)
    assert Plan.objects.exists() is (status == 200)


@pytest.mark.parametrize(("who", "status"), MATRIX)
def test_only_those_who_manage_end_it(request, patient, plan, sign_in, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient, "end/")).status_code == status
    answer = client.post(url(patient, "end/"), {"plan": plan.pk}).status_code
    assert answer == (302 if status == 200 else status)
    assert (Plan.objects.current(patient) is None) is (status == 200)


def test_asking_to_end_it_ends_nothing(patient, plan, alice, sign_in):
    sign_in(alice).get(url(patient, "end/"))
    assert Plan.objects.current(patient) == plan


@pytest.mark.parametrize("shown", ["the one before", "", "all", "9" * 30])
def test_a_page_of_another_plan_ends_nothing_and_asks_again(
    patient, plan, alice, sign_in, shown
):
    newer, _ = save_plan(patient, replace(PLAN, interval_days=21), by=alice)
    asked = {"plan": plan.pk if shown == "the one before" else shown}
    page = sign_in(alice).post(url(patient, "end/"), asked)
    assert Plan.objects.current(patient) == newer
    assert page.status_code == 200
    text = page.content.decode()
    assert "so nothing was ended" in text
    assert f'name="plan" value="{newer.pk}"' in text
    assert "every 21 days" in text


def test_ending_it_twice_says_that_it_is_ended(patient, plan, alice, sign_in):
    client = sign_in(alice)
    for _again in range(2):
        page = client.post(url(patient, "end/"), {"plan": plan.pk}, follow=True)
        assert "The plan is ended." in page.content.decode()


def test_without_a_plan_there_is_nothing_to_end(patient, alice, sign_in):
    response = sign_in(alice).get(url(patient, "end/"))
    assert response.url == f"/patients/{patient.public_id}/ivig/"


def test_what_was_typed_is_the_plan(post, patient):
    assert post().url == f"/patients/{patient.public_id}/ivig/"
    plan = Plan.objects.current(patient)
    assert (plan.product, plan.route) == ("Octagam 10 %", "iv")
    assert (plan.dose_g_per_kg, plan.interval_days) == (Decimal("1.5"), 28)
    assert (plan.first_on, plan.local_time) == (date(2026, 1, 5), time(9))
    assert (plan.zone, plan.remind_days_before) == ("Europe/Berlin", [7, 0])


def test_the_first_time_is_on_the_clock_of_the_chosen_zone(post, patient):
    post(zone="Asia/Tokyo")
    plan = Plan.objects.current(patient)
    assert plan.local_time == time(9)
    assert plan.next_due(None) == datetime(2026, 1, 5, 0, tzinfo=UTC)


def test_a_plan_by_weekday_or_by_month_is_kept_as_such(post, patient):
    post(cadence="weeks", weeks="21", weekday="3", course_days="2", weight="70")
    plan = Plan.objects.current(patient)
    assert (plan.cadence, plan.interval_days, plan.weekday) == ("weeks", 21, 3)
    assert plan.rhythm_label == "every 3 weeks on Thursday, over 2 days"
    assert (plan.course_days, plan.grams(plan.weight_kg)) == (2, 105)
    post(cadence="month", month_day="31", interval_days="nonsense")
    plan = Plan.objects.current(patient)
    assert (plan.cadence, plan.month_day, plan.weekday) == ("month", 31, None)
    assert plan.rhythm_label == "every month on day 31"


@pytest.mark.parametrize(
    ("cadence", "missing"),
    [("days", "interval_days"), ("weeks", "weekday"), ("month", "month_day")],
)
def test_a_cadence_needs_its_own_fields_and_no_others(post, cadence, missing):
    typed = {"interval_days": "", "weeks": "28", "weekday": "", "month_day": ""}
    form = post(cadence=cadence, **typed).context["form"]
    assert list(form.errors) == [missing]


def test_a_newer_plan_is_shown_and_not_overwritten_unseen(post, plan, patient, alice):
    newer, _ = save_plan(patient, replace(PLAN, interval_days=21), by=alice)
    answer = post(seen=plan.pk, prescriber="Dr. Okafor")
    text = answer.content.decode()
    assert "The plan was changed after you opened this page" in text
    assert "every 21 days" in text
    assert Plan.objects.current(patient) == newer
    form = answer.context["form"]
    assert form["prescriber"].value() == "Dr. Okafor"
    post(seen=form["seen"].value(), prescriber="Dr. Okafor")
    assert Plan.objects.current(patient).prescriber == "Dr. Okafor"


def test_pressing_save_twice_makes_one_plan(post):
    post()
    assert post().status_code == 302
    assert Plan.objects.count() == 1


def test_an_untouched_form_changes_nothing(post, patient, alice, sign_in):
    post()
    form = sign_in(alice).get(url(patient)).context["form"]
    shown = {name: form[name].value() for name in TYPED}
    assert shown == {
        "product": "Octagam 10 %",
        "route": "iv",
        "dose_g_per_kg": "1.5",
        "interval_days": 28,
        "first_at": "2026-01-05T09:00",
        "zone": "Europe/Berlin",
        "remind": [7, 0],
    }
    post(**shown)
    assert Plan.objects.count() == 1


def test_a_change_keeps_the_plan_before_it(post):
    post()
    post(interval_days="21")
    plans = Plan.objects.order_by("pk")
    assert [(p.interval_days, p.ended_at is None) for p in plans] == [
        (28, False),
        (21, True),
    ]


def test_a_reminder_of_another_lead_stays_on_the_form(post, patient, alice, sign_in):
    post()
    Plan.objects.update(remind_days_before=[14, 1])
    form = sign_in(alice).get(url(patient)).context["form"]
    assert [label for _, label in form.fields["remind"].choices] == [
        "14 days before",
        "7 days before",
        "1 day before",
        "At the time of the infusion",
    ]


def test_who_is_already_on_it_is_asked_for_the_last_infusion(post, patient):
    response = post(first_at="2025-12-20T09:00")
    assert response.url == f"/patients/{patient.public_id}/ivig/infusions/new/"


def test_today_and_a_year_ahead_are_dates_for_a_first_infusion(post, patient):
    post(first_at="2026-01-01T18:00")
    assert Plan.objects.current(patient).first_on == date(2026, 1, 1)
    post(first_at="2027-01-01T18:00")
    assert Plan.objects.current(patient).first_on == date(2027, 1, 1)


@pytest.mark.parametrize(
    ("field", "typed", "error"),
    [
        ("product", "", "This field is required."),
        ("product", "x" * 81, "at most 80 characters"),
        ("product", "a\0b", "Null characters are not allowed."),
        ("route", "mouth", "not one of the available choices"),
        ("dose_g_per_kg", "", "This field is required."),
        ("dose_g_per_kg", "0", "Enter a number above 0, up to 4 g/kg."),
        ("dose_g_per_kg", "-1", "Enter a number above 0, up to 4 g/kg."),
        ("dose_g_per_kg", "4.001", "Enter a number above 0, up to 4 g/kg."),
        ("dose_g_per_kg", "1e999", "Enter a number above 0, up to 4 g/kg."),
        ("dose_g_per_kg", "0.0001", "no more than 3 decimal places"),
        ("dose_g_per_kg", "NaN", "Enter a number."),
        ("dose_g_per_kg", "-Infinity", "Enter a number."),
        ("dose_g_per_kg", "9" * 1_000_000, "Enter a number above 0, up to 4 g/kg."),
        ("interval_days", "6", "Enter a whole number from 7 to 42."),
        ("interval_days", "43", "Enter a whole number from 7 to 42."),
        ("interval_days", "1e999", "Enter a whole number."),
        ("interval_days", "9" * 1_000_000, "Enter a whole number from 7 to 42."),
        ("first_at", "", "This field is required."),
        ("first_at", "9999-12-31T23:59", "Enter a date"),
        ("first_at", "2027-01-05T09:00", "This is more than a year ahead."),
        ("first_at", "tomorrow", "Enter a date and a time"),
        ("zone", "Mars/Base", "not one of the available choices"),
        ("zone", "a\0b", "not one of the available choices"),
        ("remind", "3", "not one of the available choices"),
    ],
)
def test_bad_input_is_refused_beside_its_field_and_the_rest_is_kept(
    post, field, typed, error
):
    response = post(**{field: typed})
    form = response.context["form"]
    assert response.status_code == 200
    assert list(form.errors) == [field]
    assert error in form.errors[field][0]
    assert form["product" if field != "product" else "dose_g_per_kg"].value()
    assert not Plan.objects.exists()


def test_an_empty_form_is_refused_field_by_field(patient, alice, sign_in):
    response = sign_in(alice).post(url(patient))
    assert response.status_code == 200
    assert "product" in response.context["form"].errors


def test_a_manager_of_a_record_without_owner_makes_its_plan(patient, manager, sign_in):
    Patient.objects.filter(pk=patient.pk).update(owner=None)
    sign_in(manager).post(url(patient), TYPED)
    assert Plan.objects.get().entered_by == manager
