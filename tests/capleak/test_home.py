"""The list of diaries: what each line says, who comes first, and a thousand of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from attacks.models import Attack
from attacks.phases import Phase
from capleak.attention import Need, Standing, place
from diary.models import CheckIn
from diary.telling import tell
from notifications.models import HospitalStay
from prophylaxis.models import Infusion, Plan
from sharing.models import AccessEvent, Grant, Patient, User, hash_token, new_token
from tests.conftest import give_factor
from tests.sharing.rows import closed_flag

HOUR = timedelta(hours=1)


@pytest.fixture
def ben(db: None) -> User:
    return User.objects.create_user("ben@example.org", name="Ben")


@pytest.fixture
def follow() -> Callable[..., Patient]:
    """A record of somebody that the user may see, and what else is said."""

    def make(user: User, name: str, *permissions: str, **fields: object) -> Patient:
        record = Patient.objects.create(name=name, zone="Europe/Berlin")
        now = timezone.now()
        defaults = {"kind": Grant.Kind.CAREGIVER, "accepted_at": now}
        Grant.objects.create(
            patient=record,
            user=user,
            permissions=["view", *permissions],
            starts_at=now - HOUR,
            invitation_expires_at=now + HOUR,
            token_hash=hash_token(new_token()),
            **defaults | fields,
        )
        return record

    return make


def plan_for(record: Patient, first_on: date) -> Plan:
    return Plan.objects.create(
        patient=record,
        product="Privigen",
        dose_g_per_kg=2,
        first_on=first_on,
        local_time=time(8),
        zone="Europe/Berlin",
    )


def attack_of(record: Patient, **boundaries: datetime) -> Attack:
    return Attack.objects.create(
        patient=record, ongoing=True, zone="Europe/Berlin", **boundaries
    )


def flag_of(record: Patient, level: str) -> None:
    flag = closed_flag(record)
    flag.level, flag.closed_at, flag.closed_why = level, None, ""
    flag.save()


def listed(page: str) -> list[str]:
    """The names of a page of the list, in its order."""
    return re.findall(r'class="row-link"[^>]*>\s*<strong>(.*?)</strong>', page)


def home(browser: Client) -> str:
    return " ".join(browser.get("/home/").content.decode().split())


# --- Where one is led ----------------------------------------------------------------


def test_without_a_diary_one_starts(sign_in, ben):
    assert sign_in(ben).get("/home/").headers["Location"] == "/start/"


@pytest.mark.parametrize("who", ["alice", "viewer"])
def test_the_only_diary_opens_at_once(request, sign_in, patient, who):
    user = request.getfixturevalue(who)
    answer = sign_in(user).get("/home/")
    assert answer.headers["Location"] == f"/patients/{patient.public_id}/"


def test_what_was_revoked_is_not_in_the_list(sign_in, patient, viewer, follow):
    follow(viewer, "Nora")
    follow(viewer, "Otto")
    browser = sign_in(viewer)
    assert listed(home(browser)) == ["Alice", "Nora", "Otto"]
    Grant.objects.filter(patient=patient).update(revoked_at=timezone.now())
    assert listed(home(browser)) == ["Nora", "Otto"]


# --- What a line says ----------------------------------------------------------------


def test_each_diary_says_where_it_stands(sign_in, patient, viewer):
    own = Patient.objects.create(owner=viewer, name="Viola", zone="UTC")
    checkin = CheckIn(patient=patient, no_symptoms=True)
    checkin.set_moment(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "Europe/Berlin")
    checkin.save()
    attack_of(patient, leak_start=timezone.now())
    plan_for(own, date(2099, 3, 14))
    violas, alices = home(sign_in(viewer)).split("<strong>Alice</strong>")
    assert "attack open: leak phase" in alices
    assert "Last check-in 21 Nov 2026, 00:30" in alices  # the day in Berlin
    assert "your own" in violas
    assert "No check-in yet" in violas
    assert "Next IVIG 14 Mar 2099" in violas


def test_a_prodrome_a_flag_and_a_stay_in_hospital_are_said(sign_in, viewer, follow):
    now = timezone.now()
    attack_of(follow(viewer, "Ada"), prodrome_start=now - HOUR)
    flag_of(follow(viewer, "Bea"), "act")
    HospitalStay.objects.create(patient=follow(viewer, "Cleo"), began_at=now)
    page = home(sign_in(viewer))
    assert "attack open: prodrome" in page
    assert "flag: Act" in page
    assert "in hospital" in page


def test_an_infusion_that_is_late_is_said_to_be(sign_in, patient, viewer, follow):
    follow(viewer, "Nora")
    now = timezone.now()
    plan_for(patient, now.date() - timedelta(days=60))
    infusion = Infusion(patient=patient, product="Privigen")
    infusion.set_start(now - timedelta(days=33), "Europe/Berlin")
    infusion.save()
    assert "IVIG 5 days overdue" in home(sign_in(viewer))


def test_one_tap_leads_to_the_timeline_or_to_a_check_in(sign_in, viewer, follow):
    looks, logs, ill = (
        follow(viewer, "Lou"),
        follow(viewer, "Max", "log"),
        follow(viewer, "Nic", "log"),
    )
    attack_of(ill, leak_start=timezone.now())
    page = home(sign_in(viewer))
    for record in (looks, logs, ill):
        assert f"/patients/{record.public_id}/timeline/" in page
    assert f"/patients/{looks.public_id}/checkins/new/" not in page
    assert f"/patients/{logs.public_id}/checkins/new/" in page
    assert f"/patients/{ill.public_id}/checkins/sick/" in page


# --- Who comes first -----------------------------------------------------------------


def test_what_needs_attention_comes_first_and_the_others_by_name(
    sign_in, viewer, patient, follow
):
    now = timezone.now()
    Patient.objects.create(owner=viewer, name="Viola", zone="UTC")
    follow(viewer, "aaron")
    plan_for(follow(viewer, "Late"), now.date() - timedelta(days=3))
    plan_for(follow(viewer, "Later"), now.date() - timedelta(days=9))
    HospitalStay.objects.create(patient=follow(viewer, "Hospital"), began_at=now)
    flag_of(follow(viewer, "Watch"), "watch")
    flag_of(follow(viewer, "Act"), "act")
    attack_of(follow(viewer, "Prodrome"), prodrome_start=now)
    attack_of(follow(viewer, "Leak"), leak_start=now)
    tell(follow(viewer, "Help"), now)
    page = home(sign_in(viewer))
    assert listed(page) == [
        "Viola",
        "Help",
        "Leak",
        "Prodrome",
        "Act",
        "Watch",
        "Hospital",
        "Later",
        "Late",
        "aaron",
        "Alice",
    ]
    assert "8 of 11 need a look first." in page
    assert "who has no mark here may still be ill" in page


@pytest.mark.parametrize(
    ("standing", "need"),
    [
        (Standing(), Need.NOTHING_ENTERED),
        (Standing(overdue_days=1), Need.OVERDUE),
        (Standing(overdue_days=90, in_hospital=True), Need.HOSPITAL),
        (Standing(level="watch", in_hospital=True), Need.WATCH),
        (Standing(level="act"), Need.ACT),
        (Standing(attack_open=True, phase=Phase.RECOVERY), Need.ATTACK),
        (Standing(attack_open=True), Need.ATTACK),
        (Standing(attack_open=True, phase=Phase.LEAK), Need.LEAK),
        (Standing(attack_open=True, phase=Phase.LEAK, asked_help=True), Need.HELP),
    ],
)
def test_the_gravest_thing_that_was_entered_decides(standing, need):
    assert standing.need is need
    assert place(standing, is_own=True) < place(Standing(asked_help=True), is_own=False)


def test_help_that_was_asked_for_long_ago_puts_nobody_first(sign_in, ben, follow):
    follow(ben, "Ada")
    tell(follow(ben, "Zoe"), timezone.now() - timedelta(days=3))
    assert listed(home(sign_in(ben))) == ["Ada", "Zoe"]


# --- Many ----------------------------------------------------------------------------


def test_the_list_costs_the_same_for_two_diaries_and_for_eighty(
    sign_in, patient, viewer, follow, django_assert_max_num_queries
):
    def one_more(number: int) -> None:
        record = follow(viewer, f"No {number:02}", hidden=["period"][number % 2 :])
        plan_for(record, date(2026, 1, 1))
        if number % 3 == 0:
            attack_of(record, leak_start=timezone.now())

    one_more(0)
    browser = sign_in(viewer)
    with django_assert_max_num_queries(19) as few:
        browser.get("/home/")
    for number in range(1, 79):
        one_more(number)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = browser.get("/home/")
    assert len(listed(page.content.decode())) == 30


def test_pages_of_the_list_follow_each_other_without_gap_or_repeat(
    sign_in, ben, follow
):
    names = [f"No {number:02}" for number in range(65)]
    for name in names:
        follow(ben, name)
    browser = sign_in(ben)
    pages = [browser.get(f"/home/?page={n}").content.decode() for n in (1, 2, 3)]
    assert [name for page in pages for name in listed(page)] == names


@pytest.mark.parametrize("page", ["0", "-1", "x", "9" * 40, "²"])
def test_a_strange_page_is_no_error(sign_in, viewer, patient, follow, page):
    follow(viewer, "Nora")
    answer = sign_in(viewer).get("/home/", {"page": page})
    assert answer.status_code == 200


def test_no_page_of_the_site_has_a_menu_of_all_diaries(sign_in, viewer, follow):
    for number in range(40):
        record = follow(viewer, f"No {number:02}", "log", "manage")
    browser = sign_in(viewer)
    for path in ("", "timeline/", "settings/", "sharing/", "reminders/"):
        page = browser.get(f"/patients/{record.public_id}/{path}").content.decode()
        assert [n for n in range(39) if f"No {n:02}" in page] == []


def test_a_person_is_found_by_a_part_of_the_name(sign_in, viewer, patient, follow):
    for name in ("Maria Schmidt", "Anna-Maria Vogt", "Karl"):
        follow(viewer, name)
    browser = sign_in(viewer)
    page = browser.post("/home/", {"words": " maria "}).content.decode()
    assert listed(page) == ["Anna-Maria Vogt", "Maria Schmidt"]
    assert 'value="maria"' in page or 'value=" maria "' in page
    nobody = browser.post("/home/", {"words": "100%"}).content.decode()
    assert "Nobody whose diary you can see has this name" in nobody
    assert "100%" in nobody


def test_a_search_is_paged_without_a_name_in_an_address(sign_in, viewer, follow):
    for number in range(40):
        follow(viewer, f"Maria {number:02}")
    follow(viewer, "Karl")
    browser = sign_in(viewer)
    answer = browser.post("/home/", {"words": "maria", "page": "2"})
    assert listed(answer.content.decode()) == [f"Maria {n}" for n in range(30, 40)]
    assert "?" not in re.findall(r'action="(.*?)"', answer.content.decode())


def test_a_name_that_is_too_long_is_refused_kindly(sign_in, viewer, patient, follow):
    follow(viewer, "Nora")
    page = sign_in(viewer).post("/home/", {"words": "n" * 81}).content.decode()
    assert "at most 80 characters" in page
    assert listed(page) == ["Alice", "Nora"]


def test_strangers_are_never_found(sign_in, viewer, patient, eve, follow):
    follow(viewer, "Nora")
    page = sign_in(viewer).post("/home/", {"words": "eve"}).content.decode()
    assert listed(page) == []


# --- The list is a look too ----------------------------------------------------------


def test_only_who_is_shown_gets_a_line_in_the_access_log(sign_in, ben, follow):
    for number in range(40):
        follow(ben, f"No {number:02}")
    own = Patient.objects.create(owner=ben, name="Viola", zone="UTC")
    sign_in(ben).get("/home/?page=2")
    told = AccessEvent.objects.filter(route="home", actor_pk=ben.pk)
    names = Patient.objects.filter(pk__in=told.values("patient_pk"))
    assert [r.name for r in names.order_by("name")] == [
        f"No {n}" for n in range(29, 40)
    ]
    assert not told.filter(patient_pk=own.pk).exists()


def test_a_search_leaves_a_line_with_who_it_found(sign_in, viewer, patient, follow):
    nora = follow(viewer, "Nora")
    sign_in(viewer).post("/home/", {"words": "nor"})
    (line,) = AccessEvent.objects.all()
    assert (line.patient_pk, line.route, line.method) == (nora.pk, "home", "POST")


def test_the_report_is_one_tap_away_for_clinicians(sign_in, ben, follow):
    give_factor(ben)
    seen = follow(ben, "Mia", "view", kind=Grant.Kind.CLINICIAN)
    cared_for = follow(ben, "Noor", "view")
    text = sign_in(ben).get("/home/").content.decode()
    assert f"/patients/{seen.public_id}/report/" in text
    assert f"/patients/{cared_for.public_id}/report/" not in text


def test_a_clinician_without_a_second_factor_sees_no_list(sign_in, ben, follow):
    for name in ("Ada", "Bea"):
        follow(ben, name, kind=Grant.Kind.CLINICIAN)
    browser = sign_in(ben)
    assert browser.get("/home/").headers["Location"] == "/accounts/security/"
    give_factor(ben)
    assert listed(home(browser)) == ["Ada", "Bea"]
