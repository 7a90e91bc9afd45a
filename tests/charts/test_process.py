"""What drawing does to the process it runs in: nothing."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import matplotlib as mpl
import pytest

from capleak.charts import attack_chart


@pytest.mark.slow
def test_eight_threads_draw_the_same_bytes_as_one(attack):
    charts = [replace(attack, title=f"Attack {n}") for n in range(8)]

    def draw(index):
        width = "phone" if index % 2 else "desk"
        return attack_chart(charts[index], key=f"attack-{index}", width=width)

    alone = [draw(index) for index in range(8)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(draw, list(range(8)) * 8)) == alone * 8


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
