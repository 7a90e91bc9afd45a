"""What a clinician would still want: only what fits, and never a must."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from attacks.hints import Known, hints
from attacks.phases import Clock

AT = datetime(2024, 3, 14, tzinfo=UTC)
OVER = Clock(AT, AT, AT, AT)
ALL = Known(
    clock=OVER,
    certainty=True,
    trigger=True,
    course=True,
    drip=True,
    in_hospital=True,
    in_icu=True,
    arrival=True,
    discharge=True,
    icu_times=True,
    first_called=True,
    fluids_amount=True,
    complications=True,
    sequelae=True,
    graded=True,
    measured=frozenset(
        {
            "systolic",
            "pulse",
            "weight",
            "hematocrit",
            "albumin",
            "creatinine",
            "creatine_kinase",
        }
    ),
)


def wanted(known):
    return [hint.text for hint in hints(known) if not hint.known]


def test_of_an_attack_of_which_all_is_known_nothing_is_wanted():
    assert wanted(ALL) == []


def test_of_one_boundary_the_rest_is_wanted():
    found = wanted(Known(clock=Clock(leak_start=AT)))
    assert "when the leak began" not in found
    assert "when recovery began" in found
    assert "the trigger, or that none is known" in found


def test_no_hospital_question_is_asked_of_an_attack_at_home():
    found = wanted(Known(clock=OVER, course=True))
    assert not [text for text in found if "hospital" in text or "albumin" in text]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"in_hospital": True}, "what it was first called there"),
        ({"in_hospital": True, "in_icu": True}, "the times in intensive care"),
        ({"in_hospital": True, "drip": True}, "how much fluid was given"),
    ],
)
def test_what_happened_brings_its_own_question(fields, text):
    assert text in wanted(Known(clock=OVER, **fields))
    assert text not in wanted(Known(clock=OVER))


def test_of_an_attack_that_goes_on_its_end_is_not_asked():
    clock = Clock(leak_start=AT, ongoing=True)
    found = wanted(Known(clock=clock, in_hospital=True))
    assert not {"when it was over", "when you went home"} & set(found)
    assert "what stayed behind, if anything" not in found


def test_hemoglobin_answers_for_hematocrit():
    measured = frozenset({"hemoglobin"})
    found = wanted(Known(clock=OVER, in_hospital=True, measured=measured))
    assert "hematocrit or hemoglobin" not in found
