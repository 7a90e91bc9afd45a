"""Every address, as everyone, with every method: who gets what, and who is logged."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from prophylaxis.models import Infusion, Plan
from sharing import preview
from sharing.models import (
    Patient,
    User,
)
from tests.conftest import make_user
from tests.sharing.asking import (
    MARKS,
    OWN_WORD,
    ROUTES,
    address,
    ask,
    expected,
    hand_over,
    request_as,
    text_of,
    undone,
)
from tests.sharing.matrix import (
    ELSEWHERE,
    PUBLIC,
    RECORD,
    SIGNED_IN,
)
from tests.sharing.roles import ROLES, World
from tests.sharing.rows import (
    NOTE,
)
from tests.sharing.standing import SIGN_IN, Browsers, browsers_of, world_of
from tests.sharing.states import STATES

pytestmark = pytest.mark.django_db

MAIN_METHODS = ("GET", "POST")
STATE_METHODS = (*MAIN_METHODS, "PUT", "PATCH", "DELETE", "HX")
METHODS = (*STATE_METHODS, "HEAD", "OPTIONS")

WHOLE = os.environ.get("MATRIX") == "whole"  # as `make matrix` asks
Case = tuple[str, str]


def sample(cases: Iterable[Case]) -> list[Case]:
    """All states of all addresses, or each address in one of them, by turns."""
    by_name: dict[str, list[str]] = {}
    for state, name in cases:
        by_name.setdefault(name, []).append(state)
    turns = enumerate(by_name.items())
    return [
        (state, name)
        for turn, (name, states) in turns
        for state in (states if WHOLE else [states[turn % len(states)]])
    ]


# --- What the record holds, and who asks --------------------------------------------


@pytest.fixture(scope="module", autouse=True)
def _one_transaction(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """One record for all these tests: each takes back what it changed, see undone()."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def alice(_one_transaction: None) -> User:
    return make_user("alice")


@pytest.fixture(scope="module")
def eve(_one_transaction: None) -> User:
    """A stranger with a record of her own."""
    user = make_user("eve")
    Patient.objects.create(owner=user, name="Eve", zone="America/New_York")
    return user


@pytest.fixture(scope="module")
def patient(alice: User) -> Patient:
    return Patient.objects.create(owner=alice, name="Alice", zone="Europe/Berlin")


@pytest.fixture(scope="module")
def world(patient: Patient, alice: User, eve: User) -> World:
    return world_of(patient, alice, eve)


@pytest.fixture(scope="module")
def browsers(
    world: World, alice: User, eve: User, sign_in: Callable[[User], Client]
) -> Browsers:
    return browsers_of(world, alice, eve, sign_in)


# --- Every address stands in the table ----------------------------------------------


def test_every_address_is_public_signed_in_or_in_the_role_table():
    declared = PUBLIC.keys() | SIGNED_IN.keys() | RECORD.keys()
    assert ROUTES.keys() - declared == set()
    assert declared - ROUTES.keys() == set()


def test_every_address_with_a_record_is_in_the_role_table():
    with_record = {name for name, route in ROUTES.items() if "patient" in route.params}
    assert with_record == RECORD.keys()


# --- A record's addresses -----------------------------------------------------------


@pytest.mark.parametrize("name", RECORD)
def test_the_main_roles_get_exactly_what_is_theirs(name, world, browsers):
    faults = []
    for role in ROLES:
        if role.is_main:
            for method in MAIN_METHODS:
                faults += request_as(role, method, name, world, browsers[role.name])
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize("name", RECORD)
def test_everyone_gets_exactly_what_is_theirs_by_every_method(
    name, world, browsers, record_property
):
    cases = list(product(ROLES, METHODS))
    if not WHOLE:  # the main ones stand above; each role and each method by turns
        turn = [*RECORD].index(name)
        cases = [
            (role, method)
            for number, (role, method) in enumerate(cases)
            if (method in MAIN_METHODS and not role.is_main)
            or (method not in MAIN_METHODS and (number + turn) % 6 == 0)
        ]
    faults = []
    for role, method in cases:
        faults += request_as(role, method, name, world, browsers[role.name])
    record_property("requests of the role matrix", len(cases))
    assert not faults, "\n".join(faults)


@pytest.mark.slow
@pytest.mark.parametrize(("state", "name"), sample(product(STATES, RECORD)))
def test_no_state_of_things_opens_a_door(state, name, world, browsers, record_property):
    roles = [role for role in ROLES if WHOLE or role.is_main]
    methods = STATE_METHODS if WHOLE else MAIN_METHODS
    faults = []
    with undone():
        RECORD[name].prepare(world)
        STATES[state](world)
        for role, method in product(roles, methods):
            browser = browsers[role.name]
            faults += request_as(role, method, name, world, browser, state=state)
    record_property("requests of the role matrix", len(roles) * len(methods))
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "name", [n for n, r in ROUTES.items() if r.params > frozenset({"patient"})]
)
def test_things_of_another_record_are_not_found_under_this_one(name, world, browsers):
    hers_under_mine = world.foreign | {"patient": world.ids["patient"]}
    mine_under_hers = world.ids | {"patient": world.foreign["patient"]}
    for who, ids in (
        ("owner", hers_under_mine),
        ("manager", hers_under_mine),
        ("eve", mine_under_hers),
    ):
        for method in ("GET", "POST"):
            if RECORD[name].need(method) is not None:
                with undone():
                    answer = ask(browsers[who], method, address(name, ids), {})
                assert (who, method, answer.status_code) == (who, method, 404)


@pytest.mark.slow
def test_a_stranger_cannot_tell_a_record_from_none(world, browsers):
    for name in RECORD:
        method = "GET" if RECORD[name].get else "POST"
        there = ask(browsers["eve"], method, address(name, world.ids), {})
        nowhere = world.ids | {"patient": uuid4()}
        none = ask(browsers["eve"], method, address(name, nowhere), {})
        assert (there.status_code, there.content) == (404, none.content)


def test_the_marks_can_be_seen_by_those_who_may(world, browsers):
    """Else their absence above would prove nothing."""
    pages = ("timeline", "attacks:detail", "diary:help", "settings")
    assert OWN_WORD in (
        browsers["viewer"].get(address("timeline", world.ids)).content.decode()
    )
    for who in ("owner", "manager"):
        seen = "".join(
            browsers[who].get(address(name, world.ids)).content.decode()
            for name in pages
        )
        assert [mark for mark in MARKS if mark not in seen] == []


# --- Seen as somebody else sees it ---------------------------------------------------

WRITES = re.compile(r'^(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
OF_THE_SIGN_IN = {"django_session", "usersessions_usersession"}


def look_as(browser: Client, world: World, role: str) -> None:
    """Let the owner see the record as the person of a role does."""
    grant = world.record.grants.get(user__email=f"{role}@example.org")
    session = browser.session
    preview.begin(session, world.record, grant)
    session.save()


@pytest.mark.parametrize("name", RECORD)
def test_a_preview_opens_what_its_person_may_open_and_writes_nothing(
    name, world, browsers
):
    owner, page = browsers["owner"], RECORD[name]
    for role in ROLES:
        if role.name not in {"viewer", "discreet"}:
            continue
        for method in MAIN_METHODS:
            with undone():
                hand_over(world, owner)
                page.prepare(world)
                look_as(owner, world, role.name)
                fields = page.sends(world, role) if method == "POST" else {}
                with CaptureQueriesContext(connection) as asked:
                    answer = ask(owner, method, address(name, world.ids), fields)
            body = answer.getvalue().decode()
            wrote = {
                found[2]
                for query in asked.captured_queries
                if (found := WRITES.match(query["sql"]))
            }
            wanted = expected(role, page, method)
            if method == "POST" and page.post:
                wanted = {302} if name == "sharing:preview_end" else {403}
            who = f"{role.name} {method} {name}"
            assert (who, answer.status_code in wanted) == (who, True)
            assert (who, wrote - OF_THE_SIGN_IN) == (who, set())
            assert role.sees_all or (NOTE not in body and OWN_WORD not in body)


SAME = ("today", "timeline", "attacks:list", "attacks:detail", "flags", "diary:help")
ABOUT_OTHERS = "Move to another diary "  # whether they have one is not the owner's


@pytest.mark.parametrize("name", SAME)
@pytest.mark.parametrize("role", ["viewer", "discreet", "logger"])
def test_a_preview_says_word_for_word_what_its_person_reads(
    name, role, world, browsers
):
    url = address(name, world.ids)
    theirs = words_of(browsers[role].get(url)).replace(ABOUT_OTHERS, "")
    with undone():
        look_as(browsers["owner"], world, role)
        seen = words_of(browsers["owner"].get(url))
    assert seen == theirs
    assert len(theirs) > 200


def words_of(answer: HttpResponse) -> str:
    """What the page says, without what is made anew for each answer."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]*>", " ", main).split())


STRIP = r"IVIG is \d+ days overdue\."


@pytest.mark.parametrize("name", [name for name, page in RECORD.items() if page.get])
def test_an_overdue_infusion_stands_on_every_page_of_the_record(name, world, browsers):
    """Also where an attack goes on: it is what most can be done about."""
    long_ago = timezone.now() - timedelta(days=40)
    Plan.objects.filter(patient=world.record).update(first_on=long_ago.date())
    Infusion.objects.filter(patient=world.record).update(started_at=long_ago)
    world.record.imports.update(by=world.record.owner)
    answer = browsers["owner"].get(address(name, world.ids))
    if answer.headers["Content-Type"].startswith("text/html") and not answer.has_header(
        "Location"
    ):
        says = r"overdue by \d+ days" if name == "prophylaxis:ivig" else STRIP
        assert re.search(says, answer.content.decode())


# --- Addresses without a record -----------------------------------------------------


@pytest.mark.parametrize("name", PUBLIC)
def test_public_addresses_need_no_account_and_show_no_record(name, world, browsers):
    url = address(name, ELSEWHERE)
    for who in ("anonymous", "eve", "invited", "revoked"):
        answer = browsers[who].get(url)
        assert answer.status_code < 500 or name == "healthz"
        assert not answer.headers.get("Location", "").startswith(f"{SIGN_IN}?next")
        assert [mark for mark in MARKS if mark in answer.content.decode()] == []


@pytest.mark.parametrize("name", SIGNED_IN)
def test_other_addresses_need_an_account_and_show_strangers_no_record(
    name, world, browsers
):
    url = address(name, ELSEWHERE)
    assert browsers["anonymous"].get(url).status_code == 302
    for role in ROLES:
        if role.permissions == frozenset():
            for method in MAIN_METHODS:
                with undone():
                    answer = ask(browsers[role.name], method, url, {})
                assert answer.status_code < 500
                text = text_of(answer)
                if (name, role.name) == ("account_takeout", "eve"):
                    text = text.replace(NOTE, "")  # stands in her own record as well
                assert [mark for mark in MARKS if mark in text] == []
