"""The full history: a section for each attack, and every word as it is stored."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from attacks.models import Treatment
from bench.report_records import NOW, ZONE, give_attacks
from capleak.exports.history import history_data
from capleak.exports.pdf import history_pdf, stream_history
from capleak.exports.typesetting import printable
from capleak.period import Period
from capleak.report.read import read
from sharing.models import Category, Patient

EVERYTHING = Period(None, None, ZoneInfo(ZONE))
# What a template, a page, a spreadsheet or a shell might take for its own.
PIECES = (
    '#panic("x")',
    "#eval(sys.inputs.data)",
    "$ sum_x $",
    "*bold* _thin_ `raw`",
    "= Heading",
    "@label <label>",
    "\\u{1F600} \\ // /* */",
    "<script>alert(1)</script>",
    "=HYPERLINK(1)",
    "'; DROP TABLE x;--",
    "{{ 7*7 }} {% now %}",
    "../../etc/passwd",
    '" quoted " -- --- ... ~',
    "Ørsted Čapek Łódź ß",
    "Ζεύς Дмитрий",
    "fi fl ffi",
)
UNBROKEN = "x" * 90  # has no place where a line could break


@pytest.fixture
def own(patient, alice) -> Patient:
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


def text(document: bytes) -> str:
    pages = PdfReader(BytesIO(document), strict=True).pages
    return "\n".join(page.extract_text() for page in pages)


def bare(words: str) -> str:
    """Without white space: where a line breaks says nothing."""
    return "".join(words.split())


def history(record: Patient) -> bytes:
    return history_pdf(record, EVERYTHING, NOW, paper="a4")


@pytest.mark.slow
def test_a_thousand_hostile_notes_are_shown_as_they_are_stored(own):
    [attack] = give_attacks(own, 1)
    draw = Random(8)
    notes = [f"n{n} {' '.join(draw.sample(PIECES, 2))} n{n}e" for n in range(990)]
    notes += [f"m{n} {UNBROKEN} m{n}e" for n in range(10)]
    Treatment.objects.bulk_create(
        Treatment(attack=attack, kind="albumin", note=note) for note in notes
    )
    shown = bare(text(history(own)))
    stored = Treatment.objects.filter(attack=attack).values_list("note", flat=True)
    assert [note for note in stored if bare(note) not in shown] == []


def test_letters_that_no_font_has_are_copied_as_they_are(own):
    own.name = "漢字 日本"
    own.save()
    page = PdfReader(BytesIO(history(own))).pages[0]
    drawn = page.get_contents()
    assert drawn is not None
    for letter in "字本":  # drawn as the box of the one before, and told apart
        told = letter.encode("utf-16-be").hex().upper().encode()
        assert b"/ActualText<FEFF" + told in drawn.get_data()


def test_what_is_no_character_is_seen_to_be_there():
    assert printable({"a": ["x\x01y", "two\nlines"]}) == {
        "a": ["x\ufffdy", "two lines"]
    }


@pytest.mark.parametrize(
    "name", ["\u202eevil\u202c", "שלום", "مرحبا", "😀", "e\u0301\u0301"]
)
def test_any_name_makes_a_document(own, name):
    own.name = name
    own.save()
    assert history(own).startswith(b"%PDF")


def test_each_attack_has_a_section_with_its_chart(own):
    give_attacks(own, 3, detailed=2)
    document = history(own)
    shown = text(document)
    assert shown.count("Leak phase") == 3
    for words in (
        "Full attack history",
        "Severity",
        "3: needed intensive care or surgery; from facts",
        "fluid: salt solution (crystalloid)",
        "lowest 74 mmHg",
        "below 90: hypotension",  # in the chart: its words are text, not pictures
    ):
        assert words in shown
    assert shown.count("below 90: hypotension") == 2


def test_the_worst_values_are_those_of_the_database(own):
    give_attacks(own, 1, detailed=1)
    lowest = own.measurements.filter(quantity="systolic").order_by("value").first()
    assert lowest is not None
    assert lowest.value == Decimal(74)
    assert f"lowest {lowest.value:.0f} mmHg" in text(history(own))


def test_notes_are_left_out_for_those_from_whom_they_are_hidden(own, eve, grant_to):
    [attack] = give_attacks(own, 1)
    attack.note = "only for my eyes"
    attack.save()
    grant_to(eve, hidden=[Category.NOTES])
    record = Patient.objects.visible_to(eve).get(pk=own.pk)
    assert "only for my eyes" in text(history(own))
    assert "only for my eyes" not in text(history(record))


def test_one_attack_more_costs_nine_queries_more(own, django_assert_num_queries):
    give_attacks(own, 4, detailed=4)
    found = read(own, EVERYTHING, NOW)
    with CaptureQueriesContext(connection) as of_four:
        history_data(found)
    with django_assert_num_queries(len(of_four) - 2 * 9):
        history_data(replace(found, attacks=found.attacks[:2]))


def test_nothing_written_down_is_said(own):
    shown = text(history(own))
    assert "No attack is written down in these days." in shown


def test_it_streams_as_one_file(own):
    assert b"".join(stream_history(own, EVERYTHING, NOW)).startswith(b"%PDF-1.7")
