"""Several records in one export: chosen, written by the worker, fetched for a day.

Each record is written under what the person who asked may see at that moment, and
leaves the house only while the same grant still allows as much. A job is rows: a
worker that dies lets its lease run out, and the next sweep goes on.
"""

from __future__ import annotations

import csv
import io
import logging
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from capleak.exports import formats, store
from capleak.exports.zipped import zipped
from capleak.period import Period
from sharing.models import (
    EXPORT_LIFE,
    AccessEvent,
    ExportItem,
    ExportJob,
    Patient,
    Permission,
    User,
)
from sharing.spreadsheet import MARK, defused

MOST_RECORDS: Final = 1000  # in one export (design choice)
MOST_JOBS: Final = 10  # of one person in a day (design choice): disks are finite
MOST_ATTEMPTS: Final = 3
# Longer than a record takes; a worker that died is succeeded after it.
LEASE: Final = timedelta(seconds=150)
# A worker writes for so long and then queues again, so that reminders get their turn.
AT_A_STRETCH: Final = 30.0  # seconds

log = logging.getLogger(__name__)

State = ExportItem.State


class TooManyJobs(Exception):
    """This person has asked for enough for one day."""


# --- Choosing -------------------------------------------------------------------------


def exportable(user: User) -> QuerySet[Patient]:
    """Records that the user may export at this moment, by name."""
    allowed = Q(is_own=True) | Q(granted__contains=[Permission.EXPORT])
    return Patient.objects.visible_to(user).filter(allowed).order_by("name", "pk")


def named(user: User, words: str) -> QuerySet[Patient]:
    """Of these, those whose name holds every word."""
    found = exportable(user)
    for word in words.split():
        found = found.filter(name__icontains=word)
    return found


def choice_of(user: User) -> ExportJob:
    """What the user is choosing at the moment; begun if nothing is."""
    over = ExportJob.objects.over().filter(by=user, state=ExportJob.State.CHOOSING)
    over.delete()
    job, _is_new = ExportJob.objects.get_or_create(
        by=user,
        state=ExportJob.State.CHOOSING,
        defaults={"expires_at": timezone.now() + EXPORT_LIFE},
    )
    return job


def choose(job: ExportJob, records: Iterable[Patient]) -> None:
    """Add records to a choice, up to what one export takes."""
    chosen = set(job.items.values_list("patient", flat=True))
    new = [record for record in records if record.pk not in chosen]
    ExportItem.objects.bulk_create(
        (
            ExportItem(job=job, patient=record)
            for record in new[: max(0, MOST_RECORDS - len(chosen))]
        ),
        ignore_conflicts=True,
    )


def leave_out(job: ExportJob, records: Iterable[Patient]) -> None:
    job.items.filter(patient__in=[record.pk for record in records]).delete()


def start(
    job: ExportJob, *, key: str, since: date | None, until: date | None, device: str
) -> None:
    """Hand a choice to the worker; sent twice, it starts once.

    TooManyJobs for somebody who asked for MOST_JOBS in the last day.
    """
    asked = ExportJob.objects.filter(
        by=job.by, asked_at__gt=timezone.now() - timedelta(days=1)
    ).exclude(state=ExportJob.State.CHOOSING)
    if asked.count() >= MOST_JOBS:
        raise TooManyJobs
    ExportJob.objects.filter(pk=job.pk, state=ExportJob.State.CHOOSING).update(
        state=ExportJob.State.RUNNING,
        format=key,
        since=since,
        until=until,
        device=device,
        asked_at=Now(),
        expires_at=Now() + EXPORT_LIFE,
    )


# --- Writing --------------------------------------------------------------------------


def carry_on(seconds: float = AT_A_STRETCH) -> bool:
    """Write what waits, for so long; whether more is left for the next call.

    Safe to call twice, from two workers, or never. One writes at a time: the other
    process of a worker stays free for reminders.
    """
    until = monotonic() + seconds
    while item := _claim():
        _write(item)
        if monotonic() >= until:
            return True
    return False


@transaction.atomic
def _claim() -> ExportItem | None:
    """Lease the oldest record that waits; None if somebody is writing already."""
    waiting = ExportItem.objects.filter(state=State.WAITING)
    if waiting.filter(lease_until__gt=Now()).exists():
        return None
    rows = ExportItem.objects.to_write().select_related("job__by")
    item = rows.select_for_update(skip_locked=True, of=("self",)).first()
    if item is None:
        return None
    leased = ExportItem.objects.filter(pk=item.pk)
    leased.update(attempts=F("attempts") + 1, lease_until=Now() + LEASE)
    item.attempts += 1
    return item


def _write(item: ExportItem) -> None:
    """Write one record under what may be seen of it now, with a line in its log."""
    job = item.job
    patient = exportable(job.by).filter(pk=item.patient_id).first()
    if patient is None:
        _settle(item, State.REFUSED)
        return
    path = store.path_of(job.public_id, item.public_id)
    period = Period(job.since, job.until, patient.tz)
    stream = formats.FORMATS[job.format].stream
    try:
        store.write(path, stream(patient, period, timezone.now()))
    except Exception:  # one record that fails must not keep the others waiting
        log.exception("record not exported", extra={"item": item.pk})
        store.remove([path])
        again = item.attempts < MOST_ATTEMPTS
        _settle(item, State.WAITING if again else State.FAILED)
        return
    lines([patient], job, route="exports_job", method="POST")
    kept = _settle(
        item, State.WRITTEN, grant_pk=patient.grant_pk, hidden=patient.hidden or []
    )
    if not kept:  # the record was erased while it was written
        store.remove([path])


def _settle(item: ExportItem, state: State, **fields: object) -> bool:
    """Write down what became of a record; the last one ends its job."""
    rows = ExportItem.objects.filter(pk=item.pk, state=State.WAITING)
    kept = rows.update(state=state, lease_until=None, **fields)
    waiting = ExportItem.objects.filter(job=item.job_id, state=State.WAITING)
    if not waiting.exists():
        job = ExportJob.objects.filter(pk=item.job_id, state=ExportJob.State.RUNNING)
        job.update(state=ExportJob.State.DONE)
    return bool(kept)


def lines(
    patients: Iterable[Patient], job: ExportJob, *, route: str, method: str
) -> None:
    """Leave a line in the access log of each record, one's own included."""
    AccessEvent.objects.bulk_create(
        AccessEvent(
            patient_pk=patient.pk,
            actor_pk=job.by_id,
            grant_pk=patient.grant_pk,
            grant_kind=patient.grant_kind or "",
            permission=Permission.EXPORT,
            route=route,
            method=method,
            device=job.device,
            allowed=True,
        )
        for patient in patients
    )


# --- Fetching -------------------------------------------------------------------------


def progress(job: ExportJob) -> dict[str, int]:
    """How many records are in each state, and `total`."""
    states = job.items.values_list("state").annotate(n=Count("pk")).order_by()
    found = dict(states)
    return {state: found.get(state, 0) for state in State} | {
        "total": sum(found.values())
    }


def open_items(job: ExportJob, **only: object) -> list[tuple[ExportItem, Patient]]:
    """What may still be fetched, with each record as whoever asked sees it now.

    Written under the grant that stands, with at least as much left out as it hides.
    """
    items = list(job.items.filter(state=State.WRITTEN, **only).order_by("pk"))
    seen = exportable(job.by).in_bulk([item.patient_id for item in items])
    return [
        (item, patient)
        for item in items
        if (patient := seen.get(item.patient_id)) is not None
        and item.grant_pk == patient.grant_pk
        and set(patient.hidden or ()) <= set(item.hidden)
    ]


def fetch(job: ExportJob) -> Iterator[bytes]:
    """One ZIP of all that may be fetched, with a list of what is in it.

    Asked again before each record: who is removed while it runs gets no more of it.
    """
    kind = formats.FORMATS[job.format]

    def files() -> Iterator[tuple[str, Iterable[bytes]]]:
        held: list[tuple[str, Patient]] = []
        for number, (item, _patient) in enumerate(open_items(job), 1):
            path = store.path_of(job.public_id, item.public_id)
            for _item, patient in open_items(job, pk=item.pk):
                if path.is_file():
                    held.append((f"{number:04}.{kind.extension}", patient))
                    yield held[-1][0], store.read(path)
        yield "contents.csv", [_contents(held)]

    return zipped(files())


def _contents(held: Iterable[tuple[str, Patient]]) -> bytes:
    """Which file is whose, as a table for a spreadsheet."""
    text = io.StringIO(MARK)
    text.seek(0, io.SEEK_END)
    table = csv.writer(text)
    table.writerow(["file", "name", "date of birth", "record"])
    for name, patient in held:
        born = patient.born_on.isoformat() if patient.born_on else ""
        table.writerow([name, defused(patient.name), born, str(patient.public_id)])
    return text.getvalue().encode()


# --- Forgetting -----------------------------------------------------------------------


def files_of(patient: Patient) -> list[Path]:
    """Where exports hold this record."""
    rows = ExportItem.objects.filter(patient=patient)
    return [
        store.path_of(job, item)
        for job, item in rows.values_list("job__public_id", "public_id")
    ]


def folders_of(user: User) -> list[Path]:
    """Where the exports of this person lie."""
    jobs: Iterable[UUID] = user.export_jobs.values_list("public_id", flat=True)
    return [store.folder_of(job) for job in jobs]


def clear() -> int:
    """Delete what nobody can fetch any more; how many exports that was.

    That is what is older than a day, what lost its grant, and what a crash left.
    """
    over = ExportJob.objects.over()
    gone = over.count()
    over.delete()
    for job in ExportJob.objects.filter(items__state=State.WRITTEN).distinct():
        standing = [item.pk for item, _patient in open_items(job)]
        lost = job.items.filter(state=State.WRITTEN).exclude(pk__in=standing)
        for item in lost:
            store.remove([store.path_of(job.public_id, item.public_id)])
        lost.update(state=State.REFUSED)
    # Listed before the rows are asked for: what is new is no stray.
    folders, files = store.folders(), store.files()
    known = ExportJob.objects.filter(public_id__in=folders)
    strays = folders.keys() - set(known.values_list("public_id", flat=True))
    store.remove(folders[stray] for stray in strays)
    named = ExportItem.objects.filter(job__public_id__in=folders)
    strays = files.keys() - set(named.values_list("public_id", flat=True))
    store.remove(files[stray] for stray in strays)
    return gone
