"""The link in a message answers it without signing in, and only by a press."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from notifications import services
from notifications.models import Answer, Delivery, Occurrence
from sharing.models import hash_token
from tests.conftest import make_user

DAY = timedelta(days=1)
HEALTH = r"infus|ivig|globulin|scls|dose|symptom|attack|medicine|overdue|alice|hospital"


def link_in(message):
    return re.search(r"http://[^ ]+(/answer/[\w-]+/)", message.body)[1]


@pytest.fixture
def link(dispatched):
    services.deliver(dispatched.pk)
    return link_in(mail.outbox[0])


@pytest.fixture
def notice_link(overdue, grant_to):
    """What Ben got, who is told of an overdue infusion."""
    grant_to(make_user("ben"), told=["infusion"])
    overdue("n", kind="infusion_missed", audience="circle", topic="infusion")
    for pk in services.sweep():
        services.deliver(pk)
    return link_in(mail.outbox[0])


@pytest.fixture
def robot():
    return Client(headers={"user-agent": "LinkPreview/1.0"})


def said():
    return list(Answer.objects.order_by("pk").values_list("what", flat=True))


def test_the_secret_has_256_bits_and_only_its_hash_is_stored(link, dispatched):
    secret = link.split("/")[2]
    assert len(secret) == 43
    row = Delivery.objects.filter(pk=dispatched.pk).values().get()
    assert row["answer_hash"] == hash_token(secret)
    assert secret not in str(row)


def test_a_message_that_is_sent_again_holds_the_same_link(link, dispatched):
    Delivery.objects.update(state="waiting", settled_at=None)
    services.deliver(dispatched.pk)
    assert link_in(mail.outbox[1]) == link


def test_the_page_says_nothing_of_illness_medicine_or_patient(
    link, notice_link, client
):
    for address in (link, notice_link):
        text = re.sub(r"<head>.*</head>", "", client.get(address).text, flags=re.DOTALL)
        assert re.findall(HEALTH, text.lower().replace("capleak", "")) == []


def test_whoever_is_signed_in_it_shows_nothing_of_a_record(link, client, eve):
    client.force_login(eve)
    assert "Eve" not in client.get(link).text


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete"])
def test_robots_that_look_at_links_spend_nothing(link, robot, method):
    getattr(robot, method)(link)
    getattr(robot, method)(f"{link}?answer=done")
    assert said() == []
    assert "Done" in robot.get(link).text


def test_done_stops_every_further_step(link, client, overdue, dispatched):
    next_step = overdue(
        "b",
        due_at=timezone.now() + DAY,
        expires_at=timezone.now() + 2 * DAY,
        about_at=dispatched.occurrence.about_at,
    )
    answered = client.post(link, {"answer": "done"}, follow=True)
    next_step.refresh_from_db()
    assert (said(), next_step.state) == (["done"], "cancelled")
    assert "Sign in and enter it" in answered.text


def test_done_invents_no_infusion(link, client, patient):
    client.post(link, {"answer": "done"})
    assert not patient.infusions.exists()


def test_after_done_the_diary_offers_to_enter_it(link, client, alice, patient):
    page = client.post(link, {"answer": "done"}, follow=True).text
    onward = re.search(r'href="(/patients/[^"]+/open/)"', page)[1]
    assert client.get(onward).url.startswith("/accounts/login/")
    client.force_login(alice)
    assert (
        client.get(onward).url == f"/patients/{patient.public_id}/ivig/infusions/new/"
    )


def test_not_this_time_stops_it_too(link, client):
    page = client.post(link, {"answer": "skipped"}, follow=True).text
    assert said() == ["skipped"]
    assert "not this time" in page
    assert "Remind me later" not in page


@pytest.mark.parametrize("later", ["hour", "evening", "tomorrow"])
def test_a_snooze_reminds_again(link, client, patient, later):
    page = client.post(link, {"answer": later}, follow=True).text
    assert "You will be reminded again on" in page
    assert patient.occurrences.get(key__startswith="later:").due_at > timezone.now()
    assert said() == ["snoozed"]


def test_a_press_that_is_sent_twice_counts_once(link, client):
    client.post(link, {"answer": "done"})
    client.post(link, {"answer": "done"})
    assert said() == ["done"]


@pytest.mark.parametrize("word", ["", "seen", "snoozed", "no such word"])
def test_a_word_that_is_not_offered_is_not_kept(link, client, word):
    assert client.post(link, {"answer": word}).status_code == 200
    assert said() == []


def test_a_notice_can_only_be_seen(notice_link, client):
    client.post(notice_link, {"answer": "done"})
    assert said() == []
    page = client.post(notice_link, {"answer": "seen"}, follow=True).text
    assert said() == ["seen"]
    assert "The others see that you have seen it" in page


def test_the_link_of_someone_who_lost_access_is_dead(notice_link, client, patient):
    patient.grants.update(revoked_at=timezone.now())
    assert client.get(notice_link).status_code == 404
    assert client.post(notice_link, {"answer": "seen"}).status_code == 404
    assert said() == []


def test_the_link_of_someone_whose_account_is_closed_is_dead(link, client, alice):
    alice.is_active = False
    alice.save()
    assert client.get(link).status_code == 404


def test_a_link_ends_a_week_after_it_was_due(link, client):
    due_at = timezone.now() - 7 * DAY
    Occurrence.objects.update(due_at=due_at, expires_at=due_at + DAY)
    assert client.post(link, {"answer": "done"}).status_code == 404
    Occurrence.objects.update(due_at=due_at + timedelta(minutes=5))
    assert client.get(link).status_code == 200


def test_an_unknown_link_says_nothing(client, db):
    response = client.get("/answer/no-such-link/")
    assert response.status_code == 404
    assert "This link does not work" in response.text


def test_it_is_kept_out_of_caches_referrers_and_search(link, client):
    response = client.get(link)
    assert response["Referrer-Policy"] == "strict-origin"
    assert "no-store" in response["Cache-Control"]
    assert '<meta name="robots" content="noindex, nofollow">' in response.text


def test_a_press_needs_the_token_of_the_page(link):
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(link, {"answer": "done"}).status_code == 403
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', strict.get(link).text)[1]
    sent = {"answer": "done", "csrfmiddlewaretoken": token}
    assert strict.post(link, sent).status_code == 302
    assert said() == ["done"]


def test_one_address_cannot_try_for_ever(db, client, monkeypatch):
    monkeypatch.setattr("notifications.views.answering.PER_MINUTE", 3)
    found = [client.get(f"/answer/{n}/").status_code for n in range(5)]
    assert found == [404, 404, 404, 429, 429]


def test_another_persons_done_shows_on_the_page(link, client, dispatched, viewer):
    Answer.objects.create(
        occurrence=dispatched.occurrence, user=viewer, what="done", at=timezone.now()
    )
    assert "done. You will not be reminded" in client.get(link).text
