"""Who sees a diary that was merged, and what is not merged at all."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from capleak.merging import circle, run
from capleak.merging.questions import candidates
from capleak.merging.shared import CannotMerge, Merging
from sharing.models import (
    Grant,
    Patient,
    User,
)
from sharing.services import revoke
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


# --- Who runs it --------------------------------------------------------------------

EVERYTHING = {"view", "log", "export", "manage"}


def test_who_runs_the_other_goes_on_running_it_or_it_is_not_merged(source, alice):
    father = make_user("father")
    stays = child_of(alice, name="Stays")
    held = run_by(source, father)
    with pytest.raises(CannotMerge, match="Father would lose what they run"):
        merge(stays, source, alice)
    assert Patient.objects.filter(pk=source.pk).exists()
    merge(stays, source, alice, held.pk)
    assert may(stays, father) == EVERYTHING


def test_nobody_takes_a_diary_into_their_own_from_who_runs_it_too(
    target, source, alice
):
    father = make_user("father")
    held = run_by(source, father)
    with pytest.raises(CannotMerge, match="Father would lose what they run"):
        merge(target, source, alice, held.pk)  # and end it a moment later
    run_by(target, father)
    merge(target, source, alice)
    assert may(target, father) == EVERYTHING


def test_who_left_before_does_not_run_it(target, source, alice):
    father = make_user("father")
    held = run_by(source, father)
    revoke(source, held, by=father)
    merge(target, source, alice)
    assert may(target, father) == set()


def test_who_runs_both_goes_on_running_the_one(source, alice):
    father = make_user("father")
    stays = child_of(alice, father, name="Stays")
    run_by(source, father)
    merge(stays, source, alice)
    assert may(stays, father) == EVERYTHING


@pytest.mark.parametrize(
    "there",
    [
        {"permissions": ["view", "log"]},
        {"hidden": ["notes"]},
        {"expires_at": timezone.now() + timedelta(days=900)},
        {"starts_at": timezone.now() + timedelta(days=1)},
    ],
)
@pytest.mark.parametrize("runs_what_stays", [True, False])
def test_nobody_is_left_with_less_of_what_they_run_because_they_have_less_of_the_other(
    source, alice, there, runs_what_stays
):
    father = make_user("father")
    stays = child_of(alice, name="Stays")
    run_by(stays, father, **({} if runs_what_stays else there))
    run_by(source, father, **(there if runs_what_stays else {}))
    with pytest.raises(CannotMerge, match="Father would lose"):
        merge(stays, source, alice)


def test_who_runs_what_stays_goes_on_too(source, alice):
    """Only its owner can say that somebody does not run it any more by a merge."""
    father = make_user("father")
    stays = child_of(alice, father, name="Stays")
    with pytest.raises(CannotMerge, match="Father would lose"):
        merge(stays, source, alice)
    assert may(stays, father) == EVERYTHING


def test_the_owner_says_who_goes_on_running_their_own(target, source, alice):
    father = make_user("father")
    run_by(target, father)
    merge(target, source, alice)
    assert may(target, father) == set()


@pytest.mark.parametrize(
    "grant",
    [
        {"expires_at": timezone.now() + timedelta(hours=2)},
        {"permissions": ["view", "manage"]},
    ],
)
@pytest.mark.parametrize("into", [True, False])
def test_who_manages_for_a_time_or_not_with_everything_does_not_merge(db, grant, into):
    mal, mum = make_user("mal"), make_user("mum")
    kid, own = child_of(mum, name="Kid"), child_of(mal, name="Mal")
    run_by(kid, mal, **grant)
    with pytest.raises(CannotMerge, match="Only who manages"):
        merge(*((kid, own) if into else (own, kid)), mal)
    assert may(kid, mum) == EVERYTHING
    assert kid not in candidates(mal, opened(mal, "Mal"))


def test_only_the_owner_merges_into_their_own(target, source, alice):
    aunt = make_user("aunt")
    run_by(target, aunt)
    other = child_of(aunt, name="Other")
    with pytest.raises(CannotMerge, match="only they can let another one go into it"):
        merge(target, other, aunt)
    with pytest.raises(CannotMerge, match="Let them manage this one too"):
        merge(other, target, aunt)


def test_who_may_merge_is_asked_again_under_the_lock(source, alice):
    """The page was opened before somebody put an end to who merges."""
    stays = child_of(alice, make_user("mum"), name="Stays")
    seen = run.versions(stays, source)
    at_the_door = [opened(alice, record.name) for record in (stays, source)]
    ends = timezone.now() + timedelta(days=1)
    Grant.objects.filter(patient=stays, user=alice).update(expires_at=ends)
    with pytest.raises(CannotMerge, match="Only who manages"):
        run.merge(*at_the_door, {}, frozenset(), seen=seen, by=alice)


def test_who_is_ticked_gets_no_more_than_who_merges_may_give(db):
    mal, pal = make_user("mal"), make_user("pal")
    kid = Patient.objects.create(owner=make_user("mum"), name="Kid", zone="UTC")
    own = child_of(mal, name="Mal")
    ends = timezone.now() + timedelta(days=1)
    run_by(kid, mal, "manage", "log", hidden=["period"], expires_at=ends)
    kept = run_by(own, pal, "log", "export", hidden=["notes"])
    target, source = opened(mal, "Kid"), opened(mal, "Mal")
    circle.settle(Merging(target, source, mal, {}, frozenset({kept.pk})))
    own.delete()
    assert may(kid, pal) == {"view", "log"}
    kept.refresh_from_db()
    assert (kept.hidden, kept.expires_at) == (["notes", "period"], ends)


def test_all_who_ran_either_are_told_of_what_they_ran(
    source, alice, django_capture_on_commit_callbacks
):
    stays = child_of(alice, name="Stays")
    for_a_time = {"expires_at": timezone.now() + timedelta(days=9)}
    here = run_by(stays, make_user("here"))
    there = run_by(source, make_user("there"))
    run_by(source, make_user("carer"), "manage", **for_a_time)
    both = make_user("both")
    run_by(stays, both)
    run_by(source, both)
    run_by(source, make_user("looks"), "log", "export")
    with django_capture_on_commit_callbacks(execute=True):
        merge(stays, source, alice, here.pk, there.pk)
    told = {sent.to[0]: sent.body for sent in mail.outbox}
    assert len(mail.outbox) == 4
    ran = {
        who: re.findall("^- (.*)$", text, re.MULTILINE) for who, text in told.items()
    }
    assert ran == {
        "here@example.org": ["Stays"],
        "there@example.org": ["Alice K."],
        "carer@example.org": ["Alice K."],
        "both@example.org": ["Alice K.", "Stays"],
    }
    said = "".join(sent.subject + sent.body for sent in mail.outbox).lower()
    assert not re.search("leak|attack|health|infusion", said.replace("capleak", ""))


def test_who_is_not_merged_with_is_told_nothing(
    target, source, alice, django_capture_on_commit_callbacks
):
    run_by(source, make_user("there"))
    with django_capture_on_commit_callbacks(execute=True), pytest.raises(CannotMerge):
        merge(target, source, alice)
    assert mail.outbox == []


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
