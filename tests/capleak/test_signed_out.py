"""What a browser is told to forget when somebody is signed out, by hand or by time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.utils import timezone

from tests.capleak.signing_in import PASSWORD, with_password

FORGET = '"cache", "storage"'


def test_signing_out_empties_what_the_browser_keeps(sign_in, alice, patient):
    browser = sign_in(alice)
    answer = browser.post("/accounts/logout/")
    assert answer.headers["Clear-Site-Data"] == FORGET
    assert "no-store" in answer.headers["Cache-Control"]
    assert "_auth_user_id" not in browser.session


@pytest.mark.slow
def test_so_does_the_end_of_a_sign_in_by_time(sign_in, doctor, patient):
    browser = sign_in(doctor)
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(minutes=31))
    answer = browser.get(f"/patients/{patient.public_id}/")
    assert answer.headers["Clear-Site-Data"] == FORGET


@pytest.mark.slow
def test_so_does_a_new_password(sign_in, alice):
    browser = sign_in(with_password(alice))
    new = "another long secret 8"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    answer = browser.post("/accounts/password/change/", fields)
    assert answer.headers["Clear-Site-Data"] == FORGET


def test_nobody_else_is_told_to_forget_anything(sign_in, alice, patient):
    for browser in (Client(), sign_in(alice)):
        answer = browser.get(f"/patients/{patient.public_id}/")
        assert "Clear-Site-Data" not in answer.headers


def test_a_page_knows_whose_it_is_and_a_page_for_strangers_does_not(
    sign_in, alice, patient
):
    hers = sign_in(alice).get(f"/patients/{patient.public_id}/").content.decode()
    assert f'data-user="{alice.pk}"' in hers
    assert "data-user" not in Client().get("/").content.decode()
