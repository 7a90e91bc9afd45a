"""The invited person: opening the link, signing in, accepting, declining."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from sharing.invitation_views import OPENINGS_PER_MINUTE
from sharing.masking import masked
from sharing.models import Grant, Patient, User
from sharing.services import InvitationDraft, InvitationGone, accept, invite

pytestmark = pytest.mark.slow

PAGE = "/invitation/"


def link(token: str) -> str:
    return f"/invitations/{token}/"


# --- Opening the link ---------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_link_preview_spends_nothing(client, send_to, method):
    grant, token = send_to("ben@example.org")
    before = Grant.objects.values().get(pk=grant.pk)
    for _ in range(3):
        assert getattr(Client(), method)(link(token)).headers["Location"] == PAGE
    assert Grant.objects.values().get(pk=grant.pk) == before


def test_the_secret_leaves_the_address_at_once(client, send_to):
    _, token = send_to("ben@example.org")
    answer = client.get(link(token))
    assert answer.headers["Location"] == PAGE
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "no-store" in answer.headers["Cache-Control"]
    assert token not in str(dict(client.session))


def test_unknown_expired_revoked_and_used_links_say_the_same(
    client, send_to, ben, alice, viewer
):
    tokens = ["not-a-token"]
    for address, end in {
        "late@example.org": {
            "invitation_expires_at": timezone.now() - timedelta(seconds=1)
        },
        "over@example.org": {
            "starts_at": timezone.now() - timedelta(days=9),
            "expires_at": timezone.now() - timedelta(seconds=1),
        },
        "gone@example.org": {"revoked_at": timezone.now()},
        "used@example.org": {"user": ben, "accepted_at": timezone.now()},
    }.items():
        grant, token = send_to(address)
        Grant.objects.filter(pk=grant.pk).update(**end)
        tokens.append(token)
    answers = {Client().get(link(token)).content for token in tokens}
    assert len(answers) == 1
    assert "This invitation does not work" in answers.pop().decode()
    assert Client().get(link("not-a-token")).status_code == 404


def test_nobody_tries_links_by_the_hundred(send_to, settings):
    _, token = send_to("ben@example.org")
    answers = [
        Client().get(link("guess")).status_code for _ in range(OPENINGS_PER_MINUTE)
    ]
    assert set(answers) == {404}
    refused = Client().get(link(token))
    assert refused.status_code == 429
    other_address = Client(REMOTE_ADDR="192.0.2.7").get(link(token))
    assert other_address.status_code == 302


def test_one_person_is_one_network_in_ipv6(send_to):
    for number in range(OPENINGS_PER_MINUTE):
        Client(REMOTE_ADDR=f"2001:db8:1:2::{number:x}").get(link("guess"))
    same = Client(REMOTE_ADDR="2001:db8:1:2:ffff::1").get(link("guess"))
    other = Client(REMOTE_ADDR="2001:db8:1:3::1").get(link("guess"))
    assert (same.status_code, other.status_code) == (429, 404)


# --- From the link to the page ------------------------------------------------------


def test_whoever_signs_in_after_opening_the_link_lands_on_the_invitation(
    client, send_to, ben
):
    ben.set_password("correct horse battery")
    ben.save()
    _, token = send_to("ben@example.org")
    signs_in = client.get(link(token), follow=True).redirect_chain[-1][0]
    assert signs_in == f"/accounts/login/?next={PAGE}"
    page = client.get(signs_in).content.decode()
    assert "You are invited to a diary." in page
    assert "Alice" not in page
    assert "You are invited" not in Client().get(signs_in).content.decode()
    answer = client.post(
        "/accounts/login/",
        {"login": ben.email, "password": "correct horse battery"},
        follow=True,
    )
    assert answer.redirect_chain[-1][0] == PAGE
    assert "Alice invites you" in answer.content.decode()


def test_whoever_signs_up_and_confirms_lands_on_the_invitation(client, send_to):
    _, token = send_to("new@example.org")
    mail.outbox.clear()
    client.get(link(token))
    secret = "correct horse battery"
    fields = {"email": "new@example.org", "password1": secret, "agree": "on"}
    client.post("/accounts/signup/", fields)
    confirm = mail.outbox[0].body.split("http://testserver")[1].split()[0]
    answer = client.post(confirm, follow=True)
    assert answer.redirect_chain[-1][0] == PAGE
    assert "Alice invites you" in answer.content.decode()


def test_the_link_that_confirms_an_address_signs_nobody_in_elsewhere(client, db):
    secret = "correct horse battery"
    fields = {"email": "new@example.org", "password1": secret, "agree": "on"}
    client.post("/accounts/signup/", fields)
    confirm = mail.outbox[0].body.split("http://testserver")[1].split()[0]
    elsewhere = Client()
    elsewhere.post(confirm, follow=True)
    assert "_auth_user_id" not in elsewhere.session


def test_the_page_says_who_invites_and_what_may_be_done(opened, send_to, ben):
    _, token = send_to("ben@example.org", "log", hidden=("notes",))
    page = opened(ben, token).get(PAGE).content.decode()
    assert "Alice invites you" in page
    assert "add entries" in page
    assert "without the notes" in page
    assert "export" not in page.partition("<main")[2]


def test_without_an_opened_link_there_is_no_invitation(sign_in, ben):
    assert sign_in(ben).get(PAGE).status_code == 404
    assert sign_in(ben).post(PAGE, {"answer": "accept"}).status_code == 404


# --- Answering ----------------------------------------------------------------------


def test_accepting_opens_the_diary(opened, send_to, ben, patient):
    grant, token = send_to("ben@example.org", "log")
    browser = opened(ben, token)
    answer = browser.post(PAGE, {"answer": "accept"}, follow=True)
    assert answer.redirect_chain[0][0] == f"/patients/{patient.public_id}/"
    assert answer.status_code == 200
    grant.refresh_from_db()
    assert (grant.user, grant.revoked_at) == (ben, None)
    assert grant.accepted_at is not None


def test_an_accepted_invitation_no_longer_stands_in_the_way_home(opened, send_to, ben):
    _, token = send_to("ben@example.org")
    browser = opened(ben, token)
    assert browser.get("/home/").headers["Location"] == PAGE
    browser.post(PAGE, {"answer": "accept"})
    assert browser.get("/home/").headers["Location"].startswith("/patients/")


def test_declining_ends_the_invitation(opened, send_to, ben, patient):
    _, token = send_to("ben@example.org")
    browser = opened(ben, token)
    assert browser.post(PAGE, {"answer": "decline"}).headers["Location"] == "/home/"
    assert not Grant.objects.standing().exists()
    assert Client().get(link(token)).status_code == 404


@pytest.mark.parametrize("answer", [{}, {"answer": "perhaps"}])
def test_an_answer_that_is_none_changes_nothing(opened, send_to, ben, answer):
    grant, token = send_to("ben@example.org")
    assert opened(ben, token).post(PAGE, answer).status_code == 200
    assert Grant.objects.standing().get() == grant


def test_later_leaves_the_invitation_open_and_the_way_home_free(opened, send_to, ben):
    _, token = send_to("ben@example.org")
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "later"})
    assert browser.get("/home/").headers["Location"] == "/start/"
    assert Client().get(link(token)).status_code == 302


def test_only_the_owner_of_the_invited_address_can_answer(opened, send_to, eve):
    grant, token = send_to("ben@example.org")
    browser = opened(eve, token)
    for answer in ("accept", "decline"):
        page = browser.post(PAGE, {"answer": answer})
        assert page.status_code == 403
        assert "b•••@example.org" in page.content.decode()
        assert "ben@example.org" not in page.content.decode()
        assert "Alice" not in page.content.decode()
    grant.refresh_from_db()
    assert (grant.user, grant.revoked_at) == (None, None)


def test_an_address_must_be_confirmed_to_count(opened, send_to, eve):
    EmailAddress.objects.create(user=eve, email="ben@example.org", verified=False)
    grant, token = send_to("ben@example.org")
    browser = opened(eve, token)
    assert browser.post(PAGE, {"answer": "accept"}).status_code == 403
    EmailAddress.objects.filter(email="ben@example.org").update(verified=True)
    assert browser.post(PAGE, {"answer": "accept"}).status_code == 302
    grant.refresh_from_db()
    assert grant.user == eve


def test_capitals_in_an_address_do_not_matter(opened, send_to, ben):
    EmailAddress.objects.filter(user=ben).update(email="Ben@Example.org")
    _, token = send_to("ben@example.org")
    assert opened(ben, token).post(PAGE, {"answer": "accept"}).status_code == 302


def test_the_owner_cannot_accept_an_invitation_to_their_own_diary(
    opened, send_to, alice
):
    EmailAddress.objects.create(user=alice, email="second@example.org", verified=True)
    grant, token = send_to("second@example.org")
    answer = opened(alice, token).post(PAGE, {"answer": "accept"})
    assert answer.status_code == 403
    assert "your own diary" in answer.content.decode()
    grant.refresh_from_db()
    assert grant.user is None


def test_a_new_grant_replaces_the_one_that_stood(opened, send_to, ben, grant_to):
    EmailAddress.objects.create(user=ben, email="work@example.org", verified=True)
    old = grant_to(ben, "manage")
    new, token = send_to("work@example.org")
    opened(ben, token).post(PAGE, {"answer": "accept"})
    old.refresh_from_db()
    assert old.revoked_at is not None
    assert list(Grant.objects.standing()) == [new]


def test_who_has_access_already_is_told_what_an_invitation_replaces(
    opened, send_to, ben, grant_to
):
    """The inviter did not know: it went to another address of theirs."""
    EmailAddress.objects.create(user=ben, email="work@example.org", verified=True)
    grant_to(ben, "manage", told=["help"])
    new, token = send_to("work@example.org")
    browser = opened(ben, token)
    page = browser.get(PAGE).content.decode()
    assert "manage settings" in page.split("takes the place of:")[1]
    mail.outbox.clear()
    browser.post(PAGE, {"answer": "accept"})
    new.refresh_from_db()
    assert new.told == ["help"]
    [message] = mail.outbox
    assert "They had access to the diary already." in message.body


def test_accepting_twice_goes_to_the_diary_and_tells_once(
    opened, send_to, ben, patient
):
    _, token = send_to("ben@example.org")
    browser = opened(ben, token)
    mail.outbox.clear()
    for _ in range(2):
        answer = browser.post(PAGE, {"answer": "accept"})
        assert answer.headers["Location"] == f"/patients/{patient.public_id}/"
    assert len(mail.outbox) == 1


def test_the_second_of_two_taps_that_came_at_once_goes_to_the_diary(
    opened, send_to, ben, patient
):
    invitation, token = send_to("ben@example.org")
    browser = opened(ben, token)
    accept(invitation, by=ben)  # the first, whose answer is still on its way
    answer = browser.post(PAGE, {"answer": "accept"})
    assert answer.headers["Location"] == f"/patients/{patient.public_id}/"


def test_who_was_removed_does_not_come_back_by_accepting_again(
    opened, send_to, ben, patient
):
    grant, token = send_to("ben@example.org")
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "accept"})
    Grant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    assert browser.post(PAGE, {"answer": "accept"}).status_code == 404


def test_an_ended_grant_does_not_stand_in_the_way_of_a_new_one(
    opened, send_to, ben, grant_to
):
    now = timezone.now()
    grant_to(ben, starts_at=now - timedelta(days=9), expires_at=now - timedelta(days=1))
    new, token = send_to("ben@example.org")
    assert opened(ben, token).post(PAGE, {"answer": "accept"}).status_code == 302
    assert list(Grant.objects.standing()) == [new]


# --- Between opening and answering --------------------------------------------------


def test_revoked_meanwhile_is_told_kindly_and_gives_nothing(
    opened, send_to, ben, patient
):
    grant, token = send_to("ben@example.org")
    browser = opened(ben, token)
    Grant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
    answer = browser.post(PAGE, {"answer": "accept"})
    assert answer.status_code == 404
    assert "This invitation does not work" in answer.content.decode()
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 404


@pytest.fixture
def puppet(patient, manager, ben, opened):
    """Ben's browser with the manager's invitation open, and that invitation."""
    ends = timezone.now() + timedelta(days=30)
    draft = InvitationDraft(
        "ben@example.org", "caregiver", ("view", "manage"), (), ends
    )
    invitation, token = invite(patient, draft, by=manager)
    return opened(ben, token), invitation, token


MAY_NOT = [
    {
        "expires_at": Now() - timedelta(seconds=1),
        "starts_at": Now() - timedelta(days=2),
    },
    {"revoked_at": Now()},
    {"permissions": ["view", "log"]},
    {"expires_at": Now() + timedelta(days=29)},  # shorter than what they gave
    {"starts_at": Now() + timedelta(days=1)},
]


@pytest.mark.parametrize("lost", MAY_NOT)
def test_an_invitation_ends_when_its_inviter_may_not_give_it_any_more(
    puppet, manager, ben, patient, lost
):
    browser, invitation, token = puppet
    Grant.objects.filter(user=manager).update(**lost)
    assert Client().get(link(token)).status_code == 404
    assert browser.get(PAGE).status_code == 404
    with pytest.raises(InvitationGone):
        accept(invitation, by=ben)
    assert not Patient.objects.visible_to(ben).exists()


def test_an_invitation_of_a_deleted_account_opens_nothing(puppet, manager):
    _browser, _invitation, token = puppet
    manager.delete()
    assert Client().get(link(token)).status_code == 404


def test_an_invitation_that_ended_with_its_inviter_is_listed_as_ended(
    puppet, manager, sign_in, alice, patient
):
    Grant.objects.filter(user=manager).update(permissions=["view"])
    page = sign_in(alice).get(f"/patients/{patient.public_id}/sharing/")
    shown, folded = page.content.decode().split("Access that has ended")
    assert "ben@example.org" not in shown
    assert "ben@example.org" in folded


def test_an_invitation_of_someone_who_still_manages_opens_the_diary(puppet, ben):
    browser, _invitation, _token = puppet
    assert browser.post(PAGE, {"answer": "accept"}).status_code == 302
    assert Patient.objects.visible_to(ben).exists()


def test_an_invitation_that_ended_keeps_what_stood_before(send_to, ben, grant_to):
    old = grant_to(ben)
    invitation, _ = send_to("ben2@example.org")
    Grant.objects.filter(pk=invitation.pk).update(revoked_at=timezone.now())
    with pytest.raises(InvitationGone):
        accept(invitation, by=ben)
    old.refresh_from_db()
    assert old.revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_once_one_gets_it(send_to, ben, eve):
    invitation, _ = send_to("ben@example.org")
    outcomes: list[str] = []

    def race(user: User) -> None:
        try:
            accept(Grant.objects.get(pk=invitation.pk), by=user)
            outcomes.append("accepted")
        except InvitationGone:
            outcomes.append("gone")
        finally:
            connection.close()

    racers = [Thread(target=race, args=[user]) for user in (ben, eve, ben, eve)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == ["accepted", "gone", "gone", "gone"]
    assert Grant.objects.filter(revoked_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_invitations_of_one_person_accepted_at_once_leave_one_grant(
    send_to, ben, patient
):
    invitations = [send_to(f"ben{n}@example.org")[0] for n in range(4)]

    def race(invitation: Grant) -> None:
        try:
            accept(invitation, by=ben)
        finally:
            connection.close()

    racers = [Thread(target=race, args=[invitation]) for invitation in invitations]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert patient.grants.filter(user=ben, revoked_at=None).count() == 1
    assert Patient.objects.visible_to(ben).count() == 1


@pytest.mark.parametrize(
    ("email", "shown"),
    [("ben@example.org", "b•••@example.org"), ("x@clinic.test", "x•••@clinic.test")],
)
def test_a_masked_address_is_known_to_its_owner_only(email, shown):
    assert masked(email) == shown
