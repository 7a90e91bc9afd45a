"""From measured points to what a line may show: order, gaps, at most 800 points."""

import math
from collections.abc import Iterable, Sequence

from capleak.charts.data import Point

MOST_POINTS = 800


def segments(
    points: Iterable[Point], *, gap: float, most: int = MOST_POINTS
) -> list[list[Point]]:
    """Points by time, cut wherever two neighbors are more than `gap` apart.

    More than `most` points are thinned; a gap of the full data stays a gap, and none
    is made.
    """
    ordered = sorted(p for p in points if math.isfinite(p[0]) and math.isfinite(p[1]))
    runs: list[list[Point]] = []
    kept = thinned(ordered, most)
    run = 0
    position = 0
    for index, point in enumerate(ordered):
        if index and point[0] - ordered[index - 1][0] > gap:
            run += 1
        if position < len(kept) and kept[position] == index:
            position += 1
            while len(runs) <= run:
                runs.append([])
            runs[run].append(point)
    return [run for run in runs if run]


def thinned(points: Sequence[Point], most: int) -> list[int]:
    """Indexes of at most `most` of the points: lowest and highest per time bucket."""
    if len(points) <= most:
        return list(range(len(points)))
    start, span = points[0][0], points[-1][0] - points[0][0]
    buckets: dict[int, list[int]] = {}
    last = most // 2 - 1
    for index, (at, _) in enumerate(points):
        bucket = min(last, int((at - start) / span * (last + 1))) if span else 0
        buckets.setdefault(bucket, []).append(index)
    kept: set[int] = set()
    for bucket_points in buckets.values():
        kept.add(min(bucket_points, key=lambda i: points[i][1]))
        kept.add(max(bucket_points, key=lambda i: points[i][1]))
    return sorted(kept)
