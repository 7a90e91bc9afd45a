"""What repeats is planned a fortnight ahead, and what is done is not asked for."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from diary.drafts import CheckInDraft
from diary.services import record_checkin
from notifications import planners, services
from notifications.models import Occurrence, Preferences, Schedule
from notifications.rules import Unit
from sharing.models import Patient
from tests.conftest import make_user

DAY = timedelta(days=1)
# Noon in Berlin on a Monday; years ahead, for the database keeps its own clock.
NOW = datetime(2037, 5, 4, 10, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Kind = Occurrence.Kind


@pytest.fixture(autouse=True)
def _at_noon(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def choose(patient):
    def to(**fields):
        services.preferences_of(patient)
        Preferences.objects.filter(patient=patient).update(**fields)
        with Patient.objects.writing(patient):
            planners.follow_preferences(patient, timezone.now())

    return to


def planned(patient, subject):
    rows = patient.occurrences.filter(subject=subject, state="pending")
    zone = patient.tz
    return [
        o.due_at.astimezone(zone).strftime("%m-%d %H:%M")
        for o in rows.order_by("due_at")
    ]


def checked_in(patient, at):
    with Patient.objects.writing(patient):
        services.checked_in(patient, at)


def test_a_daily_prompt_is_planned_for_a_fortnight(patient, choose):
    choose(checkin="daily", checkin_time=time(19))
    assert planned(patient, "checkin") == [f"05-{4 + n:02} 19:00" for n in range(14)]


def test_a_check_in_today_makes_todays_prompt_unnecessary(patient, choose):
    choose(checkin="daily", checkin_time=time(19))
    checked_in(patient, NOW)
    assert planned(patient, "checkin")[0] == "05-05 19:00"
    with Patient.objects.writing(patient):
        planners.keep(patient, NOW)
    assert planned(patient, "checkin")[0] == "05-05 19:00"


def test_a_check_in_filled_in_for_an_earlier_day_leaves_todays_prompt(patient, choose):
    choose(checkin="daily", checkin_time=time(19))
    checked_in(patient, NOW - DAY)
    assert planned(patient, "checkin")[0] == "05-04 19:00"


def test_a_gap_counts_from_the_last_check_in(patient, choose):
    choose(checkin="gap", checkin_gap_days=3, checkin_time=time(19))
    assert planned(patient, "checkin")[:2] == ["05-07 19:00", "05-10 19:00"]
    checked_in(patient, NOW + DAY)
    assert planned(patient, "checkin")[:2] == ["05-08 19:00", "05-11 19:00"]
    checked_in(patient, NOW - 30 * DAY)
    assert planned(patient, "checkin")[0] == "05-08 19:00"


def test_saving_the_choices_again_does_not_begin_a_gap_anew(
    patient, choose, time_machine
):
    choose(checkin="gap", checkin_gap_days=3, checkin_time=time(19))
    time_machine.move_to(NOW + 2 * DAY)
    choose(morning=time(8))
    assert planned(patient, "checkin")[0] == "05-07 19:00"


def test_prompts_that_are_turned_off_are_withdrawn(patient, choose):
    choose(checkin="daily")
    choose(checkin="off")
    assert planned(patient, "checkin") == []
    assert not Schedule.objects.exists()


def test_a_prompt_keeps_its_local_time_over_a_clock_change(
    patient, choose, time_machine
):
    time_machine.move_to(datetime(2037, 3, 27, 10, tzinfo=UTC))
    choose(checkin="daily", checkin_time=time(19))
    hours = {
        o.due_at.strftime("%m-%d"): o.due_at.hour for o in patient.occurrences.all()
    }
    assert (hours["03-28"], hours["03-29"]) == (18, 17)


def test_yearly_bloods_come_on_their_day_within_the_horizon(
    patient, choose, time_machine
):
    choose(bloods_on=date(2036, 5, 20))
    assert planned(patient, "bloods") == []
    time_machine.move_to(NOW + 3 * DAY)
    with Patient.objects.writing(patient):
        planners.keep(patient, timezone.now())
    assert planned(patient, "bloods") == ["05-20 09:00"]


def test_medicines_are_reminded_of_at_each_of_their_times(patient):
    with Patient.objects.writing(patient):
        services.keep_reminding(
            patient,
            "medicine:7",
            Kind.MEDICINE,
            times=[time(20), time(8)],
            first_on=date(2037, 5, 4),
            last_on=date(2037, 5, 5),
        )
    assert planned(patient, "medicine:7") == [
        "05-04 20:00",
        "05-05 08:00",
        "05-05 20:00",
    ]
    assert set(patient.occurrences.values_list("urgency", flat=True)) == {"asked"}
    with Patient.objects.writing(patient):
        services.stop_reminding(patient, "medicine:7")
    assert planned(patient, "medicine:7") == []


def test_a_rule_that_never_recurs_is_refused(patient):
    with pytest.raises(ValueError, match="needs a time"):
        services.keep_reminding(
            patient, "medicine:7", Kind.MEDICINE, times=[], first_on=date(2037, 5, 4)
        )


def test_a_weekly_reminder_keeps_its_weekday(patient):
    with Patient.objects.writing(patient):
        services.keep_reminding(
            patient,
            "medicine:7",
            Kind.MEDICINE,
            times=[time(8)],
            first_on=date(2037, 5, 6),
            unit=Unit.WEEK,
        )
    assert planned(patient, "medicine:7") == ["05-06 08:00", "05-13 08:00"]


def test_the_end_of_somebodys_access_is_told_in_advance(patient, choose, grant_to):
    grant = grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + 20 * DAY)
    grant_to(make_user("cleo"), starts_at=LONG_AGO)
    choose(grant_days=14)
    assert planned(patient, f"grant:{grant.pk}") == ["05-10 09:00"]
    assert patient.occurrences.filter(kind=Kind.GRANT).count() == 1


@pytest.mark.parametrize(
    ("lasts", "told"),
    [
        (14 * DAY, ["05-11 09:00"]),
        (7 * DAY, ["05-07 09:00"]),
        (DAY, ["05-05 00:00"]),  # at night: quiet hours wait for the morning
        (DAY - timedelta(minutes=1), []),
    ],
)
def test_the_end_of_access_that_lasts_no_longer_is_told_halfway(
    patient, choose, grant_to, lasts, told
):
    grant = grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + lasts)
    choose(grant_days=14)
    assert planned(patient, f"grant:{grant.pk}") == told


def test_the_moment_halfway_stays_what_it_was_and_is_told_once(
    patient, choose, grant_to, time_machine
):
    grant = grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + 7 * DAY)
    choose(grant_days=14)
    time_machine.move_to(NOW + 2 * DAY)
    choose()
    assert planned(patient, f"grant:{grant.pk}") == ["05-07 09:00"]
    patient.occurrences.update(state="dispatched")
    time_machine.move_to(NOW + 4 * DAY)
    choose()
    assert planned(patient, f"grant:{grant.pk}") == []
    assert patient.occurrences.get(kind=Kind.GRANT).state == "dispatched"


def test_access_that_was_made_shorter_is_told_of_before_it_ends(
    patient, choose, grant_to
):
    grant = grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + 90 * DAY)
    choose(grant_days=30)
    type(grant).objects.update(expires_at=NOW + 10 * DAY)
    choose()
    assert planned(patient, f"grant:{grant.pk}") == ["05-09 09:00"]


@pytest.mark.parametrize(
    "change", [{"revoked_at": NOW}, {"expires_at": None}], ids=["revoked", "renewed"]
)
def test_the_notice_goes_when_the_access_does(patient, choose, grant_to, change):
    grant = grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + 20 * DAY)
    choose(grant_days=14)
    type(grant).objects.update(**change)
    choose()
    assert planned(patient, f"grant:{grant.pk}") == []


def test_nobody_is_told_of_an_access_that_ends_if_they_chose_so(
    patient, choose, grant_to
):
    grant_to(make_user("ben"), starts_at=LONG_AGO, expires_at=NOW + 20 * DAY)
    choose(grant_days=0)
    assert not patient.occurrences.exists()


def test_a_plan_text_is_asked_about_a_year_after_it_was_written(
    patient, choose, time_machine
):
    Patient.objects.update(plan_text="Call the clinic.")
    patient.refresh_from_db()
    choose()
    assert patient.occurrences.get(subject="plan_text").due_at == datetime(
        2038, 5, 4, 7, tzinfo=UTC
    )
    time_machine.move_to(NOW + 100 * DAY)
    choose()
    assert planned(patient, "plan_text") == ["05-04 09:00"]
    patient.plan_text = "Call Dr. Okafor."
    choose()
    assert planned(patient, "plan_text") == ["08-12 09:00"]


def test_no_plan_text_is_not_asked_about(patient, choose):
    choose()
    assert not patient.occurrences.exists()


# --- The sweep ------------------------------------------------------------------------


def test_the_sweep_extends_each_record_once_a_day(
    patient, choose, django_assert_num_queries
):
    choose(checkin="daily")
    Occurrence.objects.all().delete()
    planners.extend()
    assert not Occurrence.objects.exists()
    Preferences.objects.update(keep_at=Now() - DAY)
    planners.extend()
    assert Occurrence.objects.count() == 14
    Occurrence.objects.all().delete()
    with django_assert_num_queries(1):
        planners.extend()
    assert not Occurrence.objects.exists()


def test_a_record_that_fails_does_not_stop_the_others(
    patient, eve, choose, monkeypatch, caplog
):
    choose(checkin="daily")
    services.preferences_of(eve.own_record)
    Occurrence.objects.all().delete()
    Preferences.objects.filter(patient=eve.own_record).update(keep_at=Now() - 2 * DAY)
    Preferences.objects.filter(patient=patient).update(keep_at=Now() - DAY)
    keep = planners.keep

    def breaks(record, now):
        if record == eve.own_record:
            raise OverflowError("health data")  # a year too far
        keep(record, now)

    monkeypatch.setattr(planners, "keep", breaks)
    planners.extend()
    assert patient.occurrences.count() == 14
    assert not Preferences.objects.filter(keep_at__lte=Now()).exists()
    assert [record.getMessage() for record in caplog.records] == ["not kept planned"]


def test_a_check_in_that_is_saved_is_one(patient, alice, choose):
    choose(checkin="daily", checkin_time=time(19))
    draft = CheckInDraft(
        client_id=uuid4(), at=NOW, zone="Europe/Berlin", no_symptoms=True
    )
    record_checkin(patient, draft, by=alice)
    assert planned(patient, "checkin")[0] == "05-05 19:00"
