"""The page that merges two diaries."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse

from capleak.merging import run
from capleak.merging.questions import questions
from sharing import accesslog
from sharing.logfilter import Wanted
from sharing.models import (
    AccessEvent,
    Merge,
    Patient,
)
from tests.conftest import make_user
from tests.merging.parts import (
    attack,
    merge,
    opened,
)
from tests.sharing.proxy_parts import child_of, run_by


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


def test_who_runs_the_other_must_be_ticked(source, alice, sign_in):
    held = run_by(source, make_user("father"))
    stays = child_of(alice, name="Stays")
    browser, url = sign_in(alice), f"/patients/{stays.public_id}/merge/"
    page = browser.post(url, {"other": source.public_id}).content.decode()
    assert "Father goes on running it, and may see all of both" in page
    seen = run.versions(stays, source)
    form = {"other": source.public_id, "seen": seen, "sure": "on"}
    again = browser.post(url, form).content.decode()
    assert "They run one of the two, and must not lose it by this." in again
    assert browser.post(url, form | {f"keeps_{held.pk}": "on"}).status_code == 302


def test_names_to_choose_from_leave_a_line_in_the_log_of_each(
    target, source, alice, sign_in
):
    third = child_of(alice, name="Third")
    browser = sign_in(alice)
    browser.get(f"/patients/{target.public_id}/merge/")
    for record in (source, third):
        (line,) = AccessEvent.objects.filter(patient_pk=record.pk)
        said = accesslog.words(line.route, line.method)
        assert said == "saw the name in a list of diaries to merge"
        listed = accesslog.page(record, wanted=Wanted(what="listed"))
        assert len(listed.days) == 1
    browser.get(f"/patients/{source.public_id}/merge/")
    assert not AccessEvent.objects.filter(patient_pk=target.pk).exists()  # her own


def test_a_manager_reads_who_can_merge_it_and_no_other_diary(target, sign_in):
    aunt = make_user("aunt")
    run_by(target, aunt)
    other = child_of(aunt, name="Other")
    browser, url = sign_in(aunt), f"/patients/{target.public_id}/merge/"
    for page in (browser.get(url), browser.post(url, {"other": other.public_id})):
        assert "only they can let another one go into it" in page.content.decode()
        assert str(other.public_id) not in page.content.decode()


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
