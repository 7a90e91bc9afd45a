"""Signing up tells nobody whether an address has an account already."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

SECRET = "correct horse battery"


@pytest.fixture
def hashed(monkeypatch):
    """What was hashed so far."""
    passwords = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return passwords


def sign_up(email):
    """The answer to the form and the page after it, without what differs by itself."""
    browser = Client()
    fields = {"email": email, "password1": SECRET, "agree": "on"}
    answer = browser.post("/accounts/signup/", fields)
    after = browser.get(answer.headers["Location"]).content.decode()
    after = re.sub(r'(name="csrfmiddlewaretoken" value=")\w+', r"\1", after)
    return answer, after.replace(email, "the address")


def test_a_known_address_gets_the_answer_of_an_unknown_one(alice):
    known, after_known = sign_up(alice.email)
    unknown, after_unknown = sign_up("noone@example.org")
    assert (known.status_code, known.headers["Location"], known.content) == (
        unknown.status_code,
        unknown.headers["Location"],
        unknown.content,
    )
    assert after_known == after_unknown


@pytest.mark.parametrize("email", ["alice@example.org", "noone@example.org"])
def test_the_password_is_hashed_once_whether_or_not_there_is_an_account(
    alice, hashed, email
):
    hashed.clear()  # Alice's own
    sign_up(email)
    assert hashed == [SECRET]
