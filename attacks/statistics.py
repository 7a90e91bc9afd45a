"""Rates of a rare event with exact intervals, and the ratio of two of them.

Pure: the standard library and scipy. Counts are whole attacks, exposure is days
observed, and a year is 365.25 days. All intervals are two-sided, at 95 %.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Final

DAYS_A_YEAR: Final = 365.25
TAIL: Final = 0.025  # on either side of a 95 % interval


@dataclass(frozen=True, slots=True)
class Rate:
    """Attacks per year with the limits of its interval."""

    per_year: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ratio:
    """The rate of b over that of a; None is undefined or without limit."""

    ratio: float | None
    low: float
    high: float | None
    p: float


def attack_rate(count: int, days: float) -> Rate:
    """Attacks per year with the exact Poisson interval of Garwood.

    The low limit of no attack is 0.0. Garwood, Biometrika 1936;28:437,
    10.1093/biomet/28.3-4.437. ValueError for a count that is negative or not whole,
    and for exposure that is not positive and finite.
    """
    _check(count, days)
    # Imported when it is needed: it takes a third of a second, and few pages count.
    from scipy.special import gammaincinv  # noqa: PLC0415

    years = days / DAYS_A_YEAR
    low = float(gammaincinv(count, TAIL)) if count else 0.0
    high = float(gammaincinv(count + 1, 1 - TAIL))
    return Rate(count / years, low / years, high / years)


def rate_ratio(count_a: int, days_a: float, count_b: int, days_b: float) -> Ratio:
    """The rate of b over that of a, by the exact conditional method.

    Given how many attacks there were in all, those of b are binomial. Its share has
    the limits of Clopper and Pearson (Biometrika 1934;26:404,
    10.1093/biomet/26.4.404), and p is twice the smaller tail at equal rates, at most
    1. Without an attack in a there is no ratio and no upper limit, while the lower one
    still holds; it is 0.0 without an attack in b. ValueError as for `attack_rate`.
    """
    _check(count_a, days_a)
    _check(count_b, days_b)
    from scipy.special import betainc, betaincinv  # noqa: PLC0415

    times = days_a / days_b  # turns the odds of a share into a ratio of rates
    low, high = 0.0, None
    if count_b:
        # Each share from its own quantile: 1 - x loses the digits of a small one.
        share = betaincinv(count_b, count_a + 1, TAIL)
        rest = betaincinv(count_a + 1, count_b, 1 - TAIL)
        low = float(share / rest) * times
    if count_a:
        share = betaincinv(count_b + 1, count_a, 1 - TAIL)
        rest = betaincinv(count_a, count_b + 1, TAIL)
        high = float(share / rest) * times
    of_b, of_a = days_b / (days_a + days_b), days_a / (days_a + days_b)
    at_least = betainc(count_b, count_a + 1, of_b) if count_b else 1.0
    at_most = betainc(count_a, count_b + 1, of_a) if count_a else 1.0
    return Ratio(
        ratio=count_b / count_a * times if count_a else None,
        low=low,
        high=high,
        p=min(1.0, 2 * float(min(at_least, at_most))),
    )


def _check(count: int, days: float) -> None:
    if type(count) is not int or count < 0:
        raise ValueError("a count is a whole number from 0 up")
    if not isfinite(days) or days <= 0:
        raise ValueError("exposure is a positive number of days")
