"""“Tell my caregivers now” on the help page: whom it tells, once, and what it says."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from notifications.models import Occurrence
from sharing.models import Patient, User
from tests.conftest import make_user


@pytest.fixture
def address(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/help/"


@pytest.fixture
def bob(grant_to) -> User:
    user = make_user("bob")
    grant_to(user, told=["help"])
    return user


@pytest.fixture
def carol(grant_to) -> User:
    user = make_user("carol")
    grant_to(user, told=["help", "act"])
    return user


def press(client: Client, address: str) -> str:
    return client.post(address, follow=True).content.decode()


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 302),
        ("logger_", 302),
        ("manager", 302),
        ("viewer", 403),
        ("doctor", 403),
        ("eve", 404),
    ],
)
def test_only_those_who_may_log_tell(request, sign_in, patient, address, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.post(address).status_code == status
    assert patient.occurrences.exists() is (status == 302)


def test_the_page_says_before_and_after_who_is_told_and_by_what(
    sign_in, alice, patient, address, bob, carol, viewer
):
    client = sign_in(alice)
    before = client.get(address).content.decode()
    assert "An e-mail goes to Bob and Carol" in before
    after = press(client, address)
    assert "We are sending an e-mail to Bob and Carol." in after
    assert "It does not replace calling." in after
    assert "Viewer" not in after
    told = patient.occurrences.get()
    assert (told.kind, told.topic, told.audience) == ("help", "help", "circle")
    assert (told.subject, told.urgency) == ("help", "urgent")


def test_pressing_twice_tells_once_and_later_again(
    sign_in, alice, patient, address, bob
):
    client = sign_in(alice)
    press(client, address)
    assert "once more" not in press(client, address)
    assert patient.occurrences.count() == 1
    earlier = timezone.now() - timedelta(minutes=6)
    patient.occurrences.update(about_at=earlier, due_at=earlier, key="help:earlier")
    assert "Tell them once more" in client.get(address).content.decode()
    press(client, address)
    assert patient.occurrences.count() == 2


def test_who_chose_nobody_is_told_so_and_where_to_choose(
    sign_in, alice, address, viewer, logger_
):
    for page in (
        sign_in(alice).get(address).content.decode(),
        press(sign_in(alice), address),
    ):
        assert "You have not chosen anyone to be told" in page
        assert "/sharing/" in page
    assert "Alice has not chosen anyone" in press(sign_in(logger_), address)
    assert "Nobody could be told." in press(sign_in(alice), address)


def test_who_cannot_be_reached_is_named(sign_in, alice, address, bob, carol):
    EmailAddress.objects.filter(user=carol).update(verified=False)
    page = press(sign_in(alice), address)
    assert "We are sending an e-mail to Bob." in page
    assert "for want of a confirmed e-mail address: Carol." in page


def test_numbers_to_call_stand_above_the_button(sign_in, alice, patient, address, bob):
    patient.emergency_contacts.create(name="Octavia", phone="+49 171 5550199")
    page = sign_in(alice).get(address).content.decode()
    order = [page.index(text) for text in ("Call 112", "Octavia", 'id="tell"')]
    assert order == sorted(order)


def test_a_viewer_sees_the_page_without_the_button(sign_in, viewer, address, bob):
    page = sign_in(viewer).get(address).content.decode()
    assert "Call 112" in page
    assert "Tell the caregivers" not in page


def test_a_red_flag_leads_to_the_button(sign_in, alice, patient, bob):
    sent = {"client_id": uuid4(), "flag": "syncope"}
    url = f"/patients/{patient.public_id}/checkins/sick/"
    page = sign_in(alice).post(url, sent, follow=True).content.decode()
    assert "Tell my caregivers now" in page
    # Nobody is told of it without being asked to.
    assert not patient.occurrences.filter(kind="help").exists()


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_row_is_kept_and_a_sweep_sends_it(
    settings, sign_in, alice, patient, address, bob
):
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    client = sign_in(alice)
    assert client.post(address).status_code == 302
    assert Occurrence.objects.get().state == "pending"
    call_command("sweep")
    (message,) = mail.outbox
    assert message.to == [bob.email]
    text = f"{message.subject} {message.body}".lower()
    for word in ("leak", "ill", "symptom", "alice", "help"):
        assert word not in text.replace("capleak", "").split()
    page = client.get(address).content.decode()
    assert "An e-mail has gone to Bob." in page
