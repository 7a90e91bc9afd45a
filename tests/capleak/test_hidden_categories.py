"""What a grant hides is in no total, chart, list, file or form of its holder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attacks.models import Attack
from capleak import overview, recent, timeline, year
from capleak.attack_drawing import drawing
from capleak.attack_entries import entries
from capleak.search import places
from diary.download import entry_lines
from diary.models import CheckIn, CustomSymptom
from diary.offer import last_time, offer, said_last
from diary.services import (
    draft_of,
    edit_checkin,
    recent_red_flags,
)
from sharing.models import Grant, Patient, User
from tests.capleak.entries import check_in

NOON = datetime(2026, 3, 14, 11, 0, tzinfo=UTC)
HIDDEN = ["own_symptoms", "period"]


@pytest.fixture(autouse=True)
def _noon():
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def rings(own: Patient) -> CustomSymptom:
    """Own words that mean a sign of the list, which opens help."""
    return own.custom_symptoms.create(label="Tight rings", key="chest_pain")


@pytest.fixture
def written(own: Patient, rings: CustomSymptom) -> dict[str, CheckIn]:
    """Three days: one mixed, one of own words alone, one of the period alone."""
    hour = timedelta(hours=1)
    return {
        "mixed": check_in(
            own,
            NOON - hour,
            symptoms={"fatigue": 1},
            own={rings.pk: 3},
            tags=("period", "travel"),
        ),
        "own": check_in(own, NOON - 25 * hour, own={rings.pk: 2}),
        "period": check_in(own, NOON - 49 * hour, tags=("period",)),
    }


@pytest.fixture
def ben(
    own: Patient, logger_: User, grant_to: Callable[..., Grant]
) -> Callable[..., Patient]:
    """The record as somebody opened it from whom these categories are hidden."""

    def opened(*hidden: str) -> Patient:
        logger_.grants.update(hidden=list(hidden), permissions=["view", "log"])
        return Patient.objects.visible_to(logger_).get(pk=own.pk)

    return opened


def said_on(day: timeline.Day) -> list[timeline.Entry]:
    """What people wrote that day: not the flags that follow from it."""
    return [entry for entry in day.entries if entry.kind != "flag"]


def numbers(record: Patient) -> dict[str, Any]:
    """What the pages and charts count, from one record as one reader has it."""
    month = recent.month(record, NOON)
    days = year.year(record, NOON.date(), NOON).newest.days
    return {
        "burden": [row.burden for row in month[-3:]],
        "heat": [row.said for row in days[11:14]],
        "lines": sum(len(said_on(day)) for day in timeline.page(record).days),
        "with symptoms": sum(
            len(said_on(day))
            for day in timeline.page(record, only=timeline.Only.SYMPTOMS).days
        ),
        "found": len(places(record, "rings")),
        "csv": len(list(entry_lines(record))),
        "most used": CheckIn.objects.most_used_symptoms(record, limit=4),
    }


def test_the_owner_counts_everything(own, rings, written):
    assert numbers(own) == {
        "burden": [None, 2, 4],
        "heat": ["unasked", "moderate", "severe"],
        "lines": 3,
        "with symptoms": 2,
        "found": 2,
        "csv": 6,
        "most used": [f"own:{rings.pk}", "fatigue"],
    }


def test_own_symptoms_that_are_hidden_count_nowhere(ben, written):
    assert numbers(ben("own_symptoms")) == {
        "burden": [None, None, 1],
        "heat": ["unasked", None, "mild"],
        "lines": 2,
        "with symptoms": 1,
        "found": 0,
        "csv": 4,
        "most used": ["fatigue"],
    }


def test_a_hidden_period_is_in_no_list_and_no_file(ben, written):
    record = ben("period")
    told = numbers(record)
    assert (told["lines"], told["csv"], told["burden"]) == (2, 4, [None, 2, 4])
    (mixed,) = said_on(timeline.page(record).days[0])
    assert mixed.tags == ["travel"]
    assert "period" not in {cell for line in entry_lines(record) for cell in line}


def test_a_day_of_nothing_but_hidden_things_is_a_day_without_an_entry(ben, written):
    days = timeline.page(ben(*HIDDEN)).days
    assert [day.day for day in days] == [NOON.date()]
    days = timeline.page(ben(*HIDDEN, "notes")).days
    assert [day.day for day in days] == [NOON.date()]


def test_hidden_entries_push_no_other_out_of_the_most_used(own, ben):
    check_in(own, NOON - timedelta(hours=70), symptoms={"thirst": 1})
    for hour in range(60):
        check_in(own, NOON - timedelta(hours=hour), note="only a note")
    read = CheckIn.objects.most_used_symptoms
    assert read(own, limit=4) == []
    assert read(ben("notes"), limit=4) == ["thirst"]


def test_what_stands_beside_something_hidden_is_seen(own, ben, rings):
    check_in(own, NOON - timedelta(hours=3), own={rings.pk: 1}, note="After lunch")
    (day,) = timeline.page(ben("own_symptoms")).days
    assert [entry.row.shown_note for entry in said_on(day)] == ["After lunch"]
    assert [list(entry.row.symptoms.all()) for entry in said_on(day)] == [[]]


def test_the_chart_of_an_attack_is_drawn_without_hidden_symptoms(own, ben, written):
    attack = Attack.objects.create(
        patient=own,
        leak_start=NOON - timedelta(hours=26),
        end=NOON,
        zone="Europe/Berlin",
        outcome=Attack.Outcome.ATTACK,
    )

    def drawn(record: Patient) -> list[str]:
        rows = entries(record, attack, NOON).rows
        return sorted(row.label for row in drawing(attack, rows, NOON, {}).symptoms)

    assert drawn(own) == ["Fatigue", "Tight rings"]
    assert drawn(ben("own_symptoms")) == ["Fatigue"]


def test_a_form_offers_and_fills_in_nothing_that_is_hidden(own, ben, rings, written):
    record = ben("own_symptoms")
    assert rings.pk in {choice.own for choice in offer(own)}
    assert rings.pk not in {choice.own for choice in offer(record)}
    assert last_time(own) == last_time(record) == written["mixed"]
    assert said_last(own, written["mixed"]).own == {rings.pk: 3}
    assert said_last(record, written["mixed"]).own == {}
    written["mixed"].delete()
    assert last_time(own) == written["own"]
    assert last_time(record) is None


def test_help_says_that_something_was_logged_and_not_what(own, ben, written):
    def told(record: Patient) -> list[list[str]]:
        return [
            [flag.what for flag in found.flags]
            for found in recent_red_flags(record, NOON)
        ]

    assert told(own) == [["Chest pain was logged."]] * 2
    assert told(ben("period")) == told(own)
    hidden = ["Something that is not shown to you was logged."]
    assert told(ben("own_symptoms")) == [hidden] * 2


# --- Pages ----------------------------------------------------------------------------


@pytest.fixture
def browser(ben, logger_: User, sign_in: Callable[[User], Client]) -> Client:
    ben(*HIDDEN)
    return sign_in(logger_)


def page(patient: Patient, entry: CheckIn, name: str) -> str:
    return f"/patients/{patient.public_id}/checkins/{entry.client_id}/{name}/"


def correct(browser: Client, patient: Patient, entry: CheckIn, **fields: Any) -> int:
    sent = {
        "client_id": entry.client_id,
        "version": 1,
        "ago": "earlier",
        "at": "2026-03-14T11:00",
        "zone": "Europe/Berlin",
        **fields,
    }
    return browser.post(page(patient, entry, "edit"), sent).status_code


def test_the_pages_of_an_entry_show_nothing_that_is_hidden(browser, own, written):
    for name in ("edit", "delete", "history", "move"):
        shown = browser.get(page(own, written["mixed"], name)).content.decode()
        assert "Fatigue" in shown
        assert "Tight rings" not in shown
        assert "eriod" not in shown


def test_a_correction_leaves_what_its_author_cannot_see(browser, own, rings, written):
    entry = written["mixed"]
    sent = {"s_fatigue": "2", "tags": ["infection"]}
    assert correct(browser, own, entry, **sent) == 302
    said = draft_of(own.checkins.get(client_id=entry.client_id))
    assert said.symptoms == {"fatigue": 2}
    assert said.own == {rings.pk: 3}
    assert sorted(said.tags) == ["infection", "period"]


def test_no_symptoms_is_not_said_over_a_hidden_one(browser, own, rings, written):
    entry = written["own"]
    correct(browser, own, entry, well="1")
    said = draft_of(own.checkins.get(client_id=entry.client_id))
    assert (said.no_symptoms, said.own) == (False, {rings.pk: 2})


def test_a_change_of_something_hidden_is_not_told_as_one(
    browser, own, alice, sign_in, rings, written
):
    entry = written["mixed"]
    sent = {f"o_{rings.pk}": "1", "s_fatigue": "1", "tags": ["travel"]}
    assert correct(sign_in(alice), own, entry, **sent) == 302
    assert (
        "What changed: symptoms"
        in sign_in(alice).get(page(own, entry, "history")).content.decode()
    )
    told = browser.get(page(own, entry, "history")).content.decode()
    assert "2 versions" in told
    assert "What changed" not in told


def test_what_was_deleted_and_hidden_is_not_listed(browser, own, written):
    for name in ("own", "mixed"):
        entry = written[name]
        browser.post(page(own, entry, "delete"), {"version": 1})
    listed = browser.get(f"/patients/{own.public_id}/deleted/")
    assert listed.content.decode().count("Entry of <strong>") == 1


def test_the_pages_of_what_was_deleted_do_not_count_what_is_hidden(
    browser, own, written
):
    for number in range(20):  # as many as a page holds
        check_in(own, NOON - timedelta(hours=60 + number), symptoms={"fatigue": 1})
    for entry in own.checkins.all():
        if entry != written["mixed"]:
            browser.post(page(own, entry, "delete"), {"version": 1})
    listed = browser.get(f"/patients/{own.public_id}/deleted/")
    assert listed.content.decode().count("Entry of <strong>") == 20
    assert listed.context["page"].paginator.count == 20
    assert "page=2" not in listed.content.decode()


@pytest.mark.parametrize("gone", [False, True])
def test_an_entry_of_which_nothing_is_seen_has_no_history(
    browser, own, alice, sign_in, written, gone
):
    for name in ("own", "period"):
        where = page(own, written[name], "history")
        if gone:
            browser.post(page(own, written[name], "delete"), {"version": 1})
        assert browser.get(where).status_code == 404
        assert browser.post(where, {"version": 1, "number": 1}).status_code == 404
        assert sign_in(alice).get(where).status_code == 200


def test_what_was_seen_of_an_entry_keeps_its_history(browser, own, alice, written):
    entry = written["mixed"]
    edit_checkin(
        own,
        replace(draft_of(entry), symptoms={}, tags=("period",)),
        version=1,
        by=alice,
    )
    answer = browser.get(page(own, entry, "history"))
    assert "Fatigue" in answer.content.decode()


def test_an_entry_that_is_moved_takes_nothing_hidden_along(
    browser, own, logger_, written
):
    theirs = Patient.objects.create(owner=logger_, name="Logger", zone="Europe/Berlin")
    to = {"to": theirs.public_id, "version": 1, "sure": "1"}
    browser.post(page(own, written["mixed"], "move"), to)
    moved = draft_of(theirs.checkins.get())
    assert (moved.symptoms, moved.own, moved.tags) == ({"fatigue": 1}, {}, ("travel",))
    browser.post(page(own, written["own"], "move"), to)
    assert theirs.checkins.count() == 1


def test_a_new_check_in_offers_no_period_and_no_own_words(browser, own, rings):
    address = f"/patients/{own.public_id}/checkins/new/"
    form = browser.get(address).content.decode()
    assert 'value="travel"' in form
    assert 'value="period"' not in form
    assert f"o_{rings.pk}" not in form
    sent = {"client_id": UUID(int=1), "tags": ["period"]}
    assert browser.post(address, sent).status_code == 200
    assert not own.checkins.exists()


def test_the_page_of_own_words_neither_shows_nor_takes_any(browser, own, rings):
    address = f"/patients/{own.public_id}/symptoms/"
    assert "Tight rings" not in browser.get(address).content.decode()
    assert browser.post(address, {"label": "Heavy legs"}).status_code == 200
    assert own.custom_symptoms.count() == 1


def test_hidden_own_words_are_not_told_by_the_notice_of_what_was_saved(
    browser, own, rings
):
    client_id = uuid4()
    sent = {"client_id": client_id, "s_fatigue": "1", f"o_{rings.pk}": "3"}
    browser.post(f"/patients/{own.public_id}/checkins/new/", sent)
    assert draft_of(own.checkins.get()).own == {}


@pytest.mark.parametrize("name", ["", "timeline/", "year/"])
def test_hiding_costs_no_query_more_for_each_entry(browser, own, rings, name):
    def queries(days: Iterable[int]) -> int:
        for day in days:
            check_in(
                own,
                NOON - timedelta(days=day),
                symptoms={"fatigue": 1},
                own={rings.pk: 1},
                tags=("period", "travel"),
            )
        with CaptureQueriesContext(connection) as asked:
            answer = browser.get(f"/patients/{own.public_id}/{name}")
        assert answer.status_code == 200
        return len(asked)

    queries(range(2))
    assert queries(range(2, 4)) == queries(range(4, 12))


def test_the_overview_tells_no_moment_of_what_is_hidden(own, ben, logger_, written):
    written["mixed"].delete()
    for hidden, shown in (
        ((), written["own"]),
        (("own_symptoms",), written["period"]),
        (("period",), written["own"]),
        (("own_symptoms", "period"), None),
    ):
        record = ben(*hidden)
        ranking = overview.rank(Patient.objects.visible_to(logger_), NOON)
        (row,) = overview.rows([record], ranking)
        assert row.last_checkin_at == (shown and shown.at)


def test_taking_a_change_back_leaves_what_is_hidden_as_it_is(
    own, alice, logger_, sign_in, ben, rings
):
    first = check_in(own, NOON, symptoms={"fatigue": 1}, tags=("travel",))
    second = replace(
        draft_of(first),
        symptoms={"fatigue": 3},
        own={rings.pk: 2},
        tags=("period",),
    )
    edit_checkin(own, second, version=1, by=alice)
    ben("own_symptoms", "period")
    sign_in(logger_).post(page(own, first, "undo"), {"version": 2})
    said = draft_of(own.checkins.get())
    assert said.symptoms == {"fatigue": 1}
    assert said.own == {rings.pk: 2}
    assert said.tags == ("travel", "period")
