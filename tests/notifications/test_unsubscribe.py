"""The link in a message turns such messages off, and only a POST does."""

from email import message_from_bytes
from email.policy import SMTP
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.test import Client

from notifications import addresses, channels, mail_views, services
from notifications.models import Address, Delivery, Occurrence
from sharing.models import Topic

ONE_CLICK = "List-Unsubscribe=One-Click"


def link_in(message):
    header = message.message()["List-Unsubscribe"]
    assert header.startswith("<http://localhost:8000/mail/stop/")
    assert header.endswith("/>")
    return urlsplit(header.strip("<>")).path


@pytest.fixture
def link(dispatched):
    services.deliver(dispatched.pk)
    return link_in(mail.outbox[0])


@pytest.fixture
def robot():
    """A mail program: it has no cookies, and Django checks it as it would anyone."""
    return Client(enforce_csrf_checks=True)


def one_click(robot, link):
    return robot.post(link, ONE_CLICK, content_type="application/x-www-form-urlencoded")


def send_another(overdue, **fields):
    """Send a second message; how many arrive, and what becomes of it."""
    mail.outbox.clear()
    occurrence = overdue("another", subject="another", **fields)
    for pk in services.sweep():
        services.deliver(pk)
    occurrence.refresh_from_db()
    return len(mail.outbox), occurrence.deliveries.get()


def test_a_reminder_carries_both_headers_and_the_link_in_its_text(dispatched):
    services.deliver(dispatched.pk)
    (message,) = mail.outbox
    path = link_in(message)
    assert message.message()["List-Unsubscribe-Post"] == ONE_CLICK
    assert f"no more e-mails like this one: http://localhost:8000{path}" in message.body


def test_the_headers_survive_the_wire(dispatched):
    services.deliver(dispatched.pk)
    message = mail.outbox[0].message()
    received = message_from_bytes(message.as_bytes(), policy=SMTP)
    for name in ("List-Unsubscribe", "List-Unsubscribe-Post"):
        assert received[name].strip() == message[name]  # a long one may be folded


def test_one_click_turns_this_kind_off_and_the_next_is_not_sent(robot, link, overdue):
    assert one_click(robot, link).status_code == 200
    arrived, delivery = send_another(overdue)
    assert (arrived, delivery.state, delivery.problem) == (0, "failed", "turned off")


def test_one_click_twice_is_once(robot, link):
    one_click(robot, link)
    assert one_click(robot, link).status_code == 200
    assert Address.objects.get().declined == ["infusion"]


def test_another_kind_is_still_sent(robot, link, overdue):
    one_click(robot, link)
    arrived, _ = send_another(overdue, kind=Occurrence.Kind.BLOODS)
    assert arrived == 1


def test_what_is_urgent_is_still_sent(robot, link, overdue):
    one_click(robot, link)
    arrived, _ = send_another(overdue, urgency=Occurrence.Urgency.URGENT)
    assert arrived == 1


def test_another_address_of_the_same_person_still_gets_it(robot, link, overdue, alice):
    one_click(robot, link)
    alice.emailaddress_set.update(email="moved@example.org")
    arrived, _ = send_another(overdue)
    assert arrived == 1


@pytest.mark.parametrize("method", ["get", "head"])
def test_looking_at_the_link_spends_nothing(robot, link, overdue, method):
    assert getattr(robot, method)(link).status_code == 200
    assert not Address.objects.exists()
    arrived, _ = send_another(overdue)
    assert arrived == 1


def test_the_page_explains_names_no_illness_and_masks_the_address(robot, link):
    page = robot.get(link)
    text = page.content.decode()
    assert "Turn these e-mails off?" in text
    assert "a•••@example.org" in text
    assert "alice" not in text.lower()
    main = text.partition("<main")[2].partition("</main>")[0].lower()
    assert [word for word in ("infusion", "ivig", "leak") if word in main] == []
    assert page["Referrer-Policy"] == "no-referrer"
    assert page["Cache-Control"] == "no-store, private"


def test_a_slip_can_be_undone_on_the_same_page(robot, link, overdue):
    one_click(robot, link)
    page = robot.post(link, {"do": "on"})
    assert "sent again" in page.content.decode()
    arrived, _ = send_another(overdue)
    assert arrived == 1


def test_nobody_can_make_a_link(robot, dispatched):
    signature = addresses.token_of(dispatched).partition(":")[2]
    for token in (
        str(dispatched.pk),
        f"{dispatched.pk}:{signature[:-1]}",
        f"{dispatched.pk + 1}:{signature}",
        f":{signature}",
        "é:x",
    ):
        assert robot.post(f"/mail/stop/{token}/").status_code == 404
    assert not Address.objects.exists()


def test_the_link_of_a_deleted_message_says_so(robot, link):
    Delivery.objects.all().delete()
    assert one_click(robot, link).status_code == 404


def test_only_get_head_and_post_are_answered(robot, link):
    assert robot.put(link).status_code == 405


def test_trying_links_is_limited(robot, db, monkeypatch):
    monkeypatch.setattr(mail_views, "UNSUBSCRIBES_PER_MINUTE", 2)
    answers = [robot.post("/mail/stop/1:x/").status_code for _ in range(3)]
    assert answers == [404, 404, 429]


@pytest.mark.parametrize(
    ("audience", "urgency", "offered"),
    [
        ("patient", "ordinary", True),
        ("patient", "asked", True),
        ("patient", "urgent", False),
        ("circle", "ordinary", True),
        ("circle", "asked", False),
        ("circle", "urgent", False),
    ],
)
def test_what_must_not_end_at_one_tap_offers_none(
    overdue, viewer, patient, audience, urgency, offered
):
    patient.grants.update(told=[Topic.INFUSION])
    topic = Topic.INFUSION if audience == "circle" else ""
    overdue(audience=audience, topic=topic, urgency=urgency)
    (pk,) = services.sweep()
    message = channels.Email().message(Delivery.objects.get(pk=pk))
    assert ("List-Unsubscribe" in message.extra_headers) is offered
    assert ("no more e-mails like this one" in message.body) is offered


def test_a_link_from_before_does_not_silence_a_step_of_an_escalation(
    overdue, viewer, patient
):
    patient.grants.update(told=[Topic.INFUSION])
    circle = {"audience": "circle", "topic": Topic.INFUSION}
    overdue(urgency="ordinary", **circle)
    (pk,) = services.sweep()
    addresses.decline(Delivery.objects.get(pk=pk))
    _, delivery = send_another(overdue, urgency="asked", **circle)
    assert delivery.state == "sent"
