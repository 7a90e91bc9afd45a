"""What everyone agrees to: at sign-up, and again when the words have changed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from capleak import consent
from sharing.models import AccountEvent, Consent, User
from tests.capleak.signing_in import PASSWORD, enter, with_password

PAGE = "/accounts/consent/"
SIGN_UP = {"email": "new@example.org", "password1": PASSWORD}


@pytest.fixture
def unasked(alice, patient):
    """Alice, who has an account since before there was anything to agree to."""
    Consent.objects.all().delete()
    return with_password(alice)


def test_without_agreeing_nobody_has_an_account(db):
    page = Client().post("/accounts/signup/", SIGN_UP)
    assert "CapLeak may keep nothing of you" in page.content.decode()
    assert not User.objects.exists()


def test_the_words_stand_on_the_page_of_the_sign_up(db):
    page = Client().get("/accounts/signup/").content.decode()
    assert "keeps what you type about your health" in page


def test_agreeing_is_kept_with_its_version_and_its_moment(db):
    Client().post("/accounts/signup/", SIGN_UP | {"agree": "on"})
    given = Consent.objects.get()
    assert (given.user.email, given.version) == ("new@example.org", consent.VERSION)
    assert AccountEvent.objects.filter(kind="consented", user_pk=given.user_id).exists()


def test_who_has_not_agreed_is_asked_at_the_next_sign_in_and_goes_on_from_there(
    unasked, patient
):
    browser, _ = enter(unasked)
    url = f"/patients/{patient.public_id}/timeline/"
    asked = browser.get(url).headers["Location"]
    assert asked.startswith(PAGE)
    page = browser.get(asked)
    assert "Please read this once" in page.content.decode()
    answer = browser.post(PAGE, {"next": page.context["next"]})
    assert answer.headers["Location"] == url
    assert browser.get(url).status_code == 200


def test_new_words_are_asked_about_again(unasked):
    Consent.objects.create(user=unasked, version="2020-01-01")
    browser, _ = enter(unasked)
    page = browser.get(browser.get("/home/").headers["Location"]).content.decode()
    assert "These words have changed" in page


def test_a_sign_in_that_goes_on_is_not_interrupted(unasked, patient):
    browser, _ = enter(unasked)
    UserSession.objects.update(created_at=consent.SINCE - timedelta(days=1))
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 200


def test_help_comes_before_any_words(unasked, patient):
    browser, _ = enter(unasked)
    url = f"/patients/{patient.public_id}/help/"
    assert url in browser.get(PAGE).content.decode()
    assert browser.get(url).status_code == 200


def test_before_agreeing_the_account_is_open_and_no_record_shows(unasked):
    browser, _ = enter(unasked)
    for path in (PAGE, "/accounts/security/", "/accounts/email/", "/accounts/logout/"):
        page = browser.get(path)
        assert page.status_code == 200
        assert "attack-link" not in page.content.decode()


def test_agreed_twice_is_kept_once(unasked):
    browser, _ = enter(unasked)
    browser.post(PAGE)
    browser.post(PAGE)
    assert Consent.objects.filter(user=unasked).count() == 1
    assert AccountEvent.objects.filter(kind="consented").count() == 1


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/",
        "//evil.example",
        "javascript:alert(1)",
        "\0",
        "evil",
        "?",
    ],
)
def test_agreeing_leads_to_no_other_site(unasked, address):
    browser, _ = enter(unasked)
    answer = browser.post(PAGE, {"next": address})
    assert answer.headers["Location"] == "/home/"


def test_what_was_agreed_can_be_read_again_with_its_day(sign_in, alice):
    page = sign_in(alice).get(PAGE).content.decode()
    assert f"version {consent.VERSION}" in page
    assert "I agree to this" not in page
