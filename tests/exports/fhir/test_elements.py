"""The data types: what is left out, what text may hold, how exact a time is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from attacks.models import Precision
from capleak.exports.fhir.elements import bare, instant, narrative, number, told
from capleak.exports.fhir.times import known, rough

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2024, 3, 31, 22, 30, tzinfo=UTC)  # 1 April, 00:30, in Berlin


def test_what_says_nothing_is_left_out_and_false_and_zero_stay():
    said = {
        "text": " \u00a0\n",
        "none": None,
        "list": [None, "", {"deep": []}],
        "false": False,
        "zero": 0,
        "kept": ["a", ""],
    }
    assert bare(said) == {"false": False, "zero": 0, "kept": ["a"]}


def test_text_stays_as_it_is_but_for_what_fhir_cannot_carry():
    assert told(" <b>\r\n\té\U0001f9e0\u202e ") == " <b>\r\n\té\U0001f9e0\u202e "
    assert told("a\x01b\x1f\ufffe") == "a\u2401b\u241f\ufffd"


def test_a_narrative_is_xhtml_that_holds_text_and_no_markup_of_its_own():
    lines = ["<script>alert(1)</script>", "", "a & b ]]> \x01"]
    root = ElementTree.fromstring(narrative(lines)["div"])
    assert [p.text for p in root] == ["<script>alert(1)</script>", "a & b ]]> \u2401"]


def test_lines_of_a_text_stay_lines_in_a_narrative():
    assert "<p>one<br/>two<br/>three</p>" in narrative(["one\ntwo\r\nthree"])["div"]


@pytest.mark.parametrize("text", ["120", "0.1", "96.297660", "123456.789012", "0"])
def test_a_number_is_the_same_number_in_json(text):
    assert Decimal(str(number(Decimal(text)))) == Decimal(text)


def test_a_moment_has_the_offset_of_its_place():
    assert instant(AT, BERLIN) == "2024-04-01T00:30:00+02:00"


def test_an_offset_of_odd_seconds_becomes_utc():
    odd = timezone(timedelta(minutes=53, seconds=28))
    assert instant(AT, odd) == "2024-03-31T22:30:00+00:00"


@pytest.mark.parametrize(
    ("precision", "text"),
    [
        (Precision.EXACT, "2024-04-01T00:30:00+02:00"),
        (Precision.HOURS, "2024-04-01"),
        (Precision.DAY, "2024-04-01"),
        (Precision.WEEK, "2024-04"),
        (Precision.MONTH, "2024-04"),
        (Precision.YEAR, "2024"),
    ],
)
def test_a_time_is_never_told_more_exactly_than_it_is_known(precision, text):
    assert rough(AT, precision, BERLIN) == text


@pytest.mark.parametrize(
    ("precision", "element"),
    [
        (Precision.EXACT, {"onsetDateTime": "2024-04-01T00:30:00+02:00"}),
        (
            Precision.HOURS,
            {
                "onsetPeriod": {
                    "start": "2024-03-31T21:30:00+02:00",
                    "end": "2024-04-01T03:30:00+02:00",
                }
            },
        ),
        (Precision.DAY, {"onsetDateTime": "2024-04-01"}),
        (Precision.WEEK, {"onsetPeriod": {"start": "2024-03-28", "end": "2024-04-04"}}),
        (Precision.MONTH, {"onsetDateTime": "2024-04"}),
        (Precision.YEAR, {"onsetDateTime": "2024"}),
    ],
)
def test_an_onset_that_is_roughly_known_lies_in_a_period(precision, element):
    assert known("onset", AT, precision, BERLIN) == element


def test_a_time_that_nobody_knows_is_not_told():
    assert known("onset", None, Precision.EXACT, BERLIN) == {}
