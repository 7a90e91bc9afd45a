"""What a request brings along leads to no other site and into no header of a mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client

from tests.capleak.signing_in import PASSWORD, with_password

EVIL = ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x")


@pytest.mark.parametrize("address", EVIL)
def test_signing_in_leads_to_no_other_site(alice, address):
    with_password(alice)
    fields = {"login": alice.email, "password": PASSWORD, "next": address}
    answer = Client().post("/accounts/login/", fields)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/home/")


@pytest.mark.parametrize("address", EVIL)
def test_neither_does_signing_out_nor_proving_who_one_is(alice, sign_in, address):
    browser = sign_in(with_password(alice))
    fields = {"password": PASSWORD, "next": address}
    answer = browser.post("/accounts/reauthenticate/", fields)
    assert answer.status_code == 302
    assert "evil" not in answer.headers["Location"]
    assert "javascript" not in answer.headers["Location"]
    answer = browser.post("/accounts/logout/", {"next": address})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_host_that_is_not_ours_gets_no_link(alice):
    """Else the mail for a new password would lead to whoever asked for it."""
    answer = Client(HTTP_HOST="evil.example").post(
        "/accounts/password/reset/", {"email": alice.email}
    )
    assert (answer.status_code, mail.outbox) == (400, [])


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "%0d%0a"])
def test_a_line_break_in_an_address_reaches_no_mail(alice, patient, sign_in, end):
    to = f"ben@example.org{end}Bcc: evil@evil.example"
    page = f"/patients/{patient.public_id}/sharing/invite/"
    fields = {"email": to, "kind": "caregiver", "ends": "never"}
    assert sign_in(alice).post(page, fields).status_code == 200
    Client().post("/accounts/password/reset/", {"email": to})
    assert (mail.outbox, patient.grants.count()) == ([], 0)


def test_a_line_break_in_a_name_makes_no_header_of_a_mail(alice, patient, sign_in):
    alice.name = "Alice\r\nBcc: evil@evil.example\r\n\r\nPlease"
    alice.save()
    page = f"/patients/{patient.public_id}/sharing/invite/"
    fields = {"email": "ben@example.org", "kind": "caregiver", "ends": "never"}
    sign_in(alice).post(page, fields)
    (sent,) = mail.outbox
    assert sent.recipients() == ["ben@example.org"]
    assert set(sent.message().keys()) & {"Bcc", "Cc"} == set()
    assert "evil" not in str(sent.message().items())


def test_subjects_of_mails_hold_no_words_of_anybody():
    subjects = list(Path(settings.BASE_DIR, "templates").rglob("*_subject.txt"))
    assert len(subjects) > 15
    assert [path.name for path in subjects if "{{" in path.read_text()] == []
