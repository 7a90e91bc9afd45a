"""Seeing the diary as somebody else sees it: as they would, and for looking alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from sharing.models import AccessEvent, Grant, Patient, User
from sharing.preview import PREVIEW_LIFE

pytestmark = pytest.mark.slow

BANNER = "This is what"


@pytest.fixture
def url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/"


@pytest.fixture
def look_as(
    url: str, sign_in: Callable[[User], Client], alice: User
) -> Callable[..., Client]:
    """A browser in which `by` (Alice) sees the diary as the holder of a grant."""

    def begin(seen: User, by: User = alice) -> Client:
        browser = sign_in(by)
        grant = Grant.objects.get(user=seen)
        answer = browser.post(f"{url}sharing/{grant.public_id}/preview/")
        assert answer.headers["Location"] == url
        return browser

    return begin


def note_in(patient: Patient, text: str) -> None:
    at = timezone.now() - timedelta(hours=1)
    checkin = patient.checkins.model(patient=patient, no_symptoms=True, note=text)
    checkin.set_moment(at, patient.zone)
    checkin.save()


def test_a_banner_says_whose_eyes_these_are_and_how_to_get_back(look_as, viewer, url):
    browser = look_as(viewer)
    for page in ("", "timeline/", "attacks/", "ivig/"):
        text = browser.get(url + page).content.decode()
        assert "This is what Viewer sees." in text
        assert "You are looking at Alice’s diary" in text
    answer = browser.post(f"{url}sharing/preview/end/")
    assert answer.headers["Location"] == f"{url}sharing/"
    assert BANNER not in browser.get(url).content.decode()


def test_hidden_notes_are_hidden_in_the_preview_too(look_as, viewer, url, patient):
    note_in(patient, "after the stairs")
    Grant.objects.filter(user=viewer).update(hidden=["notes"])
    browser = look_as(viewer)
    assert "after the stairs" not in browser.get(f"{url}timeline/").content.decode()
    browser.post(f"{url}sharing/preview/end/")
    assert "after the stairs" in browser.get(f"{url}timeline/").content.decode()


def test_a_page_that_they_cannot_open_says_so_and_shows_the_way_back(
    look_as, viewer, url
):
    answer = look_as(viewer).get(f"{url}settings/")
    assert answer.status_code == 403
    text = answer.content.decode()
    assert "Viewer cannot open this page" in text
    assert f"{url}sharing/preview/end/" in text


def test_nothing_is_saved_and_what_was_typed_can_be_saved_as_oneself(
    look_as, logger_, url, patient, alice
):
    """Whoever falls ill during a preview must not type anything twice."""
    browser = look_as(logger_)
    fields = {
        "client_id": "7f4df4b6-8cc6-4f19-9a3f-8a0c6c35b6a1",
        "s_fatigue": "2",
        "note": 'so "tired" <b>today</b>',
    }
    refused = browser.post(f"{url}checkins/new/", fields)
    assert refused.status_code == 403
    assert not patient.checkins.exists()
    text = refused.content.decode()
    assert "so &quot;tired&quot; &lt;b&gt;today&lt;/b&gt;" in text
    kept = re.findall(r'type="hidden" name="(\w+)"', text)
    assert {*fields, "as_myself"} <= set(kept)
    answer = browser.post(f"{url}checkins/new/", fields | {"as_myself": "1"})
    assert answer.status_code == 302
    [checkin] = patient.checkins.all()
    assert (checkin.note, checkin.entered_by) == (fields["note"], alice)
    assert BANNER not in browser.get(url).content.decode()


def test_it_ends_by_itself(look_as, viewer, url):
    browser = look_as(viewer)
    with time_machine.travel(timezone.now() + PREVIEW_LIFE, tick=False):
        assert BANNER not in browser.get(url).content.decode()
        assert browser.get(f"{url}settings/").status_code == 200


@pytest.mark.parametrize(
    "ended",
    [
        {"revoked_at": timezone.now()},
        {
            "starts_at": timezone.now() - timedelta(days=9),
            "expires_at": timezone.now() - timedelta(days=1),
        },
    ],
)
def test_it_ends_with_the_grant_that_is_looked_at(look_as, viewer, url, ended):
    browser = look_as(viewer)
    Grant.objects.filter(user=viewer).update(**ended)
    assert BANNER not in browser.get(url).content.decode()


def test_what_has_ended_cannot_be_looked_at(sign_in, alice, viewer, url):
    Grant.objects.filter(user=viewer).update(revoked_at=timezone.now())
    where = f"{url}sharing/{Grant.objects.get(user=viewer).public_id}/preview/"
    browser = sign_in(alice)
    assert browser.post(where).headers["Location"] == f"{url}sharing/"
    assert BANNER not in browser.get(url).content.decode()


def test_an_invitation_can_be_looked_at_before_it_is_accepted(
    sign_in, alice, send_to, url
):
    grant, _ = send_to("ben@example.org", "log", hidden=("notes",))
    browser = sign_in(alice)
    browser.post(f"{url}sharing/{grant.public_id}/preview/")
    assert "This is what ben@example.org sees." in browser.get(url).content.decode()


def test_it_holds_for_this_record_alone(look_as, viewer, eve, alice):
    hers = eve.own_record
    now = timezone.now()
    Grant.objects.create(
        patient=hers,
        user=alice,
        kind="caregiver",
        permissions=["view", "log"],
        accepted_at=now,
        invitation_expires_at=now,
        token_hash="of another",
    )
    browser = look_as(viewer)
    page = browser.get(f"/patients/{hers.public_id}/checkins/new/")
    assert page.status_code == 200
    assert BANNER not in page.content.decode()


@pytest.mark.parametrize(
    ("who", "status"), [("viewer", 403), ("doctor", 403), ("eve", 404)]
)
def test_only_who_manages_looks_as_somebody_else(
    request, sign_in, url, manager, who, status
):
    grant = Grant.objects.get(user=manager)
    browser = sign_in(request.getfixturevalue(who))
    answer = browser.post(f"{url}sharing/{grant.public_id}/preview/")
    assert answer.status_code == status


def test_a_manager_sees_no_more_by_looking_as_somebody_who_may(
    sign_in, url, patient, viewer, doctor, grant_to, look_as
):
    """Without the permission to take entries out, and without the notes."""
    note_in(patient, "after the stairs")
    Grant.objects.filter(user=viewer).delete()
    grant_to(viewer, "manage", hidden=["notes"])
    browser = look_as(doctor, by=viewer)
    assert browser.get(f"{url}download/").status_code == 403
    assert "after the stairs" not in browser.get(f"{url}timeline/").content.decode()


def test_a_manager_who_was_removed_while_looking_is_a_stranger(
    look_as, viewer, manager, url
):
    browser = look_as(viewer, by=manager)
    Grant.objects.filter(user=manager).update(revoked_at=timezone.now())
    assert browser.get(url).status_code == 404


def test_a_managers_looks_stay_in_the_log_under_their_own_name(
    look_as, viewer, manager, url, patient
):
    browser = look_as(viewer, by=manager)
    browser.get(f"{url}timeline/")
    browser.get(f"{url}settings/")
    events = AccessEvent.objects.filter(patient_pk=patient.pk).order_by("pk")
    grant = Grant.objects.get(user=manager)
    assert {(e.actor_pk, e.grant_pk) for e in events} == {(manager.pk, grant.pk)}
    assert [(e.route, e.allowed) for e in events] == [
        ("sharing:preview", True),
        ("timeline", True),
        ("settings", False),
    ]


def test_the_owners_preview_leaves_no_line_in_somebody_elses_name(
    look_as, viewer, url, patient
):
    look_as(viewer).get(f"{url}timeline/")
    assert not AccessEvent.objects.filter(patient_pk=patient.pk).exists()
