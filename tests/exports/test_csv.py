"""The ZIP of tables: read by other software, complete, harmless, and as it was."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attacks.models import Attack
from capleak.exports import csv_zip
from capleak.exports.formats import FORMATS
from capleak.exports.tables import TABLES
from capleak.period import Period
from diary.csv_format import COLUMNS
from diary.history import draft_of
from diary.models import CheckIn, Comment, Measurement, ProdromeFlag
from prophylaxis.models import Infusion, Lot
from sharing.models import Category, Grant, Patient, User
from sharing.spreadsheet import plain
from tests.capleak.entries import check_in
from tests.conftest import make_user
from tests.diary.importing import bring_in, counts
from tests.exports.files import opened_zip, table
from tests.sharing.rows import closed_flag, ongoing_attack, trigger_of

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
ALWAYS = Period(None, None, BERLIN)
HOSTILE = '=HYPERLINK("http://x")\r\n+1;-2;=3;\'4\t@5 "quoted", “é” \U0001f4a7\n\'tis'

BEGINS = ("=", "+", "-", "@", "\t", "\r")


def files(record: Patient, period: Period = ALWAYS) -> dict[str, bytes]:
    return opened_zip(FORMATS["csv"].stream(record, period, NOW))


@pytest.fixture
def own(patient: Patient, alice: User) -> Patient:
    """Alice's record as Alice opened it."""
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


@pytest.fixture
def discreet(
    patient: Patient, grant_to: Callable[..., Grant], own: Patient
) -> Callable[[], Patient]:
    """Alice's record as somebody opens it from whom everything is hidden."""
    user = make_user("discreet")
    grant_to(user, "export", hidden=[*Category])
    return lambda: Patient.objects.visible_to(user).get(pk=patient.pk)


# --- The demo, read by others -------------------------------------------------------


def test_every_row_of_the_demo_is_in_its_table(demo):
    found = files(demo)
    rows = {name: table(content) for name, content in found.items() if ".csv" in name}
    assert len(rows["checkins.csv"]) == demo.checkins.count()
    assert len(rows["measurements.csv"]) == demo.measurements.count()
    assert len(rows["attacks.csv"]) == demo.attacks.count() > 4
    assert len(rows["infusions.csv"]) == demo.infusions.count() > 20
    lots = Lot.objects.filter(infusion__patient=demo)
    assert len(rows["infusion_lots.csv"]) == lots.count() > 20
    assert len(rows["flags.csv"]) == ProdromeFlag.objects.filter(patient=demo).count()
    assert rows["medicines.csv"] == [] or rows["medicines.csv"][0]["name"]


def test_the_dictionary_names_every_column_of_every_file(demo):
    found = files(demo)
    declared = [
        (row["file"], row["column"])
        for row in table(found["dictionary.csv"])
        if row["column"]
    ]
    headers = [
        (name, column)
        for name, content in found.items()
        if name not in {"README.txt", "dictionary.csv"}
        for column in next(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    ]
    assert sorted(declared) == sorted(headers)
    assert len(headers) > 150
    about = {(r["file"], r["column"]): r for r in table(found["dictionary.csv"])}
    assert about["measurements.csv", "loinc"]["code"] == "LOINC"
    assert about["infusions.csv", "dose_g"]["unit"] == "g"
    assert about["checkins.csv", "at"]["zone"] == "column zone"


def test_attacks_open_in_a_spreadsheet_with_days_that_it_knows(demo):
    rows = table(files(demo)["attacks.csv"])
    sheet = openpyxl.Workbook().active
    for row in rows:
        sheet.append(list(row.values()))
    kept = io.BytesIO()
    sheet.parent.save(kept)
    read = openpyxl.load_workbook(io.BytesIO(kept.getvalue())).active
    assert (read.max_row, read.max_column) == (len(rows), len(rows[0]))
    assert [str(cell.value) for cell in read["A"]] == [
        str(n) for n in range(1, len(rows) + 1)
    ]
    began = [date.fromisoformat(row["began_on"]) for row in rows]
    assert began == sorted(began)
    assert not any(cell.data_type == "f" for line in read for cell in line)


def test_times_carry_the_offset_of_where_they_were_lived(own):
    at = datetime(2025, 10, 26, 1, 30, 15, 123456, tzinfo=UTC)  # the second 02:30
    check_in(own, at, "Europe/Berlin", symptoms={"fatigue": 2})
    check_in(own, at, "Asia/Kathmandu", no_symptoms=True)
    rows = table(files(own)["checkins.csv"])
    assert [row["at"] for row in rows] == [
        "2025-10-26T02:30:15.123456+01:00",
        "2025-10-26T07:15:15.123456+05:45",
    ]


def test_codes_stand_beside_what_they_are_codes_of(demo):
    found = files(demo)
    loinc = {r["quantity"]: r["loinc"] for r in table(found["measurements.csv"])}
    assert (loinc["systolic"], loinc["pulse"]) == ("8480-6", "8867-4")
    snomed = {r["symptom"]: r["snomed"] for r in table(found["symptoms.csv"])}
    assert snomed["fatigue"] == "84229001"
    assert snomed["malaise"] == ""  # none is known, so none is invented


# --- Read back by the diary ---------------------------------------------------------


def told(checkin: CheckIn) -> dict[str, object]:
    """All that a check-in says, own symptoms by their word."""
    draft = draft_of(checkin)
    return {
        "at": draft.at,
        "zone": draft.zone,
        "day": checkin.day,
        "symptoms": dict(draft.symptoms),
        "own": {s.custom.label: s.severity for s in checkin.symptoms.all() if s.custom},
        "well": draft.no_symptoms,
        "note": draft.note,
        "tags": (draft.tags, draft.vaccine),
        "readings": set(draft.readings),
    }


def entries(record: Patient) -> dict[UUID, dict[str, object]]:
    rows = record.checkins.prefetch_related("symptoms__custom", "measurements")
    return {row.client_id: told(row) for row in rows}


def test_the_diary_of_the_demo_comes_back_exactly_through_its_importer(demo, eve):
    content = files(demo)["diary.csv"].decode()
    hers = Patient.objects.visible_to(eve).get(owner=eve)
    run = bring_in(hers, content, eve)
    alone = demo.measurements.filter(checkin=None)  # become entries of their own
    assert counts(run) == (demo.checkins.count() + alone.count(), 0, 0)
    found, told = entries(hers), entries(demo)
    assert {key: found[key] for key in told} == told
    assert sorted(
        (entry["at"], *((r.quantity, r.typed_value) for r in entry["readings"]))
        for key, entry in found.items()
        if key not in told
    ) == sorted((m.at, (m.quantity, m.typed_value)) for m in alone)
    assert files(hers)["diary.csv"].decode() == content


def test_what_is_brought_back_into_the_same_diary_is_there_already(own, alice):
    check_in(own, datetime(2025, 3, 14, 6, tzinfo=UTC), note=HOSTILE)
    run = bring_in(own, files(own)["diary.csv"].decode(), alice)
    assert counts(run) == (0, 1, 0)


# --- Hostile texts ------------------------------------------------------------------

SIGNS = st.text(alphabet="=+-@\t\r\n;,\"'a1 ＝＠\u202e\U0001f4a7", max_size=12)
NOTES = st.lists(
    SIGNS | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40),
    min_size=100,
    max_size=100,
)


@given(NOTES)
@settings(max_examples=10)
def test_a_thousand_hostile_notes_come_through_unharmed_and_harmless(notes):
    owner = User.objects.create_user(f"{uuid4()}@example.org")
    made = Patient.objects.create(owner=owner, name="Ada", zone="Europe/Berlin")
    Comment.objects.bulk_create(
        Comment(patient=made, day=date(2025, 3, 1) + timedelta(n), text=text)
        for n, text in enumerate(notes)
    )
    own = Patient.objects.visible_to(owner).get(pk=made.pk)
    content = files(own)["comments.csv"]
    assert [plain(row["text"]) for row in table(content)] == notes
    for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(BEGINS) for cell in row)


def test_a_hostile_note_is_no_formula_in_any_table(own):
    Patient.objects.filter(pk=own.pk).update(name="=1+1")
    attack = ongoing_attack(own)
    Attack.objects.filter(pk=attack.pk).update(note=HOSTILE)
    trigger_of(attack)
    check_in(
        own, NOW - timedelta(days=3), note=HOSTILE, vaccine="=1", tags=("vaccine",)
    )
    row = Infusion(patient=own, product="@SUM(1)", given_by="+1", note=HOSTILE)
    row.set_start(NOW, "UTC")
    row.save()
    Lot.objects.create(infusion=row, number="-4711")
    found = files(own)
    tables = {name: content for name, content in found.items() if ".csv" in name}
    for name, content in tables.items():
        for line in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")):
            for cell in line:
                number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                assert number or not cell.startswith(BEGINS), (name, cell)
    assert plain(table(found["attacks.csv"])[0]["note"]) == HOSTILE
    assert plain(table(found["infusion_lots.csv"])[0]["number"]) == "-4711"


# --- What is hidden -----------------------------------------------------------------


def test_what_is_hidden_is_in_no_file(own, discreet):
    word = own.custom_symptoms.create(label="Octopus feet", key="numbness")
    at = NOW - timedelta(days=3)
    check_in(own, at, own={word.pk: 2}, note="secret note", symptoms={"fatigue": 1})
    check_in(own, at, tags=("period",))
    attack = ongoing_attack(own)
    trigger_of(attack).delete()
    attack.triggers.create(kind="period", note="secret trigger")
    flag = closed_flag(own)
    flag.reasons[0] |= {"label": "Octopus feet", "hidden": "own_symptoms"}
    flag.save()
    flag.answers.create(label="period", words="secret answer", by_name="A")
    text = b"".join(files(discreet()).values()).decode()
    for secret in ("Octopus", "secret", "wrote-this-note"):
        assert secret not in text
    rows = {name: table(c) for name, c in files(discreet()).items() if ".csv" in name}
    assert [row["tags"] for row in rows["checkins.csv"]] == [""]
    assert rows["attack_triggers.csv"] == []
    assert rows["own_symptoms.csv"] == []
    assert rows["flags.csv"][0]["reasons"] == "Something unusual"
    assert rows["flag_answers.csv"][0]["label"] == "answered"
    assert all("period" not in row.values() for row in rows["diary.csv"])
    whole = b"".join(files(own).values()).decode()
    assert "Octopus" in whole
    assert "secret trigger" in whole


# --- The period ---------------------------------------------------------------------


def test_only_the_days_of_the_period_are_in_the_files(own):
    for day in (9, 10, 20, 21):
        check_in(own, datetime(2025, 3, day, 23, 30, tzinfo=UTC), note=f"day {day}")
        row = Infusion(patient=own, product=f"Ig {day}")
        row.set_start(datetime(2025, 3, day, 23, 30, tzinfo=UTC), "UTC")
        row.save()
        row.lots.create(number=f"L{day}", vial_g=10, count=1)
    found = files(own, Period(date(2025, 3, 11), date(2025, 3, 21), BERLIN))
    notes = [row["note"] for row in table(found["checkins.csv"])]
    assert notes == ["day 10", "day 20"]  # half past midnight in Berlin
    # Given in London, half an hour before midnight: the day is the one lived there.
    assert [r["product"] for r in table(found["infusions.csv"])] == ["Ig 20", "Ig 21"]
    assert [r["number"] for r in table(found["infusion_lots.csv"])] == ["L20", "L21"]
    texts = [r["text"] for r in table(found["diary.csv"])]
    assert texts == ["day 10", "day 20"]


def test_an_attack_keeps_its_number_whatever_the_period(own):
    for year in (2019, 2021, 2023):
        at = datetime(year, 5, 6, tzinfo=UTC)
        Attack.objects.create(
            patient=own, leak_start=at, end=at + timedelta(days=4), zone="UTC"
        )
    found = files(own, Period(date(2021, 5, 8), date(2022, 1, 1), BERLIN))
    rows = table(found["attacks.csv"])
    assert [(r["attack"], r["began_on"], r["last_on"]) for r in rows] == [
        ("2", "2021-05-06", "2021-05-10")
    ]


# --- How it is read -----------------------------------------------------------------


def test_ten_times_the_rows_ask_the_database_no_more_often(
    own, django_assert_max_num_queries
):
    at = datetime(2025, 3, 1, tzinfo=UTC)
    for n in range(60):
        row = CheckIn(patient=own, no_symptoms=True)
        row.set_moment(at + timedelta(hours=n), "UTC")
        row.save()
        value = Measurement(
            patient=own, quantity="pulse", value=60, typed_value=60, typed_unit="/min"
        )
        value.set_moment(at + timedelta(hours=n), "UTC")
        value.save()
    with django_assert_max_num_queries(50):
        files(own)


def test_every_table_has_words_for_its_columns_and_a_name_of_its_own():
    names = [t.name for t in TABLES]
    assert len(names) == len(set(names)) >= 20
    for declared in TABLES:
        columns = [column.name for column in declared.columns]
        assert len(columns) == len(set(columns))
        assert all(column.describes for column in declared.columns)
    assert set(csv_zip._DIARY_COLUMN) == set(COLUMNS)


def test_the_same_record_gives_the_same_bytes(demo):
    once, again = (b"".join(FORMATS["csv"].stream(demo, ALWAYS, NOW)) for _ in range(2))
    assert once == again
