"""Giving, taking and looking at once: nobody uses what they do not have.

Real threads on real connections. What is asked of the door here is what every page of a
record asks first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.test import RequestFactory
from django.utils import timezone

from sharing.access import open_record
from sharing.changing import change, parts_of
from sharing.claims import admit, claim
from sharing.models import AccessEvent, Grant, Patient, Permission, User
from sharing.services import (
    InvitationDraft,
    InvitationGone,
    accept,
    invite,
    revoke,
)
from sharing.stale import marks, write
from tests.conftest import make_user

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

READERS = 6


@dataclass(frozen=True, slots=True)
class Took:
    """From when to when something was under way, by one clock, and how it ended."""

    began: float
    ended: float
    outcome: Any


def timed(act: Callable[[], Any]) -> Took:
    began = time.monotonic()
    outcome = act()
    return Took(began, time.monotonic(), outcome)


def knock(patient: Patient, user: User, need: Permission) -> str:
    """What the door says to a request of `user`."""
    request: Any = RequestFactory().get(f"/patients/{patient.public_id}/timeline/")
    request.user, request.session = user, {}
    try:
        open_record(request, patient.public_id, need)
    except Http404:
        return "stranger"
    except PermissionDenied:
        return "too little"
    return "opened"


def at_once(acts: list[Callable[[], Any]]) -> list[Any]:
    """Each in a thread and on a connection of its own; what they returned."""

    def alone(act: Callable[[], Any]) -> Any:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(alone, acts))


def draft(email: str, *permissions: str) -> InvitationDraft:
    return InvitationDraft(email, "caregiver", ("view", *permissions))


def given_and_taken(
    patient: Patient, owner: User, ben: User, cycles: int
) -> list[Took]:
    """Invite, accept and revoke over and over; when Ben may have had access."""
    periods = []
    for _ in range(cycles):
        invitation, _token = invite(patient, draft(ben.email), by=owner)
        began = time.monotonic()
        accept(invitation, by=ben)
        surely = time.monotonic()
        time.sleep(0.002)  # so that readers find the door open as well
        until = time.monotonic()
        revoke(patient, invitation, by=owner)
        periods.append(Took(began, time.monotonic(), (surely, until)))
    return periods


def test_in_1000_looks_while_access_is_given_and_taken_none_is_over_use(
    patient, alice, monkeypatch
):
    """A look is over-use if it began after a revocation ended, and before the next
    grant; and one that fell wholly into granted time must have been let in.
    """
    monkeypatch.setattr("sharing.services.INVITATIONS_A_DAY", 10**6)
    ben = make_user("ben")
    done: list[bool] = []

    def look() -> list[Took]:
        looks: list[Took] = []
        while not done or len(looks) < 170:
            looks.append(timed(partial(knock, patient, ben, Permission.VIEW)))
        return looks

    def give_and_take() -> list[Took]:
        try:
            return given_and_taken(patient, alice, ben, cycles=40)
        finally:
            done.append(True)

    periods, *found = at_once([give_and_take, *[look] * READERS])
    looks = [one for of_reader in found for one in of_reader]
    assert len(looks) >= 1000
    opened = [one for one in looks if one.outcome == "opened"]
    over_use = [
        one
        for one in opened
        if not any(p.began <= one.ended and one.began <= p.ended for p in periods)
    ]
    shut_out = [
        one
        for one in looks
        if one.outcome != "opened"
        and any(
            surely <= one.began and one.ended <= until
            for surely, until in (p.outcome for p in periods)
        )
    ]
    assert (over_use, shut_out) == ([], [])
    assert len(opened) > 20  # the race took place
    assert len(opened) < len(looks)
    assert AccessEvent.objects.filter(actor_pk=ben.pk).count() == len(opened)


def test_of_many_who_claim_one_link_one_waits_and_nobody_is_in(patient, alice):
    people = [make_user(f"p{number}") for number in range(8)]
    for _ in range(15):
        link, _token = invite(patient, draft(""), by=alice)

        def ask(user: User, link: Grant = link) -> bool:
            try:
                claim(Grant.objects.get(pk=link.pk), by=user)
            except InvitationGone:
                return False
            return True

        assert sum(at_once([partial(ask, user) for user in people])) == 1
        assert not Grant.objects.live().filter(patient=patient).exists()
        revoke(patient, link, by=alice)


@pytest.fixture
def waiting(patient: Patient, alice: User) -> Callable[[User], Grant]:
    def make(user: User) -> Grant:
        link, _token = invite(patient, draft(""), by=alice)
        claim(link, by=user)
        return link

    return make


def test_let_in_and_taken_back_at_once_they_are_out(patient, alice, waiting):
    ben = make_user("ben")
    for _ in range(15):
        link = waiting(ben)

        def let_in(link: Grant = link) -> bool:
            try:
                admit(patient, link, by=alice)
            except InvitationGone:
                return False
            return True

        at_once([let_in, partial(revoke, patient, link, by=alice), let_in])
        assert knock(patient, ben, Permission.VIEW) == "stranger"
        assert not Grant.objects.live().filter(patient=patient, user=ben).exists()


def test_a_manager_who_is_removed_leaves_nothing_that_they_gave_meanwhile(
    patient, alice, monkeypatch
):
    """Removed while they invite, let in and change: none of it outlives them."""
    monkeypatch.setattr("sharing.services.INVITATIONS_A_DAY", 10**6)
    mallory, ben, carl = make_user("mallory"), make_user("ben"), make_user("carl")
    held = given(patient, carl)
    for _ in range(12):
        own = given(patient, mallory, "log", "manage")
        link, _token = invite(patient, draft(""), by=alice)
        claim(link, by=ben)
        acts: list[Callable[[], Any]] = [
            partial(invite, patient, draft("puppet@example.org", "manage"), by=mallory),
            partial(admit, patient, link, by=mallory),
            partial(widen, patient, held, mallory),
        ]
        removal = partial(revoke, patient, own, by=alice)
        removed, *others = at_once(
            [partial(timed, removal), *[partial(timed, refusable(a)) for a in acts]]
        )
        # An invitation of a removed manager is none, whenever it was made.
        assert not Grant.objects.standing().filter(invited_by=mallory).exists()
        for one in others:
            if one.outcome and one.began > removed.ended:
                pytest.fail("given by somebody who was removed before")
        for grant in Grant.objects.filter(patient=patient, user=ben, revoked_at=None):
            revoke(patient, grant, by=alice)
        if Grant.objects.filter(pk=link.pk, revoked_at=None).exists():
            revoke(patient, link, by=alice)
        Grant.objects.filter(pk=held.pk).update(permissions=["view"])
        with pytest.raises(PermissionDenied):
            widen(patient, held, mallory)


def refusable(act: Callable[[], Any]) -> Callable[[], bool]:
    def attempt() -> bool:
        try:
            act()
        except (PermissionDenied, InvitationGone):
            return False
        return True

    return attempt


def widen(patient: Patient, grant: Grant, by: User) -> None:
    """Let the holder of a grant add entries, as from a page opened long ago."""
    shown = parts_of(grant, patient)
    typed = {**shown, "permissions": ["view", "log"]}
    change(patient, grant, typed, write(marks(shown)), by=by)


def given(patient: Patient, user: User, *permissions: str) -> Grant:
    now = timezone.now()
    return Grant.objects.create(
        patient=patient,
        user=user,
        kind="caregiver",
        permissions=["view", *permissions],
        starts_at=now - timedelta(minutes=1),
        accepted_at=now,
        invitation_expires_at=now,
        token_hash=f"{user.pk}-{time.monotonic_ns()}",
    )
