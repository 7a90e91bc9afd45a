"""A log line holds ids: whatever an error says stays out of it."""

from __future__ import annotations

import json

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
