"""Mail that comes back marks its address; a hook that anyone can call stays calm."""

import json

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from notifications import bounces, mail_views, services
from notifications.models import Address, Delivery

HOOK = "/mail/bounces/"
SECRET = "a-secret-of-the-mail-service-0123456789"


@pytest.fixture(autouse=True)
def _hook(settings):
    settings.BOUNCE_SECRET = SECRET


def tell(body, secret=f"Bearer {SECRET}"):
    content = body if isinstance(body, bytes | str) else json.dumps(body)
    robot = Client(enforce_csrf_checks=True)
    headers = {"Authorization": secret} if secret is not None else {}
    return robot.post(HOOK, content, content_type="application/json", headers=headers)


def test_the_hook_marks_an_address(alice):
    assert tell({"bounced": ["Alice@Example.org"]}).status_code == 204
    address = Address.objects.get()
    assert (address.user, address.channel, address.endpoint) == (
        alice,
        "email",
        "alice@example.org",
    )
    assert address.bounced_at is not None


def test_nothing_is_sent_to_a_marked_address_and_the_delivery_says_why(dispatched):
    tell({"bounced": ["alice@example.org"]})
    services.deliver(dispatched.pk)
    dispatched.refresh_from_db()
    assert mail.outbox == []
    assert (dispatched.state, dispatched.problem) == ("failed", "address bounced")


def test_what_is_urgent_is_tried_all_the_same(overdue, alice):
    tell({"bounced": ["alice@example.org"]})
    overdue(urgency="urgent")
    (pk,) = services.sweep()
    services.deliver(pk)
    assert len(mail.outbox) == 1


def test_to_be_told_twice_keeps_what_was_turned_off(alice):
    Address.objects.create(
        user=alice, channel="email", endpoint="alice@example.org", declined=["bloods"]
    )
    for _ in range(2):
        tell({"bounced": ["alice@example.org"]})
    address = Address.objects.get()
    assert address.declined == ["bloods"]
    assert address.bounced_at is not None


def test_an_address_that_nobody_has_gets_the_same_answer(db):
    answer = tell({"bounced": ["nobody@example.org"]})
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Address.objects.exists()


def test_an_address_that_is_not_confirmed_is_not_marked(alice):
    alice.emailaddress_set.update(verified=False)
    tell({"bounced": ["alice@example.org"]})
    assert not Address.objects.exists()


@pytest.mark.parametrize(
    "secret", [None, "", SECRET, "Bearer ", "Bearer wrong", f"bearer {SECRET}", "é"]
)
def test_without_the_secret_nothing_happens(alice, secret):
    assert tell({"bounced": ["alice@example.org"]}, secret).status_code == 401
    assert not Address.objects.exists()


def test_without_a_secret_of_ours_there_is_no_hook(alice, settings):
    settings.BOUNCE_SECRET = ""
    assert tell({"bounced": ["alice@example.org"]}, "Bearer ").status_code == 404
    assert not Address.objects.exists()


def test_it_takes_nothing_but_a_post(db):
    assert Client().get(HOOK).status_code == 405


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe",
        "{",
        "[" * 100_000,
        "9" * 5_000,
        "null",
        "[]",
        "{}",
        '{"bounced": "alice@example.org"}',
        '{"bounced": [1]}',
        '{"bounced": [null]}',
        '{"bounced": [["alice@example.org"]]}',
        '{"bounced": ["alice"]}',
        '{"bounced": ["alice@example.org\\u0000"]}',
        '{"bounced": ["alice@\\ud800.org"]}',
        '{"bounced": ["' + "a" * 300 + '@example.org"]}',
        json.dumps({"bounced": ["a@example.org"] * 1_001}),
        " " * 100_001,
    ],
)
def test_what_is_malformed_is_refused_and_marks_nobody(alice, body):
    answer = tell(body)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert not Address.objects.exists()


def test_one_bad_address_marks_none(alice):
    assert tell({"bounced": ["alice@example.org", "x"]}).status_code == 400
    assert not Address.objects.exists()


emails = st.from_regex(r"[a-z.é]{1,9}@[a-z.-]{1,9}(org)?", fullmatch=True)
scalars = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
anything = st.recursive(
    scalars | emails,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
told = anything | st.fixed_dictionaries({"bounced": anything | st.lists(emails)})


@given(st.binary() | told.map(json.dumps).map(str.encode))
def test_whatever_comes_is_read_or_refused(body):
    try:
        found = bounces.read(body)
    except bounces.MalformedError:
        return
    assert all("@" in address and address.encode() for address in found)


def test_telling_is_limited(db, monkeypatch):
    monkeypatch.setattr(mail_views, "BOUNCES_PER_MINUTE", 2)
    answers = [tell({"bounced": []}, "Bearer guess").status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_the_command_marks_an_address(alice, capsys):
    call_command("bounced", "alice@example.org")
    assert Address.objects.get().bounced_at is not None
    assert capsys.readouterr().out.startswith("Marked")


def test_the_command_says_that_nobody_has_an_address(db):
    with pytest.raises(CommandError, match="No account"):
        call_command("bounced", "nobody@example.org")


def test_the_mark_goes_with_its_user(alice):
    tell({"bounced": ["alice@example.org"]})
    alice.delete()
    assert not Address.objects.exists()


def test_no_address_is_logged(dispatched, caplog):
    tell({"bounced": ["alice@example.org"]})
    services.deliver(dispatched.pk)
    assert "alice" not in f"{[record.__dict__ for record in caplog.records]}"
    assert Delivery.objects.get().problem == "address bounced"
