"""An entry made in the wrong diary goes to the right one, and both histories tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from threading import Thread
from uuid import UUID

import pytest
from django.db import connection
from django.utils import timezone

from diary import history
from diary.drafts import CheckInDraft, Reading
from diary.models import CheckIn, CustomSymptom
from diary.services import (
    Conflict,
    Deleted,
    draft_of,
    edit_checkin,
    move_checkin,
    record_checkin,
    restore_checkin,
)
from diary.undo import CannotUndo, undo
from sharing import accesslog, preview
from sharing.logfilter import Wanted
from sharing.models import AccessEvent, Grant, Patient, User, hash_token, new_token
from tests.conftest import make_user

pytestmark = pytest.mark.slow

ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
FIRST = CheckInDraft(
    client_id=ONE,
    at=datetime(2026, 3, 14, 5, 30, tzinfo=UTC),
    zone="Europe/Berlin",
    symptoms={"fatigue": 2},
    note="canary-first",
    readings=(Reading("weight", Decimal("61.7"), Decimal("61.7"), "kg"),),
)


def url(patient: Patient, page: str = "move") -> str:
    return f"/patients/{patient.public_id}/checkins/{ONE}/{page}/"


@pytest.fixture
def ben(db: None) -> Patient:
    """Another record, whose owner has nothing to do with Alice."""
    return Patient.objects.create(
        owner=make_user("ben"), name="Ben", zone="America/New_York"
    )


@pytest.fixture
def both(ben: Patient, logger_: User) -> User:
    """Somebody who may log for Alice and for Ben."""
    give(ben, logger_, "view", "log")
    return logger_


def give(patient: Patient, user: User, *permissions: str) -> None:
    now = timezone.now()
    Grant.objects.create(
        patient=patient,
        user=user,
        kind=Grant.Kind.CAREGIVER,
        permissions=list(permissions),
        starts_at=now - timedelta(minutes=1),
        accepted_at=now,
        invitation_expires_at=now + timedelta(days=14),
        token_hash=hash_token(new_token()),
    )


@pytest.fixture
def entry(patient: Patient, both: User) -> CheckIn:
    return record_checkin(patient, FIRST, by=both).checkin


def sure(target: Patient, version: int = 1) -> dict[str, object]:
    return {"to": target.public_id, "version": version, "sure": "1"}


# --- What a move does -----------------------------------------------------------------


def test_the_entry_stands_in_the_other_diary_and_only_there(patient, ben, entry, both):
    moved = move_checkin(patient, ben, ONE, version=1, by=both)
    assert not patient.checkins.exists()
    assert not patient.measurements.exists()
    assert draft_of(moved) == FIRST
    assert ben.measurements.get().entered_by == both


def test_author_and_first_saving_stay(patient, ben, entry, both, alice):
    CheckIn.objects.update(entered_by=alice)
    recorded_at = patient.checkins.get().recorded_at
    moved = move_checkin(patient, ben, ONE, version=1, by=both)
    moved.refresh_from_db()
    assert (moved.entered_by, moved.recorded_at) == (alice, recorded_at)
    assert (moved.moved_by, moved.zone) == (both, "Europe/Berlin")


def test_both_histories_tell(patient, ben, entry, both):
    move_checkin(patient, ben, ONE, version=1, by=both)
    left = history.versions(patient, ONE)[0]
    assert (left.ended.what, left.ended.by, left.said) == ("moved", both, FIRST)
    came = history.versions(ben, ONE)[0]
    assert (came.began.what, came.began.by, came.ended) == ("moved", both, None)


def test_a_client_id_that_the_target_has_is_replaced(patient, ben, entry, both):
    record_checkin(ben, replace(FIRST, note="Ben's own"), by=both)
    move_checkin(patient, ben, ONE, version=1, by=both)
    notes = ben.checkins.values_list("note", flat=True)
    assert sorted(notes) == ["Ben's own", "canary-first"]


def test_there_and_back_keeps_one_history(patient, ben, entry, both):
    move_checkin(patient, ben, ONE, version=1, by=both)
    back = move_checkin(ben, patient, ONE, version=1, by=both)
    assert (back.client_id, back.version) == (ONE, 3)
    now, before = history.versions(patient, ONE)
    assert (now.began.what, before.ended.what) == ("moved", "moved")


def test_own_words_go_along_and_are_not_offered(patient, ben, both):
    legs = CustomSymptom.objects.create(
        patient=patient, label="Legs like lead", key="leg_pain"
    )
    hum = CustomSymptom.objects.create(patient=patient, label="Humming ear")
    theirs = CustomSymptom.objects.create(patient=ben, label="HUMMING EAR")
    draft = replace(FIRST, own={legs.pk: 3, hum.pk: None})
    record_checkin(patient, draft, by=both)
    moved = move_checkin(patient, ben, ONE, version=1, by=both)
    own = {s.custom.label: s for s in moved.symptoms.exclude(custom=None)}
    assert own["HUMMING EAR"].custom == theirs
    assert own["Legs like lead"].severity == 3
    assert own["Legs like lead"].custom.patient == ben
    assert own["Legs like lead"].custom.key == "leg_pain"
    assert own["Legs like lead"].custom.archived_at is not None


def test_an_entry_changed_meanwhile_is_not_moved_unseen(patient, ben, entry, both):
    edit_checkin(patient, replace(FIRST, note="second"), version=1, by=both)
    with pytest.raises(Conflict):
        move_checkin(patient, ben, ONE, version=1, by=both)
    assert patient.checkins.get().note == "second"


def test_moving_twice_is_moving_once(patient, ben, entry, both):
    move_checkin(patient, ben, ONE, version=1, by=both)
    with pytest.raises(Deleted):
        move_checkin(patient, ben, ONE, version=1, by=both)
    assert ben.checkins.count() == 1


def test_a_move_is_not_undone_in_one_step_on_either_side(patient, ben, entry, both):
    move_checkin(patient, ben, ONE, version=1, by=both)
    for record, version in ((patient, 2), (ben, 1)):
        with pytest.raises(CannotUndo):
            undo(record, ONE, version=version, by=both, now=timezone.now())


def test_the_diary_it_left_can_have_it_back(patient, ben, entry, both, alice):
    move_checkin(patient, ben, ONE, version=1, by=both)
    restore_checkin(patient, ONE, 1, version=2, by=alice)
    assert patient.checkins.get().note == "canary-first"
    assert ben.checkins.get().note == "canary-first"


# --- Who may --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "get", "post"),
    [
        ("alice", 200, 302),
        ("logger_", 200, 302),
        ("viewer", 403, 403),
        ("doctor", 403, 403),
        ("eve", 404, 404),
    ],
)
def test_only_who_may_log_for_both_moves(
    request, sign_in, patient, ben, entry, who, get, post
):
    user = request.getfixturevalue(who)
    if who == "alice":
        give(ben, user, "view", "log")
    client = sign_in(user)
    assert client.get(url(patient)).status_code == get
    assert client.post(url(patient), sure(ben)).status_code == post
    assert ben.checkins.exists() is (post == 302)


@pytest.mark.parametrize("permissions", [(), ("view",), ("view", "export")])
def test_a_diary_that_one_may_not_add_to_is_not_offered_and_not_taken(
    sign_in, patient, ben, alice, entry, permissions
):
    if permissions:
        give(ben, alice, *permissions)
    client = sign_in(alice)
    assert (
        "You can add entries to no other diary"
        in client.get(url(patient)).content.decode()
    )
    answer = client.post(url(patient), sure(ben))
    assert answer.status_code == 200
    assert "to" in answer.context["form"].errors
    assert not ben.checkins.exists()


def test_both_access_logs_have_it(sign_in, patient, ben, entry, both):
    sign_in(both).post(url(patient), sure(ben))
    for record in (patient, ben):
        events = AccessEvent.objects.filter(patient_pk=record.pk)
        told = events.values_list("route", "permission", "actor_pk", "allowed")
        assert list(told) == [("diary:move", "log", both.pk, True)]


def listed(record: Patient) -> list[tuple[str, int]]:
    events = AccessEvent.objects.filter(patient_pk=record.pk, route="move_to")
    return list(events.values_list("permission", "actor_pk"))


def test_each_name_that_is_offered_is_a_look_at_that_diary(
    sign_in, patient, ben, entry, both
):
    browser = sign_in(both)
    browser.get(url(patient))
    assert listed(ben) == [("log", both.pk)]
    browser.post(url(patient), sure(ben) | {"sure": ""})  # both names, once more
    assert listed(ben) == [("log", both.pk)] * 2
    assert listed(patient) == []
    told = [line.what for _, day in accesslog.page(ben).days for line in day]
    assert told == ["saw the name in a list of diaries to move an entry to"] * 2
    assert Wanted(what="listed").lines(ben).count() == 2


def test_one_s_own_name_and_one_that_is_not_offered_are_no_looks(
    sign_in, patient, ben, entry, both
):
    own = Patient.objects.create(owner=both, name="Nora", zone="UTC")
    for number in range(11):
        other = Patient.objects.create(name=f"Nora {number:02}", zone="UTC")
        give(other, both, "view", "log")
    browser = sign_in(both)
    browser.get(url(patient))
    assert not AccessEvent.objects.filter(route="move_to").exists()
    browser.post(url(patient), {"find": "1", "words": "nora"})
    assert AccessEvent.objects.filter(route="move_to").count() == 9
    assert listed(own) == listed(ben) == []


def test_a_preview_names_no_other_diary(
    sign_in, patient, alice, ben, logger_, entry, both
):
    give(ben, alice, "view", "log")
    grant = patient.grants.get(user=logger_)
    browser = sign_in(alice)
    session = browser.session
    preview.begin(session, patient, grant)
    session.save()
    page = browser.get(url(patient)).content.decode()
    assert "A preview names none." in page
    assert "Ben" not in page
    assert listed(ben) == []


# --- The pages ------------------------------------------------------------------------


def test_it_is_asked_once_more_with_both_names(sign_in, patient, ben, entry, both):
    client = sign_in(both)
    chosen = {"to": ben.public_id, "version": 1}
    page = client.post(url(patient), chosen).content.decode()
    assert "Move this entry from Alice to Ben?" in page
    assert patient.checkins.exists()
    answer = client.post(url(patient), sure(ben))
    assert answer.url == f"/patients/{ben.public_id}/timeline/?on=2026-03-14"
    there = client.get(answer.url).content.decode()
    assert "Moved: the entry now stands in the diary of Ben." in there
    assert "canary-first" in there


def test_neither_history_names_the_other_person(sign_in, patient, ben, entry, both):
    sign_in(both).post(url(patient), sure(ben))
    left = sign_in(patient.owner).get(url(patient, "history")).content.decode()
    assert "Moved to another diary by Logger on" in left
    assert "Ben" not in left
    came = sign_in(ben.owner).get(url(ben, "history")).content.decode()
    assert "Moved here from another diary by Logger on" in came
    assert "Alice" not in came


def test_a_note_that_the_mover_may_not_see_stays_behind(
    sign_in, patient, ben, entry, both
):
    both.grants.filter(patient=patient).update(hidden=["notes"])
    client = sign_in(both)
    page = client.post(url(patient), {"to": ben.public_id, "version": 1})
    assert "it stays in the history there" in page.content.decode()
    client.post(url(patient), sure(ben))
    assert ben.checkins.get().note == ""
    assert history.versions(patient, ONE)[0].said.note == "canary-first"


def test_an_entry_of_nothing_but_a_hidden_note_is_not_moved(
    sign_in, patient, ben, both
):
    bare = CheckInDraft(client_id=ONE, at=FIRST.at, zone="UTC", note="canary-first")
    record_checkin(patient, bare, by=both)
    both.grants.filter(patient=patient).update(hidden=["notes"])
    answer = sign_in(both).post(url(patient), sure(ben))
    assert "nothing in this entry that you can see" in answer.content.decode()
    assert patient.checkins.exists()


def test_a_red_flag_moved_in_leads_to_the_help_of_the_right_person(
    sign_in, patient, ben, both
):
    record_checkin(patient, replace(FIRST, symptoms={"syncope": 2}), by=both)
    client = sign_in(both)
    answer = client.post(url(patient), sure(ben))
    assert answer.url == f"/patients/{ben.public_id}/help/"
    assert "Saved in the last 24 hours" in client.get(answer.url).content.decode()


def test_a_moved_entry_cannot_be_moved_again_from_where_it_left(
    sign_in, patient, ben, entry, both
):
    client = sign_in(both)
    for _ in range(2):
        answer = client.post(url(patient), sure(ben))
    assert answer.url == url(patient, "history")
    assert ben.checkins.count() == 1


# --- Two at once ----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_moves_in_opposite_directions_at_once_both_happen(patient, ben, both):
    record_checkin(patient, FIRST, by=both)
    record_checkin(ben, replace(FIRST, client_id=TWO, note="two"), by=both)
    failed: list[Exception] = []

    def carry(source: Patient, target: Patient, client_id: UUID) -> None:
        try:
            version = source.checkins.get(client_id=client_id).version
            move_checkin(source, target, client_id, version=version, by=both)
        except Exception as error:  # noqa: BLE001 - told below
            failed.append(error)
        finally:
            connection.close()

    for _ in range(10):  # there and back, five times
        threads = [
            Thread(target=carry, args=(patient, ben, ONE)),
            Thread(target=carry, args=(ben, patient, TWO)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        patient, ben = ben, patient
    assert failed == []
    assert {c.note for c in CheckIn.objects.all()} == {"canary-first", "two"}


def test_who_follows_many_finds_the_right_one_by_name(sign_in, entry, patient, both):
    for number in range(30):
        other = Patient.objects.create(name=f"Nora {number:02}", zone="UTC")
        give(other, both, "view", "log")
    client = sign_in(both)
    page = client.get(url(patient)).content.decode()
    assert "Nora" not in page
    assert "Find by name" in page
    page = client.post(url(patient), {"find": "1", "words": "nora"}).content.decode()
    assert page.count("Nora ") == 10
    assert "Write more of the name" in page
    page = client.post(url(patient), {"find": "1", "words": "ra 29"}).content.decode()
    assert page.count("Nora ") == 1
    answer = client.post(url(patient), sure(other))
    assert answer.status_code == 302
    assert other.checkins.count() == 1


def test_a_name_of_nobody_leaves_nothing_to_choose(sign_in, entry, patient, both):
    for number in range(11):
        other = Patient.objects.create(name=f"Nora {number:02}", zone="UTC")
        give(other, both, "view", "log")
    sent = {"find": "1", "words": "<b>Zoe\0"}
    page = sign_in(both).post(url(patient), sent).content.decode()
    assert "No diary to which you can add entries has this name." in page
    assert "&lt;b&gt;Zoe" in page
