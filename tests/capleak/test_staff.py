"""The staff page: for staff alone, and about nobody in particular."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from notifications import addresses
from notifications.models import Delivery, Heartbeat, Occurrence
from notifications.overview import overview
from tests.conftest import give_factor, make_user

PAGE = "/staff/"


@pytest.fixture
def staff(db):
    user = make_user("sam")
    user.is_staff = True
    user.save()
    give_factor(user)
    return user


@pytest.fixture
def occurrence(patient):
    now = timezone.now()
    return Occurrence.objects.create(
        patient=patient,
        kind="infusion",
        subject="infusion",
        key="a",
        due_at=now - timedelta(minutes=5),
        expires_at=now + timedelta(hours=1),
        about_at=now,
        zone="Europe/Berlin",
    )


def delivery(occurrence, alice, name, **fields):
    return Delivery.objects.create(
        occurrence=occurrence,
        user=alice,
        channel="email",
        endpoint=f"{name}@example.org",
        message_id=f"<{name}@localhost>",
        **fields,
    )


@pytest.mark.parametrize("who", ["alice", "viewer", "doctor", "manager", "eve"])
def test_for_everybody_else_there_is_no_such_page(sign_in, request, who):
    assert sign_in(request.getfixturevalue(who)).get(PAGE).status_code == 404


def test_a_superuser_who_is_not_staff_is_everybody_else(sign_in, alice):
    alice.is_superuser = True
    alice.save()
    assert sign_in(alice).get(PAGE).status_code == 404


def test_without_an_account_it_asks_to_sign_in(db):
    assert Client().get(PAGE).url == f"/accounts/login/?next={PAGE}"


def test_staff_whose_account_was_closed_see_nothing(sign_in, staff):
    browser = sign_in(staff)
    staff.is_active = False
    staff.save()
    assert browser.get(PAGE).status_code == 302


def test_staff_see_each_part_and_its_silence(sign_in, staff):
    Heartbeat.objects.beat("sweep")
    earlier = timezone.now() - timedelta(seconds=151)
    Heartbeat.objects.create(name="beat", at=earlier)
    text = sign_in(staff).get(PAGE).content.decode()
    states = {part.name: part.alive for part in overview().parts}
    assert states == {"beat": False, "sweep": True, "worker": False, "email": False}
    assert "151 s ago" in text or "152 s ago" in text
    assert text.count("never") == 2


def test_a_long_silence_is_told_in_minutes(sign_in, staff):
    earlier = timezone.now() - timedelta(hours=2, seconds=5)
    Heartbeat.objects.create(name="beat", at=earlier)
    assert "120 min ago" in sign_in(staff).get(PAGE).content.decode()


def test_staff_see_counts_of_the_last_day(sign_in, staff, occurrence, alice):
    given_up = {"state": "failed", "problem": "SMTPDataError 451"}
    delivery(occurrence, alice, "a")
    delivery(occurrence, alice, "b", state="sending", lease_until=Now())
    delivery(occurrence, alice, "c", settled_at=Now(), **given_up)
    long_ago = Now() - timedelta(hours=25)
    delivery(occurrence, alice, "d", settled_at=long_ago, **given_up)
    addresses.mark_bounced(["alice@example.org"])
    seen = overview()
    assert (seen.unsent, seen.waiting, seen.failed) == (1, 2, 1)
    assert (seen.bounced, seen.declined) == (1, 0)
    assert "SMTPDataError 451" in sign_in(staff).get(PAGE).content.decode()


def test_staff_see_no_person_and_no_illness(sign_in, staff, occurrence, alice):
    delivery(occurrence, alice, "alice", state="failed", settled_at=Now())
    addresses.mark_bounced(["alice@example.org"])
    text = sign_in(staff).get(PAGE).content.decode()
    main = text.partition("<main")[2].partition("</main>")[0].lower()
    marks = ("alice", "example.org", "infusion", str(occurrence.patient.public_id))
    assert [mark for mark in marks if mark in main] == []


def test_staff_may_not_open_a_record(sign_in, staff, patient):
    browser = sign_in(staff)
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 404


def test_the_menu_leads_there_for_staff_only(sign_in, staff, eve):
    assert 'href="/staff/"' in sign_in(staff).get("/mail/").content.decode()
    assert 'href="/staff/"' not in sign_in(eve).get("/mail/").content.decode()


def test_it_costs_few_queries(staff, django_assert_num_queries):
    with django_assert_num_queries(5):
        overview()
