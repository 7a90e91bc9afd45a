"""Files as other programs write them, and a hand to bring them in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.test import Client
from django.utils import timezone

from diary import import_service, importing
from diary.import_preview import Preview, plan_of, preview, read_file
from diary.importing import Plan, Read, Setting
from diary.models import ImportRun, Tag
from sharing.models import Patient, User
from sharing.zones import zone_names

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RECORD = UUID("0d5a3c52-6f0e-4d52-9f0b-0f4a6a1c7a11")

OMRON = """\
Date,Time,Systolic (mmHg),Diastolic (mmHg),Pulse (bpm),Symptoms,Consumed,TruRead,Notes
Jan 12 2025,08:12,114,74,47,-,-,-,-
Jan 10 2025,07:49 pm,128,71,52,-,-,-,after the stairs
"""
OMRON_ELSEWHERE = (
    '"Measurement Date","Timezone","SYS(mmHg)","DIA(mmHg)","Pulse(bpm)",'
    '"room temperature(°C)","Device"\n'
    '"2025/07/01 12:08","Asia/Ho_Chi_Minh","122","80","60","26","HEM-7155T"\n'
)
WITHINGS = """\
Date,"Heart rate",Systolic,Diastolic,Comments
"2025-06-20 08:15:00",58,,,
"2025-06-19 08:15:30",61,120,80,"sat down, waited"
"""
WITHINGS_WEIGHT = (
    'Date,"Weight (kg)","Fat mass (kg)","Bone mass (kg)","Muscle mass (kg)",'
    '"Hydration (kg)",Comments\n'
    '"2025-06-19 07:02:00",72.4,15.2,3.1,54.1,40.2,\n'
)


def read(
    text: str, *, zone: str = "Europe/Berlin", now: datetime = NOW, **answers: Any
) -> Read:
    """What stands in a file, read as its own header tells, and as answered."""
    table = importing.table(importing.lines(text))
    layout = importing.layout_of(table.header)
    columns = importing.guess(table.header)
    order = importing.known_order(table, columns) if "date" in columns else None
    plan = Plan(**{"layout": layout, "columns": columns, "order": order} | answers)
    setting = Setting(RECORD, zone, now, frozenset(zone_names()), Tag.values)
    return importing.read(table, plan, setting)


def said(found: Read) -> list[tuple[str, dict[str, str]]]:
    """The moment in UTC and the values as typed of each entry."""
    return [
        (
            f"{entry.draft.at.astimezone(UTC):%Y-%m-%d %H:%M}",
            {
                r.quantity: f"{r.typed_value.normalize():f} {r.typed_unit}"
                for r in entry.draft.readings
            },
        )
        for entry in found.entries
    ]


def reasons(found: Read) -> list[tuple[int, str]]:
    """The refused lines, each with its number."""
    return [(each.line, each.why.text % each.why.values) for each in found.refused]


def pressures(days: int, *, first: datetime = datetime(2020, 1, 1, 7)) -> str:
    """A file of so many lines, one for each day."""
    rows = [
        f"{first + timedelta(days=n):%Y-%m-%d %H:%M},{110 + n % 30},{70 + n % 15},"
        f"{60 + n % 20}"
        for n in range(days)
    ]
    return "\n".join(["Measurement Date,Systolic,Diastolic,Pulse", *rows])


def received(patient: Patient, text: str, by: User) -> ImportRun:
    """A file that was sent, with its questions answered: times are the record's."""
    text = importing.decode(text.encode())
    run = import_service.receive(patient, text, by=by)
    if not run.options["ready"]:
        import_service.answer(patient, run, plan_of(run), patient.zone)
    run.refresh_from_db()
    return run


def bring_in(
    patient: Patient, text: str, by: User, *, keep_unusual: bool = True
) -> ImportRun:
    """Receive a file and store it, as a worker does."""
    run = received(patient, text, by)
    shown = look(patient, run)
    import_service.queue(patient, run, shown, keep_unusual=keep_unusual)
    import_service.store(run.pk)
    run.refresh_from_db()
    return run


def look(patient: Patient, run: ImportRun) -> Preview:
    return preview(patient, read_file(patient, run))


def counts(run: ImportRun) -> tuple[int, int, int]:
    """Added, doubled, refused."""
    return run.rows_added, run.rows_doubled, run.rows_refused


def opened(patient: Patient, user: User) -> Patient:
    """The record as `user` opened it."""
    return Patient.objects.visible_to(user).get(pk=patient.pk)


def recent(hours: float) -> str:
    """A time so long ago, as a file writes it, in UTC."""
    at = timezone.now() - timedelta(hours=hours)
    return f"{at:%Y-%m-%dT%H:%M}Z"


def address(patient: Patient, run: ImportRun | None = None) -> str:
    base = f"/patients/{patient.public_id}/import/"
    return f"{base}{run.public_id}/" if run else base


def do(
    client: Client, patient: Patient, run: ImportRun, what: str, **fields: str
) -> Any:
    return client.post(address(patient, run), {"do": what, **fields})
