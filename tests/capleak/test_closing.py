"""Closing a record after a death, and opening it again."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, get_resolver, reverse
from django.utils import timezone

from attacks import numbers
from attacks.models import Attack
from capleak import closing
from diary.models import CheckIn, ImportRun, ProdromeFlag
from notifications.models import Occurrence, Preferences, Schedule
from notifications.planners import extend, keep_reminding
from notifications.recipients import recipients
from notifications.services import preferences_of
from prophylaxis.calendar import entries
from prophylaxis.models import CalendarFeed, MedicinePlan, Plan
from prophylaxis.services import extend_reminders, replan, standing
from sharing.closed import STILL_TAKEN
from sharing.models import AccessEvent, HandOver, Patient, User
from tests.conftest import make_user
from tests.sharing.matrix import RECORD
from tests.sharing.proxy_parts import child_of, run_by
from tests.sharing.roles import routes
from tests.sharing.rows import bare_checkin, closed_flag, notice_of, waiting_file

ROUTES = {route.name: route for route in routes(get_resolver())}


@pytest.fixture
def record(alice: User) -> Patient:
    """Mia's record, run by Alice."""
    return child_of(alice)


@pytest.fixture
def closed(record: Patient, alice: User) -> Patient:
    closing.close(record, "She loved the sea.", by=alice)
    return Patient.objects.get(pk=record.pk)


def url(record: Patient, end: str = "") -> str:
    return f"/patients/{record.public_id}/{end}"


FORM = {"memorial": "She loved the sea.", "sure": "on"}


# --- Who may, and how ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 302), ("viewer", 403), ("eve", 404)]
)
def test_only_who_manages_closes_it(request, sign_in, record, who, status):
    user = request.getfixturevalue(who)
    if who == "viewer":
        run_by(record, user, "log", "export")
    assert sign_in(user).post(url(record, "closing/"), FORM).status_code == status
    record.refresh_from_db()
    assert record.is_closed is (status == 302)


def test_who_manages_it_for_a_time_does_not_close_it(sign_in, record):
    carer, ends = make_user("carer"), timezone.now() + timedelta(days=7)
    run_by(record, carer, expires_at=ends)
    page = sign_in(carer).post(url(record, "closing/"), FORM, follow=True)
    assert "Only who manages it without an end can close it." in page.content.decode()
    with pytest.raises(PermissionDenied):
        closing.close(record, "", by=carer)
    record.refresh_from_db()
    assert not record.is_closed


def test_who_manages_it_for_a_time_opens_it_again(sign_in, closed):
    """What was closed by mistake gives no alarm, so all who manage it may undo it."""
    carer, ends = make_user("carer"), timezone.now() + timedelta(days=7)
    run_by(closed, carer, expires_at=ends)
    sign_in(carer).post(url(closed, "closing/end/"))
    closed.refresh_from_db()
    assert not closed.is_closed


def test_it_takes_a_second_step_and_keeps_the_words(sign_in, alice, record):
    page = sign_in(alice).post(url(record, "closing/"), FORM | {"sure": ""})
    text = page.content.decode()
    assert "Tick this to close the diary." in text
    assert "She loved the sea." in text
    record.refresh_from_db()
    assert not record.is_closed


def test_nobody_closes_their_own_record(sign_in, alice, patient):
    answer = sign_in(alice).post(url(patient, "closing/"), FORM)
    assert "This is your own diary" in answer.content.decode()
    with pytest.raises(closing.OwnRecord):
        closing.close(patient, "", by=alice)


def test_closed_twice_the_first_time_stands(closed, record, alice):
    before = closed.closed_at
    assert closing.close(closed, "Other words", by=alice) is False
    closed.refresh_from_db()
    assert (closed.closed_at, closed.memorial) == (before, "She loved the sea.")


def test_who_could_undo_it_is_told_by_mail_without_health(
    record, alice, django_capture_on_commit_callbacks
):
    run_by(record, make_user("ben"))
    run_by(record, make_user("cleo"), "log")
    with django_capture_on_commit_callbacks(execute=True):
        closing.close(record, "", by=alice)
    (sent,) = mail.outbox
    assert sent.to == ["ben@example.org"]
    assert "Alice has closed the diary of Mia" in sent.body
    assert "leak" not in (sent.subject + sent.body).lower()


def test_the_owner_of_a_record_that_was_closed_by_mistake_is_told_and_opens_it(
    patient, manager, sign_in, alice, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        closing.close(patient, "", by=manager)
    assert [sent.to for sent in mail.outbox] == [["alice@example.org"]]
    browser = sign_in(alice)
    page = browser.get(url(patient)).content.decode()
    assert "Your diary was closed" in page
    assert "Open my diary again" in page
    browser.post(url(patient, "closing/end/"))
    assert "How are you today, Alice?" in browser.get(url(patient)).content.decode()


# --- What stops ---------------------------------------------------------------------


def test_the_open_flag_closes_and_says_why(record, alice):
    flag = closed_flag(record)
    ProdromeFlag.objects.filter(pk=flag.pk).update(closed_at=None, closed_why="")
    closing.close(record, "", by=alice)
    flag.refresh_from_db()
    assert flag.closed_why == "record"


def test_nothing_that_was_planned_is_sent(record, alice):
    preferences_of(record)
    with Patient.objects.writing(record):
        keep_reminding(
            record,
            "checkin",
            Occurrence.Kind.CHECKIN,
            times=[timezone.now().time()],
            first_on=timezone.now().date() - timedelta(days=1),
        )
    told = notice_of(record)
    assert recipients([told])  # the circle is somebody's to fill
    closing.close(record, "", by=alice)
    pending = Occurrence.objects.filter(patient=record, state="pending")
    assert not pending.exists()
    Preferences.objects.filter(patient=record).update(keep_at=timezone.now())
    extend()
    assert not pending.exists()
    assert Schedule.objects.filter(patient=record).exists()  # for when it opens again


def test_nobody_is_told_of_a_closed_record_even_of_what_was_on_its_way(
    patient, manager, viewer, grant_to
):
    patient.grants.filter(user=viewer).update(told=["help"])
    notice = notice_of(patient)
    own = Occurrence(pk=notice.pk + 1, patient=patient)
    assert recipients([notice, own]) == {
        notice.pk: {viewer.pk},
        own.pk: {patient.owner_id},
    }
    closing.close(patient, "", by=manager)
    assert set().union(*recipients([notice, own]).values()) == set()


def test_infusions_are_due_no_more(record, alice):
    Plan.objects.create(
        patient=record,
        product="Gammaplex",
        dose_g_per_kg=2,
        first_on=timezone.now().date() + timedelta(days=3),
        local_time="08:00",
        zone="Europe/Berlin",
        remind_days_before=[1],
    )
    with Patient.objects.writing(record):
        replan(record)
    feed = CalendarFeed.objects.create(patient=record, user=alice, token_hash="x")
    assert entries(feed, record, timezone.now())
    closing.close(record, "", by=alice)
    assert extend_reminders() == 0
    assert standing(record, timezone.now()).due is None
    assert entries(feed, record, timezone.now()) == []


def test_a_file_that_waits_is_given_up_and_its_content_forgotten(record, alice):
    run = waiting_file(alice, record)
    closing.close(record, "", by=alice)
    run.refresh_from_db()
    assert (run.state, run.content) == (ImportRun.State.FAILED, "")


def test_an_offer_to_hand_it_over_ends(record, alice):
    from sharing.hand_over import offer

    offer(record, "mia@example.org", by=alice)
    closing.close(record, "", by=alice)
    assert not HandOver.objects.standing().exists()


def test_time_is_not_observed_after_it(record, alice):
    closing.close(record, "", by=alice)
    long_ago = timezone.now() - timedelta(days=400)
    Patient.objects.filter(pk=record.pk).update(closed_at=long_ago)
    opened = Patient.objects.visible_to(alice).get(pk=record.pk)
    assert numbers.read(opened, timezone.now()).now == long_ago


# --- It is read only ----------------------------------------------------------------

WRITES = {
    "diary:checkin_new": {"no_symptoms": "on"},
    "attacks:start": {"begins": "leak_start"},
    "settings": {"name": "Other"},
    "prophylaxis:plan": {"product": "X"},
    "reminders:edit": {},
    "diary:profile": {"kind": "acute"},
}


@pytest.mark.parametrize("name", WRITES)
def test_what_would_be_written_is_refused_kindly(sign_in, alice, closed, name):
    answer = sign_in(alice).post(reverse(name, args=[closed.public_id]), WRITES[name])
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "This diary is closed, so nothing was saved" in page
    assert "To the first page" in page
    assert Patient.objects.get(pk=closed.pk).version == closed.version


@pytest.mark.parametrize("end", ["checkins/new/", "settings/", "ivig/plan/", "merge/"])
def test_a_form_that_could_keep_nothing_is_not_shown(sign_in, alice, closed, end):
    assert sign_in(alice).get(url(closed, end)).status_code == 409


def address_of(name: str, record: Patient) -> str:
    """The address of a page of a record, whatever else stands in it."""
    params = ROUTES[name].params - {"patient"}
    for other in (uuid4(), 1):
        try:
            found = {"patient": record.public_id, **dict.fromkeys(params, other)}
            return reverse(name, kwargs=found)
        except NoReverseMatch:
            continue
    raise AssertionError(name)


def takes(browser: Client, name: str, record: Patient) -> bool:
    """Whether an address takes what is sent to a closed record; nothing is kept."""
    with transaction.atomic():
        answer = browser.post(address_of(name, record))
        transaction.set_rollback(True)
    return answer.status_code != 409


@pytest.mark.slow
def test_every_address_that_writes_is_closed_but_those_that_are_named(
    sign_in, alice, closed
):
    """Pages of tomorrow too: what is not named in sharing.closed takes nothing."""
    browser = sign_in(alice)
    writes = {name for name, page in RECORD.items() if page.post}
    taken = {name for name in writes if takes(browser, name, closed)}
    assert taken == {name for name in writes if name.startswith(STILL_TAKEN)}


def test_a_refused_write_of_somebody_else_stands_in_the_log(sign_in, closed):
    ben = make_user("ben")
    run_by(closed, ben, "log")
    sign_in(ben).post(url(closed, "checkins/new/"), {"no_symptoms": "on"})
    line = AccessEvent.objects.get(patient_pk=closed.pk, actor_pk=ben.pk)
    assert (line.route, line.allowed) == ("diary:checkin_new", False)


def test_who_may_not_write_anyway_is_told_that(sign_in, closed):
    ben = make_user("ben")
    run_by(closed, ben, "export")
    answer = sign_in(ben).post(url(closed, "checkins/new/"), {"no_symptoms": "on"})
    assert answer.status_code == 403


def test_no_service_of_the_worker_adds_to_it(closed, alice):
    """A file that was queued in another moment finds a diary that takes nothing."""
    from diary.import_service import store

    run = waiting_file(alice, closed)
    store(run.pk)
    run.refresh_from_db()
    assert run.state == ImportRun.State.FAILED
    assert not CheckIn.objects.filter(patient=closed).exists()


READ = ["", "timeline/", "attacks/", "attacks/numbers/", "ivig/", "year/", "help/"]
READ += ["sharing/", "sharing/running/", "sharing/log/", "flags/", "profile/"]


@pytest.mark.parametrize("end", READ)
def test_it_is_read_as_before_and_asks_for_nothing(sign_in, alice, record, end):
    bare_checkin(record)
    Attack.objects.create(
        patient=record, leak_start=timezone.now(), ongoing=True, zone="UTC"
    )
    Plan.objects.create(
        patient=record,
        product="Gammaplex",
        dose_g_per_kg=2,
        first_on=timezone.now().date() - timedelta(days=60),
        local_time="08:00",
        zone="Europe/Berlin",
    )
    closing.close(record, "", by=alice)
    answer = sign_in(alice).get(url(record, end))
    assert answer.status_code == 200
    page = answer.content.decode()
    for asking in ("overdue", "Attack open", "Attack starting", "Log an infusion"):
        assert asking not in page
    assert "This diary was closed on" in page


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("take-out/", {}),
        ("exports/", {"which": "all", "file_format": "csv"}),
        ("exports/", {"which": "all", "file_format": "summary"}),
        ("exports/", {"which": "all", "file_format": "fhir-summary"}),
    ],
)
def test_a_closed_diary_is_still_handed_out(sign_in, alice, closed, address, sent):
    answer = sign_in(alice).post(url(closed, address), sent)
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    assert len(answer.getvalue()) > 1000


def test_searching_writes_nothing_and_is_still_taken(sign_in, alice, closed):
    answer = sign_in(alice).post(url(closed, "timeline/search/"), {"words": "sea"})
    assert answer.status_code == 200


def test_all_of_it_can_be_taken_out(sign_in, alice, closed):
    browser = sign_in(alice)
    assert browser.get(url(closed, "take-out/")).status_code == 200
    answer = browser.post(url(closed, "take-out/"))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer.getvalue()[:2] == b"PK"


def test_people_can_still_be_invited_and_removed(sign_in, alice, closed, viewer):
    grant = run_by(closed, viewer, "log")
    browser = sign_in(alice)
    form = {"email": "aunt@example.org", "kind": "caregiver", "ends": "never"}
    assert browser.post(url(closed, "sharing/invite/"), form).status_code == 200
    gone = browser.post(url(closed, f"sharing/{grant.public_id}/revoke/"))
    assert gone.status_code == 302


def test_somebody_else_can_be_asked_to_look_after_it(sign_in, alice, closed):
    """Else the last manager of a closed record could never leave it."""
    form = {"email": "aunt@example.org", "kind": "caregiver", "ends": "never"}
    form |= {"permissions": ["export", "manage"]}
    sign_in(alice).post(url(closed, "sharing/invite/"), form)
    invited = closed.grants.get(invited_email="aunt@example.org")
    assert invited.permissions == ["view", "export", "manage"]


# --- In memory, and open again ------------------------------------------------------


def test_its_first_page_is_in_memory_of_them(sign_in, alice, closed, viewer):
    run_by(closed, viewer, "log")
    for user in (alice, viewer):
        page = sign_in(user).get(url(closed)).content.decode()
        assert "In memory of Mia" in page
        assert "She loved the sea." in page


def test_the_words_can_be_changed_by_who_manages(sign_in, alice, closed):
    browser = sign_in(alice)
    browser.post(url(closed, "closing/memorial/"), {"memorial": "<b>Her sea</b>"})
    page = browser.get(url(closed)).content.decode()
    assert "&lt;b&gt;Her sea&lt;/b&gt;" in page


def test_words_stand_only_over_a_closed_record(sign_in, alice, record):
    sign_in(alice).post(url(record, "closing/memorial/"), {"memorial": "Words"})
    record.refresh_from_db()
    assert record.memorial == ""


def test_opened_again_it_reminds_from_now_on(sign_in, alice, record):
    preferences_of(record)
    MedicinePlan.objects.create(
        patient=record,
        name="Theophylline",
        dose="200 mg",
        times=["08:00"],
        zone="UTC",
        valid_from="2020-02-03",
        remind=True,
    )
    closing.close(record, "", by=alice)
    browser = sign_in(alice)
    browser.post(url(record, "closing/end/"))
    record.refresh_from_db()
    assert (record.closed_at, record.closed_by) == (None, None)
    planned = Occurrence.objects.coming(record)
    assert planned.exists()
    assert planned[0].due_at > timezone.now()
    answer = browser.get(url(record, "checkins/new/"))
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 302), ("viewer", 403), ("eve", 404)]
)
def test_only_who_manages_opens_it_again(request, sign_in, closed, who, status):
    user = request.getfixturevalue(who)
    if who == "viewer":
        run_by(closed, user, "log", "export")
    assert sign_in(user).post(url(closed, "closing/end/")).status_code == status
