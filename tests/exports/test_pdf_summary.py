"""The one-page summary: one page, tagged, readable, and nothing but what is known."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from pypdf import PdfReader

from bench.report_records import (
    NOW,
    ZONE,
    give_attacks,
    give_infusions,
    give_words,
)
from capleak.exports.pdf import stream_summary, summary_pdf
from capleak.exports.summary import LONGEST, short, summary_data
from capleak.exports.typesetting import paper_of, pictured
from capleak.period import Period
from capleak.report.read import read
from sharing.models import Category, Grant, Patient

EVERYTHING = Period(None, None, ZoneInfo(ZONE))
POINT = 1 / 72
A4, LETTER = (595, 842), (612, 792)


@pytest.fixture
def own(patient, alice) -> Patient:
    return Patient.objects.visible_to(alice).get(pk=patient.pk)


def opened(document: bytes) -> PdfReader:
    return PdfReader(BytesIO(document), strict=True)


def text(document: bytes) -> str:
    return " ".join(" ".join(p.extract_text() for p in opened(document).pages).split())


def summary(record: Patient, paper="a4", period=EVERYTHING) -> bytes:
    return summary_pdf(record, period, NOW, paper=paper)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
@pytest.mark.parametrize("count", [0, 1, 5, 50, 200])
def test_it_is_one_page_however_many_attacks_there_are(own, count, paper):
    give_attacks(own, count, detailed=min(count, 2))
    pages = opened(summary(own, paper)).pages
    assert len(pages) == 1
    size = tuple(round(float(n)) for n in pages[0].mediabox[2:])
    assert size == (A4 if paper == "a4" else LETTER)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_it_is_one_page_with_the_widest_words_everywhere(own, paper):
    give_attacks(own, 200)
    give_infusions(own, 30)
    give_words(own, "W" * 160)
    record = Patient.objects.visible_to(own.owner).get(pk=own.pk)
    assert len(opened(summary(record, paper)).pages) == 1


def test_a_long_name_of_a_medicine_leaves_room_for_its_dose(own):
    give_words(own, "Immunoglobulin of a very long name, " * 3)
    record = Patient.objects.visible_to(own.owner).get(pk=own.pk)
    places = []

    def seen(words, cm, tm, font, size):
        places.extend([tm[4]] * ("08:00" in words))

    page = opened(summary(record)).pages[0]
    page.extract_text(visitor_text=seen)
    middle = float(page.mediabox.width) * 0.58
    assert places
    assert max(places) < middle


def test_it_is_tagged_titled_and_says_which_language_it_is_in(own):
    give_attacks(own, 2)
    reader = opened(summary(own))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"].startswith("en")
    assert "/StructTreeRoot" in root
    assert "pdfuaid:part" in root["/Metadata"].get_data().decode()
    assert reader.metadata is not None
    assert reader.metadata.title == "Summary for a visit"
    assert reader.metadata.creation_date == NOW


def test_its_chart_says_in_words_what_it_shows(own):
    give_attacks(own, 2)
    found = []

    def walk(node):
        node = node.get_object()
        if isinstance(node, list):
            for one in node:
                walk(one)
        elif isinstance(node, dict):
            if node.get("/S") == "/Figure":
                found.append(node["/Alt"])
            if "/K" in node:
                walk(node["/K"])

    walk(opened(summary(own)).trailer["/Root"]["/StructTreeRoot"]["/K"])
    assert found == ["All years. 2 attacks in 2026; 0 infusions; no diary entry yet."]


def test_every_font_is_in_the_file(own):
    give_attacks(own, 1)
    fonts = opened(summary(own)).pages[0]["/Resources"]["/Font"]
    for font in fonts.values():
        below = font.get_object()["/DescendantFonts"][0].get_object()
        descriptor = below["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)


def test_no_letter_is_smaller_than_9_points(own):
    give_attacks(own, 60, detailed=2)
    give_infusions(own, 20)
    give_words(own, "A question about the dose of the next infusion? " * 3)
    record = Patient.objects.visible_to(own.owner).get(pk=own.pk)
    sizes: set[float] = set()

    def seen(words, cm, tm, font, size):
        if words.strip():
            height = abs(tm[3] * cm[3]) or abs(tm[1] * cm[1])
            sizes.add(round(size * height, 2))

    opened(summary(record)).pages[0].extract_text(visitor_text=seen)
    assert min(sizes) >= 9


def test_what_a_visit_needs_is_on_it(own):
    give_attacks(own, 3, detailed=1)
    give_infusions(own, 14)
    give_words(own, "Is the dose right?")
    record = Patient.objects.visible_to(own.owner).get(pk=own.pk)
    shown = text(summary(record))
    for words in (
        "Is the dose right?",
        "3 attacks, 3 of them severe (grade 3 or 4).",
        "22 Oct 2026",
        "6 d, ICU 2 d",
        "74",
        "14 given",
        "2 g/kg each",
        "Since the visit of 25 August 2026",
        "headache (mild)",
        "Not a medical device",
        "23 November 2026, 10:00 Europe/Berlin",
        str(record.public_id),
    ):
        assert words in shown


def test_values_stand_under_the_unit_that_the_patient_chose(own):
    give_attacks(own, 2, detailed=1)
    heads = summary_data(read(own, EVERYTHING, NOW))["attacks"]
    assert heads["head"][4:] == [
        "Lowest systolic (mmHg)",
        "Highest Hct (%)",
        "Lowest albumin (g/dL)",
    ]
    assert heads["rows"][0][4:] == ["74", "58", "2"]
    own.units = {"albumin": "g/L"}
    changed = summary_data(read(own, EVERYTHING, NOW))["attacks"]
    assert (changed["head"][-1], changed["rows"][0][-1]) == (
        "Lowest albumin (g/L)",
        "20",
    )


def test_signs_in_the_table_are_explained_where_there_are_any(own):
    one, two = give_attacks(own, 2)
    assert summary_data(read(own, EVERYTHING, NOW))["attacks"]["legend"] == (
        "?: follows from facts, nobody graded it."
    )
    one.outcome, two.end = "not_attack", None
    one.save()
    two.save()
    legend = (
        "+: the end is not known. ?: follows from facts, nobody graded it. "
        "In brackets: did not count as an attack."
    )
    assert summary_data(read(own, EVERYTHING, NOW))["attacks"]["legend"] == legend
    assert legend in text(summary(own))


def test_a_long_list_ends_after_a_whole_entry():
    listed = "; ".join(f"Creatinine {n}.0 → {n}.5 mg/dL" for n in range(10, 20))
    cut = short(listed)
    assert cut.endswith("mg/dL; …")
    assert len(cut) <= LONGEST
    assert listed.startswith(cut.removesuffix("…"))
    assert short("a" * 200) == "a" * 159 + "…"


def test_the_page_names_its_period_and_leaves_out_what_lies_outside(own):
    give_attacks(own, 3)  # October and August 2026, and June
    period = Period(date(2026, 8, 1), date(2026, 9, 30), ZoneInfo(ZONE))
    shown = text(summary(own, period=period))
    assert "1 August 2026 to 30 September 2026" in shown
    assert "1 attack, severe (grade 3 or 4)." in shown
    assert "Oct 2026" not in shown


@pytest.mark.parametrize(
    ("kind", "is_asked"), [(Grant.Kind.CLINICIAN, True), (Grant.Kind.CAREGIVER, False)]
)
def test_questions_reach_clinicians_and_nobody_else_from_whom_notes_are_hidden(
    own, eve, grant_to, kind, is_asked
):
    give_words(own, "Is the dose right?")
    grant_to(eve, kind=kind, hidden=[Category.NOTES])
    record = Patient.objects.visible_to(eve).get(pk=own.pk)
    questions = summary_data(read(record, EVERYTHING, NOW))["questions"]
    assert questions == (["Is the dose right?"] * 3 if is_asked else [])


def test_a_hidden_period_is_no_trigger_of_an_attack(own, eve, grant_to):
    [attack] = give_attacks(own, 1)
    attack.triggers.update(kind="period")
    grant_to(eve, hidden=[Category.PERIOD])
    record = Patient.objects.visible_to(eve).get(pk=own.pk)
    assert read(own, EVERYTHING, NOW).attacks[0].trigger == "period"
    assert read(record, EVERYTHING, NOW).attacks[0].trigger == ""


@pytest.mark.parametrize("count", [2, 30])
def test_it_is_read_in_a_constant_number_of_queries(
    own, django_assert_num_queries, count
):
    give_attacks(own, count)
    give_infusions(own, count)
    with django_assert_num_queries(29):
        read(own, EVERYTHING, NOW)


def test_it_can_be_looked_at_as_a_picture(own):
    give_attacks(own, 1)
    data = summary_data(read(own, EVERYTHING, NOW))
    [page] = pictured("summary", data, "a4", ppi=40)
    assert page.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("zone", "paper"),
    [
        ("America/New_York", "us-letter"),
        ("America/Sao_Paulo", "a4"),
        ("Europe/Berlin", "a4"),
        ("Asia/Manila", "us-letter"),
        ("UTC", "a4"),
    ],
)
def test_the_paper_is_that_of_where_somebody_lives(zone, paper):
    assert paper_of(zone) == paper


def test_it_streams_as_one_file(own):
    assert b"".join(stream_summary(own, EVERYTHING, NOW)).startswith(b"%PDF-1.7")
