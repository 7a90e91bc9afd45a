"""How often things may be tried: as documented, in all processes together."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from allauth.account.adapter import get_adapter
from django.conf import settings as configured
from django.core.cache import cache
from django.db import connection
from django.test import Client

from tests.capleak.signing_in import PASSWORD, with_password

pytestmark = pytest.mark.slow

DOCUMENT = Path(configured.BASE_DIR) / "docs" / "accounts.md"


def test_the_document_says_what_the_settings_say():
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert dict(rows) == configured.ACCOUNT_RATE_LIMITS


def login(email: str, password: str = "wrong") -> str:
    answer = Client().post("/accounts/login/", {"login": email, "password": password})
    return "limited" if "Too many" in answer.content.decode() else "answered"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("redis_is_away", [False, True])
def test_twenty_guesses_at_once_are_five_that_count(alice, settings, redis_is_away):
    if redis_is_away:
        nobody = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = settings.CACHES | {"default": nobody}

    def guess(_number: int) -> str:
        try:
            return login(alice.email)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as many:
        answers = list(many.map(guess, range(20)))
    assert answers.count("answered") <= 5
    assert login(alice.email, PASSWORD) == "limited"


@pytest.mark.parametrize(
    ("path", "fields", "limit"),
    [
        ("signup/", {"password1": PASSWORD, "agree": "on"}, 20),
        ("password/reset/", {}, 20),
        ("login/", {"password": "wrong"}, 10),
    ],
)
def test_one_address_of_the_network_has_so_many_tries_a_minute(db, path, fields, limit):
    statuses = []
    for number in range(limit + 2):
        email = f"guess{number}@example.org"
        named = {"email": email, "login": email}
        answer = Client().post(f"/accounts/{path}", fields | named)
        refused = answer.status_code == 429 or b"Too many" in answer.content
        statuses.append(refused)
    assert statuses == [False] * limit + [True] * 2


def test_an_address_of_ipv6_is_its_whole_network(db):
    for number in range(10):
        near = {"REMOTE_ADDR": f"2001:db8::{number + 1:x}"}
        fields = {"login": f"guess{number}@example.org", "password": "wrong"}
        Client(**near).post("/accounts/login/", fields)
    fields = {"login": "other@example.org", "password": "wrong"}
    near, far = "2001:db8::ffff", "2001:db8:0:1::1"
    refused = Client(REMOTE_ADDR=near).post("/accounts/login/", fields)
    answered = Client(REMOTE_ADDR=far).post("/accounts/login/", fields)
    assert "Too many" in refused.content.decode()
    assert "Too many" not in answered.content.decode()


def test_without_any_counter_nothing_is_let_through(alice, monkeypatch):
    """A lock that cannot be had is a counter that cannot be had."""
    with_password(alice)
    monkeypatch.setattr(cache, "add", lambda *args, **kwargs: False)
    monkeypatch.setattr("allauth.core.internal.ratelimit.CACHE_LOCK_WAIT_TIMEOUT", 0)
    answer = Client().post(
        "/accounts/login/", {"login": alice.email, "password": PASSWORD}
    )
    assert answer.status_code == 429 or "Too many" in answer.content.decode()


@pytest.mark.parametrize(
    ("proxies", "found"), [(0, "127.0.0.1"), (1, "203.0.113.9"), (2, "198.51.100.1")]
)
def test_only_trusted_proxies_say_who_asks(rf, settings, proxies, found):
    """What somebody writes into the header themselves stands further left."""
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    forged = "192.0.2.66, 198.51.100.1, 203.0.113.9"
    request = rf.get("/", headers={"X-Forwarded-For": forged})
    assert get_adapter(request).get_client_ip(request) == found


def test_a_forged_address_gets_no_more_tries(db):
    answers = []
    for number in range(12):
        forged = {"X-Forwarded-For": f"192.0.2.{number}"}
        fields = {"login": f"guess{number}@example.org", "password": "wrong"}
        answers.append(Client(headers=forged).post("/accounts/login/", fields).content)
    assert [b"Too many" in answer for answer in answers] == [False] * 10 + [True] * 2
