"""Red flags: shown for one entry by itself, and never taken back by a worse one."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diary.redflags import red_flags
from diary.vocabulary import SYMPTOMS


def keys(symptoms, measurements=None, **about):
    values = {key: Decimal(value) for key, value in (measurements or {}).items()}
    return [flag.key for flag in red_flags(symptoms, values, **about)]


@pytest.mark.parametrize("severity", [1, 2, 3, None])
@pytest.mark.parametrize("key", [k for k, s in SYMPTOMS.items() if s.red_flag])
def test_a_red_flag_sign_shows_help_at_any_severity(key, severity):
    assert keys({key: severity}) == [key]


@pytest.mark.parametrize(
    ("key", "mild", "moderate", "severe", "ungraded"),
    [
        ("edema_limbs", False, True, True, True),
        ("edema_face", False, True, True, True),
        ("edema_generalized", False, True, True, True),
        ("weight_gain", False, True, True, True),
        ("low_urine", False, True, True, True),
        ("lightheaded", False, False, True, True),
        ("dizziness", False, False, True, True),
        ("limb_pain", False, False, True, True),
        ("fatigue", False, False, False, False),
        ("fever", False, False, False, False),
    ],
)
def test_other_signs_show_help_from_a_severity_on(
    key, mild, moderate, severe, ungraded
):
    shown = [keys({key: severity}) == [key] for severity in (1, 2, 3, None)]
    assert shown == [mild, moderate, severe, ungraded]


@pytest.mark.parametrize(
    "symptoms", [{}, dict.fromkeys(SYMPTOMS, 0), {"fatigue": 3, "headache": 2}]
)
def test_an_entry_without_such_signs_shows_none(symptoms):
    assert keys(symptoms, {"systolic": "122", "urine_relative": "-1"}) == []


@pytest.mark.parametrize("faint", ["lightheaded", "dizziness"])
def test_mild_swelling_or_a_racing_heart_counts_with_faintness(faint):
    assert keys({"edema_limbs": 1, faint: 1}) == ["swelling_with_faintness"]
    assert keys({"weight_gain": 1, faint: 1}) == ["swelling_with_faintness"]
    assert keys({"palpitations": 1, faint: 1}) == ["palpitations_with_faintness"]
    assert keys({"palpitations": 3, faint: 0}) == []


def test_an_infection_counts_with_the_signs_of_a_prodrome():
    assert keys({"fever": 1, "lightheaded": 1}) == ["infection_with_prodrome"]
    assert keys({"upper_respiratory": None, "low_urine": 1}) == [
        "infection_with_prodrome"
    ]
    assert keys({"fever": 3, "malaise": 3, "cough": 2}) == []  # any cold


@pytest.mark.parametrize(
    ("systolic", "expected"), [("89", ["low_systolic"]), ("90", []), ("104", [])]
)
def test_a_pressure_below_90_needs_no_symptom(systolic, expected):
    assert keys({}, {"systolic": systolic}) == expected


@pytest.mark.parametrize(
    ("symptoms", "systolic", "usual", "shown"),
    [
        ({"fatigue": 1}, "105", 145, True),
        ({"own symptom": None}, "105", 145, True),
        ({"fatigue": 1}, "106", 145, False),
        ({"fatigue": 0}, "105", 145, False),
        ({}, "105", 145, False),
        ({"fatigue": 1}, "105", None, False),
    ],
)
def test_a_pressure_40_below_usual_counts_with_any_symptom(
    symptoms, systolic, usual, shown
):
    usual_systolic = None if usual is None else Decimal(usual)
    found = keys(symptoms, {"systolic": systolic}, usual_systolic=usual_systolic)
    assert found == (["systolic_below_usual"] if shown else [])


@pytest.mark.parametrize(
    ("measurements", "expected"),
    [
        ({"urine_relative": "-2"}, ["urine_much_less"]),
        ({"urine_volume": "399"}, ["low_urine_volume"]),
        ({"urine_volume": "0"}, ["low_urine_volume"]),
        ({"urine_volume": "400"}, []),
        ({"limb_tightness": "1"}, ["measured_limb_tightness"]),
        ({"limb_tightness": "0"}, []),
    ],
)
def test_measured_urine_and_tightness_count_like_the_symptoms(measurements, expected):
    assert keys({}, measurements) == expected


def test_a_child_shows_it_otherwise():
    swollen_and_sick = {"vomiting": 1, "edema_face": 1}
    assert keys(swollen_and_sick, is_child=True) == ["child_vomiting_with_swelling"]
    assert keys({"pallor": 1}, is_child=True) == ["child_pallor"]
    assert keys({"vomiting": 3}, is_child=True) == []
    assert keys({"pallor": 3, **swollen_and_sick}) == []


def test_the_adult_limit_of_urine_is_not_for_children():
    assert keys({}, {"urine_volume": "350"}, is_child=True) == []


@pytest.mark.parametrize(
    ("symptoms", "measurements"),
    [
        (["syncope", "pallor", "limb_tightness"], {"systolic": "92"}),
        (["edema_limbs", "low_urine"], {"systolic": "85"}),
        (["edema_generalized", "edema_face", "fatigue"], {"systolic": "77"}),
        (["edema_limbs", "limb_pain"], {"systolic": "80"}),
        (["abdominal_pain", "edema_generalized", "fever"], {}),
    ],
)
def test_the_published_attacks_show_help(symptoms, measurements):
    assert keys(dict.fromkeys(symptoms), measurements)


def test_each_flag_says_a_fact_of_the_entry():
    everything = red_flags(
        dict.fromkeys(SYMPTOMS),
        {"systolic": Decimal(60), "urine_relative": Decimal(-2)},
        is_child=True,
        usual_systolic=Decimal(120),
    )
    assert all(flag.what.endswith("logged.") for flag in everything)
    assert len({flag.key for flag in everything}) == len(everything)
    assert [flag.key for flag in everything if flag.source is None] == ["cold_clammy"]


WORSE = {0: (0, 1, 2, 3, None), 1: (1, 2, 3, None), 2: (2, 3, None), 3: (3, None)}
entries = st.dictionaries(
    st.sampled_from([*SYMPTOMS, "own symptom"]), st.sampled_from([0, 1, 2, 3, None])
)
readings = st.dictionaries(
    st.sampled_from(["systolic", "urine_volume", "urine_relative", "limb_tightness"]),
    st.integers(-2, 200).map(Decimal),
)


@given(
    entries,
    entries,
    readings,
    st.booleans(),
    st.integers(80, 180) | st.none(),
    st.data(),
)
def test_a_worse_entry_keeps_every_flag(before, added, values, child, usual, data):
    about = {
        "is_child": child,
        "usual_systolic": None if usual is None else Decimal(usual),
    }
    after = added | {
        key: data.draw(st.sampled_from(WORSE.get(severity, (None,))))
        for key, severity in before.items()
    }
    less, more = red_flags(before, values, **about), red_flags(after, values, **about)
    assert set(less) <= set(more)
