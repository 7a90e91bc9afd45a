"""What a grant hides leaves no trace: not in words, numbers, charts or files.

Two records alike but for what is hidden, each read by somebody from whom it is: every
page must come out the same. So nothing is searched for that a test had to think of.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from difflib import unified_diff
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone

from sharing.models import Category, Patient, User
from tests.conftest import make_user
from tests.sharing.furnished import SECRET, furnish
from tests.sharing.matrix import RECORD
from tests.sharing.roles import routes
from tests.sharing.rows import bare_grant

pytestmark = pytest.mark.django_db

PARAMS = {route.name: route.params for route in routes(get_resolver())}
READ = [
    name
    for name, page in RECORD.items()
    if page.get and PARAMS[name] <= {"patient", "attack", "checkin", "infusion"}
    if name != "sharing:log"  # is about who reads, on the clock of the database
]
# What differs between two askings of the same page and says nothing: keys, tokens,
# and fractions of seconds.
NOISE = re.compile(
    rb'name="(csrfmiddlewaretoken|seen|plan)" value="[^"]*"'
    rb"|\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(attack-|told_|id_told_)\d+"
    rb"|data-user=\"\d+\"|T\d\d:\d\d:\d\d\.\d+"
)


@pytest.fixture
def read_by_the_discreet(
    sign_in: Callable[[User], Client],
) -> Callable[[str, bool], bytes]:
    """A page of such a record, as read by somebody with all permissions and no more."""

    def read(name: str, secret: bool) -> bytes:
        owner = User.objects.create_user(f"{uuid4()}@example.org", name="Alice")
        reader = make_user(f"reader{uuid4().hex}")
        User.objects.filter(pk=reader.pk).update(name="Reader", email="r@example.org")
        now = timezone.now()
        ids = furnish(owner, now, secret=secret)
        bare_grant(
            Patient.objects.get(owner=owner),
            user=reader,
            accepted_at=now,
            permissions=["view", "log", "export", "manage"],
            hidden=[*Category],
        )
        url = reverse(name, kwargs={p: ids[p] for p in PARAMS[name]})
        answer = sign_in(reader).get(url)
        assert answer.status_code in {200, 302, 403}, name
        body: bytes = answer.getvalue() or answer.headers["Location"].encode()
        reader.delete()
        return NOISE.sub(b"~", body)

    return read


@pytest.mark.parametrize("name", READ)
def test_what_is_hidden_leaves_no_trace(name, read_by_the_discreet):
    with time_machine.travel(timezone.now(), tick=False):
        with_secrets = read_by_the_discreet(name, True)
        without = read_by_the_discreet(name, False)
    assert SECRET.encode() not in with_secrets
    lines = [
        page.decode(errors="replace").splitlines() for page in (with_secrets, without)
    ]
    assert not (found := list(unified_diff(*lines, n=0))), "\n".join(found)
    assert with_secrets == without
