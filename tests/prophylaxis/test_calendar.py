"""The calendar feed: a secret link, neutral titles, an end with its maker's access."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from prophylaxis import calendar as calendars
from prophylaxis.models import Appointment, CalendarFeed, Infusion, Plan
from sharing import accesslog
from sharing.models import AccessEvent, Grant, Patient, hash_token

pytestmark = pytest.mark.slow

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _new_year(time_machine):
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def plan(patient):
    return Plan.objects.create(
        patient=patient,
        product="Octagam 10 %",
        dose_g_per_kg=Decimal(2),
        first_on=date(2026, 3, 16),
        local_time="09:00",
        zone="Europe/Berlin",
        valid_from=date(2026, 1, 1),
        began_at=NOW - timedelta(days=1),
    )


@pytest.fixture
def given(patient):
    row = Infusion(patient=patient, product="Octagam 10 %", note="bad headache")
    row.set_start(datetime(2025, 12, 8, 8, 5, tzinfo=UTC), "Europe/Berlin")
    row.finished_at = datetime(2025, 12, 8, 14, 5, tzinfo=UTC)
    row.save()
    return row


def url(patient, what="calendar/"):
    return f"/patients/{patient.public_id}/ivig/{what}"


@pytest.fixture
def made(patient, sign_in):
    """The path of a link that somebody made."""

    def make(user, **chosen):
        answer = sign_in(user).post(url(patient), {"do": "new"} | chosen)
        assert answer.status_code == 200
        return urlsplit(answer.context["link"]).path

    return make


def read(path, **headers):
    return Client().get(path, headers=headers)


def events(path):
    answer = read(path)
    assert answer.status_code == 200
    calendar = Calendar.from_ical(answer.content)
    found = list(calendar.walk("VEVENT"))
    assert calendar.errors == []
    assert [error for event in found for error in event.errors] == []
    return found


def starts(path):
    return [event.decoded("dtstart") for event in events(path)]


# --- What it shows --------------------------------------------------------------------


def test_the_infusions_of_the_next_twelve_months_are_in_it(plan, alice, made):
    found = starts(made(alice))
    assert found[:2] == [
        datetime(2026, 3, 16, 8, tzinfo=UTC),
        datetime(2026, 4, 13, 7, tzinfo=UTC),  # 09:00 in Berlin still, by summer time
    ]
    assert len(found) == 11
    assert found[-1] <= NOW + timedelta(days=366)


def test_they_follow_from_the_last_infusion(plan, given, alice, made):
    Plan.objects.update(first_on=date(2025, 12, 8))
    assert starts(made(alice))[0] == datetime(2026, 1, 5, 8, tzinfo=UTC)


def test_a_split_dose_is_an_entry_on_each_of_its_days(plan, alice, made):
    Plan.objects.update(course_days=2)
    assert starts(made(alice))[:3] == [
        datetime(2026, 3, 16, 8, tzinfo=UTC),
        datetime(2026, 3, 17, 8, tzinfo=UTC),
        datetime(2026, 4, 13, 7, tzinfo=UTC),
    ]


@pytest.mark.parametrize(("day", "left"), [(1, [9, 10, 11]), (2, [9, 10]), (3, [9])])
def test_of_a_dose_that_was_begun_the_days_that_are_left_are_in_it(plan, day, left):
    plan.refresh_from_db()
    plan.course_days = 3
    due = datetime(2025, 12, 9, 8, tzinfo=UTC)
    assert [at.day for at in calendars.course_times(plan, due, day)] == left


def appointment(patient, status, at, reason=""):
    row = Appointment(patient=patient, status=status, reason=reason)
    row.set_moment(at, "Europe/Berlin")
    row.save()


def test_an_appointment_stands_in_it_instead_of_the_day_of_the_plan(
    plan, patient, alice, made
):
    at = datetime(2026, 3, 18, 13, tzinfo=UTC)
    appointment(patient, "planned", at)
    assert starts(made(alice))[:2] == [at, datetime(2026, 4, 15, 7, tzinfo=UTC)]


def test_what_was_skipped_does_not_stand_in_it(plan, patient, alice, made):
    due = datetime(2026, 3, 16, 8, tzinfo=UTC)
    appointment(patient, "skipped", due, "a cold")
    assert starts(made(alice))[0] == datetime(2026, 4, 13, 7, tzinfo=UTC)


def test_days_of_the_plan_that_passed_without_an_infusion_are_not_in_it(
    plan, given, alice, made
):
    Plan.objects.update(first_on=date(2025, 9, 1))
    Infusion.objects.update(started_at=datetime(2025, 9, 8, 8, tzinfo=UTC))
    overdue = datetime(2025, 10, 6, 7, tzinfo=UTC)
    assert starts(made(alice))[:2] == [overdue, datetime(2026, 1, 26, 8, tzinfo=UTC)]


def test_infusions_that_were_given_are_in_it_if_that_was_chosen(
    plan, given, alice, made
):
    assert given.started_at not in starts(made(alice))
    first = events(made(alice, past="on"))[0]
    assert first.decoded("dtstart") == given.started_at
    assert first.decoded("duration") == timedelta(hours=6)


def test_without_a_plan_it_is_an_empty_calendar(patient, alice, made):
    assert events(made(alice)) == []


def test_by_default_nothing_in_it_tells_of_health(plan, given, patient, alice, made):
    content = read(made(alice, past="on")).content.decode()
    words = ["Infusion", "IVIG", "Octagam", "headache", "Alice", "CapLeak"]
    assert [w for w in (*words, str(patient.public_id)) if w in content] == []
    assert {str(e["summary"]) for e in events(made(alice, past="on"))} == {
        "Appointment"
    }


def test_the_patient_may_choose_plain_words(plan, given, alice, made):
    found = events(made(alice, past="on", plain="on"))
    assert [str(event["summary"]) for event in found[:2]] == [
        "Infusion, given",
        "Infusion, due by the plan",
    ]


def test_those_who_do_not_manage_have_neutral_titles_whatever_they_send(
    plan, viewer, made
):
    assert {str(e["summary"]) for e in events(made(viewer, plain="on"))} == {
        "Appointment"
    }


def test_the_same_data_is_the_same_file_and_ids_stay(
    plan, given, alice, made, time_machine
):
    path = made(alice, past="on")
    before = read(path).content
    time_machine.move_to(NOW + timedelta(hours=5), tick=False)
    assert read(path).content == before
    ids = {event["uid"] for event in events(path)}
    again = {event["uid"] for event in events(made(alice, past="on"))}
    assert (len(ids), again) == (12, ids)


# --- The link -------------------------------------------------------------------------


def test_only_the_hash_of_the_secret_is_stored(plan, alice, made):
    token = made(alice).removeprefix("/calendar/").removesuffix(".ics")
    assert len(token) >= 43  # 256 bits
    assert CalendarFeed.objects.get().token_hash == hash_token(token)


def test_the_link_is_shown_once(plan, patient, alice, made, sign_in):
    path = made(alice)
    assert path not in sign_in(alice).get(url(patient)).content.decode()


def test_nothing_of_the_record_stands_in_the_link(plan, patient, alice, made):
    path = made(alice)
    assert str(patient.public_id) not in path
    assert path.count("/") == 2


def test_it_needs_no_sign_in_and_is_kept_by_no_shared_cache(plan, alice, made):
    answer = read(made(alice))
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert not answer.cookies


def test_head_is_answered_without_a_body(plan, alice, made):
    answer = Client().head(made(alice))
    assert (answer.status_code, answer.content) == (200, b"")


def test_what_has_not_changed_is_not_sent_again(plan, alice, made):
    path = made(alice)
    etag = read(path).headers["ETag"]
    assert read(path, **{"If-None-Match": etag}).status_code == 304


def test_a_new_link_ends_the_one_before(plan, alice, made):
    old, new = made(alice), made(alice)
    assert [read(path).status_code for path in (old, new)] == [404, 200]


def test_one_that_was_taken_back_looks_like_one_that_never_was(
    plan, patient, alice, made, sign_in
):
    path = made(alice)
    sign_in(alice).post(url(patient, "calendar/end/"))
    gone, never = read(path), read("/calendar/no-such-token.ics")
    assert (gone.status_code, gone.content) == (404, never.content)
    assert gone.headers["Cache-Control"] == never.headers["Cache-Control"]


def test_what_it_shows_can_be_changed_without_a_new_link(
    plan, given, patient, alice, made, sign_in
):
    path = made(alice)
    sign_in(alice).post(url(patient), {"do": "change", "past": "on"})
    assert given.started_at in starts(path)


def test_too_many_reads_are_refused(plan, alice, made, monkeypatch):
    monkeypatch.setattr("prophylaxis.calendar_views.READS_PER_MINUTE", 2)
    monkeypatch.setattr("sharing.limits.cache", LocMemCache("calendar", {}))
    path = made(alice)
    assert [read(path).status_code for _ in range(3)] == [200, 200, 429]


# --- Whose it is ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("manager", 200), ("viewer", 200), ("eve", 404)],
)
def test_those_who_see_the_record_make_a_link_of_their_own(
    request, patient, sign_in, who, status
):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == status
    assert client.post(url(patient), {"do": "new"}).status_code == status
    assert CalendarFeed.objects.exists() is (status == 200)


@pytest.mark.parametrize(
    "ended",
    [
        {"revoked_at": NOW - timedelta(minutes=1)},
        {"expires_at": NOW - timedelta(minutes=1)},
    ],
)
def test_a_link_ends_with_the_access_of_its_maker(plan, viewer, made, ended):
    path = made(viewer)
    assert read(path).status_code == 200
    # The grant's own times are the database's, which knows no frozen clock.
    hour = timedelta(hours=1)
    at = datetime(2020, 1, 1, tzinfo=UTC)
    Grant.objects.update(starts_at=at, **dict.fromkeys(ended, at + hour))
    assert read(path).status_code == 404


def test_a_new_grant_does_not_wake_the_old_link(plan, viewer, made, grant_to):
    path = made(viewer)
    Grant.objects.update(revoked_at=timezone.now())
    grant_to(viewer)
    assert read(path).status_code == 404


def test_a_link_ends_when_its_maker_is_shut_out_of_the_site(plan, alice, made):
    path = made(alice)
    type(alice).objects.update(is_active=False)
    assert read(path).status_code == 404


def test_the_owners_link_ends_when_the_record_has_another_owner(plan, alice, eve, made):
    path = made(alice)
    Patient.objects.filter(owner=eve).delete()
    Patient.objects.filter(owner=alice).update(owner=eve)
    assert read(path).status_code == 404


def test_the_links_of_two_people_are_two(plan, alice, viewer, made):
    assert [read(path).status_code for path in (made(alice), made(viewer))] == [200] * 2


def test_a_read_through_somebody_elses_link_is_in_the_log_once_a_day(
    plan, patient, alice, viewer, made, time_machine
):
    mine, theirs = made(alice), made(viewer)
    for hours in (0, 5, 9, 14):  # the last is 2 January in Berlin
        time_machine.move_to(NOW + timedelta(hours=hours), tick=False)
        assert read(mine).status_code == read(theirs).status_code == 200
    lines = AccessEvent.objects.filter(route="calendar").values_list("actor_pk")
    assert [pk for (pk,) in lines] == [viewer.pk] * 2
    told = [line.what for _, day in accesslog.page(patient).days for line in day]
    assert told.count("read the infusions through their calendar link") == 2


def test_when_it_was_last_read_is_shown(plan, patient, alice, made, sign_in):
    path = made(alice)
    assert "not yet" in sign_in(alice).get(url(patient)).content.decode()
    read(path)
    assert "1 Jan 2026, 13:00" in sign_in(alice).get(url(patient)).content.decode()


def test_a_read_gives_the_record_no_new_version(plan, patient, alice, made):
    path = made(alice)
    before = Patient.objects.get(pk=patient.pk).version
    read(path)
    assert Patient.objects.get(pk=patient.pk).version == before


def test_a_read_takes_as_many_queries_however_many_infusions_there_are(
    plan, patient, given, alice, made, django_assert_num_queries
):
    path = made(alice, past="on")
    read(path)
    for month in range(1, 12):
        row = Infusion(patient=patient, product="Octagam 10 %")
        row.set_start(datetime(2025, month, 3, 9, tzinfo=UTC), "Europe/Berlin")
        row.save()
    with django_assert_num_queries(7):
        read(path)
