"""Nobody learns from text, status or time whether an address has an account."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from django.test import Client
from scipy.stats import mannwhitneyu

from capleak import steady
from sharing.models import User
from tests.capleak.signing_in import PASSWORD, enter, with_password
from tests.conftest import give_factor, make_user

pytestmark = pytest.mark.slow

FORMS: dict[str, Callable[[str], dict[str, str]]] = {
    "/accounts/login/": lambda email: {"login": email, "password": "a guess"},
    "/accounts/signup/": lambda email: {
        "email": email,
        "password1": PASSWORD,
        "agree": "on",
    },
    "/accounts/password/reset/": lambda email: {"email": email},
}
TIMES = 200  # of known and of unknown addresses each
FINEST = 0.005  # s; what is left below it comes after the beat, and drowns on the way


class Clock:
    """Time as it is, and as it would be if every wait had been waited."""

    def __init__(self) -> None:
        self.waited = 0.0

    def sleep(self, seconds: float) -> None:
        self.waited += seconds

    def now(self) -> float:
        return time.perf_counter() + self.waited


@pytest.fixture
def clock(settings, monkeypatch) -> Clock:
    """The steps of production without waiting for them, and no limits."""
    settings.STEADY_SECONDS = 0.5
    settings.ACCOUNT_RATE_LIMITS = dict.fromkeys(settings.ACCOUNT_RATE_LIMITS)
    made = Clock()
    slept = SimpleNamespace(perf_counter=made.now, sleep=made.sleep)
    monkeypatch.setattr(steady, "time", slept)
    return made


def asked(clock: Clock, path: str, email: str) -> tuple[float, tuple[object, ...]]:
    """How long it took, and all that it shows without what differs by itself."""
    browser = Client()
    began = clock.now()
    answer = browser.post(path, FORMS[path](email))
    took = (clock.now() - began) // FINEST
    text = re.sub(r'(csrfmiddlewaretoken" value=")\w+', r"\1", answer.content.decode())
    return took, (
        answer.status_code,
        answer.headers.get("Location"),
        text.replace(email, "the address"),
    )


def compared(clock: Clock, path: str, run: int) -> float:
    """p of known against unknown addresses, asked for in turns; equal in all else."""
    users = [make_user(f"known{run}{number:03}") for number in range(TIMES)]
    took: dict[bool, list[float]] = {True: [], False: []}
    shown = set()
    for number, user in enumerate(users):
        for is_known in (True, False) if number % 2 else (False, True):
            email = user.email if is_known else f"nobody{run}{number:02}@example.org"
            seconds, answer = asked(clock, path, email)
            took[is_known].append(seconds)
            shown.add(answer)
    assert len(shown) == 1
    return float(mannwhitneyu(took[True], took[False]).pvalue)


@pytest.mark.parametrize("path", FORMS)
def test_known_and_unknown_addresses_look_the_same_and_take_as_long(db, clock, path):
    """Chance alone is below 0.01 once in a hundred runs, not three times running."""
    found = []
    while len(found) < 3 and (p := compared(clock, path, len(found))) <= 0.01:
        found.append(p)
    assert len(found) < 3, found


def test_the_answer_leaves_on_the_beat(db, settings):
    settings.STEADY_SECONDS = 0.3
    began = time.perf_counter()
    Client().post("/accounts/login/", {"login": "x@example.org", "password": "no"})
    took = time.perf_counter() - began
    assert took >= 0.3
    assert took % 0.3 < 0.15


def test_who_is_signed_in_by_the_answer_does_not_wait(alice, patient, clock):
    enter(with_password(alice))
    assert clock.waited == 0.0


def test_who_still_has_a_second_step_to_take_waits_like_a_stranger(alice, clock):
    give_factor(with_password(alice))
    enter(alice)
    assert 0 < clock.waited <= 0.5


def test_pages_that_are_only_looked_at_do_not_wait(db, clock):
    Client().get("/accounts/login/")
    assert clock.waited == 0.0
    assert not User.objects.exists()
