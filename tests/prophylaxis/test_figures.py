"""Weights come back as they were typed."""

from decimal import Decimal

import pytest

from prophylaxis.figures import from_kg, to_kg, trimmed, weight_unit


@pytest.mark.parametrize(
    ("typed", "unit", "kg"),
    [("72.5", "kg", "72.50"), ("165.3", "lb", "74.98"), ("4.4", "lb", "2.00")],
)
def test_a_typed_weight_is_stored_in_kilograms_and_comes_back(typed, unit, kg):
    assert to_kg(Decimal(typed), unit) == Decimal(kg)
    assert from_kg(Decimal(kg), unit) == Decimal(typed)


@pytest.mark.parametrize(
    ("value", "text"), [("2.000", "2"), ("0.400", "0.4"), ("140", "140")]
)
def test_numbers_have_no_idle_zeros(value, text):
    assert trimmed(Decimal(value)) == text


def test_kilograms_unless_the_record_chose_pounds():
    assert [weight_unit(u) for u in ({}, {"weight": "lb"}, {"weight": "stone"})] == [
        "kg",
        "lb",
        "kg",
    ]
