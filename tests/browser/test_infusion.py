"""How long it takes to write down an infusion of four lots."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A slow typist who looks at every field first; design choices.
KEY_MS = 200
LOOK_S = 1.0
LOTS = (
    ("P100456789", "20", "5", "08/2028"),
    ("P100456790", "10", "2", "08/2028"),
    ("P100461234", "10", "1", "11/2028"),
    ("P100470001", "5", "2", "02/2029"),
)
SCANNED = "]d201040305390999981729063010P100480077"


@pytest.fixture
def form(browser: Browser, site: str) -> Iterator[Page]:
    """The form of an infusion on the demo patient's phone, with scripts turned off."""
    context = browser.new_context(
        base_url=site, viewport={"width": 390, "height": 844}, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("patient@example.org")
    page.get_by_label("Password").fill("demo-capleak-2026")
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    record = re.search(r"/patients/[0-9a-f-]+/", page.url)
    assert record
    page.goto(record[0] + "ivig/infusions/new/")
    yield page
    context.close()


def type_into(field: Locator, text: str) -> None:
    time.sleep(LOOK_S)
    field.fill("")
    field.press_sequentially(text, delay=KEY_MS)


def row(page: Page, number: int, name: str) -> Locator:
    return page.locator(f"[name=lots-{number}-{name}]")


def test_four_lots_are_entered_in_under_90_seconds(form: Page) -> None:
    began = time.monotonic()
    for number, (lot, size, count, use_by) in enumerate(LOTS):
        if not row(form, number, "number").count():
            time.sleep(LOOK_S)
            form.get_by_role("button", name="Add another lot").click()
        type_into(row(form, number, "number"), lot)
        type_into(row(form, number, "vial_g"), size)
        type_into(row(form, number, "count"), count)
        type_into(row(form, number, "expires_on"), use_by)
    time.sleep(LOOK_S)
    form.get_by_role("button", name="Save the infusion").click()
    expect(form.get_by_role("heading", level=1)).to_contain_text("Infusion of")
    took = time.monotonic() - began
    for lot, *_rest in LOTS:
        expect(form.get_by_role("main")).to_contain_text(lot)
    expect(form.get_by_role("main")).to_contain_text("140 g")  # what they add up to
    print(f"four lots, typed: {took:.0f} s at {KEY_MS} ms a key")  # noqa: T201
    assert took < 90


def test_a_scanned_code_fills_its_row_and_saves_nothing_yet(form: Page) -> None:
    """A scanner types the code and presses Enter."""
    row(form, 0, "number").press_sequentially(SCANNED)
    row(form, 0, "number").press("Enter")
    expect(row(form, 0, "number")).to_have_value("P100480077")
    expect(row(form, 0, "expires_on")).to_have_value("06/2029")
    expect(form.get_by_role("heading", level=1)).to_have_text("Log an infusion")
    expect(row(form, 1, "number")).to_be_focused()
