"""What stands in both diaries, or asks for a decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from attacks.models import Attack, PastCount, Stay, Trigger
from capleak.merging.shared import CannotMerge
from diary import history
from diary.drafts import CheckInDraft
from diary.models import CheckIn
from diary.services import move_checkin, record_checkin
from prophylaxis.models import Infusion, Lot, Plan
from sharing.models import (
    Correction,
    Patient,
)
from tests.merging.parts import (
    MARCH,
    attack,
    infusion,
    merge,
    plan,
    say,
)

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
