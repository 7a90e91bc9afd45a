"""A grade from facts is provisional, says why, and never outranks a clinician's."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from attacks.severity import GRADES, SOURCES, Course, outranking, provisional

NAMES = [field.name for field in fields(Course)]
courses = st.builds(
    Course, **dict.fromkeys(NAMES, st.sampled_from([None, True, False]))
)


@dataclass
class Given:
    value: int
    assigned_as: str


@pytest.mark.parametrize(
    ("told", "grade", "because"),
    [
        ({"drank_at_home": True}, 1, ("drinking at home was enough",)),
        ({"drank_at_home": True, "iv_fluids": True}, 2, ("fluids into a vein",)),
        ({"ward": True}, 2, ("a hospital ward",)),
        ({"icu": True, "ward": True}, 3, ("intensive care",)),
        (
            {"ventilated": True, "surgery": True},
            3,
            ("a machine helped with breathing", "surgery"),
        ),
    ],
)
def test_the_gravest_fact_gives_the_grade_and_is_named(told, grade, because):
    found = provisional(Course(**told))
    assert (found.value, found.because) == (grade, because)


@pytest.mark.parametrize("said", [None, False])
def test_without_a_fact_that_happened_there_is_no_grade(said):
    assert provisional(Course(**dict.fromkeys(NAMES, said))) is None


@given(courses, st.sampled_from(NAMES))
def test_one_more_fact_never_lowers_the_grade(course, name):
    less = provisional(course)
    more = provisional(replace(course, **{name: True}))
    assert more.value >= (less.value if less else 1)


@given(courses)
def test_no_fact_of_a_form_says_that_an_attack_was_fatal(course):
    found = provisional(course)
    assert found is None or found.value in {1, 2, 3}


def test_only_wordings_that_were_read_in_a_source_name_one():
    assert {grade for grade, source in SOURCES.items() if source} == {1, 4}
    assert GRADES.keys() == SOURCES.keys()
    assert provisional(Course(drank_at_home=True)).source == "Orphanet"
    assert provisional(Course(icu=True)).source is None


@pytest.mark.parametrize("order", [1, -1])
def test_a_clinician_outranks_whoever_else_gave_a_grade(order):
    people = ["caregiver", "patient", "clinician"][::order]
    grades = [Given(2, person) for person in people]
    assert outranking(grades).assigned_as == "clinician"


def test_without_a_grade_from_anybody_there_is_none():
    assert outranking([]) is None
