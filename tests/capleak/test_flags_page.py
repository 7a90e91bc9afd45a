"""The page on flags, its counts, the choice; flags in the timeline and the chart."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from attacks.models import Attack
from capleak.flag_page import onsets
from diary.models import CheckIn, FlagChange, FlagChoice, ProdromeFlag
from sharing.models import Category, Patient
from tests.conftest import make_user
from tests.diary.flagging import ACT, DAY, HOUR, WATCH, quiet_weeks, say


def url(patient, page: str = "flags/") -> str:
    return f"/patients/{patient.public_id}/{page}"


def past_flag(patient, at, *, level="watch", **fields):
    flag = ProdromeFlag.objects.create(
        patient=patient,
        level=level,
        peak=level,
        score=4.0,
        opened_at=at,
        closed_at=at + DAY,
        closed_why="entries",
        rule_version="2025.9",
        reasons=[
            {"code": "thirst", "kind": "new", "now": 2.0, "usual": None}
            | {"usual_days": 0, "of_days": 30, "hidden": "", "label": ""}
        ],
        first_at=at,
        last_at=at,
        **fields,
    )
    change = FlagChange(
        flag=flag,
        patient=patient,
        before="",
        level=level,
        score=4.0,
        reasons=flag.reasons,
        rule_version="2025.9",
    )
    change.set_moment(at, patient.zone)
    change.save()
    return flag


@pytest.mark.parametrize(
    ("who", "reads", "chooses"),
    [
        ("alice", 200, 302),
        ("manager", 200, 302),
        ("logger_", 200, 403),
        ("viewer", 200, 403),
        ("doctor", 200, 403),
        ("eve", 404, 404),
    ],
)
def test_who_reads_and_who_chooses(request, sign_in, patient, who, reads, chooses):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == reads
    assert client.post(url(patient), {"budget": "more"}).status_code == chooses
    budget = FlagChoice.objects.filter(patient=patient, budget="more")
    assert budget.exists() is (chooses == 302)


def test_it_says_what_the_rule_is_and_what_it_is_not(sign_in, alice, patient):
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "No flag does not mean that all is well" in page
    assert "Silence closes nothing by itself" in page
    assert "there is no clinical evidence for them" in page
    main = page[page.index("<main") : page.index("</main>")].lower()
    for word in ("detect", "predict", "sensitivity", "accura", "0.86", "warn"):
        assert word not in main


def test_it_shows_what_is_usual_now(sign_in, alice, patient):
    quiet_weeks(patient)
    say(patient, alice, {"fatigue": 1}, hours_ago=24 * 10)
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "123 mmHg" in page
    assert "on 1 of 36 days" in page
    assert url(patient, "profile/") in page


def test_counts_and_no_percentage_below_ten(sign_in, alice, patient):
    now = timezone.now()
    quiet_weeks(patient, days=200)
    Attack.objects.create(patient=patient, leak_start=now - 97.5 * DAY, zone="UTC")
    past_flag(patient, now - 100 * DAY)
    for ago in (60, 40, 20):
        past_flag(patient, now - ago * DAY)
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "<strong>1</strong> of 4" in page
    assert "<strong>1</strong> of 1" in page
    assert "an attack followed" in page
    # 5 of 200 days would have been followed: 0.025 each.
    assert "followed 0.10 of 4 on average. It followed 1." in page
    assert "No percentage is shown for fewer than 10 flags" in page
    assert " % (exact" not in page


def test_from_ten_flags_on_a_share_with_its_interval(sign_in, alice, patient):
    now = timezone.now()
    quiet_weeks(patient, days=200)
    for ago in range(40, 190, 15):
        past_flag(patient, now - ago * DAY)
    page = sign_in(alice).get(url(patient)).content.decode()
    assert "0 % (exact 95 % interval 0 to 31 %, from 10 flags)" in page


def test_attacks_that_left_nothing_are_counted_apart(alice, patient):
    now = timezone.now()
    for ago in (90, 60, 30):
        Attack.objects.create(
            patient=patient, leak_start=now - ago * DAY, end=now - (ago - 3) * DAY
        )
    said = CheckIn(patient=patient)
    said.set_moment(now - 61 * DAY, "UTC")
    said.recorded_at = said.at
    said.save()
    said.symptoms.create(code="thirst", severity=2)
    late = CheckIn(patient=patient)  # written down only when it was over
    late.set_moment(now - 31 * DAY, "UTC")
    late.recorded_at = now
    late.save()
    late.symptoms.create(code="thirst", severity=2)
    opened = Patient.objects.visible_to(alice).get()
    assert sorted((o.at, o.traced) for o in onsets(opened)) == [
        (now - 90 * DAY, False),
        (now - 60 * DAY, True),
        (now - 30 * DAY, False),
    ]


def test_an_attack_known_by_its_year_is_not_counted(alice, patient):
    now = timezone.now()
    Attack.objects.create(
        patient=patient, leak_start=now - 30 * DAY, leak_start_precision="year"
    )
    assert onsets(Patient.objects.visible_to(alice).get()) == []


def test_what_is_hidden_is_no_trace_before_an_attack(alice, viewer, patient):
    began = timezone.now() - 30 * DAY
    Attack.objects.create(patient=patient, leak_start=began, end=began + 3 * DAY)
    own = patient.custom_symptoms.create(label="Canary")
    said = CheckIn(patient=patient)
    said.set_moment(began - DAY, "UTC")
    said.recorded_at = said.at
    said.save()
    said.symptoms.create(custom=own, severity=2)
    viewer.grants.update(hidden=[Category.OWN_SYMPTOMS])
    for reader, is_traced in ((alice, True), (viewer, False)):
        opened = Patient.objects.visible_to(reader).get(pk=patient.pk)
        assert [onset.traced for onset in onsets(opened)] == [is_traced]


def test_the_choice_is_kept_and_counts_at_once(sign_in, alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    client = sign_in(alice)
    sent = {"watching": "off", "budget": "fewer", "silence_told": "on"}
    client.post(url(patient), sent)
    choice = FlagChoice.objects.get(patient=patient)
    assert (choice.wanted, choice.budget, choice.silence_told) == (False, "fewer", True)
    assert patient.flags.get().closed_why == "off"
    assert "Flags are off for this diary" in client.get(url(patient)).content.decode()


def test_a_budget_that_is_none_is_refused(sign_in, alice, patient):
    response = sign_in(alice).post(url(patient), {"budget": "all"})
    assert response.status_code == 200
    assert not FlagChoice.objects.filter(patient=patient).exists()


def test_clinicians_see_the_rule_version(sign_in, doctor, patient):
    past_flag(patient, timezone.now() - 20 * DAY)
    assert "Rule 2025.9" in sign_in(doctor).get(url(patient)).content.decode()
    timeline = sign_in(doctor).get(url(patient, "timeline/")).content.decode()
    assert "Rule 2025.9" in timeline
    assert "Thirst" in timeline or "thirst" in timeline


def test_the_page_costs_the_same_queries_for_any_number_of_flags(
    sign_in, alice, patient
):
    client, now = sign_in(alice), timezone.now()

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(url(patient))
        return len(queries)

    past_flag(patient, now - 20 * DAY).answers.create(label="cold", by_name="A")
    few = cost()
    for ago in range(30, 100, 10):
        past_flag(patient, now - ago * DAY).answers.create(label="cold", by_name="A")
        Attack.objects.create(
            patient=patient, leak_start=now - ago * DAY - HOUR, end=now - ago * DAY
        )
    assert cost() == few


def test_the_timeline_narrows_to_flags(sign_in, alice, patient):
    quiet_weeks(patient)
    say(patient, alice, WATCH, hours_ago=2)
    say(patient, alice, ACT, hours_ago=1)
    page = sign_in(alice).get(url(patient, "timeline/?kind=flags")).content.decode()
    assert "Flag: Watch" in page
    assert "Flag rose to: Act" in page
    assert "Check-in\n" not in page[page.index('class="entries"') :]


def test_a_flag_stays_on_the_day_it_was_lived(sign_in, alice, patient):
    at = timezone.now().replace(hour=23, minute=30) - 20 * DAY
    past_flag(patient, at)  # in Berlin it is the next day
    patient.zone = "America/New_York"
    patient.save()
    change = FlagChange.objects.get()
    assert change.day == (at + timedelta(hours=2)).date()
    page = sign_in(alice).get(url(patient, "timeline/?kind=flags")).content.decode()
    assert f"day-{change.day:%Y-%m-%d}" in page


def test_the_attack_chart_marks_flags_by_level(sign_in, alice, patient):
    now = timezone.now()
    attack = Attack.objects.create(
        patient=patient, leak_start=now - 10 * DAY, end=now - 8 * DAY, zone="UTC"
    )
    page = url(patient, f"attacks/{attack.public_id}/")
    assert "Flag: act" not in sign_in(alice).get(page).content.decode()
    past_flag(patient, now - 11 * DAY, level="act")
    patient.__class__.objects.filter(pk=patient.pk).update(version=99)
    assert "Flag: act" in sign_in(alice).get(page).content.decode()


def test_weight_is_in_the_own_unit_among_what_is_usual(sign_in, alice, patient):
    patient.units = {"weight": "lb"}
    patient.save()
    now = timezone.now()
    for ago in range(5, 11):
        row = patient.measurements.model(
            patient=patient,
            quantity="weight",
            value=Decimal(70),
            typed_value=Decimal(70),
            typed_unit="kg",
        )
        row.set_moment(now - ago * DAY, "UTC")
        row.save()
    assert "154.3 lb" in sign_in(alice).get(url(patient)).content.decode()


def test_days_of_a_hidden_word_are_not_counted_as_usual(
    sign_in, alice, patient, grant_to
):
    reader = make_user("reader")
    grant_to(reader, hidden=[Category.OWN_SYMPTOMS])
    own = patient.custom_symptoms.create(label="Canary", key="thirst")
    say(patient, alice, own={own.pk: 1}, hours_ago=24 * 10)
    say(patient, alice, hours_ago=24 * 11)
    assert "thirst" in sign_in(alice).get(url(patient)).content.decode()
    page = sign_in(reader).get(url(patient)).content.decode()
    assert "thirst" not in page
    assert "Canary" not in page


def test_the_list_of_diaries_says_where_a_flag_is_open(sign_in, alice, patient, viewer):
    quiet_weeks(patient)
    say(patient, alice, WATCH)
    other = patient.__class__.objects.create(name="Other", zone="UTC")
    other.grants.create(
        user=viewer,
        kind="caregiver",
        permissions=["view"],
        accepted_at=timezone.now(),
        invitation_expires_at=timezone.now(),
        token_hash="b" * 64,
    )
    page = sign_in(viewer).get("/home/").content.decode()
    assert page.count("flag: Watch") == 1
