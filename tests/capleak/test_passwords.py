"""Which passwords are taken: long ones of any kind, and none that everybody tries."""

from __future__ import annotations

import pytest
from django.test import Client

from sharing.models import User
from tests.capleak.signing_in import enter


def sign_up(password: str) -> str:
    fields = {"email": "new@example.org", "password1": password, "agree": "on"}
    answer = Client().post("/accounts/signup/", fields)
    return "taken" if answer.status_code == 302 else answer.content.decode()


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elf letters", "too short"),
        ("administrator", "too common"),
        ("new@example.org", "too similar"),
    ],
)
def test_a_password_that_is_soon_guessed_is_refused(db, password, why):
    assert why in sign_up(password)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    "password", ["zwölf Würste", "a" * 20 + " correct horse " + "é" * 93]
)
def test_any_letters_will_do_up_to_128(db, password):
    assert sign_up(password) == "taken"
    user = User.objects.get()
    assert user.check_password(password)
    assert not user.check_password(password[:-1])


def test_the_form_lets_programs_fill_the_password_in(db):
    page = Client().get("/accounts/signup/").content.decode()
    assert 'autocomplete="new-password"' in page
    page = Client().get("/accounts/login/").content.decode()
    assert 'autocomplete="current-password"' in page


def test_a_wrong_password_is_not_a_right_one(alice):
    alice.set_password("a long enough secret 7")
    alice.save()
    assert enter(alice)[1].status_code == 302
    wrong = {"login": alice.email, "password": "A long enough secret 7"}
    assert Client().post("/accounts/login/", wrong).status_code == 200
