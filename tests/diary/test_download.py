"""CapLeak's own CSV: what is taken out comes back exactly, and is no formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.csv_format import COLUMNS
from diary.drafts import CheckInDraft, Reading
from diary.history import draft_of
from diary.models import CheckIn, Measurement
from diary.services import record_checkin
from diary.vocabulary import to_canonical
from sharing.spreadsheet import defused, plain
from tests.diary.importing import (
    bring_in,
    counts,
    look,
    opened,
    pressures,
    read,
    reasons,
    received,
)

ONE = UUID("11111111-1111-4111-8111-111111111111")
TWO = UUID("22222222-2222-4222-8222-222222222222")
HEADER = ",".join(COLUMNS)
HOSTILE = '=HYPERLINK("http://x")\r\n+1;-2;=3;\'4\t@5 "quoted", “é” \U0001f4a7\n\'tis'


def value(key, number, unit, **about):
    typed = Decimal(number)
    return Reading(key, to_canonical(key, typed, unit), typed, unit, **about)


@pytest.fixture
def record(patient, alice):
    return opened(patient, alice)


@pytest.fixture
def full(record, alice):
    """One entry that says everything that an entry can, and one that says little."""
    own = record.custom_symptoms.create(label="heavy legs", key="edema_limbs")
    other = record.custom_symptoms.create(label="=odd")
    draft = CheckInDraft(
        client_id=ONE,
        at=datetime(2025, 10, 26, 1, 30, 15, 123456, tzinfo=UTC),  # the second 02:30
        zone="Europe/Berlin",
        symptoms={"fatigue": 2, "nausea": 0, "malaise": None},
        own={own.pk: 1, other.pk: None},
        note=HOSTILE,
        tags=("travel", "vaccine"),
        vaccine="-flu",
        readings=(
            value("systolic", "104", "mmHg", posture="lying"),
            value("diastolic", "66", "mmHg", posture="lying"),
            value("systolic", "88", "mmHg", posture="standing", confirmed=True),
            value("weight", "165.5", "lb", device="@scale"),
            value("urine_relative", "-2", "grade"),
            value("limb_girth", "38.5", "cm", site="left calf"),
            value("albumin", "3.1", "g/dL"),
        ),
    )
    record_checkin(record, draft, by=alice)
    well = CheckInDraft(
        TWO, datetime(2025, 10, 27, 6, tzinfo=UTC), "Asia/Tokyo", no_symptoms=True
    )
    record_checkin(record, well, by=alice)
    return record


def downloaded(client, patient):
    answer = client.get(f"/patients/{patient.public_id}/download/")
    assert answer.status_code == 200
    return answer.getvalue().decode()


def said(checkin: CheckIn) -> dict[str, object]:
    """All that a check-in says, own symptoms by their word."""
    draft = draft_of(checkin)
    own = {s.custom.label: s.severity for s in checkin.symptoms.all() if s.custom}
    return {
        "id": draft.client_id,
        "at": draft.at,
        "zone": draft.zone,
        "day": checkin.day,
        "symptoms": dict(draft.symptoms),
        "own": own,
        "no_symptoms": draft.no_symptoms,
        "note": draft.note,
        "tags": draft.tags,
        "vaccine": draft.vaccine,
        "readings": set(draft.readings),
    }


def test_what_is_downloaded_comes_back_exactly(sign_in, alice, eve, full):
    text = downloaded(sign_in(alice), full)
    hers = opened(eve.own_record, eve)
    run = bring_in(hers, text, eve)
    assert (run.layout, counts(run)) == ("capleak", (2, 0, 0))
    for client_id in (ONE, TWO):
        mine, theirs = CheckIn.objects.filter(client_id=client_id).order_by("pk")
        assert said(mine) == said(theirs)
    assert downloaded(sign_in(eve), hers) == text


def test_own_words_come_along_with_their_meaning(sign_in, alice, eve, full):
    hers = opened(eve.own_record, eve)
    hers.custom_symptoms.create(label="Heavy Legs")
    bring_in(hers, downloaded(sign_in(alice), full), eve)
    words = hers.custom_symptoms.values_list("label", "key")
    assert set(words) == {("Heavy Legs", ""), ("=odd", "")}


def test_what_is_downloaded_is_there_already(sign_in, alice, full):
    run = bring_in(full, downloaded(sign_in(alice), full), alice)
    assert counts(run) == (0, 2, 0)


def test_lines_added_by_hand_without_an_id_are_added_once(record, alice):
    text = (
        f"{HEADER}\n"
        ",2025-03-14 06:30,Europe/Berlin,symptom,fatigue,,2,,,,,,,\n"
        ",2025-03-14 06:30,Europe/Berlin,measurement,pulse,,,61,/min,,,,,\n"
        ",2025-03-14 06:30,,note,,,,,,,,,,felt odd\n"
    )
    assert counts(bring_in(record, text, alice)) == (1, 0, 0)
    assert counts(bring_in(record, text, alice)) == (0, 1, 0)
    checkin = record.checkins.get()
    assert (checkin.note, checkin.measurements.get().value) == ("felt odd", 61)


def test_only_those_who_may_export_download(request, sign_in, patient):
    url = f"/patients/{patient.public_id}/download/"
    for who, status in (
        ("alice", 200),
        ("doctor", 200),
        ("viewer", 403),
        ("logger_", 403),
        ("eve", 404),
    ):
        answer = sign_in(request.getfixturevalue(who)).get(url)
        assert (who, answer.status_code) == (who, status)


def test_the_name_of_the_file_says_nobody_s_name(sign_in, alice, patient):
    answer = sign_in(alice).get(f"/patients/{patient.public_id}/download/")
    assert re.fullmatch(
        r'attachment; filename="capleak-diary-\d{4}-\d\d-\d\d.csv"',
        answer["Content-Disposition"],
    )
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "no-store" in answer["Cache-Control"]


def test_hidden_notes_are_left_out(sign_in, alice, full, doctor):
    doctor.grants.update(hidden=["notes"])
    text = downloaded(sign_in(doctor), full)
    assert "HYPERLINK" not in text
    assert ",note," not in text
    assert ",weight," in text


def test_measurements_without_a_check_in_are_entries_of_their_own(
    sign_in, alice, record
):
    for key, number in (("systolic", 120), ("diastolic", 80)):
        row = Measurement(
            patient=record,
            client_id=ONE,
            quantity=key,
            value=number,
            typed_value=number,
            typed_unit="mmHg",
        )
        row.set_moment(datetime(2025, 3, 14, 6, tzinfo=UTC), "Europe/Berlin")
        row.save()
    rows = list(csv.DictReader(io.StringIO(downloaded(sign_in(alice), record))))
    assert {row["\ufeffentry"] for row in rows} == {str(ONE)}
    assert [(row["item"], row["value"]) for row in rows] == [
        ("systolic", "120"),
        ("diastolic", "80"),
    ]


def test_a_download_asks_the_database_a_constant_number_of_times(
    sign_in, alice, record, django_assert_max_num_queries
):
    bring_in(record, pressures(300), alice)
    client = sign_in(alice)
    with django_assert_max_num_queries(12):
        text = downloaded(client, record)
    assert text.count("\n") == 1 + 3 * 300


# --- Formulas -------------------------------------------------------------------------

STARTS = re.compile(r"(?:^|[;\t\r\n])[=+\-@＝＋－＠]")


@given(st.text(alphabet="=+-@\t\r\n;'a1 ＝", max_size=12) | st.text(max_size=40))
def test_defusing_is_taken_back_exactly(text):
    assert plain(defused(text)) == text
    assert not STARTS.search(defused(text))


def test_no_cell_of_the_file_can_begin_a_formula(sign_in, alice, full):
    text = downloaded(sign_in(alice), full)
    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            for cell in row:
                number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
                assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


# --- Lines that cannot be read --------------------------------------------------------

AT = "2025-03-14T06:30:00+01:00,Europe/Berlin"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"x,{AT},note,,,,,,,,,,a", "“x” is not the id of an entry."),
        (f",{AT},song,,,,,,,,,,", "“song” is no kind of line that is known."),
        (f",{AT},symptom,joy,,1,,,,,,,", "“joy” is not known."),
        (f",{AT},symptom,fatigue,,4,,,,,,,", "“4” is not a severity from 0 to 3."),
        (f",{AT},measurement,height,,,180,cm,,,,,", "“height” is not known."),
        (f",{AT},measurement,weight,,,72,st,,,,,", "Weight: “st” is not a unit that"),
        (f",{AT},measurement,pulse,,,60,/min,upside,,,,", "“upside” is not known."),
        (f",{AT},tag,party,,,,,,,,,", "“party” is not known."),
        (f",{AT},own symptom,,,1,,,,,,,", "The symptom has no name."),
        (f",{AT},own symptom,{'x' * 61},,1,,,,,,,", "has more than 60 characters."),
        (",9999-12-31T23:59Z,,note,,,,,,,,,,a", "is not between 1900 and now."),
        (",2025-03-14,,note,,,,,,,,,,a", "There is no time in this line."),
        (",2025-03-14 06:30,Mars/Base,note,,,,,,,,,,a", "is not a time zone."),
    ],
)
def test_a_line_that_cannot_be_read_is_refused_with_the_reason(line, words):
    found = read(f"{HEADER}\n{line}\n")
    ((number, reason),) = reasons(found)
    assert (number, found.entries) == (2, [])
    assert words in reason


def test_an_entry_with_a_bad_line_is_left_out_whole():
    text = (
        f"{HEADER}\n"
        f"{ONE},{AT},symptom,fatigue,,2,,,,,,,\n"
        f"{ONE},{AT},measurement,pulse,,,600,/min,,,,,\n"
        f"{TWO},{AT},note,,,,,,,,,,kept\n"
    )
    found = read(text)
    assert [entry.draft.client_id for entry in found.entries] == [TWO]
    assert reasons(found) == [
        (2, "Line 3 of the same entry cannot be read."),
        (3, "Pulse: 600 /min is not possible. It is from 25 to 230 /min."),
    ]


def test_an_entry_cannot_say_the_same_thing_twice_or_both_ways():
    text = (
        f"{HEADER}\n"
        f"{ONE},{AT},symptom,fatigue,,2,,,,,,,\n"
        f"{ONE},{AT},symptom,fatigue,,1,,,,,,,\n"
        f"{TWO},{AT},no symptoms,,,,,,,,,,\n"
        f"{TWO},{AT},symptom,nausea,,1,,,,,,,\n"
    )
    assert [reason for _, reason in reasons(read(text))] == [
        "Line 3 of the same entry cannot be read.",
        "The same is said twice in this entry.",
        "The entry says both symptoms and no symptoms.",
        "Line 4 of the same entry cannot be read.",
    ]


def test_one_id_at_two_times_is_refused():
    text = (
        f"{HEADER}\n"
        f"{ONE},{AT},note,,,,,,,,,,a\n"
        f"{ONE},2025-03-15T06:30:00+01:00,Europe/Berlin,note,,,,,,,,,,b\n"
    )
    found = read(text)
    assert reasons(found) == [(3, "Another line gives the same entry another time.")]


def test_more_own_words_than_a_diary_takes_are_refused(record, alice):
    lines = [
        f",2025-03-14 06:{n % 60:02}:{n // 60:02},,own symptom,word {n},,1,,,,,,,"
        for n in range(103)
    ]
    run = received(record, "\n".join([HEADER, *lines]), alice)
    shown = look(record, run)
    assert (len(shown.new), len(shown.refused)) == (100, 3)
    assert counts(bring_in(record, "\n".join([HEADER, *lines]), alice)) == (100, 0, 3)
