"""The demo: published facts found again, invented ones kept apart, made once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import QuerySet
from django.utils import timezone

from attacks.models import Attack, CaseReport, Precision, Source
from attacks.reports import QUANTITY
from capleak.demo import cases, own_attack, story
from capleak.demo.cases import RENAMED, UNITS
from capleak.demo.load import load
from diary.models import CheckIn, Measurement, Symptom
from diary.models.flags import Closed
from diary.redflags import red_flags
from diary.vocabulary import QUANTITIES, SYMPTOMS, check_range
from notifications.models import Occurrence
from prophylaxis.models import Infusion, Plan
from sharing.models import Patient, User

pytestmark = pytest.mark.slow

NOW = datetime(2026, 3, 29, 20, tzinfo=UTC)  # a day on which Berlin's clocks change
BERLIN = ZoneInfo("Europe/Berlin")
HOME_QUANTITIES = ["systolic", "diastolic", "pulse", "weight", "temperature"]
FILE: dict[str, Any] = json.loads(cases.FILE.read_text(encoding="utf-8"))


@pytest.fixture
def demo(db: None) -> Patient:
    return load(NOW, "demo-capleak-2026", lambda share: None)


def run(**options: Any) -> str:
    said = StringIO()
    call_command("demo", stdout=said, stderr=said, **options)
    return said.getvalue()


def leaves(told: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to everything in a JSON value and what it is; empty and null too."""
    if isinstance(told, dict) and told:
        for key, value in told.items():
            yield from leaves(value, (*path, key))
    elif isinstance(told, list) and told:
        for index, value in enumerate(told):
            yield from leaves(value, (*path, index))
    else:
        yield (*path, repr(told))


def events(demo: Patient) -> Iterator[tuple[CheckIn, dict[str, Any]]]:
    """Every event with its check-in, found by where the report puts it in time."""
    for case in FILE["cases"]:
        attack = Attack.objects.get(patient=demo, report__case_id=case["id"])
        assert attack.leak_start is not None  # day 0 of all four
        for event in case["events"]:
            at = attack.leak_start + timedelta(days=event["day"])
            yield demo.checkins.get(at=at), event


def published_checkins(demo: Patient) -> QuerySet[CheckIn]:
    return demo.checkins.filter(note__startswith="Published case")


def rows() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    return {
        model.__name__: list(model._default_manager.order_by("pk").values_list())
        for model in apps.get_models(include_auto_created=True)
    }


def test_every_leaf_of_the_file_is_kept_as_told(demo: Patient) -> None:
    kept = {report.case_id: report.told for report in CaseReport.objects.all()}
    assert kept.keys() == {case["id"] for case in FILE["cases"]}
    for case in FILE["cases"]:
        told = {**case, "about": FILE["about"], "units": FILE["units"]}
        assert set(leaves(kept[case["id"]])) == set(leaves(told))


def test_an_event_is_a_check_in_that_says_what_the_report_says(demo: Patient) -> None:
    for checkin, event in events(demo):
        assert set(checkin.symptoms.values_list("code", "severity")) == {
            (RENAMED.get(code, code), None) for code in event["symptoms"]
        }
        assert event["note"] in checkin.note
        assert all(treatment in checkin.note for treatment in event["treatments"])
        assert checkin.no_symptoms is False


def test_a_value_of_a_report_is_a_measurement_and_nothing_else_is(
    demo: Patient,
) -> None:
    for checkin, event in events(demo):
        stored = checkin.measurements.all()
        assert {(m.quantity, m.typed_unit): m.typed_value for m in stored} == {
            (QUANTITY[key], UNITS[key]): Decimal(str(value))
            for key, value in (event["vitals"] | event["labs"]).items()
        }
        for measurement in stored:
            check_range(measurement.quantity, measurement.value)


def test_a_day_of_a_phase_is_a_boundary_and_an_untold_one_stays_unknown(
    demo: Patient,
) -> None:
    for case in FILE["cases"]:
        attack = Attack.objects.get(patient=demo, report__case_id=case["id"])
        assert attack.leak_start is not None
        for key, boundary in cases.BOUNDARIES.items():
            at, day = getattr(attack, boundary), case["phases"][key]
            assert (at is None) is (day is None)
            if at is not None:
                assert (at - attack.leak_start) / timedelta(days=1) == day
                assert getattr(attack, f"{boundary}_source") == Source.REPORT
                assert getattr(attack, f"{boundary}_precision") == Precision.DAY
        assert attack.end is None  # a discharge is not the end of an attack
        assert attack.ongoing is False


def test_the_runner_fainted_at_92_over_54_on_the_third_day(demo: Patient) -> None:
    attack = Attack.objects.get(report__case_id="rugby_40M_exertion")
    first, second, last = demo.checkins.filter(
        at__range=(attack.prodrome_start, attack.leak_start)
    ).order_by("at")
    assert first.at == attack.prodrome_start
    assert last.at == attack.leak_start
    assert last.at - first.at == timedelta(days=3)
    assert second.at - first.at == timedelta(hours=2, minutes=24)
    assert second.note == (
        "Published case, day −2.9 to 0; the hour is not told.\n"
        "Followed the exertion; exact day not stated."
    )
    assert set(last.symptoms.values_list("code", flat=True)) == {
        "syncope",
        "pallor",
        "limb_tightness",
    }
    shown = {
        m.quantity: f"{m.typed_value:f} {m.typed_unit}" for m in last.measurements.all()
    }
    assert shown["systolic"] == "92.0000 mmHg"
    assert shown["creatinine"] == "1.7100 mg/dL"
    assert "albumin" not in shown
    assert last.note.endswith("Treatment: IV saline 2.5 L.")


def test_the_attack_of_her_own_is_whole_and_a_flag_came_before_it(
    demo: Patient,
) -> None:
    own = Attack.objects.get(patient=demo, report__isnull=True)
    assert own.note == own_attack.NOTE
    assert None not in (own.prodrome_start, own.leak_start, own.recovery_start, own.end)
    assert own.facts.icu
    days = own_attack.window(date(2026, 3, 29))
    entries = demo.checkins.filter(day__range=(days.first, days.last))
    assert entries.count() == len([*own_attack.entries(date(2026, 3, 29))])
    (flag,) = demo.flags.filter(opened_at__range=(own.prodrome_start, own.leak_start))
    assert flag.closed_why == Closed.ATTACK
    assert [answer.label for answer in flag.answers.all()] == ["attack"]


def test_a_fraction_of_a_day_is_known_to_the_hours() -> None:
    assert cases._precision(-2.9) == Precision.HOURS
    assert cases._precision(-3.0) == Precision.DAY


def test_every_key_that_the_file_has_a_unit_for_can_be_stored() -> None:
    assert set(FILE["units"]) <= set(UNITS) == set(QUANTITY)
    for key, unit in UNITS.items():
        assert unit in QUANTITIES[QUANTITY[key]].units


def test_what_no_report_told_has_no_row(demo: Patient) -> None:
    told = [event for case in FILE["cases"] for event in case["events"]]
    published = published_checkins(demo)
    assert published.count() == len(told) == 11
    assert Symptom.objects.filter(checkin__in=published).count() == 25
    measured = Measurement.objects.filter(checkin__in=published)
    assert measured.count() == 41
    own = own_attack.window(date(2026, 3, 29))
    labs = demo.measurements.exclude(quantity__in=HOME_QUANTITIES)
    labs = labs.exclude(quantity="m_protein")  # invented, between the attacks
    assert set(labs.exclude(day__range=(own.first, own.last))) <= set(measured)


def test_invented_days_keep_away_from_published_ones(demo: Patient) -> None:
    invented = demo.checkins.exclude(pk__in=published_checkins(demo))
    for case in FILE["cases"]:
        attack = Attack.objects.get(patient=demo, report__case_id=case["id"])
        assert attack.leak_start is not None
        ends = [(e["day"], e["day_to"] or e["day"]) for e in case["events"]]
        span = (
            attack.leak_start + timedelta(days=min(first for first, _ in ends) - 4),
            attack.leak_start + timedelta(days=max(last for _, last in ends) + 10),
        )
        assert not invented.filter(at__range=span).exists()
        assert not demo.infusions.filter(started_at__range=span).exists()


def test_nothing_lies_in_the_future_and_each_day_is_the_local_one(
    demo: Patient,
) -> None:
    today = date(2026, 3, 29)
    for row in [*CheckIn.objects.all(), *Measurement.objects.all()]:
        assert row.at <= row.recorded_at <= NOW
        assert row.day == row.at.astimezone(ZoneInfo(row.zone)).date() <= today
    for infusion in Infusion.objects.all():
        assert infusion.started_at <= infusion.recorded_at <= NOW
        assert infusion.day == infusion.started_at.astimezone(BERLIN).date()


@pytest.mark.parametrize("days", range(0, 365, 23))
def test_the_story_is_plausible_on_any_day_it_is_told(days: int) -> None:
    today = date(2026, 1, 1) + timedelta(days=days)
    told = story.tell(today, [attack.window for attack in cases.attacks(today)])
    assert told == story.tell(today, [attack.window for attack in cases.attacks(today)])
    drafts = [entry.draft for entry in told.entries]
    ids = [draft.client_id for draft in drafts]
    assert len(ids) == len(set(ids))
    for draft in drafts:
        assert set(draft.symptoms) <= set(SYMPTOMS)
        values = {r.quantity: r.value for r in draft.readings}
        assert red_flags(draft.symptoms, values) == []
        assert values.get("diastolic", 0) <= values.get("systolic", 0)
        local = draft.at.astimezone(ZoneInfo(draft.zone))
        assert 6 <= local.hour <= 21  # no clock change at such an hour
    assert sum(draft.no_symptoms for draft in drafts) > 150
    assert {draft.zone for draft in drafts} == {"Europe/Berlin", "America/New_York"}
    assert any(None in draft.symptoms.values() for draft in drafts)
    assert any(entry.by == "caregiver" for entry in told.entries)
    late = [e for e in told.entries if e.recorded_at - e.draft.at > timedelta(hours=8)]
    assert len(late) > 10
    days_told = sorted({draft.at.date() for draft in drafts})
    silences = [(b - a).days for a, b in pairwise(days_told)]
    assert max(silences) >= 14


@pytest.mark.parametrize("days", range(0, 365, 23))
def test_an_infusion_is_due_in_the_second_week_after_the_demo_is_made(
    days: int,
) -> None:
    today = date(2026, 1, 1) + timedelta(days=days)
    windows = [attack.window for attack in cases.attacks(today)]
    infused = [i.day for i in story.tell(today, windows).prophylaxis.infusions]
    assert 8 <= (infused[-1] + timedelta(days=28) - today).days <= 14
    gaps = [(b - a).days for a, b in pairwise(infused)]
    assert all(28 <= gap <= 56 for gap in gaps)
    assert any(gap > 28 for gap in gaps)
    assert all(day.weekday() < 5 for day in infused)


def test_two_attacks_came_before_the_first_infusion(demo: Patient) -> None:
    first, second = Plan.objects.filter(patient=demo).order_by("began_at")
    assert first.dose_g_per_kg == Decimal(1)
    assert second.dose_g_per_kg == Decimal(2)
    assert first.ended_at == second.began_at
    assert first.interval_days == second.interval_days == 28
    before = Attack.objects.filter(patient=demo, leak_start__lt=first.began_at)
    assert before.filter(report__isnull=False).count() == 2
    for infusion in Infusion.objects.filter(patient=demo).select_related("plan"):
        assert infusion.plan
        assert infusion.g_per_kg
        assert abs(infusion.g_per_kg - infusion.plan.dose_g_per_kg) < Decimal("0.06")


def test_reminders_of_the_next_infusion_are_planned(db: None) -> None:
    run()
    infusions = Occurrence.objects.filter(kind="infusion", state="pending")
    first, second, *_of_the_one_after = infusions.order_by("due_at")
    assert first.state == second.state == Occurrence.State.PENDING
    assert timezone.now() < first.due_at < second.due_at < second.about_at


def test_a_second_run_on_a_later_day_changes_nothing(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = run()
    before = rows()
    later = timezone.now() + timedelta(days=30)
    monkeypatch.setattr(timezone, "now", lambda: later)
    assert run() == said
    assert rows() == before


def test_the_printed_sign_ins_open_the_record(db: None) -> None:
    said = run()
    assert "Password: demo-capleak-2026" in said
    patient = Patient.objects.get()
    assert patient.is_demo
    for address in ("patient@", "caregiver@", "clinician@"):
        assert f"\n{address}example.org " in said
        user = User.objects.get(email=f"{address}example.org")
        assert user.check_password("demo-capleak-2026")
        assert EmailAddress.objects.get(user=user, primary=True).verified
        assert patient in Patient.objects.visible_to(user)


def test_a_changed_password_is_not_printed(db: None) -> None:
    run()
    owner = User.objects.get(email="patient@example.org")
    owner.set_password("something else entirely")
    owner.save()
    assert "demo-capleak-2026" not in run()


def test_production_refuses_the_demo(db: None, settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match="--yes-in-production"):
        run()
    assert not User.objects.exists()


def test_production_that_asks_for_the_demo_gets_a_password_of_its_own(
    db: None, settings: Any
) -> None:
    settings.PRODUCTION = True
    password = run(yes_in_production=True).splitlines()[0].split()[-1]
    assert len(password) >= 12
    assert password != "demo-capleak-2026"
    assert User.objects.get(email="patient@example.org").check_password(password)
    assert password not in run(yes_in_production=True)


def test_an_address_that_somebody_has_is_left_alone(db: None) -> None:
    User.objects.create_user("clinician@example.org")
    assert "clinician@example.org already has an account" in run()
    assert not Patient.objects.exists()
    assert User.objects.count() == 1


def test_a_terminal_sees_a_bar_and_a_log_does_not(db: None) -> None:
    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    said = Terminal()
    call_command("demo", stdout=said)
    assert "[########" in said.getvalue()
