"""Hostile values into every form that stands on any page: no error, no mark unescaped.

`make test` sends a few to each form, `make fuzz` some hundreds, the same each time.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from sharing.models import User
from tests.conftest import make_user
from tests.sharing.forms_found import Found, forms_on
from tests.sharing.furnished import furnish
from tests.sharing.matrix import ELSEWHERE, PUBLIC, RECORD, SIGNED_IN
from tests.sharing.roles import routes

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

TIMES: Final = int(os.environ.get("FUZZ", "3"))  # of each form
MARKS: Final = re.compile(
    r"""<fuzz-mark|<script>fuzz|(?:href|src|action|hx-\w+)=["']?(?:javascript|//fuzz)"""
)
HOSTILE: Final = (
    '"><fuzz-mark>',
    "<script>fuzz()</script>",
    "javascript:fuzz()",
    "' OR 1=1 --",
    "\x00",
    "a\r\nSet-Cookie: fuzz=1",
    "9" * 400,
    "-1",
    "0",
    "1e400",
    "1e-400",
    "NaN",
    "Infinity",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
    "2024-02-30",
    "٣",
    "\U0001f600" * 3000,
    "\u202e\u2066",
    "{{ 7|add:7 }}{% debug %}",
    "%s%n%(a)s{0}",
    "../../../etc/passwd",
    "=HYPERLINK('http://fuzz.invalid')",
    "//fuzz.invalid",
    "https://fuzz.invalid/",
    "true",
    "[]",
    '{"$gt": ""}',
    "00000000-0000-0000-0000-000000000000",
    "",
    " ",
)
PARAMS: Final = {route.name: route.params for route in routes(get_resolver())}
KNOWN: Final = {"patient", "attack", "checkin", "infusion"}
PAGES: Final = [
    name
    for name, page in RECORD.items()
    if page.get and PARAMS[name] <= KNOWN and name != "sharing:log"
]


@pytest.fixture
def browser(sign_in: Callable[[User], Client]) -> Client:
    owner = make_user("owner")
    browser = sign_in(owner)
    browser.raise_request_exception = False  # an error is a page, as in production
    return browser


def filled(form: Found, rng: random.Random) -> dict[str, Any]:
    """A form with some of its fields hostile, some missing and the others as shown."""
    sent: dict[str, Any] = {}
    for name, value in form.values:
        sent.setdefault(name, []).append(value)
    fuzzed: dict[str, Any] = {
        name: [rng.choice(values)] for name, values in sent.items()
    }
    names = sorted(fuzzed)
    for name in rng.sample(names, k=rng.randint(1, len(names)) if names else 0):
        match rng.randrange(8):
            case 0:
                del fuzzed[name]
            case 1:
                fuzzed[name] = rng.choices(HOSTILE, k=2)
            case _:
                fuzzed[name] = [rng.choice(HOSTILE)]
    for name in form.files:
        content = rng.choice(HOSTILE).encode() * rng.randint(0, 3)
        fuzzed[name] = SimpleUploadedFile(rng.choice(HOSTILE[:3]), content)
    return fuzzed


def faults_of(browser: Client, form: Found, rng: random.Random) -> list[str]:
    """What is wrong with the answer to one hostile form, and with where it leads."""
    fields = filled(form, rng)
    path = urlsplit(form.action).path
    send = browser.get if form.method == "get" else browser.post
    answer = send(path, fields)
    answers = [(path, answer)]
    if to := answer.headers.get("Location", ""):
        if urlsplit(to).netloc not in {"", "testserver"}:
            return [f"{path} leads to {to}"]
        answers.append((to, browser.get(to)))
    faults = []
    for url, got in answers:
        body = got.getvalue().decode(errors="replace")
        is_page = got.headers.get("Content-Type", "").startswith("text/html")
        marks = MARKS.findall(body) if is_page else []
        if got.status_code >= 500 and got.status_code != 503:
            faults.append(f"{url} answered {got.status_code} to {fields}")
        if marks:
            faults.append(f"{url} shows {marks} of {fields}")
    return faults


def fuzz(browser: Client, url: str, seed: str) -> tuple[int, list[str]]:
    """Send each form of a page some times over; how many, and what was wrong."""
    rng = random.Random(seed)
    page = browser.get(url)
    faults, count = [], 0
    if not page.headers.get("Content-Type", "").startswith("text/html"):
        return 0, []
    for form in forms_on(page.content.decode(), url):
        if "logout" in form.action:
            continue
        for _ in range(TIMES):
            with transaction.atomic():  # each meets the page as it was shown
                faults += faults_of(browser, form, rng)
                transaction.set_rollback(True)
            count += 1
    return count, faults


@pytest.mark.parametrize("name", PAGES)
def test_hostile_values_in_the_forms_of_a_record(name, browser, record_property):
    ids = furnish(User.objects.get(), timezone.now(), secret=True)
    url = reverse(name, kwargs={p: ids[p] for p in PARAMS[name]})
    count, faults = fuzz(browser, url, name)
    record_property("hostile forms", count)
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("name", [*SIGNED_IN, *PUBLIC])
def test_hostile_values_in_all_other_forms(name, browser, record_property):
    asks = Client(raise_request_exception=False) if name in PUBLIC else browser
    url = reverse(name, kwargs={p: ELSEWHERE[p] for p in PARAMS[name]})
    count, faults = fuzz(asks, url, name)
    record_property("hostile forms", count)
    assert not faults, "\n".join(faults)


def test_a_form_is_found_with_all_that_it_holds():
    page = (
        "<form method=post action=/a/><input name=n value=1><select name=s>"
        "<option value=x><option value=y></select><input type=file name=f></form>"
    )
    (form,) = forms_on(page, "/here/")
    assert (form.action, form.method) == ("/a/", "post")
    assert form.values == [("n", "1"), ("s", "x"), ("s", "y")]
    assert form.files == ["f"]
