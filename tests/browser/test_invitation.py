"""From an invitation to the first view, sign-up included, in less than two minutes.

Two phones side by side. What a hand, an eye and a mail server need is added to what the
site took, because a script has none of them:

- a tap: to point and to make up one's mind, 1.1 s and 1.35 s (Card, Moran and Newell
  1980, doi:10.1145/358886.358895)
- a character: 0.5 s, half as fast as people type on phones (36 words a minute; Palin
  and others 2019, doi:10.1145/3338286.3340120)
- a page: 4 s to take in; a mail: 15 s to come and be opened; both design choices
"""

from __future__ import annotations

import logging
import re
import time
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.test_journey import (
    PASSWORD,
    go_and_invite,
    invite,
    mail_to,
    phone,
    sign_up,
    start_a_diary,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TAP, CHARACTER, PAGE, MAIL = 1.1 + 1.35, 0.5, 4.0, 15.0
LIMIT_SECONDS = 120

log = logging.getLogger(__name__)


@dataclass
class Hand:
    """Somebody at a phone, and for how long: the site's time and a person's."""

    page: Page
    began: float = field(default_factory=time.monotonic)
    human: float = 0.0

    def tap(self, what: Locator) -> None:
        what.click()
        self.human += TAP

    def write(self, where: Locator, text: str) -> None:
        where.fill(text)
        self.human += TAP + CHARACTER * len(text)

    def look(self) -> None:
        self.human += PAGE

    @property
    def seconds(self) -> float:
        return self.human + time.monotonic() - self.began


@pytest.fixture(scope="module")
def ana(browser: Browser, site: str) -> Page:
    page = phone(browser, site).new_page()
    sign_up(page, "ana.invites@example.net", site)
    start_a_diary(page)
    go_and_invite(page)  # her password is asked for once, before the clock runs
    return page


def sign_up_by_hand(zoe: Hand, address: str) -> None:
    """From the page that asks to sign in to the invitation, by way of a mail."""
    main = zoe.page.get_by_role("main")
    zoe.look()
    zoe.tap(zoe.page.get_by_role("link", name="I am new: sign up"))
    zoe.look()
    zoe.write(zoe.page.get_by_label("Email"), address)
    zoe.write(zoe.page.get_by_label("Password"), PASSWORD)
    zoe.look()  # at what there is to agree to
    zoe.tap(zoe.page.get_by_label("I agree to this"))
    zoe.tap(main.get_by_role("button", name="Sign up"))
    zoe.look()
    text = mail_to(zoe.page, address, "/accounts/confirm-email/")
    link = re.search(r"/accounts/confirm-email/\S+", text)
    assert link
    zoe.human += MAIL
    zoe.page.goto(link[0])
    zoe.look()
    zoe.tap(main.get_by_role("button", name="Confirm"))
    expect(zoe.page.get_by_role("heading", level=1)).to_contain_text("invites you")
    zoe.look()


def sees_the_diary(hand: Hand) -> None:
    expect(hand.page).to_have_url(re.compile(r"/patients/[0-9a-f-]+/$"))
    expect(hand.page.get_by_role("heading", level=1)).to_contain_text("Ana today")


def test_by_a_code_on_the_patients_phone(
    browser: Browser, site: str, ana: Page
) -> None:
    ana.get_by_role("link", name="Sharing").first.click()
    ana.get_by_role("link", name="Invite").first.click()
    ana.get_by_label("From my screen").check()
    ana.get_by_role("button", name="Show the code").click()
    expect(ana.locator(".qr svg")).to_be_visible()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 390
    link = ana.locator("#new-link").input_value()

    zoe = Hand(phone(browser, site).new_page())
    zoe.human += TAP + PAGE  # her camera
    zoe.page.goto(link)
    assert link not in zoe.page.url
    sign_up_by_hand(zoe, "zoe.scans@example.net")
    zoe.write(zoe.page.get_by_label("Your name"), "Zoe")
    zoe.tap(zoe.page.get_by_role("button", name="Ask to be let in"))
    expect(zoe.page.get_by_role("status")).to_contain_text("asked to let you in")

    expect(ana.get_by_role("heading", name="Let Zoe in?")).to_be_visible()
    expect(ana.locator(".qr")).to_have_count(0)  # spent
    zoe.look()  # Ana does
    zoe.tap(ana.get_by_role("button", name="Yes, let them in"))
    expect(ana.get_by_role("main")).to_contain_text("Zoe can see the diary now")
    sees_the_diary(zoe)
    report("by a code", zoe)


def test_by_e_mail(browser: Browser, site: str, ana: Page) -> None:
    address = "mia.reads@example.net"
    invite(ana, address)
    mia = Hand(phone(browser, site).new_page())
    text = mail_to(mia.page, address, "/invitations/")
    link = re.search(r"/invitations/\S+", text)
    assert link
    mia.human += MAIL
    mia.page.goto(link[0])
    sign_up_by_hand(mia, address)
    mia.write(mia.page.get_by_label("Your name"), "Mia")
    mia.tap(mia.page.get_by_role("button", name="Accept"))
    sees_the_diary(mia)
    report("by e-mail", mia)


def report(way: str, hand: Hand) -> None:
    """Log and hold the figure: what people need and what the site took."""
    total = hand.seconds
    site_took = total - hand.human
    log.info("%s: %.0f s, of which the site took %.1f s", way, total, site_took)
    assert total < LIMIT_SECONDS


def test_without_a_script_the_same_can_be_done(browser: Browser, site: str) -> None:
    """Pages ask by themselves only where scripts run: else one looks again."""
    plain = browser.new_context(
        base_url=site, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    eva = plain.new_page()
    sign_up(eva, "eva.plain@example.net", site)
    start_a_diary(eva)
    go_and_invite(eva)
    eva.get_by_label("From my screen").check()
    eva.get_by_role("button", name="Show the code").click()
    link = eva.locator("#new-link").input_value()

    tom = browser.new_context(base_url=site, java_script_enabled=False).new_page()
    tom.goto(link)
    sign_up(tom, "tom.plain@example.net", site)
    tom.get_by_role("button", name="Ask to be let in").click()
    with plain.expect_page() as tab:
        eva.get_by_role("link", name="Look again").click()
    tab.value.get_by_role("button", name="Yes, let them in").click()
    expect(eva.locator(".qr svg")).to_be_visible()  # this page is as it was
    tom.get_by_role("link", name="Look again").click()
    expect(tom.get_by_role("heading", level=1)).to_contain_text("today")
