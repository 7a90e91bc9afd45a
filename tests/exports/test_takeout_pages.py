"""The pages of the take-out: who gets a file, and who brings one over."""

from __future__ import annotations

import json
import time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from capleak.exports.takeout.reading import MOST_BYTES
from sharing.models import AccessEvent, Grant, Patient, User
from tests.capleak.entries import check_in, utc
from tests.conftest import make_user
from tests.exports.files import opened_zip

pytestmark = pytest.mark.django_db

BRING = "/start/bring-over/"
ACCOUNT = "/accounts/take-out/"


def url(patient):
    return f"/patients/{patient.public_id}/take-out/"


def sent(content: bytes) -> dict[str, SimpleUploadedFile]:
    return {"file": SimpleUploadedFile("everything.zip", content)}


def late(client: Client) -> Client:
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 3600}
    ]
    session.save()
    return client


@pytest.fixture
def content(sign_in, alice, patient) -> bytes:
    check_in(patient, utc(2025, 3, 14), note="kept", symptoms={"fatigue": 2})
    return bytes(sign_in(alice).post(url(patient)).getvalue())


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("alice", 200),
        ("manager", 200),
        ("doctor", 403),
        ("viewer", 403),
        ("logger_", 403),
        ("eve", 404),
    ],
)
def test_only_those_who_manage_take_everything_out(
    request, sign_in, patient, who, status
):
    client = sign_in(request.getfixturevalue(who))
    for ask in (client.get, client.post):
        assert ask(url(patient)).status_code == status


@pytest.mark.parametrize(
    "fields", [{"hidden": ["notes"]}, {"permissions": ["view", "log", "manage"]}]
)
def test_a_manager_from_whom_something_is_kept_gets_no_file_of_all(
    sign_in, patient, manager, fields
):
    manager.grants.update(**fields)
    for ask in (sign_in(manager).get, sign_in(manager).post):
        assert ask(url(patient)).status_code == 403


def test_a_manager_and_the_owner_get_the_same_file(
    sign_in, alice, manager, patient, content
):
    theirs = opened_zip(sign_in(manager).post(url(patient)))
    again = opened_zip(sign_in(alice).post(url(patient)))
    told = "record/told.jsonl"
    assert {n: c for n, c in theirs.items() if n != told} == {
        n: c for n, c in again.items() if n != told
    }
    lines = AccessEvent.objects.filter(patient_pk=patient.pk).order_by("pk")
    assert {line.route for line in lines} == {"takeout"}
    assert [(line.actor_pk, line.method) for line in lines] == [
        (alice.pk, "FILE"),
        (manager.pk, "POST"),
        (manager.pk, "FILE"),
        (alice.pk, "FILE"),
    ]


@pytest.mark.parametrize("address", [ACCOUNT, "record"])
def test_who_did_not_prove_who_they_are_lately_is_asked_first(
    sign_in, alice, patient, address
):
    alice.set_password("a long enough secret 7")
    alice.save()
    answer = late(sign_in(alice)).post(address if address == ACCOUNT else url(patient))
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_the_account_s_file_holds_the_account_and_the_whole_diary(
    sign_in, alice, eve, patient, content, grant_to
):
    Grant.objects.create(
        patient=eve.own_record,
        user=alice,
        kind="caregiver",
        permissions=["view"],
        accepted_at=utc(2025, 1, 1),
        invitation_expires_at=utc(2027, 1, 1),
        token_hash="x",
    )
    check_in(eve.own_record, utc(2025, 3, 14), by=alice, note="eve's secret")
    found = opened_zip(sign_in(alice).post(ACCOUNT))
    told = json.loads(found.pop("account.json"))
    assert told["email"] == "alice@example.org"
    assert told["addresses"][0]["verified"] is True
    assert told["access_to_others"][0]["permissions"] == ["view"]
    assert told["named_in"]["diary.checkin.entered_by"] == 2
    assert told["named_in"]["sharing.patient.owner"] == 1
    # All that the record's own file held, which has left a line in the log since.
    (look,) = found["record/told.jsonl"].splitlines()
    assert json.loads(look)["told"]["route"] == "takeout"
    assert found == opened_zip([content]) | {"record/told.jsonl": look + b"\n"}
    assert "eve's secret" not in b"".join(found.values()).decode()


def test_an_account_without_a_diary_gets_a_file_of_the_account(sign_in):
    found = opened_zip(sign_in(make_user("ben")).post(ACCOUNT))
    assert list(found) == ["account.json"]


def test_secrets_of_an_account_are_not_in_its_file(sign_in, doctor):
    doctor.set_password("a long enough secret 7")
    doctor.save()
    text = opened_zip(sign_in(doctor).post(ACCOUNT))["account.json"].decode()
    factor = doctor.authenticator_set.get()
    assert json.loads(text)["second_factors"][0]["type"] == "totp"
    for secret in (factor.data["secret"], doctor.password, "argon2"):
        assert secret not in text


def test_a_file_becomes_the_diary_of_a_new_account(sign_in, patient, content):
    nora = make_user("nora")
    client = sign_in(nora)
    assert client.get(BRING).status_code == 200
    answer = client.post(BRING, sent(content))
    made = Patient.objects.get(owner=nora)
    assert answer["Location"] == f"/patients/{made.public_id}/"
    assert made.checkins.get().note == "kept"
    assert "Your diary is here" in client.get(answer["Location"]).content.decode()
    assert client.post(url(made)).getvalue() == content


def test_the_same_file_sent_twice_is_brought_in_once(sign_in, content):
    nora = make_user("nora")
    client = sign_in(nora)
    first, second = (client.post(BRING, sent(content)) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Patient.objects.filter(owner=nora).count() == 1


def test_a_diary_with_entries_is_never_replaced(sign_in, alice, patient, content):
    client = sign_in(alice)
    answer = client.post(BRING, sent(content))
    assert answer["Location"] == f"/patients/{patient.public_id}/"
    assert patient.checkins.count() == 1
    text = client.get(answer["Location"]).content.decode()
    assert "This account has a diary already." in text


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (b"no zip", "This is no take-out of CapLeak."),
        (b"", "This file is empty."),
        (None, "Choose a file."),
    ],
)
def test_what_is_no_take_out_is_refused_beside_the_field(sign_in, found, words):
    nora = make_user("nora")
    answer = sign_in(nora).post(BRING, {} if found is None else sent(found))
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not Patient.objects.filter(owner=nora).exists()


def test_a_file_that_is_too_large_is_refused_and_said_so(sign_in):
    answer = sign_in(make_user("nora")).post(BRING, sent(bytes(MOST_BYTES + 200_000)))
    assert "This file is larger than 9 MB." in answer.content.decode()


def test_a_file_needs_the_token_of_its_form(content):
    nora = make_user("nora")
    client = Client(enforce_csrf_checks=True)
    client.force_login(nora)
    assert client.post(BRING, sent(content)).status_code == 403
    assert not Patient.objects.filter(owner=nora).exists()


def test_the_pages_lead_to_each_other(sign_in, alice, patient):
    check_in(patient, utc(2025, 3, 14))
    client = sign_in(alice)
    for page, leads_to in (
        ("settings/", "exports/"),
        ("timeline/", "exports/"),
        ("exports/", "take-out/"),
    ):
        base = f"/patients/{patient.public_id}/"
        assert f'href="{base}{leads_to}"' in client.get(base + page).content.decode()
    assert f'href="{ACCOUNT}"' in client.get("/accounts/security/").content.decode()
    newcomer = sign_in(User.objects.create_user("n@example.org"))
    assert f'href="{BRING}"' in newcomer.get("/start/").content.decode()
