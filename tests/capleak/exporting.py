"""Exports of several diaries as the tests ask for them, in formats of their own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from capleak.exports import many
from capleak.period import Period
from sharing.models import (
    ExportJob,
    Grant,
    Patient,
    User,
)
from tests.sharing.rows import bare_grant


def told(patient: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """A format of these tests: who, when, and what is left out."""
    yield f"{patient.name} {period.since} {period.until}".encode()
    yield b" without " + ",".join(patient.hidden or ()).encode()


def broken(patient: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    yield b"half of "
    if patient.name == "Ben":
        raise ValueError(patient.name)
    yield patient.name.encode()


def exports(user: User, patient: Patient, **fields: object) -> Grant:
    return bare_grant(
        patient,
        user=user,
        accepted_at=timezone.now(),
        permissions=["view", "export"],
        kind="clinician",
        **fields,
    )


def asked(user: User, *records: Patient, key: str = "told") -> ExportJob:
    """An export of these records that waits for the worker."""
    job = many.choice_of(user)
    many.choose(job, records)
    many.start(job, key=key, since=None, until=None, device="computer")
    job.refresh_from_db()
    return job


def written(user: User, *records: Patient, key: str = "told") -> ExportJob:
    job = asked(user, *records, key=key)
    while many.carry_on():
        pass
    job.refresh_from_db()
    return job


def fetched(job: ExportJob) -> dict[str, str]:
    """The files of an export by their names."""
    with zipfile.ZipFile(io.BytesIO(b"".join(many.fetch(job)))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def whole(answer) -> bytes:
    return b"".join(answer.streaming_content)
