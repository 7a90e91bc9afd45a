"""The vocabulary is the domain sheet's, and units lose nothing."""

import re
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.vocabulary import (
    FINDINGS,
    QUANTITIES,
    SHORT_LIST,
    SYMPTOMS,
    URINE_GRADES,
    OutOfRange,
    Severity,
    check_range,
    from_canonical,
    to_canonical,
)

SHEET_ORDER = """
fatigue weakness malaise myalgia limb_pain fever chills headache dizziness lightheaded
nausea vomiting diarrhea abdominal_pain cough sore_throat runny_nose stuffy_nose thirst
low_urine weight_gain palpitations edema_limbs edema_face edema_generalized
limb_tightness numbness syncope confusion cold_clammy dyspnea chest_pain high_urine
weight_loss irritability poor_sleep joint_pain sweating pallor flu_like
upper_respiratory
"""

TYPED_UNITS = [(key, unit) for key, q in QUANTITIES.items() for unit in q.units]


def test_symptoms_are_those_of_the_sheet_in_its_order():
    assert list(SYMPTOMS) == SHEET_ORDER.split()


def test_red_flags_at_any_severity_are_those_the_sheet_marks():
    assert {key for key, s in SYMPTOMS.items() if s.red_flag} == {
        "limb_tightness",
        "numbness",
        "syncope",
        "confusion",
        "cold_clammy",
        "dyspnea",
        "chest_pain",
    }


@pytest.mark.parametrize(
    ("key", "hpo", "snomed"),
    [
        ("fatigue", "HP:0012378", "84229001"),
        ("weakness", "HP:0025406", None),
        ("chills", "HP:0025143", None),  # its SNOMED name was not seen
        ("dizziness", None, "404640003"),  # the HPO code is vertigo only
        ("low_urine", "HP:0100520", "83128009"),
        ("edema_limbs", "HP:0012398", "267038008"),
        ("limb_tightness", None, None),  # compartment syndrome is a diagnosis
        ("chest_pain", "HP:0100749", "29857009"),
        ("pallor", None, None),
    ],
)
def test_codes_are_the_sheets_and_none_is_invented(key, hpo, snomed):
    assert (SYMPTOMS[key].hpo, SYMPTOMS[key].snomed) == (hpo, snomed)


def test_codes_have_the_form_of_their_system():
    for row in [*SYMPTOMS.values(), *FINDINGS.values()]:
        assert row.hpo is None or re.fullmatch(r"HP:\d{7}", row.hpo), row.key
        assert row.snomed is None or re.fullmatch(r"\d{6,9}", row.snomed), row.key
        assert row.label, row.key
        assert row.plain, row.key


def test_no_two_symptoms_share_a_code():
    rows = [*SYMPTOMS.values(), *FINDINGS.values()]
    for codes in ([r.hpo for r in rows], [r.snomed for r in rows]):
        known = [code for code in codes if code]
        assert len(known) == len(set(known))


def test_findings_of_a_clinician_are_not_asked_of_a_patient():
    assert FINDINGS["compartment_syndrome"].snomed == "111245009"
    assert not FINDINGS.keys() & SYMPTOMS.keys()


def test_the_short_list_holds_the_trio_of_the_prodrome_first():
    assert SHORT_LIST[:3] == ("malaise", "lightheaded", "low_urine")
    assert set(SHORT_LIST) <= SYMPTOMS.keys()


def test_plain_words_find_the_symptom():
    assert "throwing up" in SYMPTOMS["vomiting"].words


def test_each_severity_has_a_word():
    assert [s.label for s in Severity] == ["None", "Mild", "Moderate", "Severe"]


@pytest.mark.parametrize(
    ("quantity", "typed", "unit", "canonical"),
    [
        ("weight", "150", "lb", "68.038856"),  # 68.0388555
        ("temperature", "98.6", "°F", "37"),
        ("creatinine", "151", "umol/L", "1.708145"),
        ("albumin", "27", "g/L", "2.7"),
        ("total_protein", "5.5", "g/dL", "55"),
        ("hemoglobin", "191", "g/L", "19.1"),
        ("hemoglobin", "10", "mmol/L", "16.11"),
        ("hematocrit", "0.557", "L/L", "55.7"),
        ("lactate", "18.02", "mg/dL", "2"),
        ("crp", "1.382", "mg/dL", "13.82"),
        ("igg", "1200", "mg/dL", "12"),
        ("urea", "60.06", "mg/dL urea", "10"),
        ("urea", "28.01", "mg/dL BUN", "10"),
        ("limb_girth", "15", "in", "38.1"),
    ],
)
def test_a_typed_unit_becomes_the_canonical_one(quantity, typed, unit, canonical):
    assert to_canonical(quantity, Decimal(typed), unit) == Decimal(canonical)


@given(data=st.data(), where=st.sampled_from(TYPED_UNITS))
def test_what_was_typed_comes_back_exactly(data, where):
    key, unit = where
    quantity = QUANTITIES[key]
    low, high = (from_canonical(key, v, unit) for v in (quantity.low, quantity.high))
    places = quantity.units[unit].places
    typed = data.draw(st.decimals(low, high, places=places, allow_nan=False))
    assert from_canonical(key, to_canonical(key, typed, unit), unit) == typed


def test_a_canonical_value_is_itself_in_its_own_unit():
    for key, quantity in QUANTITIES.items():
        unit = quantity.canonical_unit
        assert to_canonical(key, quantity.high, unit) == quantity.high
        assert next(iter(quantity.units)) == unit


def test_canonical_values_fit_twelve_digits_with_six_decimals():
    assert max(q.high for q in QUANTITIES.values()) < Decimal(10) ** 6


@pytest.mark.parametrize("typed", ["NaN", "-Infinity", "1E+30", "1E+999999999"])
def test_what_is_no_storable_number_is_refused(typed):
    with pytest.raises(ValueError, match=r"not a number|too large"):
        to_canonical("weight", Decimal(typed), "lb")


@pytest.mark.parametrize("convert", [to_canonical, from_canonical])
def test_an_unknown_unit_is_refused(convert):
    with pytest.raises(ValueError, match="weight is not measured in 'stone'"):
        convert("weight", Decimal(11), "stone")


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("systolic", "58"),
        ("diastolic", "26"),
        ("hemoglobin", "24.9"),
        ("hematocrit", "80"),
        ("creatine_kinase", "9992"),
        ("temperature", "35.7"),
        ("wbc", "32"),
        ("bicarbonate", "7"),
        ("crp", "13.82"),
        ("albumin", "0.9"),
        ("sodium", "125"),
    ],
)
def test_published_extremes_are_accepted(quantity, value):
    check_range(quantity, Decimal(value))


@pytest.mark.parametrize(
    ("quantity", "value"),
    [
        ("systolic", "400"),
        ("diastolic", "0"),
        ("weight", "350.1"),
        ("spo2", "101"),
        ("pulse", "NaN"),
    ],
)
def test_what_cannot_be_true_is_refused_with_the_limits(quantity, value):
    with pytest.raises(OutOfRange) as refusal:
        check_range(quantity, Decimal(value))
    assert refusal.value.low == QUANTITIES[quantity].low
    assert refusal.value.high == QUANTITIES[quantity].high


def test_the_ends_of_a_range_are_accepted():
    for (key, quantity), end in product(QUANTITIES.items(), ("low", "high")):
        check_range(key, getattr(quantity, end))


def test_urine_grades_cover_the_accepted_range():
    quantity = QUANTITIES["urine_relative"]
    assert list(URINE_GRADES) == list(range(int(quantity.low), int(quantity.high) + 1))


def test_unverified_codes_are_left_out():
    assert QUANTITIES["systolic"].loinc == "8480-6"
    for key in ("urine_volume", "theophylline", "limb_girth", "crp", "egfr"):
        assert QUANTITIES[key].loinc is None
