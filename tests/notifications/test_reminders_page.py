"""The reminders page: what comes, what came, and what became of it in plain words."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from notifications import hospital, services
from notifications.models import Answer, Delivery, Preferences
from sharing.models import Patient
from tests.conftest import make_user

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/reminders/"


@pytest.fixture
def page(client, alice, url):
    def get(query=""):
        client.force_login(alice)
        response = client.get(url + query)
        assert response.status_code == 200
        return " ".join(response.text.split())

    return get


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("manager", 200), ("logger_", 403), ("viewer", 403), ("eve", 404)],
)
def test_only_those_who_manage_see_it(client, request, url, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.get(url).status_code == status


def test_what_was_sent_says_to_whom_and_when(page, dispatched):
    services.deliver(dispatched.pk)
    assert "sent to you (a•••@example.org) on" in page()
    assert "alice@example.org) on" not in page()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"state": "failed", "settled_at": Now()}, "could not be delivered to Alice"),
        (
            {"state": "failed", "settled_at": Now(), "problem": "address bounced"},
            "mail to that address comes back",
        ),
        (
            {"state": "failed", "settled_at": Now(), "problem": "turned off"},
            "such mails were turned off there",
        ),
        ({"attempts": 2}, "did not get through yet; the next try is on"),
        ({"next_attempt_at": Now() + DAY}, "waits until"),
        (
            {"state": "cancelled", "settled_at": Now(), "problem": "left out"},
            "the next day would have been too late",
        ),
    ],
)
def test_what_was_not_sent_says_why(page, dispatched, fields, words):
    Delivery.objects.update(**fields)
    assert words in page()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("paused", "hospital mode was on"),
        ("missed", "it would have come too late"),
        ("dispatched", "nobody had an address that could be used"),
    ],
)
def test_what_never_became_a_message_says_why(page, overdue, state, words):
    overdue(state=state)
    assert words in page()


def test_an_answer_stands_beside_what_it_answers(page, dispatched, alice):
    Answer.objects.create(
        occurrence=dispatched.occurrence, user=alice, what="done", at=timezone.now()
    )
    assert "Alice answered on" in page()


def test_what_comes_is_listed_with_its_local_time(page, overdue):
    overdue(kind="bloods", due_at="2037-05-04T07:00Z", expires_at="2037-05-05T07:00Z")
    assert "Mon 4 May 2037, 09:00" in page()
    assert "Yearly blood tests" in page()


def test_in_hospital_it_says_that_nothing_of_it_is_sent(page, patient, alice):
    with Patient.objects.writing(patient):
        hospital.begin(patient, by=alice, now=timezone.now())
    assert "what comes due meanwhile is not sent" in page()
    assert "Are you still in hospital?" in page()


def test_it_says_where_messages_go_and_that_nowhere_is_nowhere(page, alice):
    assert "Reminders go to a•••@example.org" in page()
    alice.emailaddress_set.update(verified=False)
    assert "Nothing can be delivered" in page()


def test_it_says_that_no_channel_is_chosen(page, patient):
    Preferences.objects.create(patient=patient, zone="UTC", channels=[])
    assert "no way to reach you is chosen" in page()


def test_the_past_goes_on_page_by_page_and_shows_each_once(page, overdue, patient):
    now = timezone.now()
    for n in range(45):
        due_at = now - (n // 3 + 1) * DAY  # three share an instant
        overdue(f"{n}", state="missed", due_at=due_at, zone="UTC", kind="medicine")
    seen, query = 0, ""
    for _ in range(3):
        text = page(query)
        seen += text.count('<strong class="reminder-kind">Medicine</strong>')
        query = text.partition("?before=")[2].partition('"')[0]
        query = f"?before={query}" if query else ""
    assert (seen, query) == (45, "")


@pytest.mark.parametrize("before", ["0", "x", "9" * 30, "-1"])
def test_a_page_that_does_not_exist_is_the_newest(page, before):
    assert "What comes next" in page(f"?before={before}")


def test_another_records_occurrence_is_no_place_to_go_on_from(page, overdue, eve):
    hers = overdue(record=eve.own_record, zone="UTC")
    assert "What comes next" in page(f"?before={hers.pk}")


def test_many_messages_cost_as_many_queries_as_few(
    client, alice, url, overdue, grant_to
):
    client.force_login(alice)
    for n in range(3):
        grant_to(make_user(f"person{n}"), told=["help"])

    def some(first, last):
        for n in range(first, last):
            overdue(
                f"{n}", subject=f"{n}", audience="circle", topic="help", kind="help"
            )
        services.sweep()

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    some(0, 2)
    client.get(url)  # the first visit of a day costs a little more
    few = queries()
    some(2, 18)
    assert queries() == few


# --- Where a message leads -----------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "who", "name"),
    [
        ("infusion", "alice", "ivig/infusions/new/"),
        ("infusion_missed", "viewer", "ivig/"),
        ("infusion_missed", "logger_", "ivig/infusions/new/"),
        ("checkin", "manager", "checkins/new/"),
        ("grant", "alice", "sharing/"),
        ("plan_text", "manager", "settings/"),
        ("flag", "viewer", ""),
        ("help", "viewer", "help/"),
        ("bloods", "alice", ""),
    ],
)
def test_a_message_leads_to_what_its_reader_may_see(
    client, request, patient, overdue, kind, who, name
):
    client.force_login(request.getfixturevalue(who))
    root = f"/patients/{patient.public_id}/"
    manages = who in {"alice", "manager"}
    to = {} if manages else {"audience": "circle", "topic": "infusion"}
    told = overdue(kind=kind, **to)
    response = client.get(f"{root}reminders/{told.pk}/open/")
    assert response.url == root + name
    assert client.get(response.url).status_code == 200


def test_a_message_of_another_record_leads_nowhere(client, alice, url, overdue, eve):
    client.force_login(alice)
    hers = overdue(record=eve.own_record, zone="UTC")
    assert client.get(f"{url}{hers.pk}/open/").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 302), ("manager", 302), ("logger_", 404)]
)
def test_what_was_told_to_the_patient_is_nobody_elses_to_find(
    client, request, url, overdue, who, status
):
    client.force_login(request.getfixturevalue(who))
    told = overdue(kind="checkin", audience="patient")
    assert client.get(f"{url}{told.pk}/open/").status_code == status


# --- Notices on the pages of a record -----------------------------------------------


@pytest.fixture
def notice(overdue, grant_to):
    """Help was asked for, and Ben was told."""
    ben = make_user("ben")
    grant_to(ben, told=["help"])
    told = overdue("n", kind="help", subject="help", audience="circle", topic="help")
    services.sweep()
    return told


def today(client, patient, user):
    client.force_login(user)
    return " ".join(client.get(f"/patients/{patient.public_id}/").text.split())


def test_a_notice_shows_to_all_of_the_circle_and_says_who_calls(
    client, patient, notice, viewer, logger_, alice, url
):
    assert "nobody has answered yet" in today(client, patient, logger_)
    client.post(f"{url}{notice.pk}/seen/")
    for user in (viewer, alice, logger_):
        assert "Logger has seen it and is calling" in today(client, patient, user)
    assert Answer.objects.get().user == logger_


def test_whoever_has_seen_it_is_not_asked_again_and_its_patient_never(
    client, patient, notice, viewer, alice, url
):
    button = "I have seen it, I am calling"
    assert button in today(client, patient, viewer)
    client.post(f"{url}{notice.pk}/seen/")
    client.post(f"{url}{notice.pk}/seen/")
    assert button not in today(client, patient, viewer)
    assert button not in today(client, patient, alice)
    assert Answer.objects.count() == 1


def test_a_notice_that_reached_nobody_is_not_called_told(
    client, patient, overdue, alice
):
    overdue("n", kind="help", subject="help", audience="circle", topic="help")
    services.sweep()
    assert "caregivers were told" not in today(client, patient, alice)


def test_a_notice_goes_after_two_days(client, patient, notice, alice):
    patient.occurrences.update(due_at=timezone.now() - 2 * DAY)
    assert "caregivers were told" not in today(client, patient, alice)


def test_an_infusion_that_was_entered_is_not_called_overdue(
    client, patient, overdue, alice, grant_to
):
    grant_to(make_user("ben"), told=["infusion"])
    missed = overdue(kind="infusion_missed", audience="circle", topic="infusion")
    services.sweep()
    chosen = services.preferences_of(patient)
    chosen.infusion_due_at = missed.about_at
    chosen.save()
    assert "An infusion is overdue" in today(client, patient, alice)
    chosen.infusion_due_at = missed.about_at + 28 * DAY
    chosen.save()
    assert "An infusion is overdue" not in today(client, patient, alice)


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 302), ("viewer", 302), ("doctor", 302), ("eve", 404)]
)
def test_all_who_may_look_can_say_that_they_call(
    client, request, notice, url, who, status
):
    client.force_login(request.getfixturevalue(who))
    assert client.post(f"{url}{notice.pk}/seen/").status_code == status


def test_what_was_for_the_patient_cannot_be_seen_as_a_notice(
    client, alice, url, overdue
):
    client.force_login(alice)
    assert client.post(f"{url}{overdue().pk}/seen/").status_code == 404
