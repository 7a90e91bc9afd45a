"""Breaking the glass: staff look with a reason, for half an hour, before all eyes."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from notifications import planners, services
from notifications.models import Occurrence
from sharing.models import STAFF_LOOK, AccessEvent, AccountEvent, Grant, Patient, User
from tests.conftest import give_factor, make_user
from tests.sharing.proxy_parts import child_of

pytestmark = pytest.mark.slow

PAGE = "/staff/look/"
REASON = "The import of 3 May hangs; she asked us to look."
ASKED = {"diary": "alice@example.org", "reason": REASON}


@pytest.fixture
def staff(db):
    user = make_user("sam")
    user.is_staff = True
    user.save()
    give_factor(user)
    return user


@pytest.fixture
def looking(sign_in, staff, patient):
    """The browser of staff that look at Alice's record."""
    browser = sign_in(staff)
    answer = browser.post(PAGE, ASKED)
    assert answer.headers["Location"] == f"/patients/{patient.public_id}/"
    return browser


@pytest.mark.parametrize("who", ["alice", "viewer", "doctor", "manager", "eve"])
def test_for_everybody_else_there_is_no_such_page(sign_in, request, patient, who):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get(PAGE).status_code == 404
    assert browser.post(PAGE, ASKED).status_code == 404
    assert not Grant.objects.filter(kind="staff").exists()


def test_the_record_opens_to_look_at_and_to_nothing_else(looking, patient):
    base = f"/patients/{patient.public_id}"
    today = looking.get(f"{base}/")
    assert today.status_code == 200
    assert "They see each page that you open." in today.content.decode()
    assert looking.get(f"{base}/timeline/").status_code == 200
    assert looking.get(f"{base}/download/").status_code == 403
    assert looking.get(f"{base}/settings/").status_code == 403
    comment = {"day": "2026-01-02", "text": "I was here"}
    assert looking.post(f"{base}/comments/", comment).status_code == 403
    assert looking.post(f"{base}/ivig/calendar/", {"do": "new"}).status_code == 403


def test_the_patient_is_told_by_mail_and_on_every_page(looking, sign_in, alice):
    told = mail.outbox[-1]
    assert told.to == [alice.email]
    assert "Alice" not in str(told.body) + told.subject
    today = sign_in(alice).get("/home/", follow=True).content.decode()
    assert "Staff of this site have a diary of yours open right now." in today


def test_managers_are_told_too_and_mere_viewers_are_not(
    manager, viewer, looking, alice, sign_in
):
    told = {address for message in mail.outbox for address in message.to}
    assert told == {alice.email, manager.email}
    for user, is_told in ((manager, True), (viewer, False)):
        page = sign_in(user).get("/home/", follow=True).content.decode()
        assert ("have a diary of yours open right now" in page) is is_told


def test_the_patient_reads_who_why_and_what_and_ends_it_at_once(
    looking, sign_in, alice, staff, patient
):
    base = f"/patients/{patient.public_id}"
    looking.get(f"{base}/timeline/")
    hers = sign_in(alice)
    people = hers.get(f"{base}/sharing/").content.decode()
    assert REASON in people
    assert "Sam" in people
    log = hers.get(f"{base}/sharing/log/").content.decode()
    assert "gave a reason, and opened the diary as staff" in log
    assert "opened the timeline" in log
    grant = Grant.objects.get(kind="staff")
    hers.post(f"{base}/sharing/{grant.public_id}/revoke/")
    assert looking.get(f"{base}/").status_code == 404
    assert REASON in hers.get(f"{base}/sharing/").content.decode()  # it stays known


def test_after_half_an_hour_it_is_over_and_can_be_asked_for_again(
    looking, patient, alice, sign_in
):
    began = timezone.now() - timedelta(hours=1)
    Grant.objects.filter(kind="staff").update(
        starts_at=began, expires_at=began + STAFF_LOOK
    )
    assert looking.get(f"/patients/{patient.public_id}/").status_code == 404
    today = sign_in(alice).get("/home/", follow=True).content.decode()
    assert "have a diary of yours open" not in today
    assert looking.post(PAGE, ASKED).status_code == 302
    assert looking.get(f"/patients/{patient.public_id}/").status_code == 200


def test_asked_twice_it_opens_once(looking, patient):
    page = looking.post(PAGE, ASKED).content.decode()
    assert "You can open this diary already." in page
    assert Grant.objects.filter(kind="staff").count() == 1


def test_access_that_staff_were_given_for_later_is_not_lost_by_looking(
    sign_in, staff, patient, grant_to
):
    later = timezone.now() + timedelta(days=1)
    promised = grant_to(staff, "log", starts_at=later)
    page = sign_in(staff).post(PAGE, ASKED).content.decode()
    assert "access that begins later" in page
    promised.refresh_from_db()
    assert promised.revoked_at is None


def test_who_is_no_longer_staff_sees_nothing(looking, staff, patient):
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    assert looking.get(f"/patients/{patient.public_id}/").status_code == 404


def test_it_leaves_a_line_in_both_logs(looking, staff, alice, patient):
    event = AccessEvent.objects.get(patient_pk=patient.pk)
    assert (event.actor_pk, event.grant_kind, event.route) == (
        staff.pk,
        "staff",
        "staff_look",
    )
    line = AccountEvent.objects.get(kind="staff_looked")
    assert (line.user_pk, line.by_pk) == (alice.pk, staff.pk)


def test_of_a_record_without_an_owner_it_stands_in_the_log_of_each_manager(
    sign_in, staff, viewer, eve
):
    child = child_of(viewer, eve)
    page = f"/patients/{child.public_id}/"
    sign_in(staff).post(PAGE, ASKED | {"diary": page})
    lines = AccountEvent.objects.filter(kind="staff_looked", by_pk=staff.pk)
    assert {line.user_pk for line in lines} == {viewer.pk, eve.pk}


def test_what_cannot_be_written_down_is_not_opened(
    sign_in, staff, patient, monkeypatch
):
    def full(*args, **named):
        raise OperationalError("no space left on device")

    monkeypatch.setattr(AccountEvent.objects, "create", full)
    browser = sign_in(staff)
    browser.raise_request_exception = False
    sent = len(mail.outbox)
    assert browser.post(PAGE, ASKED).status_code >= 500
    assert not Grant.objects.filter(kind="staff").exists()
    assert not AccessEvent.objects.exists()
    assert len(mail.outbox) == sent


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"diary": "nobody@example.org"}, "There is no such diary."),
        ({"diary": "00000000-0000-4000-8000-000000000000"}, "There is no such diary."),
        ({"diary": ""}, "This field is required."),
        ({"diary": "\0"}, "Null characters are not allowed."),
        ({"reason": "just so"}, "at least 20 characters"),
        ({"reason": " " * 40}, "This field is required."),
    ],
)
def test_without_a_reason_or_a_diary_nothing_opens(
    sign_in, staff, patient, typed, complaint
):
    page = sign_in(staff).post(PAGE, ASKED | typed).content.decode()
    assert complaint in page
    assert not Grant.objects.exists()


def test_the_address_of_a_page_names_the_diary_too(sign_in, staff, patient):
    page = f"https://diary.example/patients/{patient.public_id}/timeline/"
    sign_in(staff).post(PAGE, ASKED | {"diary": page})
    assert Grant.objects.get(kind="staff").patient == patient


@pytest.mark.parametrize(
    "change",
    [
        {"permissions": ["view", "log"]},
        {"expires_at": None},
        {"expires_at": timezone.now() + timedelta(days=1)},
        {"reason": ""},
    ],
)
def test_the_database_makes_no_look_longer_wider_or_silent(looking, change):
    with pytest.raises(IntegrityError), transaction.atomic():
        Grant.objects.filter(kind="staff").update(**change)


def test_nobody_is_reminded_to_renew_it(looking, patient):
    services.preferences_of(patient)
    with Patient.objects.writing(patient):
        planners.follow_preferences(patient, timezone.now() - timedelta(days=30))
    assert not Occurrence.objects.filter(patient=patient, kind="grant").exists()


def test_the_form_that_invites_offers_no_staff(sign_in, alice, patient):
    url = f"/patients/{patient.public_id}/sharing/invite/"
    fields = {"email": "cleo@example.org", "kind": "staff", "ends": "never"}
    sign_in(alice).post(url, fields)
    assert not Grant.objects.exists()
