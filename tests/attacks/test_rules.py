"""What PostgreSQL refuses, whoever writes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attacks.models import BOUNDARIES, Attack
from attacks.phases import problems
from attacks.services import constraint
from tests.attacks.conftest import berlin


def refused(make, **fields):
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        make(**fields)
    return constraint(error.value)


def test_some_boundary_is_known(make_attack):
    assert refused(make_attack, ongoing=True) == "attacks_attack_some_boundary_known"


@pytest.mark.parametrize(
    ("earlier", "later"), [*pairwise(BOUNDARIES), (BOUNDARIES[0], BOUNDARIES[3])]
)
def test_boundaries_are_in_order(make_attack, earlier, later):
    fields = {earlier: berlin(5), later: berlin(4)}
    assert refused(make_attack, **fields) == "attacks_attack_boundaries_in_order"


def test_an_open_attack_has_no_end(make_attack):
    fields = {"leak_start": berlin(4), "end": berlin(5), "ongoing": True}
    assert refused(make_attack, **fields) == "attacks_attack_ongoing_has_no_end"


def test_what_came_to_nothing_has_no_leak(make_attack):
    fields = {"leak_start": berlin(4), "outcome": Attack.Outcome.ABORTED}
    assert refused(make_attack, **fields) == "attacks_attack_came_to_nothing"


def test_one_attack_of_a_patient_is_open(make_attack, ongoing):
    fields = {"leak_start": berlin(1), "ongoing": True}
    assert refused(make_attack, **fields) in {
        "attacks_attack_one_ongoing",
        "attacks_attack_no_overlap",
    }


@pytest.mark.parametrize(
    ("first", "last"), [(12, 13), (1, 12), (19, 25), (1, 25), (20, 25)]
)
def test_attacks_of_a_patient_do_not_overlap(make_attack, attack, first, last):
    fields = {"leak_start": berlin(first), "end": berlin(last, 18)}
    assert refused(make_attack, **fields) == "attacks_attack_no_overlap"


def test_nothing_comes_after_an_open_attack(make_attack, ongoing):
    later = {"leak_start": timezone.now(), "end": timezone.now()}
    assert refused(make_attack, **later) == "attacks_attack_no_overlap"


def test_attacks_of_two_patients_may_overlap(make_attack, attack, eve):
    Attack.objects.create(
        patient=eve.own_record, zone="UTC", leak_start=attack.leak_start, ongoing=True
    )


moments = st.none() | st.integers(0, 4).map(lambda hours: berlin(5, hours))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    boundaries=st.tuples(moments, moments, moments, moments),
    ongoing=st.booleans(),
    outcome=st.sampled_from(Attack.Outcome.values),
)
def test_the_database_refuses_exactly_what_the_rules_call_a_problem(
    patient, boundaries, ongoing, outcome
):
    attack = Attack(
        patient=patient,
        zone="Europe/Berlin",
        ongoing=ongoing,
        outcome=outcome,
        **dict(zip(BOUNDARIES, boundaries, strict=True)),
    )
    found = problems(attack.clock, berlin(5, 4) + timedelta(days=1))
    with transaction.atomic():
        try:
            with transaction.atomic():
                attack.save()
            stored = True
        except IntegrityError:
            stored = False
        transaction.set_rollback(True)
    assert stored is (not found)
