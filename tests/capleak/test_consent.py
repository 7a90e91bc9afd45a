"""What everyone agrees to: at sign-up, and again when the words have changed."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

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


# --- An address that somebody else may have typed -----------------------------------


def follow(browser: Client, kind: str) -> str:
    """Open the newest link of this kind that was mailed; where it led."""
    mails = "\n".join(str(message.body) for message in mail.outbox)
    link = re.findall(rf"/accounts/{kind}/\S+", mails)[-1]
    answer = browser.get(link, follow=True)
    return str(answer.request["PATH_INFO"])


def sign_up_and_leave() -> Client:
    browser = Client()
    browser.post("/accounts/signup/", SIGN_UP | {"agree": "on"})
    cache.clear()  # the same address is written to once in three minutes
    return browser


def test_who_confirms_where_they_signed_up_is_not_asked_again(db):
    browser = sign_up_and_leave()
    browser.post(follow(browser, "confirm-email"))
    assert Consent.objects.count() == 1
    assert browser.get("/home/").headers.get("Location") != f"{PAGE}?next=/home/"


def test_nobody_agrees_for_the_owner_of_an_address_by_signing_up_with_it(db):
    sign_up_and_leave()  # a stranger, who never sees the mailbox
    hers = sign_up_and_leave()
    assert "already" in str(mail.outbox[-1].body)
    hers.post("/accounts/password/reset/", {"email": SIGN_UP["email"]})
    chosen = "her own secret 12345"
    hers.post(
        follow(hers, "password/reset/key"), {"password1": chosen, "password2": chosen}
    )
    cache.clear()
    hers.post("/accounts/login/", {"login": SIGN_UP["email"], "password": chosen})
    hers.post(follow(hers, "confirm-email"))
    assert EmailAddress.objects.get().verified
    assert not Consent.objects.exists()
    assert hers.get("/home/").headers["Location"].startswith(PAGE)
    assert "Please read this once" in hers.get(PAGE).content.decode()


def test_who_only_followed_the_link_of_a_stranger_agreed_to_nothing(db):
    sign_up_and_leave()
    hers = Client()
    hers.post(follow(hers, "confirm-email"))
    assert EmailAddress.objects.get().verified
    assert not Consent.objects.exists()


def test_a_second_address_takes_back_no_consent(sign_in, alice):
    User.objects.update(last_login=timezone.now())
    Consent.objects.get_or_create(user=alice, version=consent.VERSION)
    browser = sign_in(alice)
    browser.post("/accounts/email/", {"action_add": "", "email": "two@example.org"})
    Client().post(follow(Client(), "confirm-email"))
    assert EmailAddress.objects.get(email="two@example.org").verified
    assert Consent.objects.filter(user=alice).exists()


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
