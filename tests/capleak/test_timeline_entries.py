"""One entry of the timeline says all that it holds, and how it came to be there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from capleak import timeline
from diary.comments import add_comment
from diary.models import CheckIn
from diary.services import draft_of, edit_checkin
from sharing.models import Patient, User
from tests.capleak.entries import check_in, infuse, utc

TAGS = ("infection", "vaccine")
A_DAY = date(2026, 3, 14)
CLIENT_ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


@pytest.fixture
def page(own, sign_in, alice):
    """The text of Alice's timeline, as Alice or another reader gets it."""

    def get(reader=alice, **query) -> str:
        url = f"/patients/{own.public_id}/timeline/"
        return " ".join(sign_in(reader).get(url, query).content.decode().split())

    return get


def test_tags_stand_on_the_entry_and_a_vaccine_with_its_name(own, page):
    check_in(own, utc(2026, 3, 14), tags=TAGS, vaccine="Moderna")
    assert '<li class="chip chip-tag">infection</li>' in page()
    assert '<li class="chip chip-tag">vaccine: Moderna</li>' in page()


def test_an_own_symptom_is_called_by_its_own_word(own, page):
    symptom = own.custom_symptoms.create(label="Heavy boots", key="edema_limbs")
    check_in(own, utc(2026, 3, 14), own={symptom.pk: 2})
    assert "Heavy boots <b>Moderate</b>" in page()


def test_days_since_the_last_infusion_are_days_of_the_calendar(own):
    infuse(own, utc(2026, 2, 20, hour=20))
    infuse(own, utc(2026, 3, 14, hour=9))
    for day, hour in ((10, 6), (14, 8), (14, 10), (15, 6)):
        check_in(own, utc(2026, 3, day, hour), note="x")
    entries = [e for d in timeline.page(own).days for e in d.entries]
    told = [e.since_infusion for e in entries if e.kind == "checkin"]
    assert told == [1, 0, 22, 18]


def test_before_the_first_infusion_nothing_is_counted(own, page):
    check_in(own, utc(2026, 3, 1), note="x")
    infuse(own, utc(2026, 3, 14))
    assert timeline.page(own).days[-1].entries[0].since_infusion is None
    assert "since the last infusion" not in page()


def test_days_since_an_infusion_are_told_though_only_symptoms_are_shown(own):
    infuse(own, utc(2026, 3, 1))
    check_in(own, utc(2026, 3, 14), symptoms={"fatigue": 1})
    (day,) = timeline.page(own, None, timeline.Only.SYMPTOMS).days
    assert [e.since_infusion for e in day.entries] == [13]


def test_who_entered_it_is_named_unless_it_is_the_patient(own, page, logger_):
    check_in(own, utc(2026, 3, 14), note="x")
    assert "entered by" not in page()
    check_in(own, utc(2026, 3, 15), note="y", by=logger_)
    assert "entered by Logger" in page()


def test_an_author_who_has_left_is_not_taken_for_the_patient(own, page, logger_):
    checkin = check_in(own, utc(2026, 3, 14), note="x", by=logger_)
    CheckIn.objects.filter(pk=checkin.pk).update(entered_by=None)
    assert "entered by someone who has left" in page()


def test_a_name_is_text_and_nothing_else(own, page, logger_):
    User.objects.filter(pk=logger_.pk).update(name="Tom & <b>Jo</b>")
    check_in(own, utc(2026, 3, 14), note="x", by=logger_)
    assert "entered by Tom &amp; &lt;b&gt;Jo&lt;/b&gt;<" in page()


def test_a_changed_entry_says_so_and_leads_to_its_history(own, page, alice):
    checkin = check_in(own, utc(2026, 3, 14), note="x")
    history = f"/checkins/{checkin.client_id}/history/"
    assert ">changed<" not in page()
    edit_checkin(own, replace(draft_of(checkin), note="y"), version=1, by=alice)
    assert f'{history}">changed<' in page()


def test_an_entry_that_was_moved_in_says_who_moved_it_and_when(own, page, logger_):
    checkin = check_in(own, utc(2026, 3, 14), note="x")
    moved_at = utc(2026, 3, 15, hour=23, minute=30)  # already 16 March in Berlin
    CheckIn.objects.filter(pk=checkin.pk).update(moved_at=moved_at, moved_by=logger_)
    assert "moved here from another diary by Logger, 16 Mar 2026" in page()


def test_what_can_be_done_with_an_entry_is_for_those_who_may_log(
    own, page, logger_, viewer
):
    checkin = check_in(own, utc(2026, 3, 14), note="x")
    for does in ("edit", "delete"):
        link = f"/checkins/{checkin.client_id}/{does}/"
        assert link in page()
        assert link in page(logger_)
        assert link not in page(viewer)


def test_a_move_is_offered_to_those_who_may_log_elsewhere_too(own, page, logger_):
    checkin = check_in(own, utc(2026, 3, 14), note="x")
    link = f"/checkins/{checkin.client_id}/move/"
    assert link not in page(logger_)
    Patient.objects.create(owner=logger_, name="Logger", zone="Europe/Berlin")
    assert link in page(logger_)


def test_comments_stand_on_their_day_in_the_order_they_were_made(own, page, viewer):
    check_in(own, utc(2026, 3, 14), note="x")
    for text, by in (("Was it windy?", viewer), ("Very.", own.owner)):
        add_comment(own, client_id=uuid4(), day=A_DAY, text=text, by=by)
    (day,) = timeline.page(own).days
    assert [c.text for c in day.comments] == ["Was it windy?", "Very."]
    assert page().index("Was it windy?") < page().index("Very.")


def test_a_day_with_only_a_comment_is_shown_and_says_that_it_has_no_entry(
    own, page, viewer
):
    add_comment(own, client_id=uuid4(), day=A_DAY, text="Hello?", by=viewer)
    assert "Hello?" in page()
    assert "No entry on this day" in page()


def test_everyone_who_sees_the_diary_can_comment_from_it(own, page, viewer):
    check_in(own, utc(2026, 3, 14), note="x")
    action = f'action="/patients/{own.public_id}/comments/"'
    assert action in page()
    assert action in page(viewer)


def test_the_notice_of_what_was_just_saved_offers_to_undo_it(own, sign_in, alice):
    client = sign_in(alice)
    sent = {"client_id": CLIENT_ID, "well": "1"}
    client.post(f"/patients/{own.public_id}/checkins/new/", sent)
    shown = client.get(f"/patients/{own.public_id}/timeline/").content.decode()
    assert f"/checkins/{CLIENT_ID}/undo/" in shown
