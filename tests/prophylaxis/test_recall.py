"""Who had a lot: for a patient at once, for staff where it was agreed, always told."""

import csv
import io
import logging
from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from prophylaxis import recall
from prophylaxis.models import Infusion, Lot, RecallConsent
from sharing import accesslog
from sharing.models import AccessEvent, Patient
from tests.conftest import give_factor, make_user


def lot(patient, number, day=5, count=4):
    infusion = Infusion(patient=patient, product="Octagam 10 %")
    infusion.set_start(datetime(2025, 11, day, 9, tzinfo=UTC), "Europe/Berlin")
    infusion.save()
    return Lot.objects.create(infusion=infusion, number=number, count=count)


@pytest.fixture
def staff(db):
    user = make_user("stella")
    user.is_staff = True
    user.save()
    give_factor(user)
    return user


@pytest.fixture
def agreed(patient, alice):
    recall.agree(patient, by=alice, agreed=True)


def url(patient, what="lots/"):
    return f"/patients/{patient.public_id}/ivig/{what}"


# --- The number ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["LB 4711-A", "lb4711a", " LB4711-a ", "lb–4711 a", "L.B/4711_A"]
)
def test_case_spaces_and_dashes_do_not_matter(patient, typed):
    found = lot(patient, "LB 4711-A")
    assert recall.in_record(patient, typed) == [found]


@pytest.mark.parametrize(
    "typed", ["LB4711", "LB4711B", "4711A", "LB%", "L_4711A", "--"]
)
def test_another_number_is_not_found(patient, typed):
    lot(patient, "LB 4711-A")
    lot(patient, "-/-", day=6)
    assert recall.in_record(patient, typed) == []


def test_one_indexed_query_answers_for_staff(patient, agreed):
    lot(patient, "LB4711A")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    with CaptureQueriesContext(connection) as asked:
        assert len(recall.in_all_records("lb 4711 a")) == 1
    assert len(asked) == 1
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + asked[0]["sql"])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "prophylaxis_lot_by_number" in plan


# --- The patient ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("viewer", 200), ("doctor", 200), ("eve", 404)],
)
def test_those_who_see_the_record_find_its_lots(request, patient, sign_in, who, status):
    lot(patient, "LB4711A")
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(patient), {"number": "lb-4711-a"})
    assert answer.status_code == status
    assert ("5 Nov 2025" in answer.content.decode()) is (status == 200)


def test_the_lots_of_others_are_not_found(patient, alice, eve, sign_in):
    lot(eve.own_record, "LB4711A")
    page = sign_in(alice).post(url(patient), {"number": "LB4711A"}).content.decode()
    assert "is not in this diary" in page
    assert "Only lots that were written down can be found." in page


@pytest.mark.parametrize("typed", ["", "x" * 41, "a\0b"])
def test_what_is_no_number_is_refused_and_nothing_is_said(
    patient, alice, sign_in, typed
):
    answer = sign_in(alice).post(url(patient), {"number": typed})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert "not in this diary" not in answer.content.decode()


def test_what_is_searched_for_stands_in_no_address(patient, alice, sign_in):
    page = sign_in(alice).get(url(patient, ""))
    assert f'method="post" action="{url(patient)}"' in page.content.decode()
    answer = sign_in(alice).get(url(patient) + "?number=LB4711A")
    assert "lots" not in answer.context


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("doctor", 200), ("viewer", 403), ("eve", 404)]
)
def test_those_who_may_export_save_what_was_found(
    request, patient, sign_in, who, status
):
    lot(patient, "LB4711A")
    client = sign_in(request.getfixturevalue(who))
    answer = client.post(url(patient, "lots/csv/"), {"number": "LB4711A"})
    assert answer.status_code == status
    if status == 200:
        assert rows(answer) == [
            ["lot", "infused on", "vials"],
            ["LB4711A", "2025-11-05", "4"],
        ]


def rows(answer):
    text = answer.content.decode()
    assert text[0] == "\ufeff"
    return list(csv.reader(io.StringIO(text[1:])))


@pytest.mark.parametrize(
    ("who", "status", "stored"),
    [
        ("alice", 302, True),
        ("manager", 302, True),
        ("logger_", 403, False),
        ("eve", 404, False),
    ],
)
def test_those_who_manage_agree_to_be_found(
    request, patient, sign_in, who, status, stored
):
    user = request.getfixturevalue(who)
    client = sign_in(user)
    for _twice in range(2):
        answer = client.post(url(patient, "lots/recall/"), {"agreed": "yes"})
        assert answer.status_code == status
    found = RecallConsent.objects.filter(patient=patient)
    assert [row.given_by for row in found] == ([user] if stored else [])


def test_it_can_be_taken_back(patient, alice, agreed, sign_in):
    client = sign_in(alice)
    assert "can find this diary" in client.get(url(patient)).content.decode()
    client.post(url(patient, "lots/recall/"), {"agreed": "no"})
    assert not RecallConsent.objects.exists()
    assert "Nothing was agreed." in client.get(url(patient)).content.decode()


# --- Staff ---------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/staff/recall/", "/staff/recall/csv/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_for_everybody_else_the_page_is_not_there(alice, doctor, sign_in, path, method):
    def shown(answer):
        page = answer.content.decode()
        return answer.status_code, page[page.index("<main") : page.index("</main>")]

    for who in (alice, doctor):
        nowhere = sign_in(who).get("/staff/nothing/")
        answer = getattr(sign_in(who), method)(path, {"number": "LB4711A"})
        assert shown(answer) == shown(nowhere)
        assert answer.status_code == 404


def test_without_signing_in_one_is_asked_to(client, db):
    answer = client.post("/staff/recall/", {"number": "LB4711A"})
    assert answer.headers["Location"].startswith("/accounts/login/")


def test_staff_find_only_those_who_agreed(patient, eve, staff, agreed, sign_in):
    lot(patient, "LB4711A", count=7)
    lot(eve.own_record, "LB4711A")
    page = sign_in(staff).post("/staff/recall/", {"number": "lb 4711-a"})
    text = page.content.decode()
    assert "1 person" in text
    assert "Alice" in text
    assert "5 Nov 2025" in text
    assert "Eve" not in text


def test_staff_see_name_lot_day_and_count_and_nothing_else(
    patient, alice, staff, agreed, sign_in
):
    found = lot(patient, "LB4711A")
    Infusion.objects.update(note="bad headache", dose_g=140)
    text = sign_in(staff).post("/staff/recall/", {"number": "LB4711A"}).content.decode()
    secrets = ("Octagam", "headache", "140", alice.email, str(patient.public_id))
    assert [secret for secret in secrets if secret in text] == []
    assert found.number in text


def test_the_patient_sees_that_staff_searched_and_found_them(
    patient, staff, agreed, sign_in
):
    lot(patient, "LB4711A")
    lot(patient, "LB4711A", day=9)
    client = sign_in(staff)
    client.post("/staff/recall/", {"number": "LB4711A"})
    client.post("/staff/recall/csv/", {"number": "LB4711A"})
    ((_day, lines),) = accesslog.page(patient).days
    assert [(line.who, line.what) for line in lines] == [
        ("Stella", "saved the result of a search for a lot as staff"),
        ("Stella", "searched for a lot as staff, and found it here"),
    ]


def test_who_is_not_found_has_no_line(patient, eve, staff, agreed, sign_in):
    lot(eve.own_record, "LB4711A")
    sign_in(staff).post("/staff/recall/", {"number": "LB4711A"})
    assert not AccessEvent.objects.exists()


def test_the_search_is_logged_by_ids_alone(patient, staff, agreed, sign_in, caplog):
    lot(patient, "LB4711A")
    with caplog.at_level(logging.INFO, logger="capleak.recall"):
        sign_in(staff).post("/staff/recall/", {"number": "LB4711A"})
    (line,) = (r for r in caplog.records if r.name == "capleak.recall")
    assert (line.user, line.records) == (staff.pk, [patient.pk])
    assert "4711" not in str(line.__dict__)


def test_a_file_holds_no_formula(patient, staff, agreed, sign_in):
    Patient.objects.filter(pk=patient.pk).update(name="=HYPERLINK(1)")
    lot(patient, "+LB;=4711A")
    answer = sign_in(staff).post("/staff/recall/csv/", {"number": "LB4711A"})
    assert rows(answer) == [
        ["name", "lot", "infused on", "vials"],
        ["'=HYPERLINK(1)", "'+LB;'=4711A", "2025-11-05", "4"],
    ]
    assert "4711" not in answer.headers["Content-Disposition"]


def test_the_page_shows_some_and_the_file_all(
    patient, staff, agreed, sign_in, monkeypatch
):
    monkeypatch.setattr(recall, "SHOWN", 1)
    lot(patient, "LB4711A")
    lot(patient, "LB4711A", day=9)
    client = sign_in(staff)
    page = client.post("/staff/recall/", {"number": "LB4711A"}).content.decode()
    assert "1 more line is in the file." in page
    answer = client.post("/staff/recall/csv/", {"number": "LB4711A"})
    assert len(rows(answer)) == 3


def test_a_search_takes_as_many_queries_for_many_as_for_one(
    patient, alice, staff, agreed, sign_in
):
    def queries():
        client = sign_in(staff)
        with CaptureQueriesContext(connection) as asked:
            client.post("/staff/recall/", {"number": "LB4711A"})
        return len(asked)

    lot(patient, "LB4711A")
    for_one = queries()
    for number in range(5):
        other = Patient.objects.create(name=f"P{number}", zone="UTC")
        recall.agree(other, by=alice, agreed=True)
        lot(other, "LB4711A")
    assert queries() == for_one


def test_the_staff_pages_lead_to_each_other(staff, sign_in):
    client = sign_in(staff)
    assert 'href="/staff/recall/"' in client.get("/staff/").content.decode()
    main = client.get("/staff/recall/").content.decode().split("<main")[1]
    assert 'href="/staff/"' in main
