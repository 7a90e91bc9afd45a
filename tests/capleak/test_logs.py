"""A log line holds ids: whatever an error says stays out of it."""

from __future__ import annotations

import json
import logging

import pytest
from celery import shared_task
from django.db import IntegrityError

from capleak.logs import IdsOnlyFormatter

CANARY = "severe pain since Tuesday"


@shared_task
def fail_with_a_row(note):
    raise IntegrityError(f"Failing row contains (7, {note})")


@pytest.fixture
def lines(caplog):
    """What was logged so far, as it is written."""
    return lambda: [IdsOnlyFormatter().format(record) for record in caplog.records]


def test_a_failed_task_is_logged_with_its_name_and_id_and_no_word_of_its_error(lines):
    failed = fail_with_a_row.apply([CANARY])
    [line] = lines()
    assert CANARY not in line
    assert "Failing row" not in line
    told = json.loads(line)
    assert (told["message"], told["level"]) == ("task failed", "ERROR")
    assert (told["task"], told["id"]) == (fail_with_a_row.name, failed.id)
    assert told["exc_info"].startswith("IntegrityError at ")
    assert "fail_with_a_row" in told["exc_info"]
    assert "data" not in told


def test_a_line_break_in_what_is_logged_makes_no_second_line():
    forged = 'x\n{"level": "INFO", "message": "forged"}\r\u2028'
    record = logging.makeLogRecord({"msg": "request", "route": forged, "name": forged})
    line = IdsOnlyFormatter().format(record)
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert (told["message"], told["route"]) == ("request", forged)


def test_a_line_says_its_moment_in_utc():
    told = json.loads(IdsOnlyFormatter().format(logging.makeLogRecord({"msg": "x"})))
    assert told["timestamp"].endswith("+00:00")


def test_a_request_is_told_by_its_route_and_its_numbers(sign_in, alice, lines, patient):
    sign_in(alice).get(f"/patients/{patient.public_id}/timeline/?words=canary-8814")
    (told,) = [
        line for line in map(json.loads, lines()) if line["message"] == "request"
    ]
    assert told["route"] == "patients/<uuid:patient>/timeline/"
    assert (told["user"], told["record"]) == (alice.pk, patient.pk)
    assert "canary-8814" not in "".join(lines())
    assert str(patient.public_id) not in "".join(lines())
