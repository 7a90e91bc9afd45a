"""Where somebody is signed in, how it ends elsewhere, and how it ends by itself."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.test import Client
from django.utils import timezone

from capleak.exports import many
from capleak.sign_in import POLLED_ROUTES
from tests.capleak.signing_in import PASSWORD, enter, with_password

pytestmark = pytest.mark.slow

SECURITY = "/accounts/security/"
LEFT = "/accounts/security/session/"
FIREFOX = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def unused(user, **age) -> None:
    """As if nothing had been asked for in a while."""
    sessions = UserSession.objects.filter(user=user)
    sessions.update(last_seen_at=timezone.now() - timedelta(**age))


def begun(user, **age) -> None:
    sessions = UserSession.objects.filter(user=user)
    sessions.update(created_at=timezone.now() - timedelta(**age))


def is_in(browser: Client, patient) -> bool:
    return browser.get(f"/patients/{patient.public_id}/").status_code == 200


# --- The list -----------------------------------------------------------------------


def test_a_sign_in_stands_in_the_list_with_its_device(alice, patient):
    browser, _ = enter(with_password(alice), user_agent=FIREFOX)
    page = browser.get(SECURITY).content.decode()
    assert "Phone, Firefox" in page
    assert "this one" in page
    assert "Sign out everywhere else" not in page


def test_a_lost_phone_is_out_with_its_next_request(alice, patient):
    with_password(alice)
    phone, _ = enter(alice, user_agent=FIREFOX)
    laptop, _ = enter(alice)
    assert is_in(phone, patient)
    row = UserSession.objects.get(user_agent=FIREFOX)
    laptop.post(SECURITY, {"end": row.pk})
    assert not is_in(phone, patient)
    assert is_in(laptop, patient)


def test_all_others_are_signed_out_and_this_one_stays(alice, patient):
    with_password(alice)
    others = [enter(alice)[0], enter(alice)[0]]
    here, _ = enter(alice)
    here.post(SECURITY, {"end": "others"})
    assert [is_in(other, patient) for other in others] == [False, False]
    assert is_in(here, patient)


@pytest.mark.parametrize("end", ["", "x", "-1", "9" * 30, "9" * 5000, "٣"])
def test_nothing_else_that_is_sent_signs_anybody_out(sign_in, alice, patient, end):
    other = sign_in(alice)
    assert sign_in(alice).post(SECURITY, {"end": end}).status_code == 302
    assert is_in(other, patient)


def test_nobody_signs_somebody_else_out(sign_in, alice, eve, patient):
    hers = sign_in(alice)
    row = UserSession.objects.get(user=alice)
    for end in (row.pk, "others"):
        sign_in(eve).post(SECURITY, {"end": end})
    assert is_in(hers, patient)


def test_the_list_shows_nobody_else_s(sign_in, alice, eve):
    enter(with_password(alice), user_agent=FIREFOX)
    assert "Firefox" not in sign_in(eve).get(SECURITY).content.decode()


# --- How long -----------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "stays"), [(29, True), (31, False)])
def test_a_clinician_is_signed_out_after_thirty_minutes_without_use(
    sign_in, doctor, patient, minutes, stays
):
    browser = sign_in(doctor)
    unused(doctor, minutes=minutes)
    assert is_in(browser, patient) == stays
    assert is_in(browser, patient) == stays


@pytest.mark.parametrize(("days", "stays"), [(13, True), (15, False)])
def test_a_patient_is_signed_out_after_two_weeks_without_use(
    sign_in, alice, patient, days, stays
):
    browser = sign_in(alice)
    begun(alice, days=20)
    unused(alice, days=days)
    assert is_in(browser, patient) == stays


def test_nobody_stays_for_ever_by_being_there(sign_in, alice, doctor, patient):
    browsers = {alice: sign_in(alice), doctor: sign_in(doctor)}
    begun(alice, days=89)
    begun(doctor, hours=11)
    assert [is_in(browser, patient) for browser in browsers.values()] == [True, True]
    begun(alice, days=91)
    begun(doctor, hours=13)
    assert [is_in(browser, patient) for browser in browsers.values()] == [False, False]


def test_what_ended_leaves_no_session_behind(sign_in, doctor, patient):
    browser = sign_in(doctor)
    key = browser.session.session_key
    unused(doctor, minutes=31)
    assert not is_in(browser, patient)
    assert not UserSession.objects.filter(user=doctor).exists()
    assert not Client(cookies={}).session.exists(key)


def test_using_the_diary_counts_and_asking_how_long_is_left_does_not(
    sign_in, doctor, patient
):
    browser = sign_in(doctor)
    unused(doctor, minutes=10)
    assert 1195 <= browser.get(LEFT).json()["seconds"] <= 1200
    assert 1195 <= browser.get(LEFT).json()["seconds"] <= 1200
    assert is_in(browser, patient)
    assert browser.get(LEFT).json()["seconds"] > 1790


POLLING = re.compile(r'hx-get="(.+?)"[^>]*? hx-trigger="every ')
# How templates say it: the name of a route, or what its view calls its address.
POLLED = {
    "{% url 'invitation:page' %}": "invitation:page",
    "{% url 'sharing:waiting' patient.public_id grant.public_id %}": "sharing:waiting",
    "{{ job_url }}": "exports_job",
    "{{ run_url }}": "diary:import_run",
}


def test_every_page_that_asks_by_itself_is_known():
    """One that is forgotten would keep a clinician's screen open for twelve hours."""
    found = []
    for template in (settings.BASE_DIR / "templates").rglob("*.html"):
        text = template.read_text()
        asking = POLLING.findall(text)
        assert len(asking) == len(re.findall(r"hx-trigger=.[^>]*every ", text))
        found += asking
    assert sorted(found) == sorted(POLLED)
    assert set(POLLED.values()) == POLLED_ROUTES


def test_a_page_that_asks_by_itself_is_no_use_and_opening_it_is(
    sign_in, doctor, patient
):
    exports = many.choice_of(doctor)
    many.choose(exports, [patient])
    many.start(exports, key="csv", since=None, until=None, device="computer")
    url = f"/exports/{exports.public_id}/"
    browser = sign_in(doctor)
    unused(doctor, minutes=10)
    assert browser.get(url, headers={"HX-Request": "true"}).status_code == 200
    assert 1195 <= browser.get(LEFT).json()["seconds"] <= 1200
    assert browser.get(url).status_code == 200
    assert browser.get(LEFT).json()["seconds"] > 1790


@pytest.mark.parametrize("path", ["/patients/no-such/", "/home/"])
def test_only_those_pages_may_ask_without_being_used(sign_in, doctor, path):
    browser = sign_in(doctor)
    unused(doctor, minutes=10)
    browser.get(path, headers={"HX-Request": "true"})
    assert browser.get(LEFT).json()["seconds"] > 1790


def test_staying_signed_in_is_a_use(sign_in, doctor):
    browser = sign_in(doctor)
    unused(doctor, minutes=29)
    assert browser.post(LEFT).json()["seconds"] > 1790


def test_after_the_end_nothing_is_left_and_nothing_brings_it_back(sign_in, doctor):
    browser = sign_in(doctor)
    unused(doctor, minutes=31)
    assert browser.post(LEFT).json() == {"seconds": 0}
    assert browser.get(LEFT).json() == {"seconds": 0}


def test_the_limits_stand_on_the_page(sign_in, alice, doctor):
    assert "14 days pass without use" in sign_in(alice).get(SECURITY).content.decode()
    page = sign_in(doctor).get(SECURITY).content.decode()
    assert "Until 30 minutes pass without use, and 12 hours at most" in page
    assert "js/idle.js" in page
    assert "js/idle.js" not in sign_in(alice).get(SECURITY).content.decode()


def test_a_sign_in_from_before_the_list_is_added_to_it(sign_in, alice, patient):
    browser = sign_in(alice)
    UserSession.objects.all().delete()
    assert is_in(browser, patient)
    assert UserSession.objects.filter(user=alice).count() == 1


def test_knowing_the_sign_in_costs_one_query(
    sign_in, doctor, patient, django_assert_num_queries
):
    browser = sign_in(doctor)
    with django_assert_num_queries(4):  # session, user, sign-in; and the answer's own
        browser.get(LEFT)


def test_a_session_of_before_is_not_the_one_after(alice, patient):
    """Who put a cookie into somebody's browser is not signed in with them."""
    with_password(alice)
    browser = Client()
    browser.get("/accounts/login/")
    session = browser.session
    session["planted"] = True
    session.save()
    planted = session.session_key
    browser.cookies["session"] = planted
    browser.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert is_in(browser, patient)
    assert browser.session.session_key != planted
    other = Client()
    other.cookies["session"] = planted
    assert not is_in(other, patient)


def test_a_cookie_that_was_copied_is_worth_nothing_after_signing_out(alice, patient):
    with_password(alice)
    browser, _ = enter(alice)
    copied = Client()
    copied.cookies["session"] = browser.cookies["session"].value
    assert is_in(copied, patient)
    browser.post("/accounts/logout/")
    assert not is_in(copied, patient)
