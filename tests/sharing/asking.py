"""Asking for an address as a role, and what is wrong with the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client
from django.urls import get_resolver, reverse

from sharing import preview
from sharing.closed import STILL_TAKEN
from sharing.models import AccessEvent, Patient
from tests.sharing.matrix import RECORD
from tests.sharing.roles import Page, Role, World, routes
from tests.sharing.rows import NOTE

OWN_WORD = "Octopus feet"
MARKS = (
    NOTE,
    "Amarantha",
    "plan-of-my-team",
    "Octavia",
    "+49 171 5550199",
    "Gammaplex",
)
ROUTES = {route.name: route for route in routes(get_resolver())}


def hand_over(world: World, browser: Client) -> None:
    """Let the file be sent by who asks: nobody else is shown it."""
    if user := browser.session.get("_auth_user_id"):
        world.record.imports.update(by=user)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever a request changes is gone afterwards: each asks the same record."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(browser: Client, method: str, url: str, fields: dict[str, Any]) -> Any:
    if method == "HX":
        return browser.get(url, headers={"HX-Request": "true"})
    if method == "POST":
        return browser.post(url, fields)
    return browser.generic(method, url)


def address(name: str, ids: dict[str, Any]) -> str:
    return reverse(name, kwargs={p: ids[p] for p in ROUTES[name].params})


def request_as(
    role: Role, method: str, name: str, world: World, browser: Client, state: str = ""
) -> list[str]:
    """What is wrong with one request of one role; nothing if all is as it should be.

    In another state than the usual one, into which the caller has put the record, what
    is due to somebody may be gone or refused by a rule; what is not due to anybody
    never is.
    """
    page = RECORD[name]
    verb = "GET" if method == "HX" else method
    stay_signed_in(browser)
    with undone():
        if not state:
            page.prepare(world)
        if "run" in ROUTES[name].params:
            hand_over(world, browser)
        version = Patient.objects.get(pk=world.record.pk).version
        log = AccessEvent.objects.filter(patient_pk=world.record.pk).order_by("pk")
        asked = log.count()
        fields = page.sends(world, role) if verb == "POST" else {}
        answer = ask(browser, method, address(name, world.ids), fields)
        told = list(log[asked:])
        wrote = Patient.objects.get(pk=world.record.pk).version != version
    body = text_of(answer)
    wanted = expected(role, page, verb)
    entitled = page.lets(role, verb)
    faults = []
    gone_or_refused = state and entitled and answer.status_code < 500
    shut = state == "closed" and entitled and is_shut(page, name, verb)
    if shut and (answer.status_code != 409 or wrote):
        faults.append(f"answered {answer.status_code} for a closed record")
    if answer.status_code not in wanted and not gone_or_refused:
        faults.append(f"answered {answer.status_code}, not {sorted(wanted)}")
    if role.permissions is None and not answer.headers.get("Location", "").startswith(
        role.sent_to
    ):
        faults.append(f"was not sent to {role.sent_to}")
    if not entitled and (marks := [mark for mark in MARKS if mark in body]):
        faults.append(f"saw {marks}")
    if not role.sees_all and (NOTE in body or OWN_WORD in body):
        faults.append("saw what is hidden")
    refused = page.refuses(role)
    writes = page.writes or (state, name) == ("closed", "memorial")
    should_write = entitled and verb == "POST" and writes and not refused
    if wrote != should_write and not (state and should_write):
        faults.append("wrote" if wrote else "wrote nothing")
    if told_of(told) != expected_log(role, name, verb, answer, shut=shut):
        faults.append(f"left {told_of(told)} in the access log")
    where = f"{name} ({state})" if state else name
    return [f"{role.name} {method} {where}: {fault}" for fault in faults]


def stay_signed_in(browser: Client) -> None:
    """Have just been here and given the password: these tests take longer than that."""
    session = browser.session
    for method in session.get("account_authentication_methods", []):
        if time.time() - method["at"] > 300:
            method["at"] = time.time()
            session.save()
            UserSession.objects.filter(session_key=session.session_key).update(
                last_seen_at=Now()
            )


def is_shut(page: Page, name: str, verb: str) -> bool:
    """Whether a closed record does not answer even those who may ask."""
    reads = verb in preview.SAFE and page.need(verb) in {"view", "export"}
    return page.need(verb) is not None and not (reads or name.startswith(STILL_TAKEN))


def expected(role: Role, page: Page, method: str) -> set[int]:
    """The statuses that a role may get."""
    if role.permissions is None:
        return {302}
    need = page.need(method)
    if need is None:
        return {405} if role.permissions else {404, 405}
    if not role.permissions:
        return {404}
    if not page.lets(role, method):
        return {403}
    writes = method == "POST" and page.writes
    if writes and page.refuses(role):
        return {200}
    return {page.answers} if writes else {200, 302}


def expected_log(
    role: Role, name: str, method: str, answer: HttpResponse, *, shut: bool = False
) -> list[tuple[str, str, bool]]:
    """One line for each time somebody with a grant stood at the door.

    And one for each file that left, the owner's included. A page that asks by itself
    and hears of nothing new leaves none.
    """
    left = [(name, AccessEvent.FILE, True)] if is_file(answer) else []
    if not role.has_grant or answer.status_code in {204, 405}:
        return left
    return [(name, method, answer.status_code != 403 and not shut), *left]


def is_file(answer: HttpResponse) -> bool:
    return "attachment" in answer.headers.get("Content-Disposition", "")


def text_of(answer: Any) -> str:
    """All that an answer says; of a ZIP what its files say."""
    content: bytes = answer.getvalue()
    if answer.headers.get("Content-Type") == "application/zip":
        with ZipFile(BytesIO(content)) as found:
            content = b"".join(map(found.read, found.namelist()))
    return content.decode()


def told_of(events: list[AccessEvent]) -> list[tuple[str, str, bool]]:
    return [(event.route, event.method, event.allowed) for event in events]
