"""Rates and their ratio against values that were computed without scipy."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import comb, factorial, inf, nan

import pytest

from attacks.statistics import attack_rate, rate_ratio

YEAR = 365.25
SIX_DIGITS = 5e-7


def poisson_up_to(count: int, mean: Decimal) -> Decimal:
    """P(X <= count), summed term by term."""
    terms = (mean**n / factorial(n) for n in range(count + 1))
    return (-mean).exp() * sum(terms, Decimal(0))


def root(of, low: Decimal, high: Decimal) -> Decimal:
    """Where a falling function crosses zero, by halving."""
    for _ in range(90):
        middle = (low + high) / 2
        low, high = (middle, high) if of(middle) > 0 else (low, middle)
    return low


def garwood(count: int) -> tuple[float, float]:
    with localcontext() as context:
        context.prec = 60
        tail, most = Decimal("0.025"), Decimal(20 + 4 * count)
        high = root(lambda mean: poisson_up_to(count, mean) - tail, Decimal(0), most)
        if not count:
            return 0.0, float(high)
        low = root(
            lambda mean: poisson_up_to(count - 1, mean) - (1 - tail), Decimal(0), most
        )
        return float(low), float(high)


def binomial_up_to(count, trials, share):
    terms = (
        comb(trials, n) * share**n * (1 - share) ** (trials - n)
        for n in range(count + 1)
    )
    return sum(terms, type(share)(0))


def clopper_pearson(count: int, trials: int) -> tuple[Decimal, Decimal]:
    tail, one, zero = Decimal("0.025"), Decimal(1), Decimal(0)
    low, high = zero, one
    if count:
        low = root(
            lambda share: binomial_up_to(count - 1, trials, share) - (1 - tail),
            zero,
            one,
        )
    if count < trials:
        high = root(
            lambda share: binomial_up_to(count, trials, share) - tail, zero, one
        )
    return low, high


# From printed tables of the exact limits of a Poisson mean (Garwood 1936; also half
# the 2.5 % and 97.5 % points of chi-square with 2n and 2n + 2 degrees of freedom).
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.688879),
        (1, 0.0253178, 5.571643),
        (2, 0.2422093, 7.224688),
        (5, 1.623486, 11.668332),
        (10, 4.795389, 18.390356),
        (100, 81.363991, 121.626794),
    ],
)
def test_a_rate_over_one_year_has_the_limits_of_the_tables(count, low, high):
    rate = attack_rate(count, YEAR)
    assert rate.per_year == count
    assert (rate.low, rate.high) == pytest.approx((low, high), rel=SIX_DIGITS)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 12, 25, 40])
@pytest.mark.parametrize("days", [1, 100, 365.25, 10957.5])
def test_a_rate_has_the_limits_found_by_summing_terms(count, days):
    low, high = (limit * YEAR / days for limit in garwood(count))
    rate = attack_rate(count, days)
    assert rate.per_year == pytest.approx(count * YEAR / days, rel=1e-12)
    assert (rate.low, rate.high) == pytest.approx((low, high), rel=SIX_DIGITS)


def test_a_year_is_365_and_a_quarter_days():
    assert attack_rate(2, 2 * 365.25).per_year == 1.0


@pytest.mark.parametrize(
    ("a", "days_a", "b", "days_b"),
    [
        (7, 913, 1, 876),
        (4, 365, 4, 365),
        (5, 100, 0, 300),
        (0, 100, 3, 100),
        (1, 3650, 30, 365),
        (28, 2000, 3, 4000),
        (1, 1, 1, 10950),
    ],
)
def test_a_ratio_agrees_with_sums_of_binomial_terms(a, days_a, b, days_b):
    with localcontext() as context:
        context.prec = 60
        low, high = clopper_pearson(b, a + b)
        times = Decimal(days_a) / Decimal(days_b)
        low = float(low / (1 - low) * times)
        high = float(high / (1 - high) * times) if a else None
    equal = Fraction(days_b, days_a + days_b)
    at_most = binomial_up_to(b, a + b, equal)
    at_least = 1 - binomial_up_to(b - 1, a + b, equal) if b else Fraction(1)
    found = rate_ratio(a, days_a, b, days_b)
    assert found.low == pytest.approx(low, rel=SIX_DIGITS)
    assert found.p == pytest.approx(
        float(min(1, 2 * min(at_most, at_least))), rel=SIX_DIGITS
    )
    if a:
        assert found.high == pytest.approx(high, rel=SIX_DIGITS)
        assert found.ratio == pytest.approx((b / days_b) / (a / days_a), rel=1e-12)
    else:
        assert found.ratio is found.high is None


def test_a_ratio_worked_out_by_hand():
    """3 to 0 in equal times: p is twice 1/8, the low limit c / (1 - c), c³ = 0.025."""
    found = rate_ratio(0, 100, 3, 100)
    assert (found.ratio, found.high) == (None, None)
    assert found.low == pytest.approx(0.4132313550, rel=SIX_DIGITS)
    assert found.p == 0.25


def test_no_attack_on_either_side_says_nothing():
    found = rate_ratio(0, 500, 0, 900)
    assert (found.ratio, found.low, found.high, found.p) == (None, 0.0, None, 1.0)


def test_the_other_way_round_the_ratio_is_one_over_it():
    one, other = rate_ratio(7, 900, 2, 1100), rate_ratio(2, 1100, 7, 900)
    assert one.p == pytest.approx(other.p, rel=1e-12)
    assert one.low == pytest.approx(1 / other.high, rel=1e-9)
    assert one.high == pytest.approx(1 / other.low, rel=1e-9)


def test_figures_are_floats_and_none():
    found = rate_ratio(3, 10, 2, 10)
    rate = attack_rate(3, 10)
    for figure in (found.ratio, found.low, found.high, found.p):
        assert type(figure) is float
    for figure in (rate.per_year, rate.low, rate.high):
        assert type(figure) is float


@pytest.mark.parametrize("days", [0, -1, -0.0, nan, inf, -inf])
def test_exposure_that_is_not_positive_is_refused(days):
    with pytest.raises(ValueError, match="exposure"):
        attack_rate(1, days)
    with pytest.raises(ValueError, match="exposure"):
        rate_ratio(1, days, 1, 100)
    with pytest.raises(ValueError, match="exposure"):
        rate_ratio(1, 100, 1, days)


@pytest.mark.parametrize("count", [-1, 1.5, nan, True])
def test_a_count_that_is_none_is_refused(count):
    with pytest.raises(ValueError, match="count"):
        attack_rate(count, 100)
    with pytest.raises(ValueError, match="count"):
        rate_ratio(count, 100, 1, 100)
    with pytest.raises(ValueError, match="count"):
        rate_ratio(1, 100, count, 100)
