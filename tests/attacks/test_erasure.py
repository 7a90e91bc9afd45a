"""Erasing a record takes all that was told in it, earlier versions included."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest
from django.db import connection

from attacks.models import (
    Attack,
    Complication,
    Facts,
    Grade,
    PastCount,
    Stay,
    Treatment,
    Trigger,
)
from attacks.past import delete_count, save_count
from diary.models import ProdromeFlag
from diary.services import delete_checkin, edit_checkin, record_checkin
from sharing.models import Patient
from tests.attacks.conftest import berlin
from tests.diary.flagging import WATCH, draft, quiet_weeks, say

CANARY = "canary-5f1c"


@pytest.mark.django_db(transaction=True)
def test_nothing_that_was_told_outlives_the_record(alice, eve, patient, make_attack):
    quiet_weeks(patient)
    note = replace(draft(WATCH), note=CANARY)
    saved = record_checkin(patient, note, by=alice).checkin
    edit_checkin(patient, replace(note, note="other"), version=1, by=alice)
    delete_checkin(patient, saved.client_id, version=2, by=alice)
    say(patient, alice, WATCH)
    flag = ProdromeFlag.objects.latest("pk")
    flag.answers.create(label="other", words=CANARY, by=alice, by_name=CANARY)
    attack = make_attack(leak_start=berlin(14), end=berlin(20), note=CANARY)
    rows = [
        Trigger(attack=attack, kind="travel", detail=CANARY),
        Stay(attack=attack, first_called=CANARY),
        Treatment(attack=attack, kind="steroid", detail=CANARY),
        Complication(attack=attack, kind="stroke", detail=CANARY),
        Facts(attack=attack, sequelae_note=CANARY),
        Grade(attack=attack, value=2, scale_name=CANARY, assigned_as="patient"),
    ]
    for row in rows:
        row.save()
        type(row).objects.filter(pk=row.pk).update(**{_said(row): f"{CANARY} again"})
    rows[0].delete()
    Attack.objects.update(note=f"{CANARY} again")
    count = PastCount(
        client_id=uuid4(),
        from_on=date(2004, 1, 1),
        until_on=date(2009, 12, 31),
        count=2,
        note=CANARY,
    )
    save_count(patient, count, seen=None, by=alice)
    delete_count(patient, count.client_id, by=alice)
    hers = Attack.objects.create(
        patient=Patient.objects.get(owner=eve),
        zone="Europe/Berlin",
        leak_start=berlin(14),
        note="hers",
    )
    Attack.objects.filter(pk=hers.pk).update(note="hers still")
    assert _left()
    patient.delete()
    assert _left() == {}
    assert Attack.pgh_event_model.objects.get().note == "hers"


def _said(row) -> str:
    return next(
        name
        for name in ("detail", "first_called", "sequelae_note", "scale_name")
        if hasattr(row, name)
    )


def _left() -> dict[str, int]:
    """Tables of this project that still say the canary, with how often."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text LIKE %s',
                [f"%{CANARY}%"],
            )
            (count,) = cursor.fetchone()
            if count:
                found[table] = count
    return found
