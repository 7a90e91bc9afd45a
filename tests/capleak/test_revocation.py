"""Revoking ends every artefact: each is fetched before, and again right after."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from diary.import_service import store
from diary.models import ImportRun
from notifications import services
from notifications.models import Delivery, Occurrence
from prophylaxis.calendar import make
from sharing.models import Category, Grant, Patient, Topic, User
from sharing.services import InvitationDraft, invite
from tests.conftest import make_user
from tests.sharing.rows import waiting_file

pytestmark = pytest.mark.slow

HTMX = {"HX-Request": "true"}


@pytest.fixture
def ben(grant_to: Callable[..., Grant]) -> User:
    """May do everything, and is told when help is asked for."""
    user = make_user("ben")
    grant_to(user, "log", "export", "manage", told=[Topic.HELP])
    return user


@pytest.fixture
def revoke_ben(
    sign_in: Callable[[User], Client], alice: User, ben: User, patient: Patient
) -> Callable[[], None]:
    """Press "Yes, remove"."""

    def press() -> None:
        grant = Grant.objects.get(user=ben)
        where = f"/patients/{patient.public_id}/sharing/{grant.public_id}/revoke/"
        assert sign_in(alice).post(where).status_code == 302

    return press


def ask_for_help(patient: Patient, key: str) -> int:
    """A notice to the circle whose mail to Ben is about to leave; its delivery."""
    with Patient.objects.writing(patient):
        services.tell_circle(
            patient,
            kind=Occurrence.Kind.HELP,
            topic=Topic.HELP,
            subject="help",
            key=key,
            now=timezone.now(),
            urgency=Occurrence.Urgency.URGENT,
        )
    services.sweep()
    return Delivery.objects.latest("pk").pk


def opened_by(user: User, patient: Patient) -> Patient:
    return Patient.objects.visible_to(user).get(pk=patient.pk)


def test_every_artefact_delivers_before_and_nothing_does_after(
    patient, ben, sign_in, revoke_ben
):
    record = f"/patients/{patient.public_id}/"
    browser, anybody = sign_in(ben), Client()
    run = waiting_file(ben, patient)
    feed = make(opened_by(ben, patient), by=ben, past=False, plain=False)
    _grant, token = invite(
        patient, InvitationDraft("puppet@example.org", "caregiver", ("view",)), by=ben
    )
    notice = Delivery.objects.get(pk=ask_for_help(patient, "help:1"))
    services.deliver(notice.pk)
    Delivery.objects.filter(pk=notice.pk).update(state="sent")
    artefacts: dict[str, Callable[[], Any]] = {
        "page": lambda: browser.get(record),
        "open poll of a page": lambda: browser.get(f"{record}timeline/", headers=HTMX),
        "progress of an import": lambda: browser.get(
            f"{record}import/{run.public_id}/", headers=HTMX
        ),
        "file": lambda: browser.get(f"{record}download/"),
        "form sent": lambda: browser.post(f"{record}timeline/search/", {"words": "a"}),
        "calendar feed": lambda: anybody.get(f"/calendar/{feed}.ics"),
        "link in a message": lambda: anybody.get(f"/answer/{notice.secret}/"),
        "invitation they sent": lambda: anybody.get(f"/invitations/{token}/"),
        "message followed": lambda: browser.get(
            f"{record}reminders/{notice.occurrence_id}/open/"
        ),
    }
    before = {name: fetch().status_code for name, fetch in artefacts.items()}
    assert {n: s for n, s in before.items() if s not in {200, 302}} == {}
    revoke_ben()
    after = {name: fetch().status_code for name, fetch in artefacts.items()}
    assert after == dict.fromkeys(artefacts, 404)


def test_a_message_that_was_about_to_leave_stays(patient, ben, revoke_ben):
    first = ask_for_help(patient, "help:1")
    services.deliver(first)
    assert [message.to for message in mail.outbox] == [["ben@example.org"]]
    waiting = ask_for_help(patient, "help:2")
    revoke_ben()
    mail.outbox.clear()
    services.deliver(waiting)
    assert mail.outbox == []


def test_a_file_that_was_handed_to_a_worker_is_not_stored(patient, ben, revoke_ben):
    run = waiting_file(ben, patient)
    revoke_ben()
    store(run.pk)
    run.refresh_from_db()
    assert (run.state, run.content) == (ImportRun.State.FAILED, "")
    assert not patient.measurements.exists()


def test_a_grant_given_anew_does_not_revive_the_old_calendar_link(
    patient, ben, revoke_ben, grant_to
):
    feed = make(opened_by(ben, patient), by=ben, past=False, plain=False)
    revoke_ben()
    grant_to(ben)
    assert Client().get(f"/calendar/{feed}.ics").status_code == 404


@pytest.mark.parametrize("category", Category)
def test_what_is_hidden_later_is_hidden_on_the_next_request(
    patient, ben, sign_in, category
):
    """Not only removal: a change of what somebody sees counts at once as well."""
    own = patient.custom_symptoms.create(label="Octopus feet")
    checkin = patient.checkins.model(patient=patient, note="my note", tags=["period"])
    checkin.set_moment(timezone.now(), patient.zone)
    checkin.save()
    checkin.symptoms.create(custom=own, severity=1)
    words = {
        Category.NOTES: "my note",
        Category.OWN_SYMPTOMS: "Octopus feet",
        Category.PERIOD: "period",
    }[category]
    browser = sign_in(ben)
    page = f"/patients/{patient.public_id}/timeline/"
    assert words in browser.get(page).content.decode()
    Grant.objects.filter(user=ben).update(hidden=[category])
    assert words not in browser.get(page).content.decode()


def test_who_waits_to_be_let_in_by_their_link_waits_no_more(
    patient, alice, ben, sign_in, revoke_ben
):
    """A link that names nobody was opened; then whoever made it is removed."""
    made, token = invite(patient, InvitationDraft("", "caregiver", ("view",)), by=ben)
    carol, maker = sign_in(make_user("carol")), sign_in(ben)
    carol.get(f"/invitations/{token}/")
    carol.post("/invitation/", {"answer": "accept"})
    sharing = f"/patients/{patient.public_id}/sharing/"
    poll = f"{sharing}{made.public_id}/waiting/"
    assert carol.get("/invitation/", headers=HTMX).status_code == 204
    assert maker.get(poll, headers=HTMX).status_code == 200
    revoke_ben()
    assert maker.get(poll, headers=HTMX).status_code == 404
    asked = carol.get("/invitation/", headers=HTMX)
    assert asked.headers["HX-Redirect"] == "/invitation/"
    assert carol.get("/invitation/").status_code == 404
    sign_in(alice).post(f"{sharing}{made.public_id}/admit/", {"answer": "yes"})
    assert carol.get(f"/patients/{patient.public_id}/").status_code == 404


def test_a_preview_ends_with_either_of_the_two(
    patient, alice, ben, viewer, sign_in, revoke_ben
):
    record = f"/patients/{patient.public_id}/"
    grant = {user: Grant.objects.get(user=user).public_id for user in (ben, viewer)}
    looks, owner = sign_in(ben), sign_in(alice)
    looks.post(f"{record}sharing/{grant[viewer]}/preview/")
    owner.post(f"{record}sharing/{grant[ben]}/preview/")
    for browser in (looks, owner):
        assert browser.get(f"{record}timeline/").context["patient"].preview_of
    revoke_ben()
    assert looks.get(f"{record}timeline/").status_code == 404
    assert owner.get(f"{record}timeline/").context["patient"].preview_of is None
