"""The whole main job, as the people who do it, on everything that `make run` starts."""

from __future__ import annotations

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "a long enough secret 7"
ZONE = "Europe/Berlin"
REMINDER_SECONDS = 150  # a minute until it is due, and what a busy machine adds


def phone(browser: Browser, site: str) -> BrowserContext:
    return browser.new_context(
        base_url=site, viewport={"width": 390, "height": 844}, timezone_id=ZONE
    )


def mail_to(page: Page, address: str, words: str) -> str:
    """The newest mail on the mail page to an address that says these words."""
    page.goto("/local/mail/")
    mail = page.locator("article", has_text=address).filter(has_text=words)
    return mail.first.inner_text()


def sign_up(page: Page, address: str, site: str) -> None:
    """Sign up and follow the link of the mail page, which signs in as well."""
    page.goto("/accounts/signup/")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("I agree to this").check()
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    text = mail_to(page, address, "/accounts/confirm-email/")
    link = re.search(r"/accounts/confirm-email/\S+", text)
    assert link
    page.goto(link[0])
    page.get_by_role("main").get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile("/(start|invitation)/"))


def test_from_sign_up_to_a_revoked_caregiver(browser: Browser, site: str) -> None:
    ana = phone(browser, site).new_page()
    sign_up(ana, "ana@example.net", site)
    start_a_diary(ana)
    check_in(ana)
    live_through_an_attack(ana)
    plan_an_infusion_due_in_a_minute(ana)
    invite(ana, "ben@example.net")

    ben = phone(browser, site).new_page()
    diary = accept_and_read(ben, "ben@example.net", site)

    revoke(ana)
    assert ben.goto(diary).status == 404  # type: ignore[union-attr]
    the_reminder_came(ana)


def start_a_diary(page: Page) -> None:
    expect(page).to_have_url(re.compile("/start/"))
    page.get_by_label("Name").fill("Ana")
    page.locator("[name=zone]").select_option(ZONE)
    page.locator("[name=emergency_number]").fill("112")
    page.get_by_role("button", name="Start my diary").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How are you today")


def check_in(page: Page) -> None:
    fatigue = page.get_by_role("group", name="Fatigue")
    fatigue.locator(".segment", has_text="Mod.").click()
    page.get_by_text("Note", exact=True).first.click()
    page.get_by_label("Note").fill("after the stairs")
    page.locator("summary", has_text="Measurements").first.click()
    page.get_by_label("Upper blood pressure").fill("123")
    page.get_by_label("Upper blood pressure").press("Enter")
    expect(page).to_have_url(re.compile("/timeline/"))
    expect(page.locator(".entry").first).to_contain_text("Fatigue")
    expect(page.locator(".entry").first).not_to_contain_text("No symptoms")
    expect(page.locator(".entry").first).to_contain_text("after the stairs")


def live_through_an_attack(page: Page) -> None:
    page.get_by_role("link", name="Attack starting").click()
    page.get_by_role("button", name="Early signs are starting").click()
    page.get_by_role("button", name="The leak began").click()
    expect(page.get_by_role("link", name="Call 112")).to_be_visible()
    page.get_by_role("link", name="Back to the open attack").click()
    for move in ("Recovery began", "The attack is over"):
        page.get_by_role("button", name=move).click()
    chart = page.locator("figure.chart svg").first
    expect(chart).to_be_visible()
    expect(chart).to_have_attribute("role", "img")
    assert chart.locator("text").count() > 3
    assert page.locator("[style]").count() == 0
    for phase in ("prodrome", "leak", "recovery"):
        assert page.locator(f".chip-{phase}").count()
    times = page.get_by_role("region", name="Times")
    expect(times).not_to_contain_text("not known")
    expect(times).not_to_contain_text("did not take place")


def plan_an_infusion_due_in_a_minute(page: Page) -> None:
    due = datetime.now(ZoneInfo(ZONE)) + timedelta(minutes=1)
    page.get_by_role("link", name="IVIG").first.click()
    page.get_by_role("link", name="Make a plan").click()
    page.locator("[name=product]").fill("Immunoglobulin 10 %")
    page.locator("[name=dose_g_per_kg]").fill("2")
    page.locator("[name=first_at]").fill(f"{due:%Y-%m-%dT%H:%M}")
    page.get_by_label("At the time").check()
    page.get_by_role("button", name="Save the plan").click()
    expect(page.locator("main")).to_contain_text(f"{due:%H:%M}")


def go_and_invite(page: Page) -> None:
    """Open the form; who has not signed in since signing up gives the password."""
    page.get_by_role("link", name="Sharing").first.click()
    page.get_by_role("link", name="Invite").first.click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text(re.compile("Invite someone|Is it you"))
    if "reauthenticate" in page.url:
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Confirm").click()


def invite(page: Page, address: str) -> None:
    go_and_invite(page)
    page.locator("[name=email]").fill(address)
    page.get_by_role("main").get_by_role("button", name="Send the invitation").click()
    expect(page.locator("main")).to_contain_text(address)


def accept_and_read(page: Page, address: str, site: str) -> str:
    """Follow the invitation's mail, sign up, accept; the address of the timeline."""
    page.goto("/local/mail/")
    text = mail_to(page, address, "/invitations/")
    link = re.search(r"/invitations/\S+", text)
    assert link
    page.goto(link[0])
    sign_up(page, address, site)
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("link", name="Timeline").first.click()
    expect(page.locator("main")).to_contain_text("after the stairs")
    return page.url


def revoke(page: Page) -> None:
    page.get_by_role("link", name="Sharing").first.click()
    page.locator("summary", has_text="Remove ben").first.click()
    page.get_by_role("button", name="Yes, remove").click()


def the_reminder_came(page: Page) -> None:
    deadline = time.monotonic() + REMINDER_SECONDS
    while time.monotonic() < deadline:
        page.goto("/local/mail/")
        mails = page.locator("article", has_text="ana@example.net")
        if mails.filter(has_text="remind").count():
            text = mails.filter(has_text="remind").first.inner_text().lower()
            for word in ("ivig", "infusion", "immunoglobulin", "leak syndrome"):
                assert word not in text
            return
        time.sleep(2)
    raise AssertionError("no reminder within the time")
