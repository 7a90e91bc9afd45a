"""Hospital mode pauses what prompts, tells the circle, and asks on return."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from notifications import hospital, services
from notifications.models import Delivery, HospitalStay, Occurrence
from notifications.outcome import Outcome, Result
from sharing.models import Patient
from tests.conftest import make_user

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Kind = Occurrence.Kind


@pytest.fixture
def url(patient):
    return f"/patients/{patient.public_id}/reminders/hospital/"


@pytest.fixture
def switch(patient, alice):
    def to(on, at=None):
        act = hospital.begin if on else hospital.end
        with Patient.objects.writing(patient):
            return act(patient, by=alice, now=at or timezone.now())

    return to


def go():
    for pk in services.sweep():
        services.deliver(pk)


@pytest.mark.parametrize("kind", sorted(hospital.PROMPTS))
def test_what_prompts_is_not_sent(overdue, switch, kind):
    switch(True)
    occurrence = overdue(kind=kind)
    go()
    occurrence.refresh_from_db()
    assert (mail.outbox, occurrence.fate) == ([], "paused")


def test_the_escalation_of_a_missed_infusion_is_not_sent_either(
    overdue, switch, grant_to
):
    grant_to(make_user("ben"), told=["infusion"])
    switch(True)
    overdue(kind=Kind.INFUSION_MISSED, audience="circle", topic="infusion")
    go()
    assert mail.outbox == []


@pytest.mark.parametrize("kind", [Kind.HELP, Kind.FLAG])
def test_help_and_flags_are_told_as_always(overdue, switch, grant_to, kind):
    grant_to(make_user("ben"), told=["help"])
    switch(True)
    overdue(kind=kind, audience="circle", topic="help")
    go()
    assert len(mail.outbox) == 1


def test_another_record_is_not_paused(overdue, switch, eve):
    switch(True)
    overdue(record=eve.own_record, zone="UTC")
    overdue("after")
    services.sweep()
    states = dict(Occurrence.objects.values_list("key", "state"))
    assert (states["a"], states["after"]) == ("dispatched", "paused")


def test_what_was_on_its_way_and_did_not_get_through_is_paused_too(
    dispatched, switch, patient
):
    claimed = Delivery.objects.claim(dispatched.pk)
    stay = switch(True)
    claimed.settle(Outcome(Result.RETRY, "away"))
    Delivery.objects.update(next_attempt_at=timezone.now() - HOUR)
    go()
    dispatched.refresh_from_db()
    assert (mail.outbox, dispatched.state) == ([], "cancelled")
    assert dispatched.occurrence.fate == "paused"
    assert hospital.missed(stay) == [dispatched.occurrence]


def test_what_was_sent_to_somebody_is_not_called_unsent(dispatched):
    Delivery.objects.update(state="sent", settled_at=timezone.now())
    Occurrence.objects.update(state="paused")
    assert Occurrence.objects.get().fate == "sent"


def test_what_waited_for_the_morning_is_paused_too(dispatched, switch):
    switch(True)
    go()
    dispatched.refresh_from_db()
    assert (mail.outbox, dispatched.state) == ([], "cancelled")
    assert Occurrence.objects.get(key="a").fate == "paused"


def test_the_circle_is_told_of_both_and_nobody_else(switch, grant_to, viewer):
    grant_to(make_user("ben"), told=["hospital"])
    switch(True)
    go()
    switch(False)
    go()
    assert [message.to for message in mail.outbox] == [["ben@example.org"]] * 2


def test_it_asks_once_a_week_whether_it_is_still_right(patient, switch):
    now = timezone.now()
    stay = switch(True, now)
    asked = patient.occurrences.filter(subject="hospital_check").order_by("due_at")
    assert [o.due_at for o in asked[:2]] == [now + 7 * DAY, now + 14 * DAY]
    assert hospital.paused(list(asked)) == set()
    switch(False, now + HOUR)
    assert not asked.filter(state="pending").exists()
    assert stay.patient == patient


def test_pressed_twice_it_is_one_stay(switch):
    assert switch(True) == switch(True)
    switch(False)
    assert switch(False) is None
    assert HospitalStay.objects.count() == 1


def test_the_newest_of_each_subject_is_asked_about_on_return(overdue, switch):
    now = timezone.now()
    stay = switch(True, now - 3 * DAY)
    overdue("old", due_at=now - 2 * DAY)
    services.sweep()
    overdue("new", due_at=now - DAY)
    overdue("pill", subject="medicine:1", kind=Kind.MEDICINE)
    services.sweep()
    switch(False, now)
    stay.refresh_from_db()
    assert [o.key for o in hospital.missed(stay)] == ["new", "pill"]
    assert stay.settled_at is None


def test_nothing_missed_is_nothing_to_ask(switch):
    switch(True)
    assert switch(False).settled_at is not None


def test_what_was_missed_in_an_earlier_stay_is_not_asked_again(overdue, switch):
    now = timezone.now()
    switch(True, now - 2 * HOUR)
    overdue(due_at=now - 2 * HOUR)
    services.sweep()
    switch(False, now - HOUR)
    stay = switch(True, now)
    assert hospital.missed(stay) == []


# --- The page ------------------------------------------------------------------------


def test_the_page_switches_on_and_off_and_the_state_shows_on_every_page(
    client, alice, patient, url
):
    client.force_login(alice)
    assert "Switch hospital mode on" in client.get(url).text
    client.post(url, {"do": "begin"})
    today = f"/patients/{patient.public_id}/"
    assert "no reminders are sent" in client.get(today).text
    client.post(url, {"do": "end"})
    assert "no reminders are sent" not in client.get(today).text
    assert HospitalStay.objects.get().ended_by == alice


def test_on_return_it_asks_and_does_what_was_chosen(
    client, alice, patient, url, overdue
):
    client.force_login(alice)
    client.post(url, {"do": "begin"})
    done = overdue("a")
    later = overdue("b", subject="medicine:1", kind=Kind.MEDICINE)
    services.sweep()
    back = client.post(url, {"do": "end"}, follow=True)
    assert "What should happen with what was missed?" in back.text
    assert "Infusion" in back.text
    stay = HospitalStay.objects.get()
    answers = {f"missed_{done.pk}": "done", f"missed_{later.pk}": "later"}
    client.post(url, {"do": "settle", "stay": stay.pk} | answers)
    stay.refresh_from_db()
    assert stay.settled_at is not None
    assert done.answers.get().what == "done"
    again = patient.occurrences.get(key__startswith="later:")
    assert (again.kind, again.state) == ("medicine", "pending")
    assert again.due_at > timezone.now()
    client.post(url, {"do": "settle", "stay": stay.pk} | answers)
    assert done.answers.count() == 1


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)
def test_those_who_may_log_switch_it(client, request, patient, url, who, status):
    client.force_login(request.getfixturevalue(who))
    assert client.post(url, {"do": "begin"}).status_code == status
    assert HospitalStay.objects.exists() is (status == 302)
    assert Delivery.objects.count() == 0
