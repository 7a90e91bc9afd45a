"""Two things timed in turns, so that the load of a machine hits both."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Final

ROUNDS: Final = 25


def in_turns(
    ours: Callable[[], object], plain: Callable[[], object]
) -> tuple[float, float]:
    """The median of each in milliseconds."""
    times: tuple[list[float], list[float]] = ([], [])
    ours(), plain()  # warm
    for _ in range(ROUNDS):
        for kept, call in zip(times, (ours, plain), strict=True):
            start = time.perf_counter()
            call()
            kept.append((time.perf_counter() - start) * 1000)
    return median(times[0]), median(times[1])


def told(name: str, took: tuple[float, float], goal: float) -> bool:
    ours, plain = took
    times = ours / plain
    say(
        f"{name}: {ours:.1f} ms, plain {plain:.1f} ms: {times:.2f} times (goal {goal})",
        times <= goal,
    )
    return times <= goal


def say(text: str, ok: bool | None) -> None:
    mark = {True: "met   ", False: "MISSED", None: "      "}[ok]
    print(mark, text)  # noqa: T201 - its purpose
