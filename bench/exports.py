"""How fast a record leaves as CSV, how soon the first byte, and how much memory.

    make bench-exports     # about a minute

Ten years of a full diary: 20,000 check-ins with symptoms, measurements and notes.
Three goals: 15,000 rows a second, the first byte within 0.3 s of the request, and a
worker that grows by at most 10 MiB. Makes a database of its own beside the configured
one, and removes it. Exit status 1 if a goal is missed.
"""

from __future__ import annotations

import csv
import io
import logging
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final
from zipfile import ZipFile

import django

django.setup()

# Models need the settings, so their imports come after the setup.
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import get_runner, setup_test_environment  # noqa: E402

from bench.export_record import browser_of, fill  # noqa: E402
from bench.turns import say  # noqa: E402
from sharing.models import Patient  # noqa: E402

ROWS_GOAL: Final = 15_000
FIRST_GOAL_MS: Final = 300
GROWTH_GOAL_MIB: Final = 10
CHECKINS: Final = 20_000
ROUNDS: Final = 5
NOW: Final = datetime(2026, 11, 23, 9, tzinfo=UTC)


def main() -> int:
    """Print every figure beside its goal; 1 if one is missed."""
    logging.disable(logging.INFO)
    setup_test_environment(debug=False)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        small = fill("small", CHECKINS // 100, NOW)
        large = fill("large", CHECKINS, NOW)
        met = measured(browser_of(large), small, large)
    finally:
        runner.teardown_databases(databases)
    return 0 if all(met) else 1


def measured(browser: Client, small: Patient, large: Patient) -> list[bool]:
    """What the export of ten years takes, as a browser asks for it."""
    rows_in(b"".join(pieces(browser_of(small), small)))  # warm, and every table read
    before = resident("VmRSS")
    forget_peak()
    for _piece in pieces(browser, large):
        pass  # kept nowhere, as in a worker that sends it
    grown = resident("VmHWM") - before
    content = b"".join(pieces(browser, large))
    rows, size = rows_in(content), len(content)
    firsts, rates = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        found = pieces(browser, large)
        next(found)
        firsts.append((time.perf_counter() - began) * 1000)
        for _piece in found:
            pass
        rates.append(rows / (time.perf_counter() - began))
    say(f"10 years: {rows:,} rows, {size / 1e6:.1f} MB as a ZIP", None)
    worst = max(firsts)
    goals = [
        (
            f"{median(rates):,.0f} rows a second (goal {ROWS_GOAL:,})",
            median(rates) >= ROWS_GOAL,
        ),
        (
            f"first byte after {worst:.0f} ms at worst (goal {FIRST_GOAL_MS} ms)",
            worst <= FIRST_GOAL_MS,
        ),
        (
            f"the worker grows by {grown:.1f} MiB (goal {GROWTH_GOAL_MIB} MiB)",
            grown <= GROWTH_GOAL_MIB,
        ),
    ]
    for text, met in goals:
        say(text, met)
    return [met for _text, met in goals]


def pieces(browser: Client, patient: Patient) -> Iterator[bytes]:
    """What a worker sends, as it sends it."""
    answer = browser.post(
        f"/patients/{patient.public_id}/exports/",
        {"which": "all", "file_format": "csv"},
    )
    if not answer.streaming:
        raise SystemExit(f"the page answers {answer.status_code}")
    return iter(answer)


def rows_in(content: bytes) -> int:
    """The rows of all tables, as another program counts them."""
    found = 0
    with ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            if name.endswith(".csv"):
                with archive.open(name) as member:
                    text = io.TextIOWrapper(member, "utf-8-sig", newline="")
                    found += sum(1 for _row in csv.reader(text)) - 1
    return found


def resident(line: str) -> float:
    """Memory of this process in MiB: VmRSS now, VmHWM the most since forget_peak()."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    kib = next(row.split()[1] for row in status.splitlines() if row.startswith(line))
    return int(kib) / 1024


def forget_peak() -> None:
    """Let Linux begin anew to note the most memory (proc(5), clear_refs, 5)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


if __name__ == "__main__":
    sys.exit(main())
