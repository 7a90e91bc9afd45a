"""How many taps an entry costs, and how long it takes on a slow phone."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Chrome's own profile of a slow 4G connection, and a processor four times slower.
SLOW_NETWORK = {
    "offline": False,
    "latency": 150,
    "downloadThroughput": 1.6 * 1024 * 1024 / 8,
    "uploadThroughput": 750 * 1024 / 8,
}
SLOW_PROCESSOR = 4


class Thumb:
    """A thumb that counts what it taps."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.taps = 0

    def tap(self, name: str) -> None:
        self.touch(self.page.get_by_role("main").get_by_role("button", name=name))

    def touch(self, target: Locator) -> None:
        target.first.tap()
        self.taps += 1

    def type_into(self, field: str, text: str) -> None:
        """A tap that brings the keyboard up, and what is typed then."""
        self.touch(self.page.locator(f"[name={field}]"))
        self.page.keyboard.type(text)


def tell(what: str, thumb: Thumb) -> None:
    print(f"taps for {what}: {thumb.taps}")  # noqa: T201 - a figure to quote


@pytest.fixture
def ana(browser: Browser, site: str) -> Iterator[Page]:
    """The demo patient's phone, 320 px wide, signed in, on today's page."""
    context = browser.new_context(
        base_url=site, viewport={"width": 320, "height": 640}, has_touch=True
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("patient@example.org")
    page.get_by_label("Password").fill("demo-capleak-2026")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("How are you")
    yield page
    context.close()


def record(page: Page) -> str:
    found = re.search(r"/patients/[0-9a-f-]+/", page.url)
    assert found
    return found[0]


def expect_saved(page: Page) -> None:
    expect(page.locator(".notice-saved")).to_contain_text("Saved")


def test_a_well_day_is_one_tap_from_the_home_page(ana: Page) -> None:
    thumb = Thumb(ana)
    thumb.tap("No symptoms today")
    expect_saved(ana)
    tell("a well day", thumb)
    assert thumb.taps == 1


def test_sick_mode_saves_with_one_required_answer(ana: Page) -> None:
    ana.goto(record(ana) + "checkins/sick/")
    assert ana.locator("main [required]").count() == 0
    thumb = Thumb(ana)
    thumb.tap("Moderate")
    expect_saved(ana)
    tell("sick mode", thumb)
    assert thumb.taps == 1


def test_sick_mode_with_two_symptoms_is_three_taps(ana: Page) -> None:
    ana.goto(record(ana) + "checkins/sick/")
    picks, thumb = ana.locator(".pick"), Thumb(ana)
    thumb.touch(picks.nth(0))
    thumb.touch(picks.nth(1))
    thumb.tap("Mild")
    expect_saved(ana)
    tell("sick mode with two symptoms", thumb)
    assert thumb.taps == 3


def test_each_target_of_sick_mode_is_56_px_and_nothing_scrolls_sideways(
    ana: Page,
) -> None:
    ana.goto(record(ana) + "checkins/sick/")
    for target in ana.locator("main .button:visible, main .pick:visible").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= 56, target.inner_text()
    assert ana.evaluate("document.documentElement.scrollWidth") <= 320


def test_a_blood_pressure_is_typed_and_saved_with_one_tap(ana: Page) -> None:
    ana.goto(record(ana) + "measure/")
    keys = ana.keyboard
    keys.type("118")  # the first field has the focus
    keys.press("Tab")
    keys.type("76")
    thumb = Thumb(ana)
    thumb.tap("Save")
    expect_saved(ana)
    expect(ana.locator(".entry").first).to_contain_text("118/76")
    tell("a blood pressure, beside its digits", thumb)
    assert thumb.taps == 1


def test_a_lab_sheet_of_four_values_is_seven_taps(ana: Page) -> None:
    ana.goto(record(ana) + "labs/")
    thumb = Thumb(ana)
    moment = ana.locator("[name=at]")
    thumb.touch(moment)
    moment.fill("2026-03-14T08:00")
    thumb.taps += 1  # "Set", in the calendar of the phone itself
    for field, value in (
        ("m_hematocrit", "44"),
        ("m_hemoglobin", "14.2"),
        ("m_albumin", "4.1"),
        ("m_creatinine", "0.9"),
    ):
        thumb.type_into(field, value)
    thumb.tap("Save")
    expect_saved(ana)
    saved = ana.locator(".notice-saved")
    for shown in ("44 %", "14.2 g/dL", "4.1 g/dL", "0.9 mg/dL"):
        expect(saved).to_contain_text(shown)
    tell("a lab sheet of four values, beside their digits", thumb)
    assert thumb.taps == 7  # two for the time, one for each value, one that saves


def test_sick_mode_and_help_stay_as_wide_as_the_screen_with_letters_of_200_percent(
    ana: Page, large_letters: Browser
) -> None:
    state = ana.context.storage_state()
    address = ana.url.partition("/patients/")[0]
    context = large_letters.new_context(
        base_url=address, viewport={"width": 320, "height": 640}, storage_state=state
    )
    page = context.new_page()
    for name in ("", "checkins/sick/", "checkins/new/", "help/", "timeline/"):
        page.goto(record(ana) + name)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") in {
            "36px",
            "32px",
        }
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
    context.close()


def test_undo_takes_a_saved_entry_back(ana: Page) -> None:
    thumb = Thumb(ana)
    thumb.tap("No symptoms today")
    expect_saved(ana)
    entries = ana.locator(".entry").count()
    thumb.tap("Undo")
    expect(ana.locator(".entry")).to_have_count(entries - 1)
    assert thumb.taps == 2


def test_sick_mode_on_a_slow_phone_is_saved_within_ten_seconds(ana: Page) -> None:
    session = ana.context.new_cdp_session(ana)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW_NETWORK)
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOW_PROCESSOR})
    address = record(ana) + "checkins/sick/"
    began = time.monotonic()
    ana.goto(address)
    Thumb(ana).tap("Severe")
    expect(ana.locator(".notice-saved")).to_be_visible(timeout=10_000)
    seconds = time.monotonic() - began
    print(f"sick mode, slow phone: {seconds:.1f} s")  # noqa: T201 - a figure to quote
    assert seconds < 10


def test_the_last_line_of_the_menu_is_reached_on_a_low_screen(ana):
    ana.set_viewport_size({"width": 390, "height": 667})
    ana.get_by_text("Menu", exact=True).tap()
    last = ana.get_by_role("button", name="Sign out", exact=True)
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport(ratio=1)
