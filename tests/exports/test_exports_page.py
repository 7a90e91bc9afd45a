"""The page that hands a record out: who gets it, which days, and what is logged."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from sharing.models import AccessEvent
from tests.capleak.entries import check_in
from tests.exports.files import opened_zip, table

pytestmark = pytest.mark.django_db

ALL = {"which": "all", "file_format": "csv"}


def url(patient):
    return f"/patients/{patient.public_id}/exports/"


def notes(answer):
    assert answer.status_code == 200
    rows = table(opened_zip(answer)["checkins.csv"])
    return [row["note"] for row in rows]


@pytest.mark.parametrize(
    ("who", "status"),
    [("alice", 200), ("doctor", 200), ("viewer", 403), ("logger_", 403), ("eve", 404)],
)
def test_only_those_who_may_export_get_a_file(request, sign_in, patient, who, status):
    client = sign_in(request.getfixturevalue(who))
    assert client.get(url(patient)).status_code == status
    answer = client.post(url(patient), ALL)
    assert answer.status_code == status
    assert answer.streaming is (status == 200)


def test_the_file_is_sent_while_it_is_written_and_names_nobody(sign_in, alice, patient):
    answer = sign_in(alice).post(url(patient), ALL)
    assert answer["Content-Type"] == "application/zip"
    assert re.fullmatch(
        r'attachment; filename="capleak-csv-\d{4}-\d\d-\d\d.zip"',
        answer["Content-Disposition"],
    )
    assert "no-store" in answer["Cache-Control"]
    assert "attacks.csv" in opened_zip(answer)


def test_who_did_not_prove_who_they_are_lately_is_asked_first(sign_in, alice, patient):
    alice.set_password("a long enough secret 7")
    alice.save()
    client = sign_in(alice)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "password", "at": time.time() - 3600}
    ]
    session.save()
    answer = client.post(url(patient), ALL)
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]


def test_each_export_by_somebody_else_is_in_the_access_log(sign_in, patient, doctor):
    sign_in(doctor).post(url(patient), ALL)
    lines = AccessEvent.objects.filter(patient_pk=patient.pk).order_by("pk")
    for line, method in zip(lines, ["POST", "FILE"], strict=True):
        assert (line.actor_pk, line.route, line.method) == (
            doctor.pk,
            "exports",
            method,
        )
        assert (line.permission, line.allowed) == ("export", True)


def test_the_last_twelve_months_and_chosen_days(sign_in, alice, patient):
    now = timezone.now()
    check_in(patient, now - timedelta(days=500), note="long ago")
    check_in(patient, now - timedelta(days=100), note="lately")
    client = sign_in(alice)
    assert notes(client.post(url(patient), ALL)) == ["long ago", "lately"]
    assert notes(client.post(url(patient), ALL | {"which": "year"})) == ["lately"]
    until = f"{now - timedelta(days=200):%Y-%m-%d}"
    chosen = ALL | {"which": "year", "until": until}  # what is typed comes first
    assert notes(client.post(url(patient), chosen)) == ["long ago"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (
            {"since": "2025-03-02", "until": "2025-03-01"},
            "The last day is before the first one.",
        ),
        ({"since": "0001-01-01"}, "between 1900 and now"),
        ({"until": "9999-12-31"}, "between 1900 and now"),
        ({"since": f"{timezone.now().year}-12-31"}, "This day has not come yet."),
        ({"since": "yesterday\0"}, "Enter a date like 2026-03-14."),
        ({"which": "sometime"}, "Choose which days."),
        ({"file_format": "doc"}, "Press the button of a format."),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    sign_in, alice, patient, sent, words
):
    answer = sign_in(alice).post(url(patient), ALL | sent)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert words in text
    for name in ("since", "until"):
        assert (sent.get(name) or "From").strip("\0") in text


def test_a_revoked_person_gets_nothing_with_the_next_request(sign_in, patient, doctor):
    client = sign_in(doctor)
    assert client.post(url(patient), ALL).status_code == 200
    doctor.grants.update(revoked_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert client.post(url(patient), ALL).status_code == 404
    assert client.get(url(patient)).status_code == 404
