"""Search: finds what was written, shows nobody what is hidden, leaves no trace."""

from __future__ import annotations

import logging
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attacks.models import Attack
from capleak.search import Excerpt, excerpt, places
from diary.comments import add_comment
from sharing.models import Patient
from tests.capleak.entries import check_in, infuse, utc

pytestmark = pytest.mark.slow

CANARY = "zitronenfalter"


@pytest.fixture
def ask(own, sign_in, alice):
    """What a search shows a reader, its status being 200."""

    def ask(words=None, reader=alice, **fields) -> str:
        sent = fields if words is None else {"words": words, **fields}
        answer = sign_in(reader).post(
            f"/patients/{own.public_id}/timeline/search/", sent
        )
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    return ask


@pytest.fixture
def written(own, alice):
    """The canary in each kind of text, a day apart."""
    check_in(own, utc(2026, 3, 1), note=f"a {CANARY} in the garden")
    infuse(own, utc(2026, 3, 2), note=f"{CANARY} on the drip stand")
    Attack.objects.create(
        patient=own,
        zone="Europe/Berlin",
        leak_start=utc(2026, 3, 3),
        end=utc(2026, 3, 3, 18),
        note=f"dreamt of a {CANARY}",
    )
    add_comment(
        own, client_id=uuid4(), day=date(2026, 3, 4), text=f"A {CANARY}!", by=alice
    )
    symptom = own.custom_symptoms.create(label=f"{CANARY} legs")
    check_in(own, utc(2026, 3, 5), own={symptom.pk: 2})
    check_in(own, utc(2026, 3, 6), tags=("vaccine",), vaccine=f"{CANARY} vaccine")
    return own


def test_every_text_is_found_newest_first(written):
    found = [(place.day.day, place.kind) for place in places(written, CANARY)]
    assert found == [
        (6, "checkin"),
        (5, "checkin"),
        (4, "comment"),
        (3, "attack"),
        (2, "infusion"),
        (1, "checkin"),
    ]


def test_a_result_leads_to_its_day_in_the_timeline_and_an_attack_to_its_page(
    written, ask
):
    shown = ask(CANARY)
    for day in (1, 2, 4, 5, 6):
        assert f"/timeline/?on=2026-03-0{day}" in shown
    assert f"/attacks/{written.attacks.get().public_id}/" in shown


def test_the_words_are_marked_as_they_were_written(own, ask):
    check_in(own, utc(2026, 3, 1), note="Große Übelkeit <b>heute</b>")
    assert "Große <mark>Übelkeit</mark> &lt;b&gt;heute" in ask("übelKEIT")


@pytest.mark.parametrize("words", ["%", "_", "100 _", "\\", "w%y", "win_y"])
def test_nothing_is_a_wildcard(own, words):
    check_in(own, utc(2026, 3, 1), note="windy")
    assert places(own, words) == []


@pytest.mark.parametrize("words", ["100 %", "_x_", "a\\b", "'; --", "it's", "(", "[a"])
def test_signs_are_found_as_they_are(own, ask, words):
    check_in(own, utc(2026, 3, 1), note=f"before {words} after")
    assert len(places(own, words)) == 1
    assert "1 place holds" in ask(words)


def test_where_notes_are_hidden_they_are_not_searched(written, ask, grant_to, eve):
    grant_to(eve, hidden=["notes"])
    opened = Patient.objects.visible_to(eve).get(pk=written.pk)
    assert [place.day.day for place in places(opened, CANARY)] == [6, 5, 4]
    assert places(opened, "garden") == []
    shown = ask(CANARY, eve)
    assert "3 places hold" in shown
    assert "in the garden" not in shown
    assert "notes of this diary are not shared with you" in shown


def test_where_notes_are_hidden_an_entry_found_by_another_word_shows_no_note(
    own, ask, grant_to, eve
):
    check_in(own, utc(2026, 3, 1), tags=("vaccine",), vaccine="Moderna", note=CANARY)
    grant_to(eve, hidden=["notes"])
    assert CANARY not in ask("moderna", eve)


def test_another_record_is_never_searched(own, eve):
    check_in(eve.own_record, utc(2026, 3, 1), note=CANARY)
    assert places(own, CANARY) == []


def test_words_are_in_no_address_and_in_no_log_line(written, sign_in, alice, caplog):
    client = sign_in(alice)
    caplog.set_level(logging.DEBUG)
    for logger in ("capleak.request", "django.request"):
        logging.getLogger(logger).propagate = True
    answer = client.post(
        f"/patients/{written.public_id}/timeline/search/", {"words": CANARY}
    )
    assert CANARY in answer.content.decode()
    assert not [
        a for a in answer.content.decode().split("href=")[1:] if CANARY in a[:200]
    ]
    assert CANARY not in " ".join(str(vars(record)) for record in own_lines(caplog))


def own_lines(caplog):
    """All but the database's own debug lines, which no site writes."""
    return [r for r in caplog.records if r.name != "django.db.backends"]


def test_an_address_searches_nothing(written, sign_in, alice):
    answer = sign_in(alice).get(
        f"/patients/{written.public_id}/timeline/search/", {"words": CANARY}
    )
    assert CANARY not in answer.content.decode()


def test_pages_hold_fifty_places_and_are_turned_by_sending_the_words_again(own, ask):
    for n in range(101):
        check_in(own, utc(2026, 1, 1) + timedelta(hours=n), note=f"windy {n:03}")
    first, last = ask("windy"), ask("windy", page="3")
    assert first.count("<mark>") == 50
    assert "</mark> 100" in first
    assert 'name="page" value="2"' in first
    assert '<input type="hidden" name="words" value="windy">' in first
    assert last.count("<mark>") == 1
    assert "</mark> 000" in last


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "9" * 5000, "1e9"])
def test_a_page_that_is_none_is_one_that_is(own, ask, page):
    check_in(own, utc(2026, 1, 1), note="windy")
    assert "<mark>windy</mark>" in ask("windy", page=page)


@pytest.mark.parametrize("fields", [{}, {"words": ""}, {"words": "   "}])
def test_no_words_are_asked_for(written, ask, fields):
    assert "Write what to look for." in ask(**fields)


def test_a_megabyte_is_refused_beside_its_field_and_not_sent_back(written, ask):
    shown = ask("x" * 1_000_000)
    assert "Use at most 100 characters." in shown
    assert len(shown) < 100_000


def test_a_nul_is_refused(written, ask):
    shown = ask("zitronen\0falter")
    assert "Null characters are not allowed." in shown
    assert "\0" not in shown


def test_what_was_deleted_is_not_found(own, alice):
    checkin = check_in(own, utc(2026, 3, 1), note=CANARY)
    checkin.delete()
    assert places(own, CANARY) == []


def test_a_page_costs_the_same_number_of_queries_however_full(own, sign_in, alice):
    client = sign_in(alice)
    url = f"/patients/{own.public_id}/timeline/search/"
    symptom = own.custom_symptoms.create(label="windy head")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.post(url, {"words": "windy"}).status_code == 200
        return len(captured)

    def fill(day: int) -> None:
        check_in(own, utc(2026, 3, day), note="windy", own={symptom.pk: 1})
        infuse(own, utc(2026, 3, day), note="windy")
        add_comment(
            own, client_id=uuid4(), day=date(2026, 3, day), text="windy", by=alice
        )
        Attack.objects.create(
            patient=own,
            zone="Europe/Berlin",
            leak_start=utc(2026, 3, day, 8),
            end=utc(2026, 3, day, 9),
            note="windy",
        )

    fill(1)
    few = queries()
    for day in range(2, 28):
        fill(day)
    assert queries() == few


def test_an_excerpt_shows_what_stands_around_the_words_and_where_it_was_cut():
    found = excerpt("a" * 90 + "WORD" + "b" * 300, "word")
    assert found == Excerpt("…" + "a" * 80, "WORD", "b" * 240 + "…")
    assert excerpt("all of it", "it") == Excerpt("all of ", "it", "")
    assert excerpt("nothing here", "x") is None
