"""The access log: complete, in plain words, and closed to changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import DatabaseError, connection, transaction

from sharing import accesslog
from sharing.access import device_of
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
        allowed=True,
        **defaults | fields,
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
    with django_assert_max_num_queries(14) as few:
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
