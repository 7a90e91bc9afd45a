"""The list of people, and taking access away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from sharing.models import Grant, Patient, User


def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/sharing/"


def people_page(browser: Client, patient: Patient) -> str:
    page = browser.get(url(patient))
    assert page.status_code == 200
    return page.content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 200),
        ("manager", 200),
        ("viewer", 403),
        ("logger_", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_only_who_manages_sees_who_has_access(request, sign_in, patient, who, status):
    browser = sign_in(request.getfixturevalue(who))
    for page in ("", "invite/", "log/"):
        assert browser.get(url(patient) + page).status_code == status


def test_each_person_is_listed_with_what_they_may_do(
    sign_in, alice, patient, viewer, grant_to
):
    Grant.objects.filter(user=viewer).delete()
    ends = timezone.now() + timedelta(days=30)
    grant_to(viewer, "log", hidden=["notes"], expires_at=ends)
    page = people_page(sign_in(alice), patient)
    for words in ("viewer@example.org", "add entries", "without the notes"):
        assert words in page
    assert f"Access until {ends.astimezone(patient.tz):%-d %B %Y}" in page
    assert "Has not looked yet." in page
    assert "manage settings" not in page


def test_the_last_look_is_shown_on_the_clock_of_the_patient(
    sign_in, alice, patient, viewer
):
    sign_in(viewer).get(f"/patients/{patient.public_id}/timeline/")
    now = timezone.now().astimezone(patient.tz)
    page = people_page(sign_in(alice), patient)
    assert f"Last looked on {now:%-d %B %Y}, {now:%H:%M}" in page


def test_a_refused_try_is_no_look(sign_in, alice, patient, viewer):
    sign_in(viewer).get(f"/patients/{patient.public_id}/settings/")
    assert "Has not looked yet." in people_page(sign_in(alice), patient)


def test_an_open_invitation_is_listed_as_such(sign_in, alice, patient, send_to):
    send_to("ben@example.org")
    page = people_page(sign_in(alice), patient)
    assert "invited, not accepted yet" in page
    assert "Take back the invitation of ben@example.org" in page


def test_what_has_ended_is_folded_away(sign_in, alice, patient, viewer, send_to):
    lapsed, _ = send_to("ben@example.org")
    yesterday = timezone.now() - timedelta(days=1)
    Grant.objects.filter(pk=lapsed.pk).update(invitation_expires_at=yesterday)
    Grant.objects.filter(user=viewer).update(revoked_at=timezone.now())
    shown, folded = people_page(sign_in(alice), patient).split("Access that has ended")
    assert "viewer@example.org" not in shown.lower()
    assert "removed on" in folded
    assert "invitation not accepted in time" in folded


def test_the_list_costs_the_same_for_one_person_and_for_twenty(
    sign_in, alice, patient, viewer, grant_to, django_assert_max_num_queries
):
    browser = sign_in(alice)
    with django_assert_max_num_queries(15) as few:
        people_page(browser, patient)
    for number in range(20):
        grant_to(User.objects.create_user(f"{number}@example.org"))
    with django_assert_max_num_queries(len(few.captured_queries)):
        people_page(browser, patient)


# --- Revoking -----------------------------------------------------------------------


@pytest.fixture
def remove(
    sign_in: Callable[[User], Client], patient: Patient
) -> Callable[[User, Grant], str]:
    """Press "yes, remove" as `by`; where that leads to."""

    def press(by: User, grant: Grant) -> str:
        answer = sign_in(by).post(f"{url(patient)}{grant.public_id}/revoke/")
        assert answer.status_code == 302
        return answer.headers["Location"]

    return press


def test_a_removed_person_is_a_stranger_on_the_next_request(
    sign_in, alice, patient, viewer, remove
):
    reading = sign_in(viewer)
    page = f"/patients/{patient.public_id}/timeline/"
    assert reading.get(page).status_code == 200
    remove(alice, Grant.objects.get(user=viewer))
    assert reading.get(page).status_code == 404
    assert reading.get("/home/").headers["Location"] == "/start/"


def test_it_is_kept_who_removed_whom_and_when(alice, patient, viewer, remove):
    grant = Grant.objects.get(user=viewer)
    remove(alice, grant)
    grant.refresh_from_db()
    assert grant.revoked_by == alice
    assert grant.revoked_at is not None
    assert timezone.now() - grant.revoked_at < timedelta(seconds=30)


def test_removing_twice_keeps_the_first_time(alice, manager, viewer, remove):
    grant = Grant.objects.get(user=viewer)
    remove(alice, grant)
    remove(manager, grant)
    grant.refresh_from_db()
    assert grant.revoked_by == alice


def test_an_invitation_that_is_taken_back_opens_nothing(alice, send_to, remove):
    grant, token = send_to("ben@example.org")
    remove(alice, grant)
    assert Client().get(f"/invitations/{token}/").status_code == 404


def test_invitations_of_a_removed_manager_end_with_them(
    sign_in, alice, patient, manager, remove, send_to
):
    form = {"email": "puppet@example.org", "kind": "caregiver", "ends": "never"}
    sign_in(manager).post(f"{url(patient)}invite/", form)
    own, _ = send_to("ben@example.org")
    remove(alice, Grant.objects.get(user=manager))
    assert list(Grant.objects.standing()) == [own]


def test_a_manager_who_leaves_goes_home(patient, manager, remove):
    assert remove(manager, Grant.objects.get(user=manager)) == "/home/"


@pytest.mark.parametrize("who", ["viewer", "logger_", "doctor"])
def test_nobody_else_can_remove_anyone(request, sign_in, patient, who, manager):
    browser = sign_in(request.getfixturevalue(who))
    grant = Grant.objects.get(user=manager)
    answer = browser.post(f"{url(patient)}{grant.public_id}/revoke/")
    assert answer.status_code == 403
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_a_grant_of_another_record_is_not_found_under_this_one(
    sign_in, alice, eve, patient, viewer
):
    grant = Grant.objects.get(user=viewer)
    hers = f"/patients/{eve.own_record.public_id}/sharing/{grant.public_id}/revoke/"
    assert sign_in(eve).post(hers).status_code == 404
    grant.refresh_from_db()
    assert grant.revoked_at is None
