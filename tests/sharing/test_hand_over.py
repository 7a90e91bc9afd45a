"""A record goes over to the person whose it is, by their own hand."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from sharing import hand_over
from sharing.deletion import ask_for_account
from sharing.hand_over import Keeps
from sharing.models import Deletion, Grant, HandOver, Patient, User
from sharing.services import InvitationDraft, invite
from tests.conftest import make_user
from tests.sharing.proxy_parts import child_of, run_by

PAGE = "/hand-over/"


@pytest.fixture
def ben(db: None) -> User:
    return make_user("ben")


@pytest.fixture
def mia(db: None) -> User:
    return make_user("mia")


@pytest.fixture
def record(alice: User, ben: User) -> Patient:
    """Mia's record, run by her parents."""
    return child_of(alice, ben)


@pytest.fixture
def offered(record, alice) -> tuple[HandOver, str]:
    return hand_over.offer(record, "mia@example.org", by=alice)


@pytest.fixture
def opened(offered, mia, sign_in) -> Client:
    """Mia's browser, in which she has signed in and opened the link."""
    browser: Client = sign_in(mia)
    browser.get(f"/hand-overs/{offered[1]}/")
    return browser


def grant_of(record: Patient, user: User) -> Grant:
    return Grant.objects.filter(patient=record, user=user).latest("pk")


def choices(record: Patient, **keeps: str) -> dict[str, str]:
    """An accepting form: what each person is left with, by their name."""
    chosen = {
        f"g{grant.pk}": keeps[str(grant.user.name).lower()]
        for grant in hand_over.who_runs(record)
        if grant.user and grant.user.name.lower() in keeps
    }
    return {"answer": "accept", **chosen}


# --- Offering -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("viewer", 403), ("eve", 404)]
)
def test_only_who_manages_can_offer_it(request, sign_in, alice, who, status):
    record = child_of(alice)
    user = request.getfixturevalue(who)
    if who == "viewer":
        run_by(record, user, "log")
    url = f"/patients/{record.public_id}/sharing/hand-over/"
    answer = sign_in(user).post(url, {"email": "Mia@Example.org"})
    assert answer.status_code == status
    assert HandOver.objects.filter(email="mia@example.org").exists() is (status == 200)


def test_the_link_is_shown_once_sent_once_and_stored_nowhere(sign_in, alice, record):
    url = f"/patients/{record.public_id}/sharing/hand-over/"
    page = sign_in(alice).post(url, {"email": "mia@example.org"}).content.decode()
    found = re.search(r"/hand-overs/([\w-]+)/", page)
    assert found is not None
    (sent,) = mail.outbox
    assert found[0] in sent.body
    assert sent.to == ["mia@example.org"]
    assert "leak" not in (sent.subject + sent.body).lower()
    assert found[1] not in str(HandOver.objects.values())


@pytest.mark.parametrize(
    ("email", "says"),
    [
        ("alice@example.org", "This is your own address"),
        ("nonsense", "valid email"),
        ("", "required"),
    ],
)
def test_what_cannot_be_offered_is_said_beside_the_field(
    sign_in, alice, record, email, says
):
    url = f"/patients/{record.public_id}/sharing/hand-over/"
    page = sign_in(alice).post(url, {"email": email}).content.decode()
    assert says in page
    assert not HandOver.objects.exists()


def test_a_record_with_an_owner_is_not_offered(sign_in, alice, patient):
    url = f"/patients/{patient.public_id}/sharing/hand-over/"
    answer = sign_in(alice).post(url, {"email": "mia@example.org"})
    assert answer.headers["Location"].endswith("/sharing/running/")
    assert not HandOver.objects.exists()


@pytest.fixture
def carer(record: Patient) -> User:
    """Manages Mia's record for a week."""
    user = make_user("carer")
    run_by(record, user, expires_at=timezone.now() + timedelta(days=7))
    return user


def test_who_manages_it_for_a_time_cannot_offer_it(sign_in, record, carer):
    with pytest.raises(hand_over.CannotOffer, match="without an end"):
        hand_over.offer(record, "pal@example.org", by=carer)
    browser, base = sign_in(carer), f"/patients/{record.public_id}/sharing/"
    answer = browser.post(f"{base}hand-over/", {"email": "pal@example.org"})
    page = browser.get(answer.headers["Location"]).content.decode()
    assert "Only who manages it without an end can hand it over." in page
    assert f"{base}hand-over/" not in page
    assert not HandOver.objects.exists()


def test_who_was_removed_since_the_page_was_opened_cannot_offer_it(record, ben):
    Grant.objects.filter(user=ben).update(revoked_at=timezone.now())
    with pytest.raises(PermissionDenied):
        hand_over.offer(record, "pal@example.org", by=ben)


def test_an_offer_ends_when_its_giver_gets_an_end(offered, record, alice):
    ends = timezone.now() + timedelta(days=7)
    Grant.objects.filter(patient=record, user=alice).update(expires_at=ends)
    assert Client().get(f"/hand-overs/{offered[1]}/").status_code == 404


def test_all_others_who_manage_it_are_told_of_an_offer_and_take_it_back(
    sign_in, record, alice, ben, carer, viewer, django_capture_on_commit_callbacks
):
    run_by(record, viewer, "log", "export")
    with django_capture_on_commit_callbacks(execute=True):
        hand_over.offer(record, "mia@example.org", by=alice)
    told = {sent.to[0]: sent for sent in mail.outbox}
    assert told.keys() == {"ben@example.org", "carer@example.org"}
    sent = told["carer@example.org"]
    assert "Alice has offered the diary of Mia" in sent.body
    assert "mia@example.org" in sent.body
    assert "“Who runs it”, and press “Take the offer back”" in sent.body
    assert "leak" not in (sent.subject + sent.body).lower().replace("capleak", "")
    sign_in(carer).post(f"/patients/{record.public_id}/sharing/hand-over/end/")
    assert not HandOver.objects.standing().exists()


def test_all_who_managed_it_are_told_that_it_was_taken(
    opened, record, alice, ben, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        opened.post(PAGE, choices(record, alice="view", ben="end"))
    told = {sent.to[0]: sent.body for sent in mail.outbox}
    assert told.keys() == {"alice@example.org", "ben@example.org"}
    assert all("has taken it over as their own" in body for body in told.values())


def test_a_new_offer_ends_the_one_before(offered, record, alice):
    hand_over.offer(record, "mia@example.com", by=alice)
    assert Client().get(f"/hand-overs/{offered[1]}/").status_code == 404


def test_an_offer_ends_when_it_is_taken_back(sign_in, alice, offered, record):
    url = f"/patients/{record.public_id}/sharing/hand-over/end/"
    assert sign_in(alice).post(url).status_code == 302
    assert Client().get(f"/hand-overs/{offered[1]}/").status_code == 404


def test_an_offer_ends_with_the_access_of_who_made_it(offered, record, alice, ben):
    Grant.objects.filter(patient=record, user=alice).update(revoked_at=timezone.now())
    assert Client().get(f"/hand-overs/{offered[1]}/").status_code == 404


# --- The link -----------------------------------------------------------------------


def test_a_preview_spends_nothing_and_the_secret_leaves_the_address(offered, client):
    for _ in range(3):
        answer = Client().get(f"/hand-overs/{offered[1]}/")
        assert answer.headers["Location"] == PAGE
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert HandOver.objects.standing().count() == 1


def test_who_opens_the_link_signed_out_is_told_why_to_sign_in(offered, client):
    client.get(f"/hand-overs/{offered[1]}/")
    text = client.get("/accounts/login/", {"next": PAGE}).content.decode()
    assert "A diary is to become yours" in text
    assert text.count("/accounts/signup/") == 1


def test_who_signs_up_first_comes_back_to_it(opened):
    """After a mail was confirmed the way leads home, and from there here."""
    assert opened.get("/home/").headers["Location"] == "/invitation/"
    assert opened.get("/invitation/").headers["Location"] == PAGE


def test_only_the_address_it_was_made_for_can_take_it(sign_in, offered, eve, record):
    browser = sign_in(eve)
    browser.get(f"/hand-overs/{offered[1]}/")
    for sent in ({"answer": "accept"}, {"answer": "decline"}):
        answer = browser.post(PAGE, sent)
        assert answer.status_code == 403
        assert "Mia" not in answer.content.decode()
    assert HandOver.objects.standing().count() == 1


# --- Taking it over -----------------------------------------------------------------


def test_it_becomes_theirs_and_those_who_ran_it_keep_what_is_chosen(
    opened, record, mia, alice, ben
):
    answer = opened.post(PAGE, choices(record, alice="view", ben="end"))
    assert answer.headers["Location"] == f"/patients/{record.public_id}/"
    record.refresh_from_db()
    assert record.owner == mia
    assert grant_of(record, alice).permissions == ["view"]
    assert grant_of(record, ben).revoked_by == mia


@pytest.mark.parametrize(
    ("keeps", "status"), [("manage", 200), ("log", 403), ("view", 403), ("end", 404)]
)
def test_what_is_chosen_holds_on_the_next_request(
    opened, sign_in, record, alice, keeps, status
):
    managing = sign_in(alice)
    settings = f"/patients/{record.public_id}/settings/"
    assert managing.get(settings).status_code == 200
    opened.post(PAGE, choices(record, alice=keeps, ben="view"))
    assert managing.get(settings).status_code == status


def test_nothing_is_chosen_before_and_everyone_must_be_decided_about(
    opened, record, alice
):
    page = opened.get(PAGE).content.decode()
    assert "checked" not in page
    page = opened.post(PAGE, choices(record, alice="view")).content.decode()
    assert "Choose what they may do from now on." in page
    record.refresh_from_db()
    assert record.owner is None


def test_others_keep_what_they_have_and_are_named(opened, record, viewer):
    run_by(record, viewer, "log")
    assert "Viewer" in opened.get(PAGE).content.decode()
    opened.post(PAGE, choices(record, alice="log", ben="log"))
    assert grant_of(record, viewer).revoked_at is None


def test_what_the_new_owner_had_as_a_guest_ends_and_waiting_invitations_too(
    opened, record, mia, alice
):
    run_by(record, mia, "log")
    waiting = InvitationDraft("aunt@example.org", "caregiver", ("view",))
    invited, _token = invite(record, waiting, by=alice)
    opened.post(PAGE, choices(record, alice="manage", ben="manage"))
    invited.refresh_from_db()
    assert invited.revoked_at is not None
    assert grant_of(record, mia).revoked_at is not None
    assert Patient.objects.visible_to(mia).get().is_own


def test_what_is_taken_over_is_not_deleted_with_whoever_ran_it_or_takes_it(
    opened, record, alice, ben, mia
):
    Grant.objects.filter(user=ben).delete()
    ask_for_account(alice, along=[record])
    ask_for_account(mia)
    page = opened.post(PAGE, choices(record, alice="view"), follow=True)
    assert "Your account was to be deleted. It is kept" in page.content.decode()
    record.refresh_from_db()
    assert record.owner == mia
    assert not Deletion.objects.filter(patient=record).exists()
    assert not Deletion.objects.filter(user=mia).exists()
    assert Deletion.objects.filter(user=alice).exists()


def test_it_is_taken_once_and_the_same_tap_again_goes_to_the_diary(
    opened, record, alice
):
    opened.post(PAGE, choices(record, alice="view", ben="view"))
    again = opened.post(PAGE, choices(record) | {"answer": "accept"})
    assert again.headers["Location"] == f"/patients/{record.public_id}/"
    assert grant_of(record, alice).permissions == ["view"]


def test_the_second_of_two_taps_that_came_at_once_goes_to_the_diary(
    opened, offered, record, mia
):
    chosen = {g.pk: Keeps.VIEW for g in hand_over.who_runs(record)}
    hand_over.take_over(offered[0], chosen, by=mia)
    again = opened.post(PAGE, choices(record) | {"answer": "accept"})
    assert again.headers["Location"] == f"/patients/{record.public_id}/"


def test_an_offer_that_was_taken_opens_nothing_to_anybody_else(
    opened, record, ben, sign_in
):
    number = opened.session["hand_over"]
    opened.post(PAGE, choices(record, alice="view", ben="end"))
    browser = sign_in(ben)
    session = browser.session
    session["hand_over"] = number
    session.save()
    assert browser.get(PAGE).status_code == 404


def test_who_runs_it_may_change_while_the_page_is_open(offered, record, mia, alice):
    aunt = make_user("aunt")
    seen = {g.pk: Keeps.VIEW for g in hand_over.who_runs(record)}
    run_by(record, aunt)
    with pytest.raises(hand_over.ManagersChanged):
        hand_over.take_over(offered[0], seen, by=mia)
    record.refresh_from_db()
    assert record.owner is None


def test_who_has_a_diary_already_is_told_how_to_bring_the_two_together(
    opened, record, mia
):
    Patient.objects.create(owner=mia, name="Mia", zone="UTC")
    answer = opened.post(PAGE, choices(record, alice="view", ben="view"))
    assert answer.status_code == 403
    assert "You have a diary of your own already" in answer.content.decode()


def test_a_second_diary_cannot_be_owned_however_it_is_asked(offered, record, mia):
    Patient.objects.create(owner=mia, name="Mia", zone="UTC")
    seen = {g.pk: Keeps.VIEW for g in hand_over.who_runs(record)}
    with pytest.raises(hand_over.HasOwnRecord):
        hand_over.take_over(offered[0], seen, by=mia)
    assert HandOver.objects.standing().count() == 1


def test_declining_changes_nothing_but_the_offer(opened, record):
    assert opened.post(PAGE, {"answer": "decline"}).headers["Location"] == "/home/"
    assert not HandOver.objects.standing().exists()
    record.refresh_from_db()
    assert record.owner is None


def test_deciding_later_keeps_the_offer(opened):
    opened.post(PAGE, {"answer": "later"})
    assert HandOver.objects.standing().count() == 1
    assert opened.get(PAGE).status_code == 404


def test_an_old_offer_opens_nothing(offered):
    HandOver.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(f"/hand-overs/{offered[1]}/").status_code == 404


# --- The page on who runs it --------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("viewer", 403), ("eve", 404)]
)
def test_only_who_manages_sees_who_runs_it(request, sign_in, alice, who, status):
    record = child_of(alice)
    user = request.getfixturevalue(who)
    if who == "viewer":
        run_by(record, user, "log")
    url = f"/patients/{record.public_id}/sharing/running/"
    assert sign_in(user).get(url).status_code == status


def test_one_person_alone_is_told_to_invite_a_second(sign_in, alice, ben):
    record = child_of(alice)
    url = f"/patients/{record.public_id}/sharing/running/"
    browser = sign_in(alice)
    alone = "Only one person can be relied on"
    assert alone in browser.get(url).content.decode()
    run_by(record, ben)
    assert alone not in browser.get(url).content.decode()
