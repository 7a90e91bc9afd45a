"""An invitation that waits, and a browser of the person it is for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from sharing.models import Grant, Patient, User
from sharing.services import InvitationDraft, invite
from tests.conftest import make_user


@pytest.fixture
def ben(db: None) -> User:
    """Somebody with an account, a confirmed address and nothing of Alice's."""
    return make_user("ben")


@pytest.fixture
def send_to(patient: Patient, alice: User) -> Callable[..., tuple[Grant, str]]:
    """Invite an address into Alice's record; the grant and the secret of its link."""

    def send(
        email: str, *permissions: str, hidden: tuple[str, ...] = ()
    ) -> tuple[Grant, str]:
        draft = InvitationDraft(
            email, Grant.Kind.CAREGIVER, ("view", *permissions), hidden
        )
        return invite(patient, draft, by=alice)

    return send


@pytest.fixture
def opened(sign_in: Callable[[User], Client]) -> Callable[[User, str], Client]:
    """A browser in which the user signed in and then opened the link."""

    def enter(user: User, token: str) -> Client:
        browser = sign_in(user)
        browser.get(f"/invitations/{token}/")
        return browser

    return enter
