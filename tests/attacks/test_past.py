"""Attacks from before the diary: by year, or as a number for some years."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

import pytest
import time_machine

from attacks.models import Attack, PastCount, Precision
from sharing.models import Category, Grant
from tests.attacks.conftest import berlin


def url(patient, rest):
    return f"/patients/{patient.public_id}/attacks/{rest}"


def years(**fields):
    return {
        "client_id": uuid4(),
        "from_year": "2004",
        "until_year": "2009",
        "count": "3",
        "complete": "yes",
    } | fields


ROLES = pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 302), ("logger_", 302), ("viewer", 403), ("doctor", 403), ("eve", 404)],
)


@ROLES
def test_only_those_who_may_log_add_an_attack_by_year(
    request, sign_in, patient, who, status
):
    browser = sign_in(request.getfixturevalue(who))
    sent = {"client_id": uuid4(), "year": "2011"}
    assert browser.post(url(patient, "by-year/new/"), sent).status_code == status
    assert Attack.objects.filter(patient=patient).exists() is (status == 302)


@ROLES
def test_only_those_who_may_log_give_a_number(request, sign_in, patient, who, status):
    browser = sign_in(request.getfixturevalue(who))
    assert browser.post(url(patient, "before/new/"), years()).status_code == status
    assert PastCount.objects.exists() is (status == 302)


@pytest.mark.parametrize(
    ("month", "precision", "said"),
    [("", Precision.YEAR, "about 2011"), ("5", Precision.MONTH, "about May 2011")],
)
def test_an_attack_by_year_is_known_no_better_than_that(
    sign_in, alice, patient, month, precision, said
):
    sent = {"client_id": uuid4(), "year": "2011", "month": month}
    page = sign_in(alice).post(url(patient, "by-year/new/"), sent, follow=True)
    attack = Attack.objects.get()
    assert attack.leak_start_precision == precision
    assert said in page.content.decode()


def test_two_attacks_of_one_year_are_two_and_one_sent_twice_is_one(
    sign_in, alice, patient
):
    browser = sign_in(alice)
    first, second = ({"client_id": uuid4(), "year": "2011"} for _ in range(2))
    for sent in (first, first, second):
        browser.post(url(patient, "by-year/new/"), sent)
    attacks = Attack.objects.filter(patient=patient)
    assert [a.leak_start.year for a in attacks] == [2011, 2011]


def test_an_attack_by_year_finds_room_beside_one_that_is_known_better(
    sign_in, alice, patient, make_attack
):
    make_attack(leak_start=berlin(2, month=5), end=berlin(30, month=8))
    sent = {"client_id": uuid4(), "year": "2024"}
    sign_in(alice).post(url(patient, "by-year/new/"), sent)
    assert Attack.objects.filter(leak_start_precision="year").count() == 1


@pytest.mark.parametrize(("year", "said"), [("2031", "future"), ("1850", "1900")])
def test_a_year_that_cannot_be_is_refused(sign_in, alice, patient, year, said):
    sent = {"client_id": uuid4(), "year": year}
    page = sign_in(alice).post(url(patient, "by-year/new/"), sent)
    assert said in str(page.context["form"].errors["year"])


@time_machine.travel("2024-02-10T12:00:00Z", tick=False)
def test_an_attack_of_this_year_is_not_in_the_future(sign_in, alice, patient):
    sent = {"client_id": uuid4(), "year": "2024"}
    sign_in(alice).post(url(patient, "by-year/new/"), sent)
    assert Attack.objects.get().leak_start < berlin(10, 13, month=2)


def test_a_number_is_of_whole_months_or_years(sign_in, alice, patient):
    browser = sign_in(alice)
    browser.post(url(patient, "before/new/"), years())
    sent = years(from_year="2010", from_month="2", until_year="2012", until_month="2")
    browser.post(url(patient, "before/new/"), sent)
    stored = [
        (c.from_on, c.until_on, c.precision)
        for c in PastCount.objects.order_by("from_on")
    ]
    assert stored == [
        (date(2004, 1, 1), date(2009, 12, 31), "year"),
        (date(2010, 2, 1), date(2012, 2, 29), "month"),
    ]


def test_the_list_says_whether_a_number_counts_in_rates(sign_in, alice, patient):
    browser = sign_in(alice)
    browser.post(url(patient, "before/new/"), years(note="from my old calendar"))
    sent = years(from_year="1999", until_year="2003", count="0", complete="no")
    browser.post(url(patient, "before/new/"), sent)
    page = browser.get(url(patient, "")).content.decode()
    assert "3 attacks" in page
    assert "so they count in rates" in page
    assert "so they count in no rate" in page
    assert "from my old calendar" in page


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"until_year": "2003"}, "until_year", "before the beginning"),
        ({"until_year": "2099"}, "until_year", "future"),
        ({"from_year": "2008", "until_year": "2012"}, "from_year", "Another number"),
        (
            {"from_year": "2010", "until_year": "2024", "count": "0"},
            "count",
            "1 attack of that time is written down",
        ),
        ({"count": "-1"}, "count", "0"),
        ({"complete": ""}, "complete", "required"),
    ],
)
def test_a_number_that_cannot_be_is_refused_and_stays_typed(
    sign_in, alice, patient, attack, fields, field, said
):
    PastCount.objects.create(
        patient=patient, from_on=date(2004, 1, 1), until_on=date(2009, 12, 31), count=1
    )
    sent = years(note="as typed", from_year="2010", until_year="2011") | fields
    if fields.get("until_year") == "2003":
        sent["from_year"] = "2004"
    page = sign_in(alice).post(url(patient, "before/new/"), sent)
    assert said in str(page.context["form"].errors[field])
    assert "as typed" in page.content.decode()


def test_a_number_can_be_changed_and_taken_away(sign_in, alice, patient):
    browser, sent = sign_in(alice), years()
    browser.post(url(patient, "before/new/"), sent)
    path = url(patient, f"before/{sent['client_id']}/")
    form = browser.get(path).context["form"]
    browser.post(path, sent | {"count": "4", "seen": form["seen"].value()})
    assert PastCount.objects.get().count == 4
    browser.post(f"{path}delete/")
    assert not PastCount.objects.exists()
    kept = PastCount.pgh_event_model.objects.order_by("pgh_id")
    assert [(e.pgh_label, e.count) for e in kept] == [("update", 3), ("delete", 4)]


def test_a_number_changed_meanwhile_is_not_overwritten_unseen(sign_in, alice, patient):
    browser, sent = sign_in(alice), years()
    browser.post(url(patient, "before/new/"), sent)
    path = url(patient, f"before/{sent['client_id']}/")
    seen = browser.get(path).context["form"]["seen"].value()
    PastCount.objects.update(count=9)
    page = browser.post(path, sent | {"count": "4", "seen": seen})
    assert "Somebody changed this" in page.content.decode()
    assert PastCount.objects.get().count == 9


def test_hidden_notes_of_a_number_are_hidden(sign_in, logger_, patient):
    Grant.objects.filter(user=logger_).update(hidden=[Category.NOTES])
    count = PastCount.objects.create(
        patient=patient,
        from_on=date(2004, 1, 1),
        until_on=date(2009, 12, 31),
        count=1,
        note="said in confidence",
    )
    browser = sign_in(logger_)
    for page in ("", f"before/{count.client_id}/"):
        answer = browser.get(url(patient, page)).content.decode()
        assert "said in confidence" not in answer


def test_a_number_that_was_deleted_does_not_come_back_with_its_old_form(
    sign_in, alice, patient
):
    browser, sent = sign_in(alice), years()
    browser.post(url(patient, "before/new/"), sent)
    stored = url(patient, f"before/{sent['client_id']}/")
    for _ in range(2):  # pressed twice is once
        page = browser.post(f"{stored}delete/", follow=True)
        assert page.status_code == 200
    for address in (url(patient, "before/new/"), stored):
        page = browser.post(address, sent, follow=True)
        assert "Nothing was saved: this was deleted." in page.content.decode()
    assert not PastCount.objects.exists()


def test_the_same_form_sent_again_with_other_words_is_no_second_attack(
    sign_in, alice, patient
):
    browser, sent = sign_in(alice), {"client_id": uuid4(), "year": "2011"}
    browser.post(url(patient, "by-year/new/"), sent)
    page = browser.post(url(patient, "by-year/new/"), sent | {"note": "in Rome"})
    assert "already has an attack in this time" in page.content.decode()
    assert "in Rome" in page.content.decode()
    assert Attack.objects.filter(patient=patient).count() == 1


@pytest.mark.parametrize("year", ["10000", "9" * 30])
def test_a_year_beyond_all_dates_is_refused_kindly(sign_in, alice, patient, year):
    browser = sign_in(alice)
    one = {"client_id": uuid4(), "year": year}
    for address, sent in (
        ("by-year/new/", one),
        ("before/new/", years(until_year=year)),
        ("before/new/", years(from_year=year)),
    ):
        assert browser.post(url(patient, address), sent).status_code == 200
    assert not PastCount.objects.exists()
