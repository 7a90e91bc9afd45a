"""Headers, logs, errors and caches that every page shares."""

from __future__ import annotations

import json
import logging
import sys

import pytest
from django.db import OperationalError
from django.test import Client

from capleak.cache import FallbackCache, cached_chart
from capleak.logs import IdsOnlyFormatter
from capleak.views import entrance

CLOSED_PORT = "redis://127.0.0.1:1/0"


def test_signed_in_pages_are_stored_nowhere(sign_in, alice, patient):
    page = sign_in(alice).get(f"/patients/{patient.public_id}/")
    assert "no-store" in page["Cache-Control"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["X-Content-Type-Options"] == "nosniff"
    assert page["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/"])
def test_the_policy_allows_nothing_inline_and_nothing_foreign(db, path):
    page = Client().get(path)
    policy = page["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    text = page.content.decode()
    for inline in ("style=", "<style", "onclick=", "javascript:"):
        assert inline not in text
    assert "<script>" not in text


def test_every_record_page_asks_a_stranger_to_sign_in(db, patient):
    answer = Client().get(f"/patients/{patient.public_id}/")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")


@pytest.mark.parametrize("path", ["/%00", "/?q=%00", "/patients/%00/"])
def test_a_nul_byte_in_an_address_is_a_bad_request(db, path):
    assert Client().get(path).status_code == 400


def test_a_nul_byte_in_a_cookie_is_a_bad_request(db):
    client = Client(HTTP_COOKIE='session="\\000aaaaaaaaaaaa"')
    assert client.get("/").status_code == 400


def test_a_body_in_an_impossible_encoding_is_a_bad_request(db):
    answer = Client(raise_request_exception=False).post(
        "/accounts/login/",
        "login=x",
        content_type="application/x-www-form-urlencoded; charset=utf-16",
    )
    assert answer.status_code == 400


@pytest.mark.parametrize("length", ["150000000", "9" * 5000, "-1", "x"])
def test_a_body_larger_than_any_form_is_refused_before_it_is_read(db, length):
    answer = Client(raise_request_exception=False).post(
        "/accounts/login/", "x", content_type="text/plain", CONTENT_LENGTH=length
    )
    assert answer.status_code == 400


def test_a_database_that_is_away_is_a_page_that_says_so(db, monkeypatch):
    def away(*args):
        raise OperationalError("server closed the connection: canary-8812")

    monkeypatch.setattr(entrance, "render", away)
    answer = Client(raise_request_exception=False).get("/")
    assert answer.status_code == 503
    assert answer["Retry-After"] == "10"
    assert "canary-8812" not in answer.content.decode()


def test_an_exception_in_the_log_has_its_places_and_not_its_text():
    try:
        int("fatigue severe, canary-8813")
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, __file__, 1, "failed", None, sys.exc_info()
        )
    line = IdsOnlyFormatter().format(record)
    assert "canary-8813" not in line
    assert json.loads(line)["exc_info"].startswith("ValueError at ")


def test_the_cache_works_without_redis(db):
    without = FallbackCache(
        CLOSED_PORT, {"KEY_PREFIX": "capleak", "OPTIONS": {"socket_timeout": 1}}
    )
    without.set("limit", 3, 60)
    assert without.get("limit") == 3
    assert without.add("limit", 9, 60) is False
    assert without.incr("limit") == 4


def test_sign_in_limits_hold_without_redis(db, settings):
    settings.CACHES = {
        **settings.CACHES,
        "default": {**settings.CACHES["default"], "LOCATION": CLOSED_PORT},
    }
    client = Client()
    wrong = {"login": "alice@example.org", "password": "not-her-password"}
    codes = [client.post("/accounts/login/", wrong).status_code for _ in range(12)]
    assert codes[0] == 200
    assert (
        429 in codes
        or "Too many" in client.post("/accounts/login/", wrong).content.decode()
    )


def test_a_chart_is_drawn_again_when_the_record_changes(patient):
    patient.is_own, patient.hidden = True, None
    drawn: list[int] = []

    def draw() -> str:
        drawn.append(1)
        return "<svg></svg>"

    assert cached_chart(patient, "x", draw) == cached_chart(patient, "x", draw)
    assert len(drawn) == 1
    patient.version += 1
    cached_chart(patient, "x", draw)
    assert len(drawn) == 2


def test_readers_who_see_less_never_get_the_chart_of_one_who_sees_more(patient):
    patient.is_own, patient.hidden = False, []
    cached_chart(patient, "y", lambda: "all")
    patient.hidden = ["notes"]
    assert cached_chart(patient, "y", lambda: "less") == "less"
