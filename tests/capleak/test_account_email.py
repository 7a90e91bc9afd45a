"""A new address: who it is asked for, who is told, and whom it must not lock out."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from sharing.models import AccountEvent, User
from tests.capleak.signing_in import PASSWORD, with_password
from tests.conftest import give_factor

pytestmark = pytest.mark.slow

PAGE = "/accounts/email/"
NEW = "new@example.org"


def add(browser: Client, email: str = NEW) -> None:
    browser.post(PAGE, {"action_add": "", "email": email})


def confirm(browser: Client, address: str = NEW) -> None:
    to_it = [m for m in mail.outbox if m.to == [address]]
    link = re.search(r"/accounts/confirm-email/\S+", str(to_it[-1].body))
    assert link
    browser.post(link[0])


@pytest.mark.parametrize("has_factor", [False, True])
def test_the_address_changes_with_and_without_a_second_factor(
    sign_in, alice, patient, has_factor
):
    if has_factor:
        give_factor(alice)
    browser = sign_in(alice)
    add(browser)
    confirm(browser)
    browser.post(PAGE, {"action_primary": "", "email": NEW})
    browser.post(PAGE, {"action_remove": "", "email": "alice@example.org"})
    alice.refresh_from_db()
    assert alice.email == NEW
    own = EmailAddress.objects.filter(user=alice)
    assert [(a.email, a.verified, a.primary) for a in own] == [(NEW, True, True)]


def test_the_only_address_has_nothing_to_choose_from(sign_in, alice):
    browser = sign_in(alice)
    assert "action_remove" not in browser.get(PAGE).content.decode()
    add(browser)
    assert "action_remove" in browser.get(PAGE).content.decode()


def test_the_old_address_is_told_when_one_is_added_and_when_it_changes(sign_in, alice):
    browser = sign_in(alice)
    add(browser)
    confirm(browser)
    browser.post(PAGE, {"action_primary": "", "email": NEW})
    told = [m.subject for m in mail.outbox if m.to == ["alice@example.org"]]
    assert told == ["An email address was added", "Your email address was changed"]
    kinds = AccountEvent.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["email_added", "email_changed"]


def test_it_is_not_used_for_mail_before_it_is_confirmed(sign_in, alice):
    browser = sign_in(alice)
    add(browser)
    browser.post(PAGE, {"action_primary": "", "email": NEW})
    alice.refresh_from_db()
    assert alice.email == "alice@example.org"


def test_an_address_typed_by_somebody_else_is_free_for_its_owner(sign_in, eve):
    add(sign_in(eve))
    cache.clear()  # the same address is written to once in three minutes
    fields = {"email": NEW, "password1": PASSWORD, "agree": "on"}
    browser = Client()
    browser.post("/accounts/signup/", fields)
    confirm(browser)
    owner = User.objects.get(email=NEW)
    assert EmailAddress.objects.get(email=NEW, verified=True).user == owner


def test_a_slip_of_the_hand_gives_no_stranger_the_account(sign_in, alice):
    add(sign_in(with_password(alice)))
    mail.outbox.clear()
    Client().post("/accounts/password/reset/", {"email": NEW})
    assert [m for m in mail.outbox if "/password/reset/key/" in str(m.body)] == []
    Client().post("/accounts/password/reset/", {"email": alice.email})
    assert "/password/reset/key/" in str(mail.outbox[-1].body)


def test_who_signed_up_and_never_confirmed_can_still_get_a_new_password(db):
    fields = {"email": NEW, "password1": PASSWORD, "agree": "on"}
    Client().post("/accounts/signup/", fields)
    Client().post("/accounts/password/reset/", {"email": NEW})
    assert "/password/reset/key/" in str(mail.outbox[-1].body)
