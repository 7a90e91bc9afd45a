"""People, a record, and a database that every test sees as the app's own role."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client, TransactionTestCase
from django.utils import timezone
from hypothesis import settings as hypothesis

from capleak import consent
from sharing.models import Grant, Patient, Permission, User, hash_token, new_token

# The suite draws the same examples each time, so that a change is judged by itself and
# not by luck or by how busy the machine is. `make hunt` looks for new examples.
hypothesis.register_profile("suite", derandomize=True, deadline=None)
hypothesis.register_profile("hunt", max_examples=1000, deadline=None, print_blob=True)
hypothesis.load_profile("suite")

# Tests that fill whole records are left to the whole suite.
WHOLE_RECORDS = (
    "tests/exports/",
    "tests/merging/",
    "tests/capleak/test_demo.py",
    "tests/sharing/test_crawl.py",
    "tests/sharing/test_hidden.py",
)

AS_APP = f"SET ROLE {settings.DATABASE_APP_ROLE}"
AS_OWNER = "SET ROLE NONE"  # RESET would go back to what the connection began as


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the quick tests ask the database each question once, in its first case.

    All further cases of a parametrized test that needs a database are slow ones; of
    the matrix of roles (`world`) the first few addresses are quick. What fills whole
    records is slow.
    """
    asked: Counter[str] = Counter()
    for item in items:
        if item.nodeid.startswith(WHOLE_RECORDS):
            item.add_marker(pytest.mark.slow)
        question = item.nodeid.partition("[")[0]
        needs = set(getattr(item, "fixturenames", ()))
        most = 5 if "world" in needs else 1
        stores = needs & {"db", "world"} or item.get_closest_marker("django_db")
        if stores and asked[question] >= most:
            item.add_marker(pytest.mark.slow)
        asked[question] += 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how much the role matrix and the hostile forms asked, if they ran."""
    asked: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            if report.when == "call":
                asked.update(dict(report.user_properties))
    for what, count in asked.items():
        terminalreporter.write_line(f"{what}: {count:,}")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The owner migrates; every test then runs as the role that the app runs as.

    A test that could change the access log would prove nothing about it. Only the
    emptying of tables after a transactional test is the owner's again.
    """
    with django_db_blocker.unblock():
        connection.close()
        options = connection.settings_dict.setdefault("OPTIONS", {})
        options["options"] = f"-c role={settings.DATABASE_APP_ROLE}"
        case_class: Any = TransactionTestCase  # its stubs leave this method out
        empty_tables = case_class._fixture_teardown

        def as_owner(case: TransactionTestCase) -> None:
            with connection.cursor() as cursor:
                cursor.execute(AS_OWNER)
            empty_tables(case)
            with connection.cursor() as cursor:
                cursor.execute(AS_APP)

        case_class._fixture_teardown = as_owner
        yield
        case_class._fixture_teardown = empty_tables
        connection.close()
        del options["options"]  # the database is dropped by its owner


@pytest.fixture(autouse=True)
def _empty_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "db" in request.fixturenames or "transactional_db" in request.fixturenames:
        cache.clear()


def give_factor(user: User) -> str:
    """Set an authenticator app up for the user; the secret that it has."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def make_user(name: str) -> User:
    """A user with a verified address and no usable password, who has agreed."""
    user = User.objects.create_user(f"{name}@example.org", name=name.capitalize())
    EmailAddress.objects.create(
        user=user, email=user.email, verified=True, primary=True
    )
    consent.agree(user)
    return user


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice")


@pytest.fixture
def eve(db: None) -> User:
    """A stranger: signed in, with a record of her own and nothing of Alice's."""
    user = make_user("eve")
    Patient.objects.create(owner=user, name="Eve", zone="America/New_York")
    return user


@pytest.fixture
def patient(alice: User) -> Patient:
    return Patient.objects.create(owner=alice, name="Alice", zone="Europe/Berlin")


@pytest.fixture
def grant_to(patient: Patient) -> Callable[..., Grant]:
    """Give a user permissions on Alice's record."""

    def give(user: User, *permissions: str, **fields: Any) -> Grant:
        now = timezone.now()
        defaults = {
            "kind": Grant.Kind.CAREGIVER,
            "starts_at": now - timedelta(minutes=1),
            "accepted_at": now,
            "invitation_expires_at": now + timedelta(days=14),
            "token_hash": hash_token(new_token()),
        }
        return Grant.objects.create(
            patient=patient,
            user=user,
            permissions=[Permission.VIEW, *permissions],
            **defaults | fields,
        )

    return give


@pytest.fixture
def viewer(grant_to: Callable[..., Grant]) -> User:
    user = make_user("viewer")
    grant_to(user)
    return user


@pytest.fixture
def logger_(grant_to: Callable[..., Grant]) -> User:
    user = make_user("logger")
    grant_to(user, Permission.LOG)
    return user


@pytest.fixture
def doctor(grant_to: Callable[..., Grant]) -> User:
    user = make_user("doctor")
    grant_to(user, Permission.EXPORT, kind=Grant.Kind.CLINICIAN)
    give_factor(user)
    return user


@pytest.fixture
def manager(grant_to: Callable[..., Grant]) -> User:
    user = make_user("manager")
    grant_to(user, Permission.LOG, Permission.EXPORT, Permission.MANAGE)
    return user


@pytest.fixture(scope="session")
def sign_in() -> Callable[[User], Client]:
    """A browser in which the user is signed in, has agreed, and was here before."""

    def enter(user: User) -> Client:
        client = Client()
        consent.agree(user)
        client.force_login(user)
        session = client.session
        session["visited_on"] = timezone.now().date().isoformat()
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time()}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
        session.save()
        UserSession.objects.create(
            user=user, session_key=session.session_key, ip="127.0.0.1"
        )
        return client

    return enter
