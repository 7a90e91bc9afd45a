"""The access log: complete, in plain words, and closed to changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from sharing import accesslog
from sharing.access import device_of
from sharing.logfilter import LogForm, readers
from sharing.models import AccessEvent, Patient, User
from tests.sharing.matrix import RECORD

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"
LAPTOP = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15"


def log_url(patient: Patient) -> str:
    return f"/patients/{patient.public_id}/sharing/log/"


def look(patient: Patient, actor: User, at: datetime, **fields: object) -> AccessEvent:
    defaults = {"permission": "view", "route": "timeline", "method": "GET"}
    return AccessEvent.objects.create(
        patient_pk=patient.pk,
        actor_pk=actor.pk,
        at=at,
        device="phone",
        **{"allowed": True} | defaults | fields,
    )


def test_a_line_says_who_what_when_and_with_what(sign_in, alice, patient, viewer):
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    look(patient, viewer, at, grant_kind="caregiver")
    page = sign_in(alice).get(log_url(patient)).content.decode()
    assert "<strong>Viewer</strong> opened the timeline" in " ".join(page.split())
    assert "Caregiver · phone" in page
    assert "Tuesday 24 November 2026" in page  # the day in Berlin
    assert ">00:30</time>" in page


def test_what_was_refused_is_said(sign_in, alice, patient, viewer):
    sign_in(viewer).get(f"/patients/{patient.public_id}/settings/")
    page = sign_in(alice).get(log_url(patient)).content.decode()
    assert "opened the settings" in page
    assert "was refused" in page


def test_a_reader_who_has_left_is_said_to_have_left(sign_in, alice, patient, viewer):
    look(patient, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    viewer.delete()
    page = sign_in(alice).get(log_url(patient)).content.decode()
    assert "someone who has since left" in page


def test_managers_are_in_the_log_like_anyone(sign_in, patient, manager):
    browser = sign_in(manager)
    browser.get(log_url(patient))
    assert "opened this log" in browser.get(log_url(patient)).content.decode()


def test_the_owner_is_not_in_the_log(sign_in, alice, patient):
    sign_in(alice).get(f"/patients/{patient.public_id}/timeline/")
    page = sign_in(alice).get(log_url(patient)).content.decode()
    assert "Nobody else has looked yet." in page


@pytest.mark.parametrize(
    ("route", "method", "sent", "words"),
    [
        ("exports", "post", {"which": "all", "file_format": "csv"}, "exported the"),
        ("exports", "post", {"which": "all", "file_format": "summary"}, "exported the"),
        ("takeout", "post", {}, "took the whole diary out as a file"),
        ("diary:download", "get", {}, "downloaded the entries"),
        ("prophylaxis:lots_csv", "post", {"number": "L1"}, "saved the result of a"),
        ("account_takeout", "post", {}, "took the account and the whole diary out"),
    ],
)
def test_what_the_owner_takes_out_is_in_the_log_once(
    sign_in, alice, patient, manager, route, method, sent, words
):
    browser = sign_in(alice)
    ids = {} if route == "account_takeout" else {"patient": patient.public_id}
    answer = getattr(browser, method)(reverse(route, kwargs=ids), sent)
    assert answer.getvalue()
    assert "attachment" in answer["Content-Disposition"]
    (line,) = AccessEvent.objects.filter(patient_pk=patient.pk)
    assert (line.actor_pk, line.route, line.permission) == (alice.pk, route, "export")
    assert (line.allowed, line.grant_pk, line.grant_kind) == (True, None, "")
    assert line.method == AccessEvent.FILE
    page = " ".join(browser.get(log_url(patient)).content.decode().split())
    assert f"<strong>You</strong> {words}" in page
    theirs = " ".join(sign_in(manager).get(log_url(patient)).content.decode().split())
    assert f"<strong>Alice</strong> {words}" in theirs


FILES = {
    "exports": ("post", {"which": "all", "file_format": "csv"}),
    "takeout": ("post", {}),
    "diary:download": ("get", {}),
    "prophylaxis:lots_csv": ("post", {"number": "L1"}),
}


@pytest.mark.parametrize("route", FILES)
def test_what_somebody_else_takes_out_is_asked_for_and_then_leaves(
    sign_in, patient, manager, route
):
    method, sent = FILES[route]
    answer = getattr(sign_in(manager), method)(
        reverse(route, args=[patient.public_id]), sent
    )
    assert answer.getvalue()
    lines = AccessEvent.objects.filter(patient_pk=patient.pk).order_by("pk")
    assert [line.method for line in lines] == [method.upper(), "FILE"]
    asked, left = (accesslog.words(line.route, line.method) for line in lines)
    assert asked.startswith("asked for")
    assert left == accesslog.TAKEN[route]
    assert {line.grant_pk for line in lines} == {manager.grants.get().pk}


@pytest.mark.parametrize("route", FILES)
def test_who_is_asked_for_the_password_first_took_nothing_out(
    sign_in, patient, manager, route
):
    manager.set_password("a long enough secret 7")
    manager.save()
    browser = sign_in(manager)
    session = browser.session
    session["account_authentication_methods"] = [{"method": "password", "at": 0}]
    session.save()
    method, sent = FILES[route]
    where = reverse(route, args=[patient.public_id])
    answer = getattr(browser, method)(where, sent)
    assert "reauthenticate" in answer["Location"]
    line = AccessEvent.objects.get()
    assert accesslog.words(line.route, line.method).startswith("asked for")
    assert narrowed(patient, {"it": line.pk}, what="taken") == set()


def test_a_form_that_cannot_be_read_takes_nothing_out(sign_in, patient, doctor):
    sent = {"which": "all", "file_format": "nonsense"}
    sign_in(doctor).post(reverse("exports", args=[patient.public_id]), sent)
    line = AccessEvent.objects.get()
    assert (
        accesslog.words(line.route, line.method) == "asked for an export of the diary"
    )
    assert narrowed(patient, {"it": line.pk}, what="taken") == set()


@pytest.mark.parametrize("sent", [{"file_format": "doc"}, {"since": "yesterday"}])
def test_what_did_not_leave_leaves_no_line_of_the_owner(sign_in, alice, patient, sent):
    sent = {"which": "all", "file_format": "csv"} | sent
    sign_in(alice).post(reverse("exports", args=[patient.public_id]), sent)
    assert not AccessEvent.objects.exists()


def test_a_list_of_diaries_is_a_look_too(sign_in, alice, patient, viewer):
    Patient.objects.create(owner=viewer, name="Viewer", zone="UTC")
    page = sign_in(viewer).get("/home/")
    assert "Alice" in page.content.decode()
    event = AccessEvent.objects.get()
    assert (event.patient_pk, event.route) == (patient.pk, "home")


def test_pages_follow_each_other_without_gap_or_repeat(patient, viewer):
    start = datetime(2026, 11, 1, tzinfo=UTC)
    # Lines of one moment must not fall between two pages either.
    events = [
        look(patient, viewer, start + timedelta(hours=n // 7)) for n in range(130)
    ]
    seen: list[datetime] = []
    before: int | None = None
    while True:
        page = accesslog.page(patient, before)
        seen += [line.at for _day, lines in page.days for line in lines]
        before = page.older
        if before is None:
            break
    assert seen == sorted((e.at for e in events), reverse=True)


def test_a_page_of_the_log_costs_the_same_however_long_it_is(
    sign_in, alice, patient, viewer, doctor, django_assert_max_num_queries
):
    browser = sign_in(alice)
    look(patient, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    with django_assert_max_num_queries(18) as few:
        browser.get(log_url(patient))
    for number in range(60):
        look(patient, [viewer, doctor][number % 2], datetime(2026, 11, 2, tzinfo=UTC))
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.get(log_url(patient))


@pytest.mark.parametrize("before", ["", "x", "-1", "9" * 30, "12345678", "²"])
def test_a_strange_place_in_the_log_is_no_error(sign_in, alice, patient, before):
    answer = sign_in(alice).get(log_url(patient), {"before": before})
    assert answer.status_code == 200


def test_lines_of_another_record_cannot_be_paged_into(patient, viewer, eve):
    hers = look(eve.own_record, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    look(patient, viewer, datetime(2026, 10, 1, tzinfo=UTC))
    assert accesslog.page(patient, hers.pk).days == []


def test_everything_that_can_be_done_with_a_record_has_plain_words():
    read = {name for name, page in RECORD.items() if page.get}
    sent = {name for name, page in RECORD.items() if page.post}
    assert accesslog.OPENED.keys() == read | {"home"}
    assert accesslog.SENT.keys() == sent


@pytest.mark.parametrize(
    ("browser", "device"),
    [(PHONE, "phone"), (LAPTOP, "computer"), ("curl/8.1", "other"), ("", "other")],
)
def test_a_device_is_told_as_coarsely_as_a_person_would(browser, device):
    assert device_of(browser) == device


# --- Narrowed down ------------------------------------------------------------------


@pytest.fixture
def looks(patient, viewer, doctor):
    """One line of each kind, an hour apart, the last one by somebody who left."""
    kinds = {
        "listed": {"route": "home"},
        "found": {"route": "home", "method": "POST"},
        "opened": {"route": "timeline"},
        "searched": {"route": "search", "method": "POST"},
        "sent": {"route": "diary:comment", "method": "POST"},
        "taken": {"route": "diary:download", "permission": "export"}
        | {"method": AccessEvent.FILE},
        "asked for": {"route": "prophylaxis:lots_csv", "method": "POST"}
        | {"permission": "export"},
        "feed": {"route": "calendar"},
        "refused": {"route": "settings", "permission": "manage", "allowed": False},
    }
    start = datetime(2026, 11, 1, tzinfo=UTC)
    made = {
        name: look(
            patient,
            [viewer, doctor][number % 2],
            start + timedelta(hours=number),
            **fields,
        ).pk
        for number, (name, fields) in enumerate(kinds.items())
    }
    leaver = User.objects.create_user("leaver@example.org")
    made["gone"] = look(patient, leaver, start + timedelta(hours=20)).pk
    leaver.delete()
    return made


def narrowed(patient, looks, **asked):
    """The names of the lines that a form with this in it asks for."""
    form = LogForm(asked, patient=patient)
    assert form.is_valid(), form.errors
    names = {pk: name for name, pk in looks.items()}
    return {names[event.pk] for event in form.wanted().lines(patient)}


def test_each_line_is_of_one_kind(patient, looks):
    assert narrowed(patient, looks, what="listed") == {"listed", "found"}
    assert narrowed(patient, looks, what="opened") == {
        "opened",
        "searched",
        "refused",
        "gone",
    }
    assert narrowed(patient, looks, what="sent") == {"sent", "asked for"}
    assert narrowed(patient, looks, what="taken") == {"taken", "feed"}
    assert narrowed(patient, looks, what="refused") == {"refused"}
    assert narrowed(patient, looks) == looks.keys()


KIND_OF = {
    ("exports_many", "GET", "export"): "listed",
    ("merge_choose", "POST", "manage"): "listed",
    ("move_to", "POST", "log"): "listed",
    ("exports", "GET", "export"): "opened",
    ("takeout", "GET", "manage"): "opened",
    ("exports", "POST", "export"): "sent",
    ("takeout", "POST", "manage"): "sent",
    ("exports", "FILE", "export"): "taken",
    ("account_takeout", "FILE", "export"): "taken",
    ("exports_job", "POST", "export"): "taken",
    ("exports_file", "GET", "export"): "taken",
    ("sharing:edit", "POST", "manage"): "sent",
}


@pytest.mark.parametrize(("line", "kind"), KIND_OF.items())
def test_a_file_that_left_is_told_from_the_page_that_offers_it(
    patient, viewer, line, kind
):
    route, method, permission = line
    fields = {"route": route, "method": method, "permission": permission}
    one = {"it": look(patient, viewer, timezone.now(), **fields).pk}
    kinds = ("listed", "opened", "sent", "taken")
    assert [k for k in kinds if narrowed(patient, one, what=k)] == [kind]


def test_every_file_of_a_record_has_words_of_its_own():
    """An address of tomorrow too, if it takes the permission to export."""
    files = {name for name, page in RECORD.items() if "export" in {page.get, page.post}}
    assert accesslog.TAKEN.keys() == files | {"account_takeout"}


def test_the_log_of_one_person_and_of_those_who_left(patient, looks, doctor):
    assert narrowed(patient, looks, who=str(doctor.pk), what="taken") == {
        "taken",
        "feed",
    }
    assert narrowed(patient, looks, who="gone") == {"gone"}


def test_days_are_those_of_the_patient_and_both_count(patient, viewer):
    for hour in (22, 23):  # in Berlin one o'clock of the next day, from 23 on
        look(patient, viewer, datetime(2026, 11, 2, hour, 30, tzinfo=UTC))

    def lines(**asked):
        form = LogForm(asked, patient=patient)
        return form.wanted().lines(patient).count()

    assert lines(since="2026-11-03") == 1
    assert lines(until="2026-11-02") == 1
    assert lines(since="2026-11-02", until="2026-11-03") == 2
    assert lines(since="2026-11-04") == 0


def test_the_page_says_to_what_it_is_narrowed(sign_in, alice, patient, viewer, looks):
    answer = sign_in(alice).get(
        log_url(patient), {"who": viewer.pk, "what": "listed", "since": "2026-10-31"}
    )
    page = " ".join(answer.content.decode().split())
    assert "Viewer · Saw the diary in a list · from 31 October 2026" in page
    assert page.count('class="entry-time"') == 1


def test_older_lines_are_narrowed_in_the_same_way(sign_in, alice, patient, viewer):
    start = datetime(2026, 11, 1, tzinfo=UTC)
    for minute in range(60):
        look(patient, viewer, start + timedelta(minutes=minute), route="home")
        look(patient, viewer, start + timedelta(minutes=minute))
    browser = sign_in(alice)
    first = browser.get(log_url(patient), {"what": "listed"}).content.decode()
    assert first.count("<time") == 1 + 50  # of the day, and of each line
    link = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert link is not None
    second = browser.get(link[1].replace("&amp;", "&")).content.decode()
    assert second.count("<time") == 1 + 10
    assert "opened the timeline" not in second


@pytest.mark.parametrize(
    ("asked", "complaint"),
    [
        ({"who": "99999999"}, "Select a valid choice."),
        ({"who": "x"}, "Select a valid choice."),
        ({"what": "all"}, "Select a valid choice."),
        ({"since": "yesterday"}, "Enter a date like 2026-03-14."),
        ({"until": "9999-12-31"}, "between 1900 and now"),
        ({"since": "0001-01-01"}, "between 1900 and now"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "before the first one"),
    ],
)
def test_what_cannot_be_read_is_told_beside_the_field(
    sign_in, alice, patient, viewer, asked, complaint
):
    look(patient, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    page = sign_in(alice).get(log_url(patient), asked).content.decode()
    assert complaint in page
    assert "Narrowed to" not in page
    assert "opened the timeline" in page


def test_the_same_again_and_again_is_put_together_and_nothing_left_out(
    sign_in, alice, patient, viewer, doctor
):
    start = datetime(2026, 11, 1, 8, tzinfo=UTC)
    for minute, who in enumerate([viewer, viewer, doctor, viewer, viewer, viewer]):
        look(patient, who, start + timedelta(minutes=minute), route="home")
    page = " ".join(sign_in(alice).get(log_url(patient)).content.decode().split())
    assert page.count("<strong>Viewer</strong>") == 2
    assert "and 2 times before" in page
    assert "and once before" in page
    for minute in range(6):
        assert f">09:0{minute}</time>" in page


def test_people_of_other_records_are_no_choice(patient, viewer, eve):
    look(eve.own_record, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    assert readers(patient) == []


# --- Append-only --------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE sharing_accessevent SET actor_pk = 0",
        "UPDATE sharing_accessevent SET at = now() WHERE false",
        "DELETE FROM sharing_accessevent",
        "TRUNCATE sharing_accessevent",
        "ALTER TABLE sharing_accessevent DISABLE TRIGGER ALL",
        "DROP TABLE sharing_accessevent",
    ],
)
def test_the_app_cannot_change_the_log_s_past(patient, viewer, statement):
    look(patient, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    with (
        connection.cursor() as cursor,
        pytest.raises(DatabaseError, match=r"permission denied|must be owner"),
        transaction.atomic(),
    ):
        cursor.execute(statement)
    assert AccessEvent.objects.count() == 1


def test_erasing_a_person_leaves_the_log_as_it_was(patient, viewer):
    event = look(patient, viewer, datetime(2026, 11, 1, tzinfo=UTC))
    before = AccessEvent.objects.values().get(pk=event.pk)
    viewer.delete()
    assert AccessEvent.objects.values().get(pk=event.pk) == before


@pytest.mark.django_db
def test_the_deployment_check_is_content_with_the_app_s_role(capsys):
    call_command("check", tags=["database"], deploy=True, databases=["default"])


@pytest.mark.django_db
def test_the_deployment_check_refuses_a_role_that_may_change_the_log():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE NONE")  # the owner, who migrates
    with pytest.raises(SystemCheckError, match=r"may UPDATE, DELETE, TRUNCATE"):
        call_command("check", tags=["database"], deploy=True, databases=["default"])
