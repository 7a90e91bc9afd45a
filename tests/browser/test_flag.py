"""A flag's whole life, as the patient and a caregiver see it, in a real browser."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import ROOT
from tests.browser.test_journey import invite, mail_to, phone, sign_up, start_a_diary

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BEN = "watchful@example.net"
NOTICE_SECONDS = 90

# Weeks that were lived before the test begins, and whom Ana lets be told.
BEFORE = f"""
from datetime import timedelta
from uuid import uuid4
from django.utils import timezone
from diary.drafts import CheckInDraft
from diary.services import record_checkin
from sharing.models import Grant
grant = Grant.objects.get(user__email="{BEN}")
Grant.objects.filter(pk=grant.pk).update(told=["act", "help"])
patient = grant.patient
for day in range(4, 30):
    at = timezone.now() - timedelta(days=day)
    draft = CheckInDraft(uuid4(), at, patient.zone, no_symptoms=True)
    record_checkin(patient, draft, by=patient.owner)
"""


def test_a_flag_from_its_first_entry_to_what_followed(
    browser: Browser, site: str, site_env: dict[str, str]
) -> None:
    ana = phone(browser, site).new_page()
    sign_up(ana, "flagged@example.net", site)
    start_a_diary(ana)
    today = ana.url
    invite(ana, BEN)
    ben = phone(browser, site).new_page()
    follow_the_invitation(ben, site)
    manage = [sys.executable, "-m", "capleak.local", "manage", "shell", "-c", BEFORE]
    subprocess.run(manage, cwd=ROOT, env=site_env, check=True)

    it_opens_at_watch(ana, today)
    a_recheck_is_planned(ana)
    measuring_is_prepared(ana, today)
    it_rises_to_act(ana, today)
    ben_is_told(ben, today)
    an_answer_closes_nothing(ana, today)
    the_attack_begins_with_its_first_entry(ana, today)
    what_followed_is_counted(ana, today)


def follow_the_invitation(page: Page, site: str) -> None:
    page.goto("/local/mail/")
    link = re.search(r"/invitations/\S+", mail_to(page, BEN, "/invitations/"))
    assert link
    page.goto(link[0])
    sign_up(page, BEN, site)
    page.get_by_role("button", name="Accept").click()
    page.wait_for_load_state()


def check_in(page: Page, today: str, symptom: str) -> None:
    page.goto(today)
    main = page.get_by_role("main")
    group = main.get_by_role("group", name=symptom)
    if not group.is_visible():
        for fold in main.locator("form details.fold > summary").all():
            fold.click()
    group.locator(".segment", has_text="Mod.").click()
    main.get_by_role("button", name="Save check-in").click()


def it_opens_at_watch(page: Page, today: str) -> None:
    check_in(page, today, "Dizzy")
    expect(page).to_have_url(today)
    flag = page.locator(".flag-banner")
    expect(flag.get_by_role("heading")).to_have_text("Watch: this is unusual for you")
    expect(flag).to_contain_text("Dizzy, moderate: new")
    expect(flag).to_contain_text("against 26 usual days")
    for offer in ("Open my plan", "Measure now", "Attack starting"):
        expect(flag.get_by_role("link", name=offer)).to_be_visible()
    expect(flag.get_by_role("button", name="Tell")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def a_recheck_is_planned(page: Page) -> None:
    page.locator(".flag-banner").get_by_role("button", name="2 hours").click()
    expect(page.locator(".flag-banner")).to_contain_text(
        re.compile(r"A reminder to check in is set for \d\d:\d\d")
    )


def measuring_is_prepared(page: Page, today: str) -> None:
    page.get_by_role("link", name="Measure now").click()
    expect(page.locator("[name=m_systolic]")).to_be_visible()
    expect(page.locator("[name=stand_systolic]")).to_be_visible()
    expect(page.locator("[name=m_weight]")).to_be_visible()
    expect(page.locator(".strip-flag")).to_contain_text("Watch")
    page.locator(".strip-flag").get_by_role("link", name="What to do").click()
    expect(page).to_have_url(today)


def it_rises_to_act(page: Page, today: str) -> None:
    check_in(page, today, "Extreme thirst")
    expect(page).to_have_url(today)
    heading = page.locator(".flag-banner").get_by_role("heading")
    expect(heading).to_have_text("Act: this is very unusual for you")


def ben_is_told(page: Page, today: str) -> None:
    deadline = time.monotonic() + NOTICE_SECONDS
    notice = page.locator("article", has_text=BEN).filter(
        has_not_text="/confirm-email/"
    )
    notice = notice.filter(has_not_text="/invitations/")
    page.goto("/local/mail/")
    while not notice.count():
        assert time.monotonic() < deadline, "no notice within the time"
        time.sleep(2)
        page.goto("/local/mail/")
    text = notice.first.inner_text().lower()
    for word in ("dizz", "thirst", "unusual", "leak syndrome", "attack"):
        assert word not in text
    page.goto(today)
    heading = page.locator(".flag-banner").get_by_role("heading")
    expect(heading).to_have_text("Act: this diary is very unusual")


def an_answer_closes_nothing(page: Page, today: str) -> None:
    page.get_by_role("link", name="I know what this is").click()
    page.get_by_label("A cold or another infection").check()
    page.get_by_role("main").get_by_role("button", name="Save").click()
    expect(page).to_have_url(today)
    flag = page.locator(".flag-banner")
    expect(flag).to_contain_text("A cold or another infection")
    expect(flag.get_by_role("heading")).to_contain_text("Act")


def the_attack_begins_with_its_first_entry(page: Page, today: str) -> None:
    page.locator(".flag-banner").get_by_role("link", name="Attack starting").click()
    began = page.locator("[name=early_at]").input_value()
    assert began
    page.get_by_role("button", name="It is in full swing").click()
    page.goto(today)
    expect(page.locator(".flag-banner")).to_have_count(0)
    page.get_by_role("link", name="Open the attack").click()
    times = page.get_by_role("region", name="Times")
    expect(times).to_contain_text(began.split("T")[1])


def what_followed_is_counted(page: Page, today: str) -> None:
    page.goto(f"{today}flags/")
    counts = page.get_by_role("region", name="What came of the flags")
    expect(counts).to_contain_text("1 of 1")
    past = page.get_by_role("region", name="Every flag so far")
    expect(past).to_contain_text("an attack followed")
    expect(past).to_contain_text("Closed: an attack was opened")
    expect(past).to_contain_text("A cold or another infection")
