"""What is asked about before it is stored, and what never is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from diary.causes import CAUSES, FORMS, M_PROTEINS, sources
from diary.models import Profile
from diary.plausible import COMMON, Weighed, doubt, likelier_unit
from diary.quantities import QUANTITIES, check_range

MORNING = datetime(2026, 3, 14, 7, tzinfo=UTC)


def question(quantity: str, typed: str, unit: str, **about) -> str | None:
    found = doubt(quantity, Decimal(typed), unit, **about)
    return None if found is None else found.text % found.values


@pytest.mark.parametrize(
    ("quantity", "typed", "unit"),
    [
        ("systolic", "58", "mmHg"),  # published, with 26
        ("systolic", "221", "mmHg"),
        ("diastolic", "26", "mmHg"),
        ("pulse", "39", "/min"),
        ("pulse", "180", "/min"),  # published, a child
        ("temperature", "34.9", "°C"),
        ("temperature", "106", "°F"),
        ("hemoglobin", "24.9", "g/dL"),  # published
        ("hematocrit", "80", "%"),  # published
        ("albumin", "0.9", "g/dL"),  # published
        ("lactate", "9", "mmol/L"),
    ],
)
def test_a_rare_value_is_asked_about_and_is_possible(quantity, typed, unit):
    assert question(quantity, typed, unit) is not None
    check_range(quantity, Decimal(typed) if unit != "°F" else Decimal("41.1"))


@pytest.mark.parametrize(
    ("quantity", "typed", "unit"),
    [
        ("systolic", "70", "mmHg"),
        ("systolic", "87", "mmHg"),  # the median at admission, IRIS
        ("pulse", "130", "/min"),
        ("hematocrit", "57", "%"),  # the median at admission, IRIS
        ("hemoglobin", "20", "g/dL"),
        ("hemoglobin", "12.4", "mmol/L"),
        ("temperature", "35", "°C"),
        ("creatine_kinase", "9992", "U/L"),  # published
        ("weight", "71.4", "kg"),  # nothing to compare it with
    ],
)
def test_what_an_ordinary_attack_brings_is_not_asked_about(quantity, typed, unit):
    assert question(quantity, typed, unit) is None


@pytest.mark.parametrize(
    ("quantity", "typed", "unit", "other"),
    [
        ("urine_volume", "1.5", "mL/24h", "L/24h"),
        ("hemoglobin", "14", "mmol/L", "g/dL"),
        ("albumin", "3.8", "g/L", "g/dL"),
        ("lactate", "1.7", "mg/dL", "mmol/L"),
        ("igg", "11", "mg/dL", "g/L"),
    ],
)
def test_a_value_that_fits_another_unit_is_asked_about_with_that_unit(
    quantity, typed, unit, other
):
    assert f"{typed} {other} is common. Is the unit right?" in (
        question(quantity, typed, unit) or ""
    )


@pytest.mark.parametrize(
    ("quantity", "typed", "unit", "other"),
    [
        ("creatinine", "225", "mg/dL", "umol/L"),
        ("creatinine", "1.7", "umol/L", "mg/dL"),  # in a published abstract
        ("hematocrit", "0.45", "%", "L/L"),
        ("temperature", "98.6", "°C", "°F"),
        ("total_protein", "7.1", "g/L", "g/dL"),
        ("sodium", "14", "mmol/L", None),  # mEq/L means the same
        ("systolic", "12", "mmHg", None),
        ("weight", "900", "kg", None),
    ],
)
def test_an_impossible_value_may_have_a_likelier_unit(quantity, typed, unit, other):
    assert likelier_unit(quantity, Decimal(typed), unit) == other


@pytest.mark.parametrize(
    ("typed", "hours", "asked"),
    [
        ("75.0", 23, False),
        ("75.1", 24, True),  # 3.1 kg more
        ("68.9", 1, True),
        ("75.1", 25, False),
        ("85", 40, False),  # 10 kg in days: published, and weighed over days
    ],
)
def test_a_weight_is_compared_with_the_last_within_a_day(typed, hours, asked):
    last = Weighed(Decimal(72), MORNING)
    at = MORNING + timedelta(hours=hours)
    found = question("weight", typed, "kg", at=at, last_weight=last)
    assert (found is not None) is asked
    if found:
        assert "the weight was 72 kg" in found


@pytest.mark.parametrize(
    ("typed", "unit", "other"), [("165", "kg", "lb"), ("75", "lb", "kg")]
)
def test_pounds_typed_as_kilograms_are_asked_about_at_any_time(typed, unit, other):
    last = Weighed(Decimal("74.8"), MORNING)
    later = MORNING + timedelta(days=90)
    found = question("weight", typed, unit, at=later, last_weight=last)
    assert f"and not {typed} {other}?" in (found or "")


def test_a_finger_prick_has_no_limit_of_any_kind():
    assert "capillary_hemoglobin" not in COMMON
    assert question("capillary_hemoglobin", "27", "g/dL") is None


def test_what_is_common_is_possible():
    for key, (low, high) in COMMON.items():
        assert QUANTITIES[key].low <= low < high <= QUANTITIES[key].high


def test_the_forms_are_those_that_are_stored():
    assert list(FORMS) == Profile.Form.values


def test_causes_fit_their_column_and_name_their_source():
    assert all(len(key) <= 40 for key in CAUSES)
    assert [c.key for c in CAUSES.values() if not c.source] == ["other"]
    assert all(len(key) <= 20 for key in M_PROTEINS)
    assert "Shin 2018, J Clin Med 7:418, PMC6262589" in sources()


@pytest.mark.parametrize("unverified", ["dinutuximab", "tagraxofusp"])
def test_what_the_sheet_could_not_verify_is_not_offered(unverified):
    assert unverified not in str([c.label for c in CAUSES.values()]).lower()
