"""Every format of a record tells the same: as many of each, and nothing hidden."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pypdf import PdfReader

from attacks import numbers
from attacks.models import Attack, Facts, PastCount, Stay, Treatment, Trigger
from capleak.exports.formats import FORMATS
from capleak.period import Period
from capleak.report.read import read
from diary.models import Comment, Measurement, ProdromeFlag, VisitSheet
from prophylaxis.models import Appointment, Infusion
from sharing.models import Grant, Patient
from tests.capleak.entries import check_in, infuse
from tests.conftest import make_user
from tests.exports.fhir.checks import parsed, problems, resources
from tests.exports.files import opened_zip, table

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture
def own(patient, alice) -> Patient:
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


def file_of(key: str, record: Patient, period: Period) -> bytes:
    return b"".join(FORMATS[key].stream(record, period, NOW))


def text_of(key: str, content: bytes) -> str:
    """All that a file says to somebody who reads it."""
    match FORMATS[key].extension:
        case "pdf":
            pages = PdfReader(BytesIO(content), strict=True).pages
            return " ".join(page.extract_text() for page in pages)
        case "zip":
            return b"".join(opened_zip([content]).values()).decode()
        case _:
            return content.decode()


# --- As many of everything ----------------------------------------------------------


def attack(record: Patient, leak: datetime, days: int, **fields: Any) -> Attack:
    end = leak + timedelta(days=days)
    return Attack.objects.create(
        patient=record, zone=record.zone, leak_start=leak, end=end, **fields
    )


def by_year(record: Patient, year: int) -> Attack:
    return Attack.objects.create(
        patient=record,
        zone=record.zone,
        leak_start=datetime(year, 7, 1, 12, tzinfo=UTC),
        leak_start_precision="year",
    )


def counts(record: Patient, period: Period) -> list[dict[str, int]]:
    """How many attacks, infusions and check-ins each of the readers is told of."""
    report = read(record, period, NOW)
    found = opened_zip([file_of("csv", record, period)])
    bundle = parsed([file_of("fhir", record, period)])
    history = text_of("history", file_of("history", record, period))
    told = [row["code"]["text"] for row in resources(bundle, "Observation")]
    return [
        {"attacks": len(report.attacks), "infusions": len(report.infused.rows)},
        {"attacks": history.count("Known from")},
        {
            "attacks": len(table(found["attacks.csv"])),
            "infusions": len(table(found["infusions.csv"])),
            "check-ins": len(table(found["checkins.csv"])),
            "labs": len(table(found["measurements.csv"])),
        },
        {"entries": len({row["entry"] for row in table(found["diary.csv"])})},
        {
            "attacks": len(resources(bundle, "Condition")),
            "infusions": len(resources(bundle, "MedicationAdministration")),
            "check-ins": told.count("Diary check-in"),
            "labs": told.count("Albumin"),
        },
        {"labs": sum(len(one.points) for one in report.labs.series)},
    ]


@pytest.mark.parametrize(
    ("zone", "since", "until", "expected"),
    [
        # A night in Tokyo is a day of Tokyo, wherever the diary is now.
        ("Europe/Berlin", date(2025, 3, 11), date(2025, 3, 11), (1, 1, 1)),
        ("Europe/Berlin", date(2025, 3, 10), date(2025, 3, 10), (1, 0, 0)),
        # Of an attack by year nobody knows that it was not in these weeks.
        ("Europe/Berlin", date(2019, 1, 1), date(2019, 1, 31), (1, 0, 0)),
        ("Europe/Berlin", date(2018, 12, 1), date(2018, 12, 31), (0, 0, 0)),
        # The night in which a clock is changed at midnight, and the day that Samoa
        # never had.
        ("America/Sao_Paulo", date(2018, 11, 4), date(2018, 11, 4), (0, 0, 0)),
        ("Pacific/Apia", date(2011, 12, 30), date(2011, 12, 30), (0, 0, 0)),
        ("Pacific/Apia", None, None, (2, 1, 1)),
        ("Europe/Berlin", date(2025, 3, 12), None, (1, 0, 0)),
    ],
)
def test_every_format_tells_of_the_same_days(own, zone, since, until, expected):
    own.zone = zone
    own.save()
    night = datetime(2025, 3, 10, 15, 30, tzinfo=UTC)  # 00:30 on the 11th in Tokyo
    check_in(own, night, zone="Asia/Tokyo", symptoms={"fatigue": 1})
    infuse(own, night, zone="Asia/Tokyo").lots.create(number="L", vial_g=10, count=1)
    value = Measurement(
        patient=own,
        quantity="albumin",
        value=4,
        typed_value=4,
        typed_unit="g/dL",
        recorded_at=night,
    )
    value.set_moment(night, "Asia/Tokyo")
    value.save()
    attack(own, datetime(2025, 3, 9, 23, 30, tzinfo=UTC), 3)
    by_year(own, 2019)
    for told in counts(own, Period(since, until, ZoneInfo(zone))):
        wanted = dict(zip(("attacks", "infusions", "check-ins"), expected, strict=True))
        wanted["labs"] = wanted["check-ins"]
        wanted["entries"] = wanted["check-ins"] + wanted["labs"]
        assert told == {name: wanted[name] for name in told}


def test_the_rates_of_the_report_are_those_of_the_page_of_numbers(own):
    for year in (2020, 2021, 2023, 2025):
        attack(own, datetime(year, 3, 9, tzinfo=UTC), 5)
    PastCount.objects.create(
        patient=own,
        from_on=date(2010, 1, 1),
        until_on=date(2014, 12, 31),
        count=6,
        complete=True,
    )
    check_in(own, datetime(2020, 1, 1, tzinfo=UTC))
    found = read(own, Period(None, None, own.tz), NOW)
    page = numbers.read(own, NOW).tallies.overall
    (line, *_rest) = [line for line in found.lines if line.number == page.count]
    assert (page.count, line.number) == (10, 10)
    summary = " ".join(
        text_of("summary", file_of("summary", own, Period(None, None, own.tz))).split()
    )
    for words in (line.time, line.per_year, line.interval):
        assert words in summary


# --- Records of every kind ----------------------------------------------------------


def nothing(record: Patient) -> None:
    """A diary on its first day."""


def only_the_past(record: Patient) -> None:
    PastCount.objects.create(
        patient=record, from_on="1991-01-01", until_on="1994-12-31", count=7
    )


def closed(record: Patient) -> None:
    attack(record, datetime(2020, 5, 1, tzinfo=UTC), 4)
    record.closed_at = datetime(2020, 6, 1, tzinfo=UTC)
    record.memorial = "She loved the sea."
    record.save()


def child(record: Patient) -> None:
    record.name, record.born_on = "\u202eMia" + "x" * 70, date(2026, 5, 30)
    record.units = {"weight": "lb", "temperature": "°F", "albumin": "g/L"}
    record.save()
    record.usual_values.create(
        quantity="weight", value=4, typed_value=8, typed_unit="lb"
    )
    check_in(
        record, datetime(2026, 5, 31, tzinfo=UTC), note="\u0645\u0631\u062d\u0628\u0627"
    )


def going_on(record: Patient) -> None:
    Attack.objects.create(
        patient=record,
        zone="UTC",
        prodrome_start=NOW - timedelta(hours=5),
        ongoing=True,
    )


ALWAYS, A_DAY = (None, None), (date(2026, 6, 1), date(2026, 6, 1))


@pytest.mark.parametrize(
    ("kind", "days"),
    [
        (nothing, ALWAYS),
        (nothing, A_DAY),
        (only_the_past, ALWAYS),
        (closed, ALWAYS),
        (child, ALWAYS),
        (going_on, A_DAY),
        (going_on, (date(2026, 6, 2), None)),  # tomorrow, and later
        (going_on, (None, date(2027, 12, 31))),
        (going_on, (date(1900, 1, 1), date(1900, 1, 1))),
    ],
)
def test_every_format_can_be_written_of_every_record(own, kind, days):
    kind(own)
    period = Period(*days, own.tz)
    read(own, period, NOW)
    for key in FORMATS:
        text_of(key, file_of(key, own, period))
    for key in ("fhir", "fhir-summary"):
        assert problems(parsed([file_of(key, own, period)])) == []


# --- On the clock of the patient, whoever writes ------------------------------------


@pytest.mark.parametrize("key", FORMATS)
def test_a_file_is_the_same_from_the_page_and_from_the_worker(own, key):
    """The clock of a page is set back before its file is written, a worker has none."""
    own.zone = "Pacific/Auckland"
    own.save()
    late = datetime(2026, 3, 9, 22, 30, tzinfo=UTC)  # the 10th in Auckland
    one = attack(own, late, 5, note="seen")
    Stay.objects.create(attack=one, arrived_at=late, discharged_at=one.end)
    check_in(own, late, zone=own.zone, symptoms={"fatigue": 2}, note="tired")
    infuse(own, late, zone=own.zone, dose_g=100, weight_kg=60)
    always = Period(None, None, own.tz)
    with timezone.override(own.tz):
        on_page = file_of(key, own, always)
    with timezone.override("America/Los_Angeles"):
        assert file_of(key, own, always) == on_page
    assert "9 March" not in text_of(key, on_page)


# --- What is hidden -----------------------------------------------------------------


SAID = {"notes": "notecanary", "own_symptoms": "owncanary", "period": "cyclecanary"}


@pytest.fixture
def told(own: Patient) -> Patient:
    """A record in which each hidden thing says to what it belongs."""
    at = datetime(2026, 3, 14, 6, tzinfo=UTC)
    note = SAID["notes"]
    word = own.custom_symptoms.create(label=SAID["own_symptoms"])
    check_in(own, at, zone="UTC", own={word.pk: 2}, note=note, symptoms={"fatigue": 1})
    one = attack(own, at, 5, note=note)
    for kind, model in (("infection", Trigger), ("dialysis", Treatment)):
        model.objects.create(attack=one, kind=kind, note=note)
    Trigger.objects.create(attack=one, kind="period", detail=SAID["period"])
    Stay.objects.create(attack=one, arrived_at=at, note=note)
    Facts.objects.create(attack=one, sequelae_note=note)
    infusion = Infusion(patient=own, product="Ig", note=note)
    infusion.set_start(at, "UTC")
    infusion.save()
    infusion.reactions.create(kind="other", other=note, severity="mild", action=note)
    skipped = Appointment(patient=own, status="skipped", reason=note)
    skipped.set_moment(at, "UTC")
    skipped.save()
    flag = ProdromeFlag.objects.create(
        patient=own,
        level="watch",
        peak="watch",
        score=2,
        opened_at=at,
        rule_version="1",
        first_at=at,
        last_at=at,
        reasons=[
            {
                "kind": "new",
                "code": f"own:{word.pk}",
                "label": word.label,
                "now": 2.0,
                "usual_days": 0,
                "of_days": 9,
                "hidden": "own_symptoms",
            }
        ],
    )
    flag.answers.create(label="cold", words=note, by_name="Alice")
    PastCount.objects.create(
        patient=own, from_on="2010-01-01", until_on="2011-12-31", count=2, note=note
    )
    VisitSheet.objects.create(patient=own, questions=[f"question {note}"])
    Comment.objects.create(patient=own, day=at.date(), text="hello", author_name="Al")
    return own


SHOWN = {  # what a format tells at all, to those from whom nothing is hidden
    "summary": {"notes"},
    "history": {"notes", "own_symptoms", "period"},
    "csv": {"notes", "own_symptoms", "period"},
    "fhir-summary": {"notes", "own_symptoms", "period"},
    "fhir": {"notes", "own_symptoms", "period"},
}


@pytest.mark.parametrize("hidden", SAID)
@pytest.mark.parametrize("key", FORMATS)
def test_each_category_is_hidden_by_itself_in_each_format(told, grant_to, key, hidden):
    reader = make_user("reader")
    grant_to(reader, "export", kind=Grant.Kind.CAREGIVER, hidden=[hidden])
    seen = Patient.objects.visible_to(reader).get()
    text = text_of(key, file_of(key, seen, Period(None, None, seen.tz)))
    assert SAID[hidden] not in text
    others = SHOWN[key] - {hidden}
    assert {name for name in SAID if SAID[name] in text} == others
