"""Second factors and the end of a sign-in, in a real browser with a made-up passkey."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.capleak.signing_in import app_code

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "demo-capleak-2026"
PASSKEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def phone(browser: Browser, site: str) -> BrowserContext:
    return browser.new_context(base_url=site, viewport={"width": 390, "height": 844})


def with_passkeys(page: Page) -> None:
    """Give the browser a place for passkeys whose owner always says yes."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": PASSKEY})


def give_password(page: Page, who: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(f"{who}@example.org")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page).not_to_have_url(re.compile("/login/"), timeout=15000)


def sign_out(page: Page) -> None:
    page.get_by_text("Menu", exact=True).click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page).to_have_url(re.compile(r"//[^/]+/$"))


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    context = phone(browser, site)
    opened = context.new_page()
    refused: list[str] = []
    opened.on(
        "console",
        lambda m: refused.append(m.text) if "Content Security" in m.text else None,
    )
    with_passkeys(opened)
    yield opened
    assert refused == []
    context.close()


def add_passkey(page: Page) -> None:
    page.goto("/accounts/security/")
    page.get_by_role("link", name=re.compile("^Add a(nother)? passkey")).first.click()
    page.get_by_role("button", name="Add the passkey").click()


def test_a_passkey_is_added_signs_in_alone_and_is_removed(page: Page) -> None:
    give_password(page, "caregiver")
    add_passkey(page)
    expect(page.get_by_role("heading", name="Keep these now")).to_be_visible()
    expect(page.locator(".codes code")).to_have_count(10)
    sign_out(page)

    page.goto("/accounts/login/?next=/mail/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/mail/$"))  # no password, no second step
    sign_out(page)

    give_password(page, "caregiver")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The second step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile("/patients/"))

    page.goto("/accounts/security/")
    page.get_by_role("link", name="Remove Passkey 1").click()
    page.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    sign_out(page)
    give_password(page, "caregiver")
    expect(page).to_have_url(re.compile("/patients/"))


def test_an_app_is_set_up_and_its_code_is_asked_for(page: Page) -> None:
    give_password(page, "caregiver")
    page.goto("/accounts/security/totp/activate/")
    secret = page.locator(".secret").inner_text()
    expect(page.locator(".qr svg path")).to_be_visible()
    page.get_by_label("Authenticator code").fill(app_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator(".codes code")).to_have_count(10)
    spare = page.locator(".codes code").all_inner_texts()
    sign_out(page)
    give_password(page, "caregiver")
    page.get_by_label("Code").fill("000000")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("alert").first).to_contain_text("not right")
    page.get_by_label("Code").fill(spare[0])
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile("/patients/"))
    page.goto("/accounts/security/totp/deactivate/")
    page.get_by_role("button", name="Turn it off").click()
    expect(page.get_by_text("The app is off.")).to_be_visible()


def test_a_refused_passkey_is_said(browser: Browser, site: str) -> None:
    page = phone(browser, site).new_page()
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": PASSKEY | {"isUserVerified": False}},
    )
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("the passkey was not used")).to_be_visible()


# --- The end of a sign-in -----------------------------------------------------------


def test_a_clinician_is_warned_and_keeps_what_was_typed(page: Page) -> None:
    left: dict[str, object] = {"seconds": 1800}
    page.route(
        "**/accounts/security/session/",
        lambda route: (
            route.fulfill(json=left) if left["seconds"] != 1800 else route.continue_()
        ),
    )
    give_password(page, "clinician")
    page.goto("/accounts/password/change/")
    box = page.get_by_role("alertdialog")
    expect(box).to_be_hidden()
    page.locator("[name=oldpassword]").fill("half a word")

    user = page.locator("#idle").get_attribute("data-user")
    left |= {"seconds": 90, "user": user, "token": "a-new-token"}
    wake(page)
    expect(box).to_contain_text("You will be signed out in two minutes")
    expect(page.get_by_role("link", name="Sign in in a new tab")).to_be_hidden()
    left |= {"seconds": 1800 - 1}
    page.get_by_role("button", name="Stay signed in").click()
    expect(box).to_be_hidden()

    left |= {"seconds": 0}
    wake(page)
    expect(box).to_contain_text("You are signed out")
    expect(page.get_by_role("button", name="Stay signed in")).to_be_hidden()
    expect(page.locator("body")).to_have_class(re.compile("is-covered"))
    left |= {"seconds": 1700, "token": "the-newest-token"}
    page.get_by_role("button", name="I have signed in again").click()
    expect(box).to_be_hidden()
    expect(page.locator("[name=oldpassword]")).to_have_value("half a word")
    tokens = page.locator("main [name=csrfmiddlewaretoken]")
    expect(tokens.first).to_have_value("the-newest-token")


def test_another_person_s_sign_in_does_not_uncover_the_page(page: Page) -> None:
    left: dict[str, object] = {}
    page.route(
        "**/accounts/security/session/",
        lambda route: route.fulfill(json=left) if left else route.continue_(),
    )
    give_password(page, "clinician")
    page.goto("/accounts/password/change/")
    page.locator("[name=oldpassword]").fill("half a word")
    left |= {"seconds": 1500, "user": 0, "token": "of-somebody-else"}
    wake(page)
    expect(page.get_by_role("alertdialog")).to_contain_text("You are signed out")


def test_a_page_with_nothing_typed_goes_to_the_sign_in(page: Page) -> None:
    give_password(page, "clinician")
    expect(page).to_have_url(re.compile("/patients/"))
    page.context.clear_cookies()
    wake(page)
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next=%2Fpatients"))


def wake(page: Page) -> None:
    """As if the page came to the front again, which lets it ask."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


# --- Nothing left -------------------------------------------------------------------

KEPT = """async () => JSON.stringify([
    {...localStorage}, {...sessionStorage},
    await indexedDB.databases(), await caches.keys(),
    (await navigator.serviceWorker?.getRegistrations() ?? []).length,
    document.cookie,
])"""


def test_nothing_of_a_diary_is_readable_after_signing_out(page: Page) -> None:
    give_password(page, "patient")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    diary = page.url
    for below in ("timeline/", "attacks/", "sharing/", "settings/"):
        page.goto(diary + below)
    page.locator("[name=plan_text]").fill("half a secret plan")
    beside = page.context.new_page()
    beside.goto(diary)
    expect(beside.locator("body")).to_contain_text("Ana")

    sign_out(page)
    expect(beside).to_have_url(re.compile("/accounts/login/"))  # by itself
    of_now = {"htmx-current-path-for-history": "/"}  # the public page
    assert json.loads(page.evaluate(KEPT)) == [{}, of_now, [], [], 0, ""]
    for _ in range(6):  # the back button, as often as there were pages
        page.go_back()
        expect(page).to_have_url(re.compile("/accounts/login/|//[^/]+/$"))
        seen = page.content()
        assert [
            mark
            for mark in ("half a secret", "Dr. Okafor:", "+49 171 3920014")
            if mark in seen
        ] == []
    page.goto(diary)
    expect(page).to_have_url(re.compile(r"/accounts/login/\?next="))


def test_another_person_s_sign_in_ends_what_the_first_one_left_open(
    page: Page,
) -> None:
    give_password(page, "patient")
    diary = page.url
    beside = page.context.new_page()
    beside.goto(diary)
    sign_out(page)
    give_password(page, "caregiver")
    expect(beside).to_have_url(re.compile("/accounts/login/|/home/|/patients/"))
    assert "settings/" not in beside.content()  # what only the owner has
