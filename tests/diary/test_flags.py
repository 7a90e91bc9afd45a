"""Flags follow the diary: each save, edit, deletion, restoring, move and import."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacks.models import Attack
from attacks.services import start_attack
from diary import flags
from diary.flags import Choice, reassess, reassess_open, set_choice, standing_flag
from diary.models import CheckIn, FlagChange, FlagChoice, ProdromeFlag, Profile
from diary.services import (
    delete_checkin,
    edit_checkin,
    move_checkin,
    record_checkin,
    restore_checkin,
)
from sharing.models import Patient
from tests.diary.flagging import ACT, DAY, HOUR, WATCH, draft, quiet_weeks, say
from tests.diary.importing import bring_in, recent


def levels(patient: Patient) -> list[tuple[str, str]]:
    return list(
        FlagChange.objects.filter(patient=patient).values_list("before", "level")
    )


def at(patient: Patient, now) -> None:
    with Patient.objects.writing(patient):
        reassess(patient, now)


def test_an_unusual_check_in_opens_a_flag_with_its_reasons(alice, patient):
    quiet_weeks(patient)
    saved = say(patient, alice, WATCH, hours_ago=2)
    assert saved.flagged
    flag = patient.flags.get()
    assert (flag.level, flag.peak, flag.is_open) == ("watch", "watch", True)
    assert [r["code"] for r in flag.reasons] == ["dizziness"]
    assert flag.reasons[0]["of_days"] == 36
    assert flag.entries == [saved.checkin.client_id]
    assert flag.first_at == flag.last_at == saved.checkin.at
    assert flag.rule_version
    assert levels(patient) == [("", "watch")]


def test_it_rises_and_keeps_what_it_rested_on(alice, patient):
    quiet_weeks(patient)
    first = say(patient, alice, WATCH, hours_ago=5)
    second = say(patient, alice, ACT, hours_ago=1)
    flag = patient.flags.get()
    assert (flag.level, flag.peak) == ("act", "act")
    assert set(flag.entries) == {first.checkin.client_id, second.checkin.client_id}
    assert (flag.first_at, flag.last_at) == (first.checkin.at, second.checkin.at)
    assert levels(patient) == [("", "watch"), ("watch", "act")]


def test_a_well_check_in_opens_none_and_closes_none_at_once(alice, patient):
    quiet_weeks(patient)
    assert not say(patient, alice).flagged
    say(patient, alice, WATCH)
    say(patient, alice)
    assert standing_flag(patient)


def test_a_back_fill_raises_nothing_now(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, ACT, hours_ago=24 * 12)
    assert not patient.flags.exists()


def test_later_entries_close_it(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH, hours_ago=20)
    say(patient, alice, hours_ago=1)
    at(patient, timezone.now() + 5 * HOUR)
    flag = patient.flags.get()
    assert (flag.closed_why, flag.level, flag.peak) == ("entries", "watch", "watch")
    assert levels(patient) == [("", "watch"), ("watch", "")]


def test_it_falls_back_without_a_save_by_the_periodic_task(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, ACT, hours_ago=20)
    say(patient, alice, WATCH, hours_ago=1)
    before = Patient.objects.get(pk=patient.pk).version
    assert reassess_open(timezone.now()) == 0
    assert Patient.objects.get(pk=patient.pk).version == before
    assert reassess_open(timezone.now() + 5 * HOUR) == 1
    assert patient.flags.get().level == "watch"
    assert patient.flags.get().peak == "act"


def test_silence_closes_it_only_after_five_days(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    assert reassess_open(timezone.now() + 119 * HOUR) == 0
    assert reassess_open(timezone.now() + 121 * HOUR) == 1
    assert patient.flags.get().closed_why == "silence"


def test_an_edit_opens_and_closes(alice, patient):
    quiet_weeks(patient)
    saved = say(patient, alice)
    one = saved.checkin.client_id
    worse = draft(WATCH, client_id=one)
    edit_checkin(patient, worse, version=1, by=alice)
    assert standing_flag(patient)
    edit_checkin(patient, draft(client_id=one), version=2, by=alice)
    assert patient.flags.get().closed_why == "corrected"


def test_deletion_and_restoring(alice, patient):
    quiet_weeks(patient)
    saved = say(patient, alice, WATCH)
    one = saved.checkin.client_id
    delete_checkin(patient, one, version=1, by=alice)
    assert patient.flags.get().closed_why == "corrected"
    restore_checkin(patient, one, 1, version=2, by=alice)
    assert standing_flag(patient)
    assert patient.flags.count() == 2


def test_a_move_takes_the_flag_along(alice, patient):
    quiet_weeks(patient)
    other = Patient.objects.create(name="Other", zone="Europe/Berlin")
    quiet_weeks(other)
    saved = say(patient, alice, WATCH)
    move_checkin(patient, other, saved.checkin.client_id, version=1, by=alice)
    assert standing_flag(patient) is None
    assert standing_flag(other) is not None


def test_an_opened_attack_takes_its_place_and_none_opens_in_it(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    start_attack(patient, "leak_start", by=alice, now=timezone.now())
    assert patient.flags.get().closed_why == "attack"
    say(patient, alice, ACT)
    assert standing_flag(patient) is None


def test_days_of_an_attack_are_not_what_is_usual(alice, patient):
    quiet_weeks(patient)
    now = timezone.now()
    Attack.objects.create(
        patient=patient, leak_start=now - 12 * DAY, end=now - 10 * DAY, zone="UTC"
    )
    say(patient, alice, {"dizziness": 2}, hours_ago=24 * 11)
    say(patient, alice, WATCH)
    assert patient.flags.get().reasons[0]["usual_days"] == 0


def test_an_infusion_of_the_plan_counts_as_one(alice, patient):
    quiet_weeks(patient)
    infusion = patient.infusions.model(patient=patient, product="IVIG")
    infusion.set_start(timezone.now() - DAY, "Europe/Berlin")
    infusion.save()
    say(patient, alice, WATCH)
    assert patient.flags.get().after_infusion


def test_a_pressure_reason_has_the_own_numbers(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH, systolic="97")
    reasons = {r["code"]: r for r in patient.flags.get().reasons}
    assert (reasons["systolic"]["now"], reasons["systolic"]["usual"]) == (97.0, 123.0)


def test_a_symptom_nobody_graded_is_not_given_a_grade(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, {"dizziness": None})
    assert patient.flags.get().reasons[0]["graded"] is False


def test_an_own_word_that_means_a_symptom_counts_and_is_marked(alice, patient):
    quiet_weeks(patient)
    own = patient.custom_symptoms.create(label="Wobbly", key="dizziness")
    say(patient, alice, own={own.pk: 2})
    reason = patient.flags.get().reasons[0]
    assert (reason["label"], reason["hidden"]) == ("Wobbly", "own_symptoms")


def test_the_chronic_form_has_none_unless_wanted(alice, patient):
    quiet_weeks(patient)
    Profile.objects.create(patient=patient, form="chronic")
    say(patient, alice, ACT)
    assert not patient.flags.exists()
    set_choice(patient, Choice("standard", True, False), timezone.now())
    assert standing_flag(patient)
    set_choice(patient, Choice("standard", None, False), timezone.now())
    assert patient.flags.get().closed_why == "off"


def test_turned_on_again_it_counts_anew(alice, patient):
    quiet_weeks(patient)
    set_choice(patient, Choice("standard", False, False), timezone.now())
    later = timezone.now() + DAY
    set_choice(patient, Choice("standard", True, False), later)
    assert FlagChoice.objects.get(patient=patient).since == later


def test_the_budget_decides(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, {"headache": 2, "nausea": 2})
    assert standing_flag(patient) is None
    set_choice(patient, Choice("more", None, False), timezone.now())
    assert standing_flag(patient) is not None


def test_an_answer_labels_and_leaves_all_else_as_it_is(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    flag, one = patient.flags.get(), uuid4()
    for _ in range(2):
        flags.answer(flag, one, "cold", "since Monday", by=alice)
    assert flag.answers.get().label == "cold"
    say(patient, alice, ACT)
    assert patient.flags.get().level == "act"


def test_another_answer_in_the_same_form_is_another_answer(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    flag, one = patient.flags.get(), uuid4()
    for label, words in (("cold", ""), ("cold", "no"), ("attack", ""), ("attack", "")):
        flags.answer(flag, one, label, words, by=alice)
    told = flag.answers.values_list("label", "words")
    assert list(told) == [("cold", ""), ("cold", "no"), ("attack", "")]


def test_erasing_the_record_erases_its_flags(alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    flags.answer(patient.flags.get(), uuid4(), "cold", "", by=alice)
    patient.delete()
    assert not ProdromeFlag.objects.exists()
    assert not FlagChange.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_saves_at_once_make_one_flag(alice, patient):
    quiet_weeks(patient)

    def save() -> None:
        try:
            say(patient, alice, WATCH)
        finally:
            connection.close()

    threads = [Thread(target=save) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert CheckIn.objects.filter(symptoms__code="dizziness").count() == 4
    assert patient.flags.count() == 1
    assert len(patient.flags.get().entries) >= 1


@pytest.mark.django_db(transaction=True)
def test_a_file_opens_a_flag_by_today_and_none_by_days_long_past(alice, patient):
    quiet_weeks(patient)
    bring_in(patient, "Date,Systolic\n2026-01-05 08:00,58\n", alice)
    assert not patient.flags.exists()
    bring_in(patient, f"Date,Systolic\n{recent(2)},58\n", alice)
    assert patient.flags.get().reasons[0]["code"] == "systolic"


def test_the_rule_costs_seven_queries_on_a_quiet_day(
    alice, patient, django_assert_num_queries
):
    quiet_weeks(patient)
    say(patient, alice)
    with Patient.objects.writing(patient), django_assert_num_queries(7):
        reassess(patient)


def test_an_open_flag_costs_a_constant_more(
    alice, patient, django_assert_max_num_queries
):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    with Patient.objects.writing(patient), django_assert_max_num_queries(14):
        reassess(patient)


def test_a_save_costs_the_same_queries_however_long_the_diary(alice, patient):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            say(patient, alice)
        return len(queries)

    quiet_weeks(patient, days=10)
    short = cost()
    patient.checkins.all().delete()
    FlagChoice.objects.all().delete()
    quiet_weeks(patient, days=80)
    assert cost() == short


acts = st.lists(
    st.tuples(
        st.sampled_from(["say", "edit", "delete", "wait", "attack", "answer"]),
        st.dictionaries(
            st.sampled_from(["dizziness", "thirst", "fatigue", "cough"]),
            st.integers(0, 3),
            max_size=3,
        ),
        st.integers(0, 40),
    ),
    max_size=8,
)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(acts)
def test_whatever_is_done_one_flag_is_open_at_most_and_all_say_why(
    alice, patient, done
):
    with transaction.atomic():
        quiet_weeks(patient)
        ahead = timedelta()
        for what, felt, hours in done:
            last = patient.checkins.filter(no_symptoms=False).order_by("-pk").first()
            if what == "say":
                record_checkin(patient, draft(felt, hours_ago=hours), by=alice)
            elif what == "wait":
                ahead += hours * HOUR
                reassess_open(timezone.now() + ahead)
            elif what == "attack":
                start_attack(patient, "leak_start", by=alice, now=timezone.now())
                Attack.objects.update(ongoing=False, end=F("leak_start"))
            elif last is not None and what == "edit":
                new = draft(felt, client_id=last.client_id, hours_ago=hours)
                edit_checkin(patient, new, version=last.version, by=alice)
            elif last is not None and what == "delete":
                delete_checkin(patient, last.client_id, version=last.version, by=alice)
            elif what == "answer" and (flag := standing_flag(patient)):
                flags.answer(flag, uuid4(), "cold", "", by=alice)
            assert patient.flags.standing().count() <= 1
        for flag in patient.flags.all():
            assert flag.reasons
            assert flag.entries
            changes = list(flag.changes.all())
            assert changes[0].before == ""
            assert all(c.reasons for c in changes)
            assert [c.level for c in changes].count("") == (not flag.is_open)
        transaction.set_rollback(True)
