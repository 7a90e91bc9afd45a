"""Every page that its owner can look at: what its headers allow, and where it points.

The role matrix asks who gets a page; this asks what a browser may do with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configured
from django.contrib.staticfiles.finders import get_finders
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from capleak.views import learn
from sharing.models import Patient, User
from tests.conftest import give_factor, make_user
from tests.sharing.furnished import furnish
from tests.sharing.matrix import ELSEWHERE, PUBLIC, RECORD, SIGNED_IN
from tests.sharing.roles import routes
from tests.sharing.rows import (
    asked_about,
    bare_medicine,
    closed_flag,
    comment_by,
    held_grant,
    notice_of,
    trigger_of,
    waiting_file,
)

PARAMS: Final = {route.name: route.params for route in routes(get_resolver())}
POLICY: Final = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
# What tells another site no more than that somebody came from this one. The link of an
# answer needs it: its form is sent to us with where it stood, or Django refuses it.
REFERRERS: Final = {"same-origin", "no-referrer", "strict-origin"}
ELSEWHERE_TO_GO: Final = "https://evil.example/"
AWAY: Final = {"next": ELSEWHERE_TO_GO, "back": ELSEWHERE_TO_GO, "to": ELSEWHERE_TO_GO}
FETCHES: Final = {"src", "srcset", "href", "xlink:href", "data", "poster", "action"}
FETCHES_IN_CSS: Final = re.compile(
    r"(?:url\(|@import)\s*[\"']?\s*((?:https?:)?//[^\"')]*)"
)
PLAIN_TEXT: Final = ("text/", "application/xml")  # JSON is UTF-8 by itself
SHOWN: Final = ("text/html", "application/json", "text/calendar")


class _Page(HTMLParser):
    """What a page lets the browser fetch, and what stands inline in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.foreign: list[str] = []
        self.inline: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: (value or "").strip() for name, value in attrs}
        for name in said.keys() & FETCHES:
            # A link is followed by a person: nothing is fetched before.
            if tag != "a" and urlsplit(said[name]).netloc not in {"", "testserver"}:
                self.foreign.append(said[name])
            if said[name].lower().startswith(("javascript:", "data:")):
                self.inline.append(said[name])
            if said[name].startswith(ELSEWHERE_TO_GO):
                self.foreign.append(said[name])
        if tag == "style" or "style" in said or any(k.startswith("on") for k in said):
            self.inline.append(f"<{tag}>")
        if tag == "script" and not (
            "src" in said or said.get("type") == "application/json"
        ):
            self.inline.append("<script>")


def policy_of(answer: Any) -> dict[str, str]:
    parts = answer.headers.get("Content-Security-Policy", "").split(";")
    return dict(part.strip().partition(" ")[::2] for part in parts)


def faults(answer: Any, *, signed_in: bool) -> Iterator[str]:
    """What is wrong with the headers of an answer, whatever it answers."""
    policy, headers = policy_of(answer), answer.headers
    for directive, wanted in POLICY.items():
        if policy.get(directive) != wanted:
            yield f"{directive} is {policy.get(directive)}"
    if "unsafe" in str(policy):
        yield f"allows what is unsafe: {policy}"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "lets the browser guess its type"
    if headers.get("Referrer-Policy") not in REFERRERS:
        yield f"has the referrer policy {headers.get('Referrer-Policy')}"
    if signed_in and "no-store" not in headers.get("Cache-Control", ""):
        yield f"may be stored: {headers.get('Cache-Control')}"
    kind = headers.get("Content-Type", "")
    if kind.startswith(PLAIN_TEXT) and "charset=utf-8" not in kind:
        yield f"does not say which letters it has: {kind}"
    attached = headers.get("Content-Disposition", "").startswith("attachment")
    if answer.status_code == 200 and not (kind.startswith(SHOWN) or attached):
        yield f"shows {kind}"
    if "evil.example" in headers.get("Location", ""):
        yield "leads to another site"


def faults_within(answer: Any) -> Iterator[str]:
    """What is wrong with what a page holds, if it is one."""
    if not answer.headers.get("Content-Type", "").startswith("text/html"):
        return
    page = _Page(answer.getvalue().decode())
    yield from (f"leads to {found}" for found in page.foreign)
    yield from (f"has inline {found}" for found in page.inline)


@pytest.fixture
def ids(alice: User) -> dict[str, object]:
    """A record of Alice's with something of everything: what its addresses name."""
    found = furnish(alice, timezone.now(), secret=True)
    record = Patient.objects.get(owner=alice)
    attack = record.attacks.get()
    return found | {
        "grant": held_grant(record).public_id,
        "symptom": record.custom_symptoms.get().public_id,
        "comment": comment_by(alice, record).public_id,
        "run": waiting_file(alice, record).public_id,
        "occurrence": notice_of(record).pk,
        "appointment": record.appointments.get().client_id,
        "medicine": bare_medicine(record).medicine,
        "flag": closed_flag(record).public_id,
        "fact": trigger_of(attack).client_id,
        "count": record.past_counts.get().client_id,
        "correction": asked_about(attack, make_user("asker")).public_id,
    }


@pytest.mark.slow
def test_no_page_lets_a_browser_do_more_than_it_must(
    ids: dict[str, object], alice: User, sign_in: Callable[[User], Client]
) -> None:
    """Every address as the owner, with another site to go to in its query."""
    alice.is_staff = True  # the pages of staff as well
    alice.save()
    give_factor(alice)
    browser, found, answers = sign_in(alice), [], 0
    for name in [*RECORD, *SIGNED_IN, *PUBLIC]:
        values = ids if name in RECORD else ELSEWHERE
        url = reverse(name, kwargs={p: values[p] for p in PARAMS[name]})
        answer = browser.get(url, AWAY)
        answers += answer.status_code == 200
        wrong = [*faults(answer, signed_in=True), *faults_within(answer)]
        found += [f"{name} ({answer.status_code}): {fault}" for fault in wrong]
    assert not found, "\n".join(found)
    assert answers > 90


def test_nor_does_a_page_without_an_account(db: None) -> None:
    found = []
    for name in PUBLIC:
        url = reverse(name, kwargs={p: ELSEWHERE[p] for p in PARAMS[name]})
        answer = Client().get(url, AWAY)
        wrong = [*faults(answer, signed_in=False), *faults_within(answer)]
        found += [f"{name} ({answer.status_code}): {fault}" for fault in wrong]
    assert not found, "\n".join(found)


def test_no_secret_stands_in_what_strangers_get(db: None) -> None:
    database = configured.DATABASES["default"]
    secrets = [
        configured.SECRET_KEY,
        configured.REDIS_URL,
        *(str(database[key]) for key in ("PASSWORD", "USER", "NAME") if database[key]),
    ]
    for name in PUBLIC:
        url = reverse(name, kwargs={p: ELSEWHERE[p] for p in PARAMS[name]})
        text = Client().get(url).getvalue().decode()
        assert (name, [secret for secret in secrets if secret in text]) == (name, [])


def test_nor_does_a_page_that_refuses(
    patient: Patient, alice: User, viewer: User, sign_in: Any, monkeypatch: Any
) -> None:
    today = f"/patients/{patient.public_id}/"
    ours, theirs = sign_in(alice), sign_in(viewer)
    answers = {
        302: Client().get(today),
        400: ours.get(f"{today}?q=%00"),
        403: theirs.get(f"{today}settings/"),
        404: ours.get("/patients/none/"),
        405: ours.delete(today),
    }

    def broken(*args: object) -> None:
        raise RuntimeError("a canary")

    monkeypatch.setattr(learn, "render", broken)
    ours.raise_request_exception = False
    answers[500] = ours.get("/learn/")
    assert {code: a.status_code for code, a in answers.items()} == {
        code: code for code in answers
    }
    found = [
        f"{code}: {fault}"
        for code, answer in answers.items()
        for fault in (
            *faults(answer, signed_in=code not in {302, 400}),
            *faults_within(answer),
        )
    ]
    assert not found, "\n".join(found)
    assert b"canary" not in answers[500].content


def test_a_static_file_is_no_page_of_its_own(db: None, settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    for path in ("favicon.svg", "css/capleak.css", "js/capleak.js"):
        answer = Client().get(f"/static/{path}")
        assert answer.status_code == 200
        assert policy_of(answer)["default-src"] == "'none'"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Type"].startswith(("image/svg", "text/"))


def test_a_browser_that_came_by_https_stays_there(db: None, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 31_536_000  # as production, see test_settings
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_SSL_REDIRECT = True
    told = Client().get("/", secure=True).headers["Strict-Transport-Security"]
    assert told == "max-age=31536000; includeSubDomains"
    answer = Client().get("/learn/?page=2")
    assert (answer.status_code, answer.headers["Location"]) == (
        301,
        "https://testserver/learn/?page=2",
    )
    assert not [*faults(answer, signed_in=False)]


def test_no_static_file_fetches_anything_from_elsewhere() -> None:
    found = []
    for finder in get_finders():
        for path, storage in finder.list([]):
            with storage.open(path) as file:
                text = file.read().decode(errors="replace")
            if path.endswith(".css"):
                found += [f"{path}: {url}" for url in FETCHES_IN_CSS.findall(text)]
            if path.endswith(".svg"):
                found += [f"{path}: {url}" for url in _Page(text).foreign]
    assert found == []


@pytest.mark.parametrize("path", [".git/config", ".env", "manage.py", "static/../.env"])
def test_no_file_of_the_project_is_served(db: None, path: str, settings: Any) -> None:
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    assert (configured.BASE_DIR / "manage.py").exists()
    assert Client().get(f"/{path}").status_code == 404


def refuse(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Instead of our own page, which takes time to draw."""
    return HttpResponse(status=418)


def test_a_page_of_another_site_sends_nothing(
    ids: dict[str, object],
    alice: User,
    sign_in: Callable[[User], Client],
    settings: Any,
) -> None:
    """Whatever takes a POST asks for the token that only our own pages have."""
    settings.CSRF_FAILURE_VIEW = f"{__name__}.{refuse.__name__}"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in(alice).cookies
    answered = {}
    for name in [*RECORD, *SIGNED_IN, *PUBLIC]:
        values = ids if name in RECORD else ELSEWHERE
        url = reverse(name, kwargs={p: values[p] for p in PARAMS[name]})
        answered[name] = strict.post(url, {"a": "b"}).status_code
    # Each has a proof of its own, a signed link and a secret: notifications.mail_views
    assert {name for name, code in answered.items() if code != 418} == {
        "mail:unsubscribe",
        "mail:bounced",
    }
