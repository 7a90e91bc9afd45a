"""What drawing does to the process it runs in: nothing."""

import gc
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from resource import RUSAGE_SELF, getrusage

import matplotlib as mpl
import pytest

from capleak.charts import (
    CompareChart,
    Lengths,
    LifeAttack,
    LifeChart,
    Overlay,
    RateRow,
    RatesChart,
    attack_chart,
    compare_chart,
    lengths_chart,
    life_chart,
    rates_chart,
)


@pytest.fixture
def drawings(attack) -> list[Callable[[], str]]:
    """Eight drawings, of every kind and both widths."""
    day, onset = date(2024, 3, 14), date(2024, 3, 16)
    life = LifeChart(
        "All years",
        "desc",
        date(2026, 11, 23),
        date(2020, 1, 1),
        attacks=(LifeAttack((("prodrome", day, onset), ("recovery", onset, onset))),),
        infusions=(day, onset),
    )
    compared = CompareChart(
        "Compared",
        "desc",
        "Days",
        (Overlay("Systolic", "mmHg", "systolic", (((0, 120), (1, 80)), ((0, 99),))),),
        (Lengths("14 March", attack.bands),),
    )
    rates = RatesChart("Rates", "desc", (RateRow("a", "b", 1.0, 0.5, 2.0),))
    return [
        partial(attack_chart, attack, key="a"),
        partial(attack_chart, replace(attack, title="Other"), key="b", width="phone"),
        partial(life_chart, life, key="c"),
        partial(life_chart, life, key="d", width="phone"),
        partial(compare_chart, compared, key="e"),
        partial(lengths_chart, compared, key="f"),
        partial(rates_chart, rates, key="g"),
        partial(compare_chart, compared, key="h", width="phone"),
    ]


def in_threads(drawings: Sequence[Callable[[], str]], count: int) -> list[str]:
    """So many charts, drawn by eight threads."""
    wanted = islice(cycle(drawings), count)
    with ThreadPoolExecutor(8) as pool:
        return [future.result() for future in [pool.submit(one) for one in wanted]]


def test_eight_threads_draw_the_same_bytes_as_one(drawings):
    alone = [draw() for draw in drawings]
    assert in_threads(drawings, 24) == alone * 3


def thousand(drawings: Sequence[Callable[[], str]]) -> tuple[bool, int, int]:
    """Whether a thousand charts are alike, and the objects and kB they left behind."""
    alone = [draw() for draw in drawings]
    in_threads(drawings, 200)  # what is kept once and for all is kept by now
    gc.collect()
    objects, most = len(gc.get_objects()), getrusage(RUSAGE_SELF).ru_maxrss
    alike = all(in_threads(drawings, 200) == alone * 25 for _ in range(5))
    gc.collect()
    left = len(gc.get_objects()) - objects
    return alike, left, getrusage(RUSAGE_SELF).ru_maxrss - most


@pytest.mark.slow
def test_a_thousand_charts_in_eight_threads_are_the_same_and_leave_nothing(drawings):
    # In a process of its own: in this one, memory is also what other tests left of it.
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        alike, objects, memory = pool.submit(thousand, drawings).result()
    assert alike
    assert objects < 1000  # one for each chart would be left
    assert memory < 10_000


def test_drawing_changes_no_setting_of_matplotlib(attack):
    before = dict(mpl.rcParams)
    attack_chart(attack, key="a")
    assert dict(mpl.rcParams) == before


def test_pyplot_which_keeps_figures_alive_is_not_imported():
    code = (
        "import sys; from capleak.charts import AttackChart, attack_chart;"
        "attack_chart(AttackChart('t', 'd', 'x'), key='a');"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
