"""The form in which a patient chooses, and the question whether reminders move."""

from datetime import date, time

import pytest

from notifications import services
from notifications.forms import PreferencesForm
from notifications.models import Preferences, Schedule
from sharing.models import Patient
from tests.conftest import make_user
from tests.sharing.roles import as_shown


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/reminders/edit/"


@pytest.fixture
def shown(patient):
    """What a browser sends of the form that nobody touched."""
    return lambda: as_shown(PreferencesForm(patient=patient))


@pytest.fixture
def ben(grant_to):
    return grant_to(make_user("ben"), told=["help"])


@pytest.fixture
def send(client, alice, url, shown):
    def post(page=None, **fields):
        client.force_login(alice)
        sent = {**(page or shown()), **fields}
        return client.post(url, {k: v for k, v in sent.items() if v is not None})

    return post


def chosen(patient):
    return Preferences.objects.get(patient=patient)


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("manager", 302), ("logger_", 403), ("viewer", 403), ("eve", 404)],
)
def test_only_those_who_manage_change_them(client, request, url, shown, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.post(url, shown() | {"morning": "10:00"}).status_code == status
    assert Preferences.objects.filter(morning="10:00").exists() is (status == 302)


def test_looking_at_the_form_stores_nothing(client, alice, url):
    client.force_login(alice)
    assert client.get(url).status_code == 200
    assert not Preferences.objects.exists()


def test_everything_that_is_chosen_is_kept(send, patient, ben):
    response = send(
        channels=[],
        quiet_begin="23:00",
        quiet_end="06:30",
        morning="08:15",
        checkin="daily",
        checkin_time="20:00",
        checkin_gap_days="5",
        bloods_on="2037-03-14",
        grant_days="30",
        plan_text_yearly=None,
        lead_days=["1", "0"],
        patient_1_n="6",
        patient_1_unit="hours",
        patient_2_n="2",
        patient_2_unit="days",
        circle_1_n="3",
        circle_1_unit="days",
        **{f"told_{ben.pk}": ["hospital", "infusion"]},
    )
    assert response.status_code == 302
    row = chosen(patient)
    assert row.channels == []
    assert (row.quiet_begin, row.quiet_end) == (time(23), time(6, 30))
    assert (row.morning, row.checkin, row.checkin_time) == (
        time(8, 15),
        "daily",
        time(20),
    )
    assert (row.checkin_gap_days, row.bloods_on) == (5, date(2037, 3, 14))
    assert (row.grant_days, row.plan_text_yearly) == (30, False)
    assert row.lead_days == [1, 0]
    assert (row.missed_patient_hours, row.missed_circle_hours) == ([6, 48], [72])
    ben.refresh_from_db()
    assert ben.told == ["infusion", "hospital"]


def test_what_was_kept_is_shown_again(send, patient, shown, ben):
    send(patient_1_n="6", patient_1_unit="hours", quiet_on=None)
    again = shown()
    assert (again["patient_1_n"], again["patient_1_unit"]) == ("6", "hours")
    assert "quiet_on" not in again
    assert chosen(patient).quiet is None


def test_a_choice_takes_effect_at_once(send, patient):
    send(checkin="daily", checkin_time="20:00")
    assert patient.occurrences.filter(subject="checkin", state="pending").exists()
    send(checkin="off")
    assert not patient.occurrences.filter(subject="checkin", state="pending").exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quiet_begin": ""}, "Enter a time, such as 22:00."),
        ({"quiet_begin": "07:00"}, "Choose another time than the beginning."),
        ({"morning": "06:00"}, "This is within the quiet hours."),
        ({"checkin": "daily", "checkin_time": "22:30"}, "within the quiet hours."),
        ({"morning": "nine"}, "Enter a time, such as 07:30."),
        ({"checkin_gap_days": "1"}, "greater than or equal to 2"),
        ({"patient_1_n": "15", "patient_1_unit": "days"}, "At most 14 days."),
        ({"patient_1_n": "0"}, "greater than or equal to 1"),
        ({"bloods_on": "soon"}, "Enter a date, such as 2027-03-14."),
        ({"bloods_on": "9999-12-31"}, "Enter a date within the next 20 years."),
        ({"channels": ["pigeon"]}, "pigeon"),
    ],
)
def test_what_cannot_be_is_refused_kindly_and_kept(send, fields, words):
    response = send(**fields)
    assert response.status_code == 200
    assert words in response.text
    assert not Preferences.objects.exists()


def test_a_check_in_that_is_off_may_lie_in_quiet_hours(send):
    assert send(checkin="off", checkin_time="23:00").status_code == 302


def test_a_page_that_stood_open_changes_only_what_was_touched(send, patient, shown):
    old_page = shown()
    send(morning="10:00")
    assert send(old_page, checkin="daily").status_code == 302
    assert (chosen(patient).morning, chosen(patient).checkin) == (time(10), "daily")


def test_what_two_people_changed_is_told_and_not_lost(send, patient, shown, ben):
    old_page = shown()
    name = f"told_{ben.pk}"
    send(morning="10:00", **{name: []})
    response = send(old_page, morning="11:00")
    assert response.status_code == 200
    assert "Somebody changed the same choices" in response.text
    assert 'value="11:00"' in response.text
    assert chosen(patient).morning == time(10)
    now_shown = as_shown(response.context["form"])
    assert now_shown[name] == []
    assert send(now_shown).status_code == 302
    assert chosen(patient).morning == time(11)
    ben.refresh_from_db()
    assert ben.told == []


def test_steps_that_would_reach_nobody_are_told(client, send):
    send(circle_1_n="2")
    page = client.get(send(circle_2_n="3").url)
    assert "Nobody is named yet who is told of an overdue infusion" in page.text


def test_somebody_elses_grant_cannot_be_changed_from_here(send, eve, patient):
    response = send(told_999999=["help"])
    assert response.status_code == 302


# --- Another zone -------------------------------------------------------------------


@pytest.fixture
def moved(patient):
    """Reminded daily at 20:00 in Berlin, and gone to New York."""
    services.preferences_of(patient)
    with Patient.objects.writing(patient):
        services.keep_reminding(
            patient,
            "medicine:1",
            "medicine",
            times=[time(20)],
            first_on=date(2020, 1, 1),
        )
    Patient.objects.filter(pk=patient.pk).update(zone="America/New_York")


def zone_page(client, alice, patient, **sent):
    client.force_login(alice)
    url = f"/patients/{patient.public_id}/reminders/zone/"
    return client.post(url, sent) if sent else client.get(url)


def zones(patient):
    return set(
        patient.occurrences.filter(state="pending").values_list("zone", flat=True)
    )


def test_nothing_moves_by_itself_and_the_pages_ask(client, alice, patient, moved):
    services.sweep()
    assert zones(patient) == {"Europe/Berlin"}
    page = zone_page(client, alice, patient).text
    assert "if it stays: 14:00 here. If it moves: 20:00 here." in page
    overview = client.get(f"/patients/{patient.public_id}/reminders/").text
    assert "Your time zone has changed" in overview


def test_they_move_when_the_patient_says_so(client, alice, patient, moved):
    zone_page(client, alice, patient, answer="move")
    assert zones(patient) == {"America/New_York"}
    assert Schedule.objects.get().zone == "America/New_York"
    first = patient.occurrences.filter(state="pending").earliest("due_at")
    assert first.due_at.astimezone(Patient.objects.get(pk=patient.pk).tz).hour == 20


def test_they_stay_when_the_patient_says_so_and_it_is_not_asked_again(
    client, alice, patient, moved
):
    zone_page(client, alice, patient, answer="stay")
    assert zones(patient) == {"Europe/Berlin"}
    overview = client.get(f"/patients/{patient.public_id}/reminders/").text
    assert "Your time zone has changed" not in overview


def test_a_record_that_did_not_move_is_asked_nothing(client, alice, patient):
    assert "There is nothing to move" in zone_page(client, alice, patient).text
