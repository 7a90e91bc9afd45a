"""Two diaries of one person become one, and nothing of either is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from attacks.models import Attack, PastCount, Stay, Trigger
from capleak.merging import rules, run
from capleak.merging.questions import questions
from capleak.merging.rules import MOVED, NOT_MOVED, tables
from capleak.merging.shared import CannotMerge
from diary import history
from diary.drafts import CheckInDraft
from diary.models import CheckIn, CustomSymptom, ProdromeFlag, Profile
from diary.services import delete_checkin, edit_checkin, move_checkin, record_checkin
from notifications.models import Occurrence, Preferences
from prophylaxis.models import Infusion, Lot, Plan
from sharing import accesslog
from sharing.models import (
    AccessEvent,
    Correction,
    EmergencyContact,
    Grant,
    Merge,
    Patient,
    User,
)
from tests.conftest import make_user
from tests.sharing.proxy_parts import child_of, run_by
from tests.sharing.rows import (
    bare_medicine,
    closed_flag,
    comment_by,
    notice_of,
    skipped,
    waiting_file,
)

MARCH = datetime(2024, 3, 14, 8, tzinfo=UTC)
A_MONTH_BEFORE = MARCH - timedelta(days=30)


@pytest.fixture
def target(alice: User) -> Patient:
    """Alice's own diary; the one that stays."""
    Patient.objects.create(owner=alice, name="Alice", zone="Europe/Berlin")
    return opened(alice, "Alice")


@pytest.fixture
def source(alice: User) -> Patient:
    """Another one of Alice, which her father began and lets her manage."""
    child_of(alice, make_user("father"), name="Alice K.")
    return opened(alice, "Alice K.")


def opened(user: User, name: str) -> Patient:
    """A record as the door hands it out."""
    return Patient.objects.visible_to(user).get(name=name)


def merge(
    target: Patient, source: Patient, by: User, *kept: int, **answers: str
) -> Merge:
    """Merge two records as a page does that was opened just now."""
    target, source = (opened(by, r.name) for r in (target, source))
    return run.merge(
        target,
        source,
        answers,
        frozenset(kept),
        seen=run.versions(target, source),
        by=by,
    )


def say(record: Patient, by: User, at: datetime = MARCH, **said: Any) -> CheckIn:
    draft = CheckInDraft(client_id=uuid4(), at=at, zone="Europe/Berlin", **said)
    return record_checkin(record, draft, by=by).checkin


def attack(record: Patient, first: int, last: int, **fields: Any) -> Attack:
    """An attack of March 2024 between two days."""
    return Attack.objects.create(
        patient=record,
        leak_start=MARCH.replace(day=first),
        end=MARCH.replace(day=last),
        zone="Europe/Berlin",
        **fields,
    )


def infusion(record: Patient, at: datetime, **fields: Any) -> Infusion:
    row = Infusion(patient=record, product="Panzyga", **fields)
    row.set_start(at, "Europe/Berlin")
    row.save()
    return row


def plan(record: Patient, product: str, began_at: datetime) -> Plan:
    return Plan.objects.create(
        patient=record,
        product=product,
        dose_g_per_kg=2,
        first_on=date(2030, 1, 1),
        local_time="08:00",
        zone="Europe/Berlin",
        valid_from=began_at.date(),
        began_at=began_at,
    )


# --- Nothing is lost ----------------------------------------------------------------


def test_every_table_of_a_record_has_a_rule():
    named = {model._meta.label for model, _column in tables()}
    assert named - MOVED - NOT_MOVED.keys() == set()
    assert (MOVED | NOT_MOVED.keys()) - named == set()
    assert NOT_MOVED.keys() & MOVED == set()


def test_a_record_with_rows_that_have_no_rule_is_not_merged(
    target, source, alice, monkeypatch
):
    monkeypatch.setattr(rules, "MOVED", MOVED - {"diary.Comment"})
    comment_by(alice, source)
    with pytest.raises(CannotMerge, match="cannot be brought over yet"):
        merge(target, source, alice)
    assert source.comments.count() == 1


def test_all_that_was_written_in_either_stands_in_the_one(target, source, alice):
    say(target, alice, note="here")
    theirs = say(source, alice, at=MARCH - timedelta(days=1), note="there")
    comment_by(alice, source)
    closed_flag(source)
    bare_medicine(source)
    skipped(source)
    waiting_file(alice, source).delete()
    attack(source, 20, 22)
    infusion(source, MARCH)
    merge(target, source, alice)
    assert not Patient.objects.filter(pk=source.pk).exists()
    for rows, number in (
        (target.checkins, 2),
        (target.comments, 1),
        (target.flags, 1),
        (target.medicines, 1),
        (target.appointments, 1),
        (target.attacks, 1),
        (target.infusions, 1),
    ):
        assert rows.count() == number
    moved = target.checkins.get(client_id=theirs.client_id)
    assert (moved.note, moved.entered_by) == ("there", alice)


def test_no_row_of_any_table_that_goes_over_is_missing(target, source, alice):
    for record, at, year in ((target, MARCH, 1990), (source, A_MONTH_BEFORE, 1995)):
        say(record, alice, at=at, note="x")
        comment_by(alice, record)
        closed_flag(record)
        bare_medicine(record)
        notice_of(record)
        CustomSymptom.objects.create(patient=record, label=record.name)
        infusion(record, at)
        PastCount.objects.create(
            patient=record,
            from_on=date(year, 1, 1),
            until_on=date(year, 12, 31),
            count=1,
        )
    attack(target, 10, 12)
    attack(source, 20, 22)

    def rows(record: Patient) -> dict[str, int]:
        return {
            model._meta.label: model._meta.base_manager.filter(
                **{column: record.pk}
            ).count()
            for model, column in tables()
            if model._meta.label in MOVED
        }

    mine, theirs = rows(target), rows(source)
    merge(target, source, alice)
    both = {label: mine[label] + theirs[label] for label in mine}
    assert rows(target) == both | {"sharing.Merge": 1}
    assert sum(theirs.values()) >= 8


def test_every_earlier_version_goes_along(target, source, alice):
    entry = say(source, alice, note="first")
    again = CheckInDraft(
        client_id=entry.client_id, at=entry.at, zone=entry.zone, note="second"
    )
    edit_checkin(source, again, version=1, by=alice)
    gone = say(source, alice, at=MARCH + timedelta(hours=3), note="deleted one")
    delete_checkin(source, gone.client_id, version=1, by=alice)
    merge(target, source, alice)
    said = [v.said.note for v in history.versions(target, entry.client_id)]
    assert said == ["second", "first"]
    assert list(history.gone(target)) == [gone.client_id]
    assert history.versions(target, gone.client_id)[0].said.note == "deleted one"


def test_the_access_log_of_both_is_read_as_one(target, source, alice, sign_in):
    ben = make_user("ben")
    run_by(source, ben, "log")
    sign_in(ben).get(f"/patients/{source.public_id}/timeline/")
    before = AccessEvent.objects.count()
    merge(target, source, alice)
    assert AccessEvent.objects.count() == before
    lines = [line for _day, of_day in accesslog.page(target).days for line in of_day]
    assert [(line.who, line.what) for line in lines] == [("Ben", "opened the timeline")]
    assert ben.pk in accesslog.last_looks(target)


def test_a_record_that_took_one_in_can_be_taken_in_itself(target, source, alice):
    third = child_of(alice, name="Third")
    say(third, alice, note="from the third")
    merge(source, third, alice)
    merge(target, source, alice)
    assert target.checkins.get().note == "from the third"
    assert {m.source_name for m in target.merges.all()} == {"Third", "Alice K."}


def test_what_has_no_place_is_noted(target, source, alice):
    Patient.objects.filter(pk=target.pk).update(plan_text="Call Ben")
    Patient.objects.filter(pk=source.pk).update(
        plan_text="Call the clinic", born_on=date(1990, 5, 4), emergency_number="911"
    )
    Profile.objects.create(patient=target, form="acute")
    Profile.objects.create(patient=source, form="chronic", cause_text="a cause")
    merged = merge(target, source, alice)
    target.refresh_from_db()
    assert (target.plan_text, target.born_on) == ("Call Ben", date(1990, 5, 4))
    assert merged.left_over == {
        "Form": "chronic",
        "My plan": "Call the clinic",
        "Emergency number": "911",
        "Name": "Alice K.",
    }
    assert Profile.objects.get().cause_text == "a cause"


def test_whom_to_call_comes_together(target, source, alice):
    for record, name, phone in (
        (target, "Ben", "+49 171 1"),
        (source, "Ben again", "+49171 1"),
        (source, "Cleo", "+49 171 2"),
    ):
        EmergencyContact.objects.create(patient=record, name=name, phone=phone)
    merge(target, source, alice)
    assert [c.name for c in target.emergency_contacts.all()] == ["Ben", "Cleo"]


def test_the_same_own_word_is_one_word(target, source, alice):
    mine = CustomSymptom.objects.create(patient=target, label="Heavy legs")
    theirs = CustomSymptom.objects.create(patient=source, label="heavy LEGS")
    other = CustomSymptom.objects.create(patient=source, label="Octopus feet")
    entry = say(source, alice, own={theirs.pk: 2, other.pk: 1})
    merge(target, source, alice)
    symptoms = target.checkins.get(client_id=entry.client_id).symptoms
    assert [s.custom_id for s in symptoms.order_by("pk")] == [mine.pk, other.pk]
    assert target.custom_symptoms.count() == 2


def test_what_was_told_stays_told_and_is_planned_anew_for_one(target, source, alice):
    for record in (target, source):
        Preferences.objects.create(patient=record, zone="UTC")
        notice_of(record)
    merge(target, source, alice)
    assert Occurrence.objects.filter(patient=target, kind="help").count() == 2
    assert Preferences.objects.count() == 1


def test_an_open_flag_of_the_other_closes_and_is_kept(target, source, alice):
    for record in (target, source):
        flag = closed_flag(record)
        ProdromeFlag.objects.filter(pk=flag.pk).update(closed_at=None, closed_why="")
    merge(target, source, alice)
    assert target.flags.count() == 2
    assert target.flags.standing().count() <= 1


# --- The same thing in both ---------------------------------------------------------


def test_a_file_that_was_brought_into_both_stands_once(target, source, alice):
    """The same row of a file has the same id in every diary."""
    row = uuid4()
    for record in (target, source):
        draft = CheckInDraft(row, MARCH, "Europe/Berlin", symptoms={"fatigue": 2})
        record_checkin(record, draft, by=alice)
    merge(target, source, alice)
    assert target.checkins.count() == 1
    assert history.gone(target).count() == 1  # the copy, which can be brought back


def test_two_entries_of_one_id_that_differ_are_both_kept(target, source, alice):
    row = uuid4()
    for record, severity in ((target, 2), (source, 3)):
        draft = CheckInDraft(
            row, MARCH, "Europe/Berlin", symptoms={"fatigue": severity}
        )
        record_checkin(record, draft, by=alice)
    merge(target, source, alice)
    found = CheckIn.objects.filter(patient=target)
    assert {s.severity for c in found for s in c.symptoms.all()} == {2, 3}


def test_an_entry_that_was_moved_from_one_to_the_other_keeps_both_histories(
    target, source, alice
):
    entry = say(source, alice, note="moved")
    move_checkin(source, target, entry.client_id, version=1, by=alice)
    merge(target, source, alice)
    (now,) = history.versions(target, entry.client_id)
    assert (now.said.note, now.is_gone) == ("moved", False)
    assert target.checkins.count() == 1


# --- Attacks that overlap -----------------------------------------------------------


@pytest.mark.parametrize(("answer", "ends"), [("mine", 16), ("theirs", 19)])
def test_one_attack_with_the_facts_of_both_and_the_chosen_times(
    target, source, alice, answer, ends
):
    stays = attack(target, 14, 16, note="Note of mine")
    goes = attack(source, 15, 19, note="Note of theirs")
    Trigger.objects.create(attack=stays, kind="none")
    Trigger.objects.create(attack=goes, kind="infection")
    Stay.objects.create(attack=goes, first_called="sepsis")
    merged = merge(target, source, alice, **{f"attack_{stays.pk}_{goes.pk}": answer})
    one = Attack.objects.get()
    assert (one.pk, one.patient, one.end) == (stays.pk, target, MARCH.replace(day=ends))
    assert one.note == "Note of mine\n\nNote of theirs"
    assert [t.kind for t in one.triggers.all()] == ["infection"]
    assert one.stays.get().first_called == "sepsis"
    (noted,) = (v for k, v in merged.left_over.items() if k.startswith("Attack of"))
    assert ("19 March" in noted) is (answer == "mine")


def test_what_was_not_asked_is_not_decided(target, source, alice):
    """An attack that somebody adds while the page is open stops the merge."""
    stays, goes = attack(target, 14, 16), attack(source, 15, 19)
    with pytest.raises(CannotMerge):
        merge(target, source, alice)
    assert {a.patient_id for a in Attack.objects.all()} == {target.pk, source.pk}
    assert (stays.pk, goes.pk) == tuple(
        Attack.objects.order_by("pk").values_list("pk", flat=True)
    )


def test_two_open_attacks_are_one(target, source, alice):
    now = timezone.now()
    rows = [
        Attack.objects.create(
            patient=record,
            leak_start=now - timedelta(hours=h),
            ongoing=True,
            zone="UTC",
        )
        for record, h in ((target, 2), (source, 9))
    ]
    key = f"attack_{rows[0].pk}_{rows[1].pk}"
    merge(target, source, alice, **{key: "theirs"})
    one = Attack.objects.get()
    assert (one.ongoing, one.leak_start) == (True, now - timedelta(hours=9))


def test_times_that_lie_in_a_third_attack_are_refused_and_nothing_changes(
    target, source, alice
):
    first, third = attack(target, 10, 12), attack(target, 14, 16)
    goes = attack(source, 11, 15)
    keys = {f"attack_{mine.pk}_{goes.pk}": "theirs" for mine in (first, third)}
    with pytest.raises(CannotMerge, match="in each other’s time"):
        merge(target, source, alice, **keys)
    assert Attack.objects.filter(patient=source).get() == goes


def test_of_two_numbers_about_the_same_years_one_counts_and_one_is_noted(
    target, source, alice
):
    years = {"from_on": date(1991, 1, 1), "until_on": date(1994, 12, 31)}
    mine = PastCount.objects.create(patient=target, count=2, **years)
    theirs = PastCount.objects.create(patient=source, count=5, note="letters", **years)
    key = f"pastcount_{mine.pk}_{theirs.pk}"
    merged = merge(target, source, alice, **{key: "mine"})
    assert PastCount.objects.get().count == 2
    assert merged.left_over["Attacks from 1 January 1991 to 31 December 1994"] == (
        "5\nletters"
    )


# --- Corrections that were asked for ------------------------------------------------


def wish(record: Patient, about: str, target: UUID, **fields: Any) -> Correction:
    return Correction.objects.create(
        patient=record, about=about, target=target, words="Not that day", **fields
    )


def test_a_correction_is_asked_of_the_entry_that_stands(target, source, alice):
    mine, theirs = attack(target, 10, 14), attack(source, 12, 16)
    given, again = infusion(target, MARCH), infusion(source, MARCH)
    asked = wish(source, "attack", theirs.public_id)
    of_infusion = wish(source, "infusion", again.public_id)
    merge(
        target,
        source,
        alice,
        **{
            f"attack_{mine.pk}_{theirs.pk}": "theirs",
            f"infusion_{given.pk}_{again.pk}": "mine",
        },
    )
    asked.refresh_from_db()
    of_infusion.refresh_from_db()
    assert (asked.patient, asked.target) == (target, mine.public_id)
    assert of_infusion.target == given.public_id


def test_a_correction_follows_an_entry_that_gets_another_id(target, source, alice):
    """The same file stands in both; one of its entries was changed in one of them."""
    client_id = uuid4()
    draft = CheckInDraft(client_id, MARCH, "Europe/Berlin", symptoms={"fatigue": 1})
    same = CheckInDraft(uuid4(), MARCH, "Europe/Berlin", symptoms={"dizziness": 1})
    record_checkin(target, draft, by=alice)
    record_checkin(source, replace(draft, note="other"), by=alice)
    for record in (target, source):
        record_checkin(record, same, by=alice)
    asked = wish(source, "checkin", client_id)
    of_copy = wish(source, "checkin", same.client_id)
    merge(target, source, alice)
    asked.refresh_from_db()
    of_copy.refresh_from_db()
    assert target.checkins.get(client_id=asked.target).note == "other"
    assert of_copy.target == same.client_id


def test_one_form_that_was_sent_to_both_is_two_requests(target, source, alice):
    client_id = uuid4()
    for record in (target, source):
        entry = say(record, alice, symptoms={"fatigue": 1})
        wish(record, "checkin", entry.client_id, client_id=client_id)
    merge(target, source, alice)
    assert target.corrections.count() == 2


# --- Infusions and plans ------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "products"),
    [("mine", ["Mine"]), ("theirs", ["Theirs"]), ("both", ["Mine", "Theirs"])],
)
def test_an_infusion_that_stands_in_both_is_asked_about(
    target, source, alice, answer, products
):
    mine, theirs = infusion(target, MARCH), infusion(source, MARCH + timedelta(hours=1))
    Infusion.objects.filter(pk=mine.pk).update(product="Mine")
    Infusion.objects.filter(pk=theirs.pk).update(product="Theirs")
    Lot.objects.create(infusion=theirs, number="LB4711")
    merged = merge(target, source, alice, **{f"infusion_{mine.pk}_{theirs.pk}": answer})
    found = target.infusions.order_by("started_at").values_list("product", flat=True)
    assert list(found) == products
    noted = "".join(merged.left_over.values())
    assert ("LB4711" in noted) is (answer == "mine")


def test_infusions_of_different_days_are_not_asked_about(target, source, alice):
    infusion(target, MARCH)
    infusion(source, MARCH + timedelta(days=1))
    merge(target, source, alice)
    assert target.infusions.count() == 2


@pytest.mark.parametrize(
    ("answer", "product"), [("mine", "Mine"), ("theirs", "Theirs")]
)
def test_of_two_plans_the_chosen_one_goes_on(target, source, alice, answer, product):
    mine = plan(target, "Mine", MARCH)
    theirs = plan(source, "Theirs", MARCH + timedelta(days=300))
    merge(target, source, alice, **{f"plan_{mine.pk}_{theirs.pk}": answer})
    current = Plan.objects.current(target)
    assert current is not None
    assert current.product == product
    assert current.first_on == date(2030, 1, 1)
    assert target.plans.count() == 3  # both as they were, ended, and what goes on


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


# --- The page -----------------------------------------------------------------------


def test_the_page_asks_then_merges(target, source, alice, sign_in):
    stays, goes = attack(target, 14, 16), attack(source, 15, 19)
    run_by(source, make_user("there"), "log")
    browser, url = sign_in(alice), f"/patients/{target.public_id}/merge/"
    assert "Alice K." in browser.get(url).content.decode()
    asked = browser.post(url, {"other": source.public_id})
    page = asked.content.decode()
    assert "Which times are right?" in page
    assert "There may see all of both" in page
    seen = asked.context["form"]["seen"].value()
    form = {"other": source.public_id, "seen": seen, "sure": "on"}
    again = browser.post(url, form).content.decode()
    assert "Choose one of them." in again
    assert Patient.objects.filter(pk=source.pk).exists()
    form |= {f"attack_{stays.pk}_{goes.pk}": "mine"}
    done = browser.post(url, form)
    assert done.headers["Location"].endswith("/sharing/running/")
    shown = browser.get(done.headers["Location"]).content.decode()
    assert "Merged with the diary “Alice K.”" in shown
    assert "19 March 2024" in shown


def test_a_form_sent_twice_merges_once(target, source, alice, sign_in):
    browser, url = sign_in(alice), f"/patients/{target.public_id}/merge/"
    seen = run.versions(target, source)
    form = {"other": source.public_id, "seen": seen, "sure": "on"}
    assert browser.post(url, form).status_code == 302
    assert browser.post(url, form).status_code == 200  # asks which, and there is none
    assert Merge.objects.count() == 1


def test_an_address_of_the_other_is_gone(target, source, alice, sign_in):
    merge(target, source, alice)
    answer = sign_in(alice).get(reverse("today", args=[source.public_id]))
    assert answer.status_code == 404


@pytest.mark.parametrize("what", ["stranger's", "only seen", "nonsense"])
def test_only_what_one_manages_goes_into_it(target, alice, eve, sign_in, what):
    beside = child_of(make_user("ben"), name="Beside")
    run_by(beside, alice, "log", "export")
    other = {
        "stranger's": eve.own_record.public_id,
        "only seen": beside.public_id,
        "nonsense": "x\x00",
    }[what]
    form = {"other": other, "seen": "x", "sure": "on"}
    answer = sign_in(alice).post(f"/patients/{target.public_id}/merge/", form)
    assert answer.status_code == 200
    assert not Merge.objects.exists()
    assert str(other) not in answer.content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("viewer", 403), ("stranger", 404)]
)
def test_only_who_manages_opens_the_page(target, alice, sign_in, who, status):
    user = alice if who == "alice" else make_user(who)
    if who == "viewer":
        run_by(target, user, "log", "export")
    answer = sign_in(user).get(f"/patients/{target.public_id}/merge/")
    assert answer.status_code == status


def test_dates_of_birth_that_differ_are_said_first(target, source, alice, sign_in):
    Patient.objects.filter(pk=target.pk).update(born_on=date(1990, 1, 1))
    Patient.objects.filter(pk=source.pk).update(born_on=date(2015, 1, 1))
    assert questions(
        *(opened(alice, r.name) for r in (target, source)), alice
    ).two_births
    browser = sign_in(alice)
    form = {"other": source.public_id}
    page = browser.post(f"/patients/{target.public_id}/merge/", form).content.decode()
    assert "The dates of birth differ" in page
