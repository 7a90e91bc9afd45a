"""By what name somebody who gave none is known: to whom in full, to whom not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from capleak.exports.tables.declared import Opened
from sharing.models import Grant, Patient, User
from tests.capleak.entries import check_in
from tests.conftest import make_user

pytestmark = pytest.mark.slow

IN_FULL, MASKED = "robin@example.org", "r•••@example.org"


@pytest.fixture
def nameless(grant_to: Callable[..., Grant]) -> User:
    """Somebody who added an entry and never said their name."""
    user = make_user("robin")
    User.objects.filter(pk=user.pk).update(name="")
    user.refresh_from_db()
    grant = grant_to(user, "log", told=["help"])
    check_in(grant.patient, timezone.now(), by=user, symptoms={"fatigue": 1})
    return user


@pytest.mark.parametrize("page", ["timeline/", "help/"])
def test_the_circle_is_not_shown_their_address(
    sign_in, patient, logger_, nameless, page
):
    text = (
        sign_in(logger_).get(f"/patients/{patient.public_id}/{page}").content.decode()
    )
    assert MASKED in text
    assert IN_FULL not in text


@pytest.mark.parametrize("page", ["sharing/", "sharing/log/", "sharing/running/"])
def test_those_who_run_the_record_are_shown_it_in_full(
    sign_in, alice, patient, nameless, page
):
    Grant.objects.filter(user=nameless).update(permissions=["view", "manage"])
    sign_in(nameless).get(f"/patients/{patient.public_id}/")
    text = sign_in(alice).get(f"/patients/{patient.public_id}/{page}").content.decode()
    assert IN_FULL in text


def test_a_file_that_can_be_passed_on_does_not_hold_it(alice, patient, nameless):
    record = Patient.objects.visible_to(alice).get()
    assert Opened(record).by(nameless.pk) == MASKED


def test_they_are_shown_their_own(sign_in, nameless):
    assert IN_FULL in sign_in(nameless).get("/accounts/email/").content.decode()
