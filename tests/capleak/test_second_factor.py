"""The second step of signing in: who needs one, and what passes for one."""

from __future__ import annotations

import json
import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from sharing.models import Grant, User
from tests.capleak.signing_in import PASSWORD, app_code, enter, with_password
from tests.conftest import give_factor, make_user

pytestmark = pytest.mark.slow

SECOND_STEP = "/accounts/security/authenticate/"
SECURITY = "/accounts/security/"


@pytest.fixture
def guarded(alice, patient):
    """Alice with a password and an app; the app's secret."""
    with_password(alice)
    return give_factor(alice)


@pytest.fixture
def unready(patient, grant_to):
    """A clinician who has not set a second factor up."""
    user = make_user("unready")
    grant_to(user, kind=Grant.Kind.CLINICIAN)
    return user


def set_up_app(browser: Client) -> tuple[str, list[str]]:
    """Turn an app on in `browser`: its secret, and the recovery codes shown."""
    form = browser.get(f"{SECURITY}totp/activate/").content.decode()
    found = re.search(r'class="secret">([A-Z2-7]+)<', form)
    assert found
    secret = found[1]
    answer = browser.post(
        f"{SECURITY}totp/activate/", {"code": app_code(secret)}, follow=True
    )
    return secret, re.findall(r"<li><code>(\d+)</code>", answer.content.decode())


def test_the_codes_of_these_tests_are_those_of_rfc_6238():
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # of its appendix B, SHA-1
    assert app_code(secret, 59) == "287082"
    assert app_code(secret, 1111111109) == "081804"


# --- Signing in ---------------------------------------------------------------------


def test_the_password_alone_does_not_sign_in(alice, patient, guarded):
    browser, answer = enter(alice)
    assert answer.headers["Location"] == SECOND_STEP
    page = browser.get(f"/patients/{patient.public_id}/")
    assert page.headers["Location"].startswith("/accounts/login/")


def test_the_code_of_the_app_signs_in_and_is_good_for_once(alice, guarded):
    code = app_code(guarded)
    first, _ = enter(alice)
    assert first.post(SECOND_STEP, {"code": code}).headers["Location"] == "/home/"
    second, _ = enter(alice)
    assert (
        "was used before" in second.post(SECOND_STEP, {"code": code}).content.decode()
    )
    assert second.get("/home/").status_code == 302


def test_a_code_of_ten_minutes_ago_does_not_sign_in(alice, guarded):
    browser, _ = enter(alice)
    old = app_code(guarded, time.time() - 600)
    assert browser.post(SECOND_STEP, {"code": old}).status_code == 200
    assert browser.get("/home/").headers["Location"].startswith("/accounts/login/")


def test_a_recovery_code_signs_in_once(sign_in, alice, patient):
    with_password(alice)
    _secret, codes = set_up_app(sign_in(alice))
    assert len(codes) == 10
    first, _ = enter(alice)
    assert first.post(SECOND_STEP, {"code": codes[3]}).headers["Location"] == "/home/"
    second, _ = enter(alice)
    assert second.post(SECOND_STEP, {"code": codes[3]}).status_code == 200
    assert second.post(SECOND_STEP, {"code": codes[4]}).status_code == 302


def test_guessing_codes_ends_after_five_in_all_browsers_together(alice, guarded):
    for wrong in ("000000", "111111", "222222", "333333", "444444"):
        browser, _ = enter(alice)
        browser.post(SECOND_STEP, {"code": wrong})
    browser, _ = enter(alice)
    answer = browser.post(SECOND_STEP, {"code": app_code(guarded)})
    assert answer.status_code == 200
    assert "Too many" in answer.content.decode()


def test_guessing_is_counted_in_the_database_while_redis_is_away(
    alice, guarded, settings
):
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    }
    test_guessing_codes_ends_after_five_in_all_browsers_together(alice, guarded)


def test_a_new_password_by_mail_does_not_pass_the_second_step(alice, patient, guarded):
    browser = Client()
    browser.post("/accounts/password/reset/", {"email": alice.email})
    link = re.search(r"/accounts/password/reset/key/\S+", str(mail.outbox[-1].body))
    assert link
    form = browser.get(link[0]).headers["Location"]
    new = "another long secret 8"
    assert browser.post(form, {"password1": new, "password2": new}).status_code == 302
    assert browser.get("/home/").headers["Location"].startswith("/accounts/login/")
    answer = browser.post("/accounts/login/", {"login": alice.email, "password": new})
    assert answer.headers["Location"] == SECOND_STEP
    assert browser.get("/home/").headers["Location"].startswith("/accounts/login/")
    assert browser.post(SECOND_STEP, {"code": app_code(guarded)}).status_code == 302
    assert browser.get("/home/").headers["Location"].startswith("/patients/")


def test_a_wrong_password_tells_nothing_of_a_second_step(alice, eve, guarded):
    pages = []
    for email in (alice.email, eve.email, "nobody@example.org"):
        fields = {"login": email, "password": "not the password"}
        answer = Client().post("/accounts/login/", fields)
        text = re.sub(r'value="[^"]*"', "", answer.content.decode())
        pages.append((answer.status_code, text.replace(email, "")))
    assert pages[0] == pages[1] == pages[2]


HOSTILE = [
    *("", "null", "5", "[]", "{}", '{"id": 1}', '{"response": []}', "\0", "{" * 500),
    *(
        json.dumps(
            {
                "id": "AAAA",
                "rawId": "AAAA",
                "type": "public-key",
                "response": {
                    "clientDataJSON": "AAAA",
                    "authenticatorData": data,
                    "signature": "AAAA",
                    "userHandle": handle,
                },
                "clientExtensionResults": {},
            }
        )
        for data, handle in [("AAAA", "AAAA"), ("A" * 60, "MQ"), ("A" * 60, None)]
    ),
    json.dumps(
        {
            "id": "AAAA",
            "rawId": "AAAA",
            "type": "public-key",
            "response": {"clientDataJSON": "AAAA", "attestationObject": "v2E"},
        }
    ),
]


@pytest.mark.parametrize("credential", HOSTILE)
def test_no_answer_of_a_passkey_breaks_adding_one(sign_in, alice, credential):
    browser = sign_in(alice)
    browser.get(f"{SECURITY}webauthn/add/")
    fields = {"name": "Key", "credential": credential, "passwordless": "on"}
    assert browser.post(f"{SECURITY}webauthn/add/", fields).status_code == 200
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("credential", HOSTILE)
def test_no_answer_of_a_passkey_breaks_the_second_step(alice, guarded, credential):
    browser, _ = enter(alice)
    browser.get(SECOND_STEP)
    assert browser.post(SECOND_STEP, {"credential": credential}).status_code == 200


@pytest.mark.parametrize("credential", HOSTILE)
def test_no_answer_of_a_passkey_breaks_the_sign_in(db, credential):
    browser = Client()
    browser.get(f"{SECURITY}webauthn/login/", headers={"Accept": "application/json"})
    answer = browser.post(f"{SECURITY}webauthn/login/", {"credential": credential})
    assert answer.status_code == 302
    assert browser.get("/home/").headers["Location"].startswith("/accounts/login/")


# --- What is kept -------------------------------------------------------------------


def test_what_is_stored_gives_no_code_to_a_thief_of_the_database(
    sign_in, alice, settings
):
    secret, codes = set_up_app(sign_in(alice))
    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert [code for code in codes if code in stored] == []
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key that the site was given" + "x" * 30
    app = Authenticator.objects.get(type="totp")
    assert decrypt(app.data["secret"]) == secret


def test_recovery_codes_are_shown_once(sign_in, alice):
    browser = sign_in(alice)
    set_up_app(browser)
    again = browser.get(f"{SECURITY}recovery-codes/").content.decode()
    assert "cannot be shown again" in again
    assert re.findall(r"<code>\d+", again) == []


def test_a_deleted_account_takes_its_factors_and_sign_ins_with_it(sign_in, eve):
    browser = sign_in(eve)
    set_up_app(browser)
    eve.own_record.delete()
    eve.delete()
    assert not Authenticator.objects.exists()
    assert browser.get("/home/").headers["Location"].startswith("/accounts/login/")


def test_there_is_no_admin_site():
    with pytest.raises(NoReverseMatch):
        reverse("admin:index")


# --- Who needs one ------------------------------------------------------------------


def test_a_clinician_without_one_opens_nothing_and_is_led_to_it(
    sign_in, unready, patient
):
    browser = sign_in(unready)
    for path in (f"/patients/{patient.public_id}/", "/home/", "/mail/", "/start/"):
        assert browser.get(path).headers["Location"] == SECURITY
    page = browser.get(SECURITY).content.decode()
    assert "One more step before a diary opens" in page
    assert "Alice" not in page


def test_a_clinician_sees_the_diary_as_soon_as_the_app_is_set_up(
    sign_in, unready, patient
):
    browser = sign_in(unready)
    set_up_app(browser)
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 200


def test_recovery_codes_alone_are_no_second_factor(sign_in, unready, patient):
    Authenticator.objects.create(user=unready, type="recovery_codes", data={})
    answer = sign_in(unready).get(f"/patients/{patient.public_id}/")
    assert answer.headers["Location"] == SECURITY


def test_staff_without_one_are_led_to_it(sign_in, eve):
    User.objects.filter(pk=eve.pk).update(is_staff=True)
    for path in ("/staff/", "/staff/recall/", "/home/"):
        assert sign_in(eve).get(path).headers["Location"] == SECURITY


def test_whoever_removes_it_is_led_to_it_again(sign_in, unready, patient):
    browser = sign_in(unready)
    set_up_app(browser)
    browser.post(f"{SECURITY}totp/deactivate/")
    answer = browser.get(f"/patients/{patient.public_id}/")
    assert answer.headers["Location"] == SECURITY


def test_a_clinician_whose_grant_is_over_needs_none(sign_in, unready, patient):
    Grant.objects.filter(user=unready).update(revoked_at="2026-01-01T00:00Z")
    assert sign_in(unready).get("/start/").status_code == 200


@pytest.mark.parametrize("who", ["alice", "viewer", "eve"])
def test_everyone_else_may_go_without_and_is_offered_it(request, sign_in, patient, who):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.get("/home/").headers["Location"].startswith("/patients/")
    page = browser.get(SECURITY).content.decode()
    assert "Add a passkey" in page
    assert "One more step" not in page


def test_one_s_own_machine_may_go_without_and_says_so(
    sign_in, unready, patient, settings
):
    settings.SECOND_FACTOR_REQUIRED = False
    browser = sign_in(unready)
    page = browser.get(f"/patients/{patient.public_id}/")
    assert page.status_code == 200
    assert "you need no second step to see a diary" in page.content.decode()
    assert "Only here you may go without" in browser.get(SECURITY).content.decode()


# --- Is it you? ---------------------------------------------------------------------


def late(browser: Client) -> Client:
    """The browser, as if its user had signed in an hour ago."""
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 3600}
    ]
    session.save()
    return browser


@pytest.mark.parametrize(
    "path",
    [
        "sharing/invite/",
        "download/",
        "ivig/calendar/",
    ],
)
def test_giving_access_and_taking_data_out_asks_who_it_is(
    sign_in, alice, patient, path
):
    with_password(alice)
    url = f"/patients/{patient.public_id}/{path}"
    assert sign_in(alice).get(url).status_code == 200
    answer = late(sign_in(alice)).get(url)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")


def test_what_was_typed_is_sent_on_after_the_password(sign_in, alice, patient):
    with_password(alice)
    url = f"/patients/{patient.public_id}/sharing/invite/"
    browser = late(sign_in(alice))
    typed = {"email": "cleo@example.org", "kind": "caregiver", "ends": "never"}
    question = browser.post(url, typed).headers["Location"]
    assert not Grant.objects.filter(invited_email="cleo@example.org").exists()
    wrong = browser.post(question, {"password": "no", "next": url})
    assert wrong.status_code == 200
    answer = browser.post(question, {"password": PASSWORD, "next": url})
    assert "cleo@example.org" in answer.content.decode()
    assert Grant.objects.filter(invited_email="cleo@example.org").exists()


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/accounts/email/", {"action_add": "", "email": "new@example.org"}),
        (f"{SECURITY}totp/activate/", {}),
        (f"{SECURITY}totp/deactivate/", {}),
        (f"{SECURITY}webauthn/add/", {}),
        (f"{SECURITY}recovery-codes/generate/", {}),
    ],
)
def test_changing_the_account_asks_who_it_is(sign_in, alice, path, fields):
    with_password(alice)
    if path.endswith(("deactivate/", "generate/")):
        give_factor(alice)
    answer = late(sign_in(alice)).post(path, fields)
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
