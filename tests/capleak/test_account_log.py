"""What happened to an account: written down once, for its owner, and never changed."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.db import DatabaseError, connection, transaction
from django.test import Client

from sharing.checks import access_log_is_append_only
from sharing.models import AccountEvent
from tests.capleak.signing_in import PASSWORD, app_code, enter, with_password
from tests.conftest import give_factor

pytestmark = pytest.mark.slow

SECURITY = "/accounts/security/"
SECOND_STEP = f"{SECURITY}authenticate/"
PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def kinds(user) -> list[str]:
    events = AccountEvent.objects.filter(user_pk=user.pk)
    return list(events.order_by("pk").values_list("kind", flat=True))


def test_signing_in_and_out_leave_a_line_each_with_the_device(alice, patient):
    browser, _ = enter(with_password(alice), user_agent=PHONE)
    browser.post("/accounts/logout/")
    assert kinds(alice) == ["signed_in", "signed_out"]
    assert set(AccountEvent.objects.values_list("device", flat=True)) == {"phone"}


def test_a_wrong_password_leaves_a_line_for_whom_it_was_meant(alice):
    with_password(alice)
    fields = {"login": "ALICE@example.org", "password": "not this one"}
    Client().post("/accounts/login/", fields)
    assert kinds(alice) == ["password_refused"]


def test_a_wrong_password_for_nobody_leaves_a_line_of_nobody(db):
    fields = {"login": "nobody@example.org", "password": "not this one"}
    Client().post("/accounts/login/", fields)
    assert list(AccountEvent.objects.values_list("kind", "user_pk")) == [
        ("password_refused", None)
    ]


def test_a_wrong_second_step_leaves_a_line(alice):
    give_factor(with_password(alice))
    browser, _ = enter(alice)
    browser.post(SECOND_STEP, {"code": "000000"})
    assert kinds(alice) == ["step_refused"]


def test_a_wrong_passkey_leaves_a_line(alice):
    give_factor(with_password(alice))
    browser, _ = enter(alice)
    browser.get(SECOND_STEP)
    browser.post(SECOND_STEP, {"credential": '{"id": "AAAA"}'})
    assert kinds(alice) == ["step_refused"]


def test_a_new_password_leaves_a_line_and_ends_every_sign_in(alice, patient):
    other, _ = enter(with_password(alice))
    here, _ = enter(alice)
    new = "another long secret 8"
    fields = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    here.post("/accounts/password/change/", fields)
    assert kinds(alice)[-1] == "password_changed"
    assert other.get("/home/").headers["Location"].startswith("/accounts/login/")


@pytest.fixture
def two_browsers(alice, patient, sign_in):
    """One that changes how Alice signs in, and one that she is signed in with too."""
    return sign_in(alice), sign_in(alice)


def is_in(browser: Client) -> bool:
    return browser.get("/home/").headers["Location"].startswith("/patients/")


@pytest.mark.django_db(transaction=True)  # allauth tells of it after the commit
def test_a_new_factor_ends_the_other_sign_ins_and_keeps_this_one(alice, two_browsers):
    here, other = two_browsers
    form = here.get(f"{SECURITY}totp/activate/").context["form"]
    here.post(f"{SECURITY}totp/activate/", {"code": app_code(form.secret)})
    assert (is_in(here), is_in(other)) == (True, False)
    assert sorted(kinds(alice)) == ["app_on", "codes_made", "others_out"]


def test_removing_a_factor_ends_the_other_sign_ins(alice, two_browsers):
    here, other = two_browsers
    give_factor(alice)
    here.post(f"{SECURITY}totp/deactivate/")
    assert (is_in(here), is_in(other)) == (True, False)
    assert kinds(alice) == ["app_off", "others_out"]


@pytest.mark.django_db(transaction=True)
def test_new_recovery_codes_end_the_other_sign_ins(alice, two_browsers):
    here, other = two_browsers
    give_factor(alice)
    here.post(f"{SECURITY}recovery-codes/generate/")
    assert (is_in(here), is_in(other)) == (True, False)
    assert kinds(alice) == ["codes_made", "others_out"]


def test_signing_a_lost_phone_out_leaves_a_line_and_nothing_to_end_leaves_none(
    alice, two_browsers
):
    here, _ = two_browsers
    here.post(SECURITY, {"end": "others"})
    here.post(SECURITY, {"end": "others"})
    assert kinds(alice) == ["others_out"]
    assert UserSession.objects.filter(user=alice).count() == 1


def test_everyone_sees_their_own_lines_on_their_own_clock(sign_in, alice, patient, eve):
    AccountEvent.objects.create(
        user_pk=alice.pk, kind="app_off", device="phone", at="2026-01-31T23:30Z"
    )
    AccountEvent.objects.create(user_pk=eve.pk, kind="app_on", device="other")
    page = sign_in(alice).get(SECURITY).content.decode()
    assert "The authenticator app was turned off" in page
    assert "Sun 1 Feb 2026, 00:30 · phone" in page  # in Berlin
    assert "The authenticator app was turned on" not in page


@pytest.mark.parametrize("do", ["UPDATE {} SET kind = 'x'", "DELETE FROM {}"])
def test_the_app_cannot_change_or_remove_a_line(db, do):
    AccountEvent.objects.create(kind="signed_in", device="other")
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(do.format("sharing_accountevent"))


def test_the_check_of_a_deployment_knows_this_table_too(db):
    assert access_log_is_append_only(databases=["default"]) == []
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        found = access_log_is_append_only(databases=["default"])
        cursor.execute("SET ROLE capleak_app")
    told = ["access log", "account log", "erasures"]
    assert [
        what in str(error.msg) for what, error in zip(told, found, strict=True)
    ] == [
        True,
        True,
        True,
    ]
