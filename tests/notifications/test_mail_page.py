"""Whose mail comes back or was turned off reads so on their pages, and can undo it."""

from datetime import timedelta

import pytest
from django.core import mail
from django.template.loader import render_to_string
from django.utils import timezone

from notifications import addresses, services
from notifications.models import Address, Occurrence
from sharing.models import Patient

PAGE = "/mail/"


@pytest.fixture
def bounced(alice):
    addresses.mark_bounced(["alice@example.org"])
    return Address.objects.get()


def test_without_trouble_the_page_says_where_mail_goes(alice, patient, sign_in):
    text = sign_in(alice).get(PAGE).content.decode()
    assert "alice@example.org" in text
    assert "none of it is turned off" in text


def test_without_a_confirmed_address_the_page_says_so(alice, sign_in):
    alice.emailaddress_set.update(verified=False)
    text = sign_in(alice).get(PAGE).content.decode()
    assert "no address of yours is confirmed yet" in text


@pytest.mark.parametrize("path", ["", "timeline/", "ivig/", "sharing/"])
def test_every_page_of_the_record_says_that_mail_comes_back(
    bounced, alice, patient, sign_in, path
):
    text = sign_in(alice).get(f"/patients/{patient.public_id}/{path}").content.decode()
    assert "Mail to a•••@example.org comes back." in text


def test_others_do_not_read_that_her_mail_comes_back(
    bounced, manager, patient, sign_in
):
    text = sign_in(manager).get(f"/patients/{patient.public_id}/").content.decode()
    assert "comes back" not in text


def test_an_address_that_is_used_no_more_troubles_nobody(
    bounced, alice, patient, sign_in
):
    alice.emailaddress_set.update(email="moved@example.org")
    for page in (PAGE, f"/patients/{patient.public_id}/"):
        assert "comes back" not in sign_in(alice).get(page).content.decode()


def test_trying_again_takes_the_mark_away(bounced, alice, sign_in):
    browser = sign_in(alice)
    answer = browser.post(PAGE, {"address": bounced.pk}, follow=True)
    assert "sent there again" in answer.content.decode()
    assert "comes back" not in answer.content.decode()


def test_what_was_held_back_and_still_helps_leaves_after_trying_again(
    bounced, dispatched, alice, sign_in
):
    services.deliver(dispatched.pk)
    answer = sign_in(alice).post(PAGE, {"address": bounced.pk}, follow=True)
    assert "1 message that was waiting" in answer.content.decode()
    for pk in services.sweep():
        services.deliver(pk)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize(
    "fields",
    [{"expires_at": timezone.now() - timedelta(days=1)}, {"state": "cancelled"}],
)
def test_what_helps_nobody_any_more_stays_unsent(bounced, dispatched, fields):
    services.deliver(dispatched.pk)
    early = {"due_at": timezone.now() - timedelta(days=2)}
    Occurrence.objects.update(**early | fields)
    assert addresses.try_again(bounced) == 0
    dispatched.refresh_from_db()
    assert dispatched.state == "failed"


def test_what_was_turned_off_is_named_and_can_be_turned_on(dispatched, alice, sign_in):
    addresses.decline(dispatched)
    browser = sign_in(alice)
    assert "<span>Infusion</span>" in browser.get(PAGE).content.decode()
    address = Address.objects.get()
    answer = browser.post(
        PAGE, {"address": address.pk, "kind": "infusion"}, follow=True
    )
    assert "They are sent again." in answer.content.decode()
    assert Address.objects.get().declined == []


def not_arrived(delivery, alice, patient):
    """What the record's pages say of it."""
    services.deliver(delivery.pk)
    opened = Patient.objects.visible_to(alice).get(pk=patient.pk)
    about = {"occurrence": Occurrence.objects.get(), "user": alice, "patient": opened}
    return render_to_string("prophylaxis/_reminder.html", about)


def test_a_reminder_that_was_turned_off_is_shown_as_such(dispatched, alice, patient):
    addresses.decline(dispatched)
    text = not_arrived(dispatched, alice, patient)
    assert "not sent to Alice" in text
    assert "turned off there" in text


def test_a_reminder_that_could_only_come_back_is_shown_as_such(
    bounced, dispatched, alice, patient
):
    text = not_arrived(dispatched, alice, patient)
    assert "mail to that address comes back" in text


@pytest.mark.parametrize("pk", ["", "x", "0", "-1", "9" * 30, "9" * 5000])
def test_an_address_that_is_none_is_not_found(alice, sign_in, pk):
    assert sign_in(alice).post(PAGE, {"address": pk}).status_code == 404


def test_somebody_elses_address_is_not_found(bounced, eve, sign_in):
    assert sign_in(eve).post(PAGE, {"address": bounced.pk}).status_code == 404
    bounced.refresh_from_db()
    assert bounced.bounced_at is not None
