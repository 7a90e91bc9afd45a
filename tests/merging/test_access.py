"""Who sees a diary that was merged, and what is not merged at all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from capleak.merging import run
from capleak.merging.shared import CannotMerge
from sharing.models import (
    Grant,
    Patient,
    User,
)
from tests.conftest import make_user
from tests.merging.parts import (
    MARCH,
    merge,
    opened,
    say,
)
from tests.sharing.proxy_parts import child_of, run_by

# --- Who sees it --------------------------------------------------------------------


def may(record: Patient, user: User) -> set[str]:
    """What a user may do with a record now."""
    found = Patient.objects.visible_to(user).filter(pk=record.pk).first()
    return set(found.permissions) if found else set()


def test_nobody_sees_more_by_a_merge(target, source, alice):
    here, there, both = make_user("here"), make_user("there"), make_user("both")
    run_by(target, here, "log")
    run_by(source, there, "log", "export")
    run_by(target, both, "log", "export", hidden=["notes"], told=["help", "act"])
    run_by(source, both, "log", hidden=["period"], told=["act"])
    merge(target, source, alice)
    assert may(target, here) == set()
    assert may(target, there) == set()
    assert may(target, both) == {"view", "log"}
    grant = Grant.objects.live().get(user=both)
    assert (grant.hidden, grant.told) == (["notes", "period"], ["act"])
    assert may(target, make_user("stranger")) == set()


def test_access_that_ends_in_one_ends_in_both(target, source, alice):
    both, ends = make_user("both"), timezone.now() + timedelta(days=9)
    run_by(target, both, "log")
    run_by(source, both, "log", expires_at=ends)
    merge(target, source, alice)
    assert Grant.objects.live().get(user=both).expires_at == ends


def test_access_that_never_holds_in_both_at_once_ends(target, source, alice):
    both, now = make_user("both"), timezone.now()
    run_by(target, both, "log", expires_at=now + timedelta(days=1))
    run_by(source, both, "log", starts_at=now + timedelta(days=2))
    merge(target, source, alice)
    assert may(target, both) == set()


def test_a_person_who_is_ticked_keeps_what_they_had(target, source, alice):
    here, there = make_user("here"), make_user("there")
    kept = [run_by(target, here, "log").pk, run_by(source, there, "export").pk]
    merge(target, source, alice, *kept)
    assert may(target, here) == {"view", "log"}
    assert may(target, there) == {"view", "export"}


def test_access_that_ran_out_in_either_is_no_obstacle(target, source, alice):
    """A clinic's 90 days are over in both: it holds nothing, and holds nothing up."""
    clinic, here, day = make_user("clinic"), make_user("here"), timedelta(days=1)
    over = {
        "starts_at": timezone.now() - 9 * day,
        "expires_at": timezone.now() - day,
    }
    for record in (target, source):
        run_by(record, clinic, **over)
    kept = run_by(target, here, "log")
    run_by(source, here, **over)
    merge(target, source, alice, kept.pk)
    assert may(target, clinic) == set()
    assert may(target, here) == {"view", "log"}
    ended = target.grants.filter(user=clinic).values_list("revoked_at", flat=True)
    assert set(ended) == {over["expires_at"]}


def test_what_waits_for_an_answer_ends(target, source, alice):
    from sharing.services import InvitationDraft, invite

    for record in (target, source):
        draft = InvitationDraft("aunt@example.org", "caregiver", ("view",))
        invite(record, draft, by=alice)
    merge(target, source, alice)
    assert not Grant.objects.standing().filter(user=None).exists()


def test_the_father_who_ran_the_other_does_not_run_this_one(target, source, alice):
    father = User.objects.get(email="father@example.org")
    merge(target, source, alice)
    assert may(target, father) == set()
    assert target.grants.get(user=father).revoked_by == alice


# --- What cannot be merged ----------------------------------------------------------


def test_the_diary_that_is_somebodys_own_must_stay(target, source, alice):
    with pytest.raises(CannotMerge, match="that one must stay"):
        merge(source, target, alice)


def test_two_people_with_sign_ins_of_their_own_stay_two(target, eve, alice):
    run_by(eve.own_record, alice)
    with pytest.raises(CannotMerge, match="sign-in of their own"):
        merge(target, eve.own_record, alice)


def test_what_was_written_meanwhile_is_looked_at_first(target, source, alice):
    seen = run.versions(target, source)
    say(source, alice, note="meanwhile")
    with pytest.raises(CannotMerge, match="changed meanwhile"):
        run.merge(target, source, {}, frozenset(), seen=seen, by=alice)
    assert source.checkins.count() == 1


def test_somebody_must_still_run_it(alice, sign_in):
    """Both have other managers, whose access is not carried over by itself."""
    first, second = child_of(make_user("ben"), name="One"), child_of(alice, name="Two")
    ends = timezone.now() + timedelta(days=30)
    run_by(first, alice, expires_at=ends)
    browser = sign_in(alice)
    url = f"/patients/{first.public_id}/merge/"
    seen = run.versions(opened(alice, "One"), opened(alice, "Two"))
    form = {"other": second.public_id, "seen": seen, "sure": "on"}
    answer = browser.post(url, form)
    assert answer.status_code == 409
    assert "Somebody must run the diary" in answer.content.decode()
    assert Patient.objects.count() == 2


def test_it_costs_the_same_for_many_entries(
    target, source, alice, django_assert_max_num_queries
):
    for number in range(3):
        say(source, alice, at=MARCH + timedelta(days=number), note="x")
    with django_assert_max_num_queries(260) as few:
        merge(target, source, alice)
    more = child_of(alice, name="More")
    for number in range(12):
        say(more, alice, at=MARCH + timedelta(days=40 + number), note="x")
    with django_assert_max_num_queries(len(few.captured_queries)):
        merge(target, more, alice)
