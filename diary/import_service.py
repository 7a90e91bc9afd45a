"""Bringing a file in: received, answered for, queued, then stored in one transaction.

A run holds the file until it is stored, given up or a day old. Storing is safe to ask
for twice, by a worker and by a page: the state of the run is looked at under the lock
of the record.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone

from diary import history, importing
from diary.csv_format import OwnWord
from diary.drafts import CheckInDraft
from diary.import_preview import (
    Preview,
    calls_for_help,
    preview,
    read_file,
)
from diary.importing import Entry, Plan, Table
from diary.models import CheckIn, ImportRun, Measurement, Symptom
from diary.services import changing, measurement
from sharing.models import Patient, Permission, User

log = logging.getLogger(__name__)

State = ImportRun.State

CHUNK: Final = 1000  # entries in one statement
# A worker takes a run at once; when none did, the page offers to store it itself.
START_WITHIN: Final = timedelta(seconds=10)
# The time that a task has, see CELERY_TASK_TIME_LIMIT: then it was lost midway.
END_WITHIN: Final = timedelta(seconds=120)


def receive(patient: Patient, text: str, *, by: User) -> ImportRun:
    """Keep a file to be looked at; nothing of it is in the diary yet.

    One at a time for each person and record, and none for longer than a day. Refusal
    if the text is no table.
    """
    table = importing.table(importing.lines(text))
    with Patient.objects.writing(patient):
        ImportRun.objects.stale(timezone.now()).delete()
        patient.imports.filter(by=by, state=State.PREVIEW).delete()
        layout = importing.layout_of(table.header)
        return patient.imports.create(
            by=by,
            zone=patient.zone,
            content=text,
            layout=layout,
            options=_found_out(table, layout),
        )


def _found_out(table: Table, layout: str) -> dict[str, Any]:
    """How the file is to be read, as far as the file itself tells."""
    if layout == importing.OWN:
        return {"ready": True}
    columns = importing.guess(table.header)
    if layout == importing.GENERIC:
        return {"columns": columns, "ready": False}
    return {
        "columns": columns,
        "order": importing.known_order(table, columns) or "",
        "ready": not importing.left_open(table, columns).anything,
    }


def answer(patient: Patient, run: ImportRun, plan: Plan, zone: str) -> None:
    """Keep what the reader was asked about the file."""
    with Patient.objects.writing(patient):
        waiting = patient.imports.filter(pk=run.pk, state=State.PREVIEW)
        waiting.update(
            zone=zone,
            options={
                "columns": dict(plan.columns),
                "order": plan.order or "",
                "units": dict(plan.units),
                "clock": plan.clock,
                "ready": True,
                "asked": True,
            },
        )


def discard(patient: Patient, run: ImportRun) -> None:
    """Forget a file that is not wanted after all."""
    with Patient.objects.writing(patient):
        patient.imports.filter(pk=run.pk, state=State.PREVIEW).delete()


def queue(
    patient: Patient, run: ImportRun, shown: Preview, *, keep_unusual: bool
) -> bool:
    """Say that a file is to be stored; whether this call was the first to say so."""
    options = run.options | {
        "keep_unusual": keep_unusual,
        "queued_at": timezone.now().isoformat(),
    }
    with Patient.objects.writing(patient):
        waiting = patient.imports.filter(pk=run.pk, state=State.PREVIEW)
        return bool(
            waiting.update(
                state=State.QUEUED,
                options=options,
                rows_total=shown.total,
                rows_doubled=len(shown.doubled),
                rows_refused=len(shown.refused),
            )
        )


def is_late(run: ImportRun, now: datetime) -> bool:
    """Whether a queued run should have been begun, or ended, by now."""
    waited = now - datetime.fromisoformat(run.options["queued_at"])
    return waited > (END_WITHIN if run.rows_done else START_WITHIN)


def store(run_pk: int) -> None:
    """Store a queued file, all of it or nothing; of several calls one does."""
    run = ImportRun.objects.filter(pk=run_pk, state=State.QUEUED).first()
    if run is None:
        return
    # With what its owner may do now: a grant can be over since the file was sent.
    patient = Patient.objects.visible_to(run.by).filter(pk=run.patient_id).first()
    if patient is None or Permission.LOG not in patient.permissions:
        _close(run, state=State.FAILED)
        log.info("import refused", extra={"run": run.pk})
        return
    found = read_file(patient, run)
    with (
        changing(patient, by=run.by, what=history.RESTORED),  # if it was undone before
        _Progress(run) as progress,
    ):
        if not ImportRun.objects.filter(pk=run_pk, state=State.QUEUED).exists():
            return
        shown = preview(patient, found)
        entries = shown.chosen(keep_unusual=run.options["keep_unusual"])
        entries.sort(key=lambda entry: entry.draft.at)  # the newest is saved last
        earlier = history.taken_out(patient)
        stored: list[Entry] = []
        for begin in range(0, len(entries), CHUNK):
            stored += _insert(run, earlier, entries[begin : begin + CHUNK])
            progress.tell(shown.total - len(entries) + len(stored))
        _close(
            run,
            state=State.DONE,
            rows_total=shown.total,
            rows_done=shown.total,
            rows_added=len(stored),
            rows_doubled=len(shown.doubled),
            rows_refused=len(shown.refused),
            options={"help": calls_for_help(patient, stored)},
        )
    log.info("import stored", extra={"run": run.pk, "entries": len(stored)})


def _close(run: ImportRun, **fields: Any) -> None:
    """End a run, and with it the file that it held."""
    ImportRun.objects.filter(pk=run.pk).update(
        **{"content": "", "options": {}} | fields
    )


# --- Rows -----------------------------------------------------------------------------


def _insert(
    run: ImportRun, earlier: Mapping[UUID, int], entries: Collection[Entry]
) -> list[Entry]:
    """Store entries that are not there yet; gives them back with their own words.

    Those that the diary had `earlier`, by the number of their last change, go on from
    there.
    """
    stored = [_with_keys(run.patient, entry) for entry in entries]
    now = timezone.now()  # as a default of the database it takes three times as long
    checkins = CheckIn.objects.bulk_create(
        _checkin(run, entry.draft, now, earlier.get(entry.draft.client_id, 0))
        for entry in stored
    )
    pairs = list(zip(checkins, (entry.draft for entry in stored), strict=True))
    Symptom.objects.bulk_create(_symptoms(pairs))
    Measurement.objects.bulk_create(_measurements(pairs, now, by=run.by))
    return stored


_Pairs = Iterable[tuple[CheckIn, CheckInDraft]]


def _checkin(
    run: ImportRun, draft: CheckInDraft, now: datetime, last_number: int
) -> CheckIn:
    row = CheckIn(
        patient=run.patient,
        imported_in=run,
        version=last_number + 1,
        client_id=draft.client_id,
        no_symptoms=draft.no_symptoms,
        note=draft.note,
        tags=list(draft.tags),
        vaccine=draft.vaccine,
        recorded_at=now,
        entered_by=run.by,
    )
    row.set_moment(draft.at, draft.zone)
    return row


def _symptoms(pairs: _Pairs) -> Iterator[Symptom]:
    for checkin, draft in pairs:
        for code, severity in draft.symptoms.items():
            yield Symptom(checkin=checkin, code=code, severity=severity)
        for custom, severity in draft.own.items():
            yield Symptom(checkin=checkin, custom_id=custom, severity=severity)


def _measurements(pairs: _Pairs, now: datetime, *, by: User) -> Iterator[Measurement]:
    for checkin, draft in pairs:
        for reading in draft.readings:
            row = measurement(checkin, reading, by=by)
            row.recorded_at = now
            yield row


def _with_keys(patient: Patient, entry: Entry) -> Entry:
    """The entry with its own words as symptoms of this diary, added where missing."""
    if not entry.own:
        return entry
    own = {_own_pk(patient, word): severity for word, severity in entry.own.items()}
    return replace(entry, draft=replace(entry.draft, own=own))


def _own_pk(patient: Patient, word: OwnWord) -> int:
    same_word = patient.custom_symptoms.annotate(word=Lower("label")).filter(
        word=Lower(Value(word.label))
    )
    pk = same_word.values_list("pk", flat=True).first()
    if pk is None:
        pk = patient.custom_symptoms.create(label=word.label, key=word.means).pk
    return pk


# --- Progress -------------------------------------------------------------------------


@dataclass
class _Progress:
    """Tells how far a run is, past the transaction that nobody else sees into.

    On a connection of its own, opened when there is something to tell. The run's row
    must not be written in the transaction before the last word here.
    """

    run: ImportRun
    connection: BaseDatabaseWrapper | None = None

    def __enter__(self) -> Self:
        return self

    def tell(self, done: int) -> None:
        if done >= self.run.rows_total:
            return  # whoever asks will hear of the end
        if self.connection is None:
            self.connection = connections.create_connection(DEFAULT_DB_ALIAS)
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE diary_importrun SET rows_done = %s WHERE id = %s",
                [done, self.run.pk],
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self.connection is not None:
            self.connection.close()
