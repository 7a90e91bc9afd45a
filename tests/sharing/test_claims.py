"""A link that names nobody: made on a phone, claimed once, let in by the patient."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from sharing.claims import admit, claim
from sharing.models import AccessEvent, Grant, Patient, User, hash_token
from sharing.services import InvitationDraft, InvitationGone, decline, invite

pytestmark = pytest.mark.slow

PAGE = "/invitation/"
POLL = {"HX-Request": "true"}


@pytest.fixture
def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/sharing/"


@pytest.fixture
def form() -> dict[str, Any]:
    return {
        "way": "link",
        "meant_for": "my sister",
        "kind": "caregiver",
        "ends": "never",
        "client_id": str(uuid4()),
    }


@pytest.fixture
def owner(alice: User, sign_in: Callable[[User], Client]) -> Client:
    return sign_in(alice)


@pytest.fixture
def link_of(patient: Patient, alice: User) -> Callable[..., tuple[Grant, str]]:
    """A link of Alice's that names nobody; the grant and the secret."""

    def make(**fields: Any) -> tuple[Grant, str]:
        draft = InvitationDraft("", "caregiver", ("view", "log"), **fields)
        return invite(patient, draft, by=alice)

    return make


def token_of(text: str) -> str:
    return text.partition("/invitations/")[2].partition("/")[0]


# --- Making it ----------------------------------------------------------------------


def test_a_link_is_shown_with_a_code_and_no_mail_is_sent(owner, url, form, patient):
    page = owner.post(f"{url}invite/", form).content.decode()
    grant = patient.grants.get()
    assert (grant.invited_email, grant.meant_for) == ("", "my sister")
    assert hash_token(token_of(page)) == grant.token_hash
    assert "<svg" in page
    assert " style=" not in page
    assert mail.outbox == []


def test_a_link_lives_for_a_day(owner, url, form, patient):
    owner.post(f"{url}invite/", form)
    left = patient.grants.get().invitation_expires_at - timezone.now()
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)


def test_an_address_is_not_asked_for_and_what_is_typed_in_it_does_not_matter(
    owner, url, form, patient
):
    owner.post(f"{url}invite/", form | {"email": "half an addr"})
    assert patient.grants.get().invited_email == ""


def test_the_same_form_sent_twice_makes_one_link_and_says_so(owner, url, form, patient):
    owner.post(f"{url}invite/", form)
    answer = owner.post(f"{url}invite/", form)
    assert answer.status_code == 200
    assert "This link was made already" in answer.content.decode()
    assert patient.grants.count() == 1


def test_an_id_of_another_record_is_refused_kindly(owner, url, form, eve, patient):
    hers, _ = invite(
        eve.own_record, InvitationDraft("", "caregiver", ("view",)), by=eve
    )
    answer = owner.post(f"{url}invite/", form | {"client_id": str(hers.public_id)})
    assert answer.status_code == 200
    assert not patient.grants.exists()


@pytest.mark.parametrize(
    "typed",
    [
        {"way": "pigeon"},
        {"client_id": "no-uuid"},
        {"meant_for": "x" * 81},
        {"meant_for": "a\0b"},
    ],
)
def test_bad_input_makes_no_link(owner, url, form, patient, typed):
    assert owner.post(f"{url}invite/", form | typed).status_code == 200
    assert not patient.grants.exists()


# --- Claiming it --------------------------------------------------------------------


def test_a_preview_robot_spends_nothing(link_of):
    grant, token = link_of()
    before = Grant.objects.values().get(pk=grant.pk)
    for _ in range(3):
        assert Client().get(f"/invitations/{token}/").headers["Location"] == PAGE
    assert Grant.objects.values().get(pk=grant.pk) == before


def test_opening_and_asking_shows_nothing_of_the_diary(opened, link_of, ben, patient):
    grant, token = link_of()
    browser = opened(ben, token)
    assert "Alice invites you" in browser.get(PAGE).content.decode()
    assert browser.post(PAGE, {"answer": "accept"}).headers["Location"] == PAGE
    grant.refresh_from_db()
    assert (grant.claimed_by, grant.user, grant.accepted_at) == (ben, None, None)
    assert browser.get(f"/patients/{patient.public_id}/").status_code == 404
    assert not Patient.objects.visible_to(ben).exists()


def test_the_patient_is_told_at_once_who_asks(opened, link_of, ben):
    _, token = link_of()
    mail.outbox.clear()
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "accept"})
    browser.post(PAGE, {"answer": "accept"})  # tapped twice, told once
    [message] = mail.outbox
    assert message.to == ["alice@example.org"]
    assert "ben@example.org" in message.body
    assert "/home/" in message.body
    for word in ("leak", "symptom", "attack", "health", "patient", "infusion"):
        assert word not in f"{message.subject} {message.body}".lower()


def test_a_claimed_link_is_spent_for_everybody_else(opened, link_of, ben, eve):
    grant, token = link_of()
    hers = opened(eve, token)  # she has it open too, and taps later
    opened(ben, token).post(PAGE, {"answer": "accept"})
    assert Client().get(f"/invitations/{token}/").status_code == 404
    assert hers.post(PAGE, {"answer": "accept"}).status_code == 404
    grant.refresh_from_db()
    assert grant.claimed_by == ben


def test_who_opened_it_can_give_a_name_once(opened, link_of, ben):
    User.objects.filter(pk=ben.pk).update(name="")
    _, token = link_of()
    browser = opened(ben, token)
    assert "Your name, as they know you" in browser.get(PAGE).content.decode()
    refused = browser.post(PAGE, {"answer": "accept", "name": "x" * 81})
    assert refused.status_code == 200
    browser.post(PAGE, {"answer": "accept", "name": "Ben of the bakery"})
    browser.post(PAGE, {"answer": "accept", "name": "Somebody else"})
    ben.refresh_from_db()
    assert ben.name == "Ben of the bakery"


@pytest.mark.parametrize("who", ["alice", "manager"])
def test_nobody_asks_to_be_let_in_by_themselves(
    request, opened, link_of, patient, who, manager
):
    user = request.getfixturevalue(who)
    draft = InvitationDraft("", "caregiver", ("view",))
    grant, token = invite(patient, draft, by=user)
    assert opened(user, token).post(PAGE, {"answer": "accept"}).status_code == 403
    grant.refresh_from_db()
    assert grant.claimed_at is None


@pytest.mark.parametrize(
    "ended",
    [{"revoked_at": Now()}, {"invitation_expires_at": Now() - timedelta(seconds=1)}],
)
def test_an_ended_link_cannot_be_claimed(opened, link_of, ben, ended):
    grant, token = link_of()
    browser = opened(ben, token)
    Grant.objects.filter(pk=grant.pk).update(**ended)
    assert browser.post(PAGE, {"answer": "accept"}).status_code == 404
    with pytest.raises(InvitationGone):
        claim(grant, by=ben)


def test_a_link_whose_claimant_deleted_their_account_opens_to_nobody(
    link_of, ben, alice, patient
):
    grant, token = link_of()
    claim(grant, by=ben)
    ben.delete()
    assert Client().get(f"/invitations/{token}/").status_code == 404
    assert not Grant.objects.standing().exists()
    with pytest.raises(InvitationGone):
        admit(patient, grant, by=alice)


# --- Letting in ---------------------------------------------------------------------


@pytest.fixture
def asked(link_of: Callable[..., tuple[Grant, str]], ben: User) -> Grant:
    grant, _ = link_of()
    claim(grant, by=ben)
    grant.refresh_from_db()
    return grant


def test_the_people_page_and_today_say_who_waits(owner, url, asked, patient):
    page = owner.get(url).content.decode()
    assert "Let Ben in?" in page
    assert "ben@example.org" in page
    today = owner.get(f"/patients/{patient.public_id}/").content.decode()
    assert "waits to be let in" in today


def test_let_in_they_see_the_diary_and_are_told(owner, url, asked, ben, patient):
    mail.outbox.clear()
    where = f"{url}{asked.public_id}/admit/"
    assert owner.post(where, {"answer": "yes"}).headers["Location"] == url
    owner.post(where, {"answer": "yes"})  # tapped twice
    asked.refresh_from_db()
    assert asked.user == ben
    [visible] = Patient.objects.visible_to(ben)
    assert visible.permissions == {"view", "log"}
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]


@pytest.mark.parametrize("answer", [{"answer": "no"}, {}])
def test_not_let_in_the_link_is_over(owner, url, asked, ben, answer):
    owner.post(f"{url}{asked.public_id}/admit/", answer)
    asked.refresh_from_db()
    assert asked.revoked_at is not None
    assert asked.user is None
    assert not Patient.objects.visible_to(ben).exists()


def test_a_late_no_does_not_remove_who_was_let_in(owner, url, asked, ben):
    owner.post(f"{url}{asked.public_id}/admit/", {"answer": "yes"})
    owner.post(f"{url}{asked.public_id}/admit/", {"answer": "no"})
    assert Patient.objects.visible_to(ben).exists()


def test_a_late_no_says_that_they_were_let_in_meanwhile(owner, url, asked):
    where = f"{url}{asked.public_id}/admit/"
    owner.post(where, {"answer": "yes"})
    owner.get(url)  # reads what was said then
    page = owner.post(where, {"answer": "no"}, follow=True).content.decode()
    assert "Ben was let in meanwhile and can see the diary." in page
    assert "Not let in" not in page
    assert "Remove Ben" in page


def test_a_no_after_they_withdrew_says_that_it_has_ended(owner, url, asked, ben):
    decline(asked, by=ben)
    answer = owner.post(f"{url}{asked.public_id}/admit/", {"answer": "no"}, follow=True)
    assert "This access has ended meanwhile." in answer.content.decode()


@pytest.fixture
def held(ben: User, grant_to: Callable[..., Grant]) -> Grant:
    """What Ben may do before: export, and be told when help was asked for."""
    return grant_to(ben, "export", told=["help"])


def test_who_lets_somebody_in_sees_what_that_takes_the_place_of(
    owner, url, held, asked
):
    for page in (url, f"{url}{asked.public_id}/waiting/"):
        body = owner.get(page).content.decode()
        before, after = body.split("this takes its place:")
        assert "They have access already:" in before
        assert "download the entries" in before.split("They have access already:")[1]
        assert "add entries" in after.split("</ul>")[0]


def test_who_had_access_keeps_it_after_a_no_and_nobody_says_they_see_nothing(
    owner, url, held, asked, ben
):
    where = f"{url}{asked.public_id}/admit/"
    page = owner.post(where, {"answer": "no"}, follow=True).content.decode()
    assert "Ben keeps the access that they have." in page
    assert "see nothing" not in page
    assert list(Grant.objects.live().filter(user=ben)) == [held]


def test_what_they_were_told_they_are_told_still(owner, url, held, asked, ben):
    Grant.objects.filter(pk=asked.pk).update(told=["watch"])
    owner.post(f"{url}{asked.public_id}/admit/", {"answer": "yes"})
    live = Grant.objects.live().get(user=ben)
    assert (live.pk, live.told) == (asked.pk, ["watch", "help"])


def test_alarms_of_access_that_is_over_do_not_come_back(owner, url, held, asked, ben):
    now = timezone.now()
    Grant.objects.filter(pk=held.pk).update(
        starts_at=now - timedelta(days=9), expires_at=now - timedelta(days=1)
    )
    owner.post(f"{url}{asked.public_id}/admit/", {"answer": "yes"})
    assert Grant.objects.live().get(user=ben).told == []


def test_only_who_manages_lets_in(sign_in, url, asked, viewer, doctor, eve, manager):
    where = f"{url}{asked.public_id}/admit/"
    for user, status in ((viewer, 403), (doctor, 403), (eve, 404), (manager, 302)):
        assert sign_in(user).post(where, {"answer": "yes"}).status_code == status


def test_withdrawn_meanwhile_nobody_is_let_in(owner, url, asked, opened, ben, sign_in):
    browser = sign_in(ben)
    session = browser.session
    session["invitation"] = str(asked.public_id)
    session.save()
    browser.post(PAGE, {"answer": "decline"})
    answer = owner.post(f"{url}{asked.public_id}/admit/", {"answer": "yes"})
    assert answer.headers["Location"] == url
    assert not Patient.objects.visible_to(ben).exists()


def test_let_in_before_it_begins_they_are_told_when(
    link_of, opened, ben, alice, patient
):
    begins = timezone.now() + timedelta(days=3)
    grant, token = link_of(starts_at=begins)
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "accept"})
    admit(patient, grant, by=alice)
    answer = browser.get(PAGE, follow=True)
    assert answer.status_code == 200
    words = f"opens to you on {begins.astimezone(patient.tz):%-d %B %Y}"
    assert words in answer.content.decode()
    assert not Patient.objects.visible_to(ben).exists()


# --- Pages that ask by themselves ---------------------------------------------------


def test_the_page_with_the_code_hears_that_somebody_asks(owner, url, link_of, ben):
    grant, _ = link_of()
    where = f"{url}{grant.public_id}/waiting/"
    assert owner.get(where, headers=POLL).status_code == 204
    claim(grant, by=ben)
    part = owner.get(where, headers=POLL).content.decode()
    assert "Let Ben in?" in part
    assert "hx-get" not in part  # it has found what it asked for
    assert "<html" in owner.get(where).content.decode()  # and without a script


def test_the_page_of_who_waits_goes_on_once_they_are_let_in(
    opened, link_of, ben, alice, patient
):
    grant, token = link_of()
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "accept"})
    assert browser.get(PAGE, headers=POLL).status_code == 204
    admit(patient, grant, by=alice)
    assert browser.get(PAGE, headers=POLL).headers["HX-Redirect"] == PAGE
    assert browser.get(PAGE).headers["Location"] == f"/patients/{patient.public_id}/"


def test_the_page_of_who_was_refused_goes_on_to_say_so(opened, link_of, ben, patient):
    grant, token = link_of()
    browser = opened(ben, token)
    browser.post(PAGE, {"answer": "accept"})
    Grant.objects.filter(pk=grant.pk).update(revoked_at=Now())
    assert browser.get(PAGE, headers=POLL).headers["HX-Redirect"] == PAGE
    assert browser.get(PAGE).status_code == 404


def test_a_managers_page_asks_by_itself_and_does_not_bury_the_log(
    sign_in, manager, url, form, ben
):
    browser = sign_in(manager)
    page = browser.post(f"{url}invite/", form).content.decode()
    where = re.search(r'hx-get="([^"]+)"', page)[1]
    for _ in range(3):
        assert browser.get(where, headers=POLL).status_code == 204
    lines = AccessEvent.objects.filter(actor_pk=manager.pk).order_by("pk")
    assert [line.route for line in lines] == ["sharing:invite"]
    claim(Grant.objects.get(meant_for=form["meant_for"]), by=ben)
    assert "Let Ben in?" in browser.get(where, headers=POLL).content.decode()
    browser.get(where)  # and whoever opens it themselves
    assert [line.route for line in lines.all()[1:]] == ["sharing:waiting"] * 2


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("eve", 404)])
def test_asking_by_itself_opens_nothing_to_others(
    sign_in, request, url, link_of, who, status
):
    grant, _ = link_of()
    asker = request.getfixturevalue(who)
    where = f"{url}{grant.public_id}/waiting/"
    assert sign_in(asker).get(where, headers=POLL).status_code == status
    refused = AccessEvent.objects.filter(actor_pk=asker.pk, allowed=False)
    assert refused.count() == (status == 403)


def test_looking_again_leaves_the_code_where_it_is(owner, url, form):
    """The code and the link are in no other answer."""
    page = owner.post(f"{url}invite/", form).content.decode()
    again = re.search(r"<a [^>]*waiting/[^>]*>", page)[0]
    assert 'target="_blank" rel="noopener"' in again
    where = re.search(r'href="([^"]+)"', again)[1]
    there = owner.get(where).content.decode()
    assert "Look again" in there
    assert "_blank" not in there
