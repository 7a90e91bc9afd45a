"""How fast the PDF documents are made, and how large they are, in one run.

Goals: a history of four pages with three charts takes at most three times as long as
plain matplotlib needs to draw the same points into a PDF, and 0.3 s more; it has at
most 300 kB; ten years of diary take less than 2 s; the summary is one page whatever
the record holds.

Makes a database of its own beside the configured one, and removes it.
"""

from __future__ import annotations

import logging
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import django
from matplotlib.backends.backend_pdf import PdfPages
from matplotlib.figure import Figure
from pypdf import PdfReader

from bench.turns import say

TIMES: Final = 3.0
SPARE_SECONDS: Final = 0.3
MOST_BYTES: Final = 300_000
TEN_YEARS_SECONDS: Final = 2.0
ROUNDS: Final = 3
ATTACKS: Final = (0, 1, 5, 50, 200)


class Took(NamedTuple):
    """Seconds by the clock on the wall, and of them those that this process worked."""

    seconds: float
    worked: float

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.worked:.2f} s of work)"


def main() -> int:
    """Print every figure beside its goal; 1 if one is missed."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "capleak.settings")
    django.setup()
    logging.disable(logging.INFO)
    from django.conf import settings  # noqa: PLC0415 - needs the setup
    from django.test.utils import (  # noqa: PLC0415
        get_runner,
        setup_test_environment,
    )

    setup_test_environment(debug=False)
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        met = [*four_pages(), *ten_years(), *one_page()]
    finally:
        runner.teardown_databases(databases)
    return 0 if all(met) else 1


def four_pages() -> Iterator[bool]:
    """Three attacks with their charts, from the database to the file."""
    from bench import report_records as records  # noqa: PLC0415
    from capleak.exports.pdf import history_pdf  # noqa: PLC0415

    patient = a_record("four")
    attacks = records.give_attacks(patient, 3, detailed=3)
    period = everything()

    def ours() -> bytes:
        return history_pdf(patient, period, records.NOW, paper="a4")

    def plain() -> bytes:
        return drawn_plainly(patient, attacks)

    document = ours()
    plain()  # both have their fonts and modules by now
    pages = len(PdfReader(BytesIO(document)).pages)
    took, least = best(ours), best(plain)
    goal = TIMES * least.seconds + SPARE_SECONDS
    say(
        f"history, {pages} pages with 3 charts: {took}, plain matplotlib "
        f"{least} (goal {TIMES:g} times + {SPARE_SECONDS:g} s = {goal:.2f} s)",
        took.seconds <= goal,
    )
    yield took.seconds <= goal
    size = len(document)
    say(f"  size: {size} bytes (goal {MOST_BYTES})", size <= MOST_BYTES)
    yield size <= MOST_BYTES


def ten_years() -> Iterator[bool]:
    """A check-in and a reading a day, 130 infusions, 20 attacks of which 10 have a
    chart."""
    from bench import report_records as records  # noqa: PLC0415
    from capleak.exports.pdf import history_pdf, summary_pdf  # noqa: PLC0415

    patient = a_record("ten")
    records.give_attacks(patient, 20, detailed=10)
    records.give_diary(patient, 10)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name, make in (("summary", summary_pdf), ("history", history_pdf)):

        def document(make: Callable[..., bytes] = make) -> bytes:
            return make(patient, everything(), records.NOW, paper="a4")

        took = best(document)
        ok = took.seconds <= TEN_YEARS_SECONDS
        size = len(document())
        say(
            f"{name} of 10 years: {took}, {size} bytes (goal {TEN_YEARS_SECONDS:g} s)",
            ok,
        )
        yield ok
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    say(
        f"  memory grew by {grown / 1024:.0f} MiB over {2 * ROUNDS + 2} documents", None
    )


def one_page() -> Iterator[bool]:
    """The summary at every number of attacks, on both papers."""
    from bench import report_records as records  # noqa: PLC0415
    from capleak.exports.pdf import summary_pdf  # noqa: PLC0415

    for count in ATTACKS:
        patient = a_record(f"page{count}")
        records.give_attacks(patient, count, detailed=min(count, 3))
        for paper in ("a4", "us-letter"):
            began = time.perf_counter()
            document = summary_pdf(patient, everything(), records.NOW, paper=paper)
            took = time.perf_counter() - began
            pages = len(PdfReader(BytesIO(document)).pages)
            say(
                f"summary with {count} attacks, {paper}: {pages} page, {took:.2f} s, "
                f"{len(document)} bytes",
                pages == 1,
            )
            yield pages == 1


def best(make: Callable[[], Any]) -> Took:
    """The shortest of some rounds: the machine does other things too."""
    rounds = []
    for _round in range(ROUNDS):
        began, worked = time.perf_counter(), time.process_time()
        make()
        rounds.append(Took(time.perf_counter() - began, time.process_time() - worked))
    return min(rounds)


def drawn_plainly(patient: Any, attacks: list[Any]) -> bytes:
    """The same points as anyone would plot them: a page of a PDF for each attack."""
    from bench import report_records as records  # noqa: PLC0415
    from capleak.attack_drawing import drawing  # noqa: PLC0415
    from capleak.attack_entries import entries  # noqa: PLC0415

    out = BytesIO()
    with PdfPages(out) as pages:
        for attack in attacks:
            rows = entries(patient, attack, records.NOW).rows
            chart = drawing(attack, rows, records.NOW, patient.units)
            figure = Figure(figsize=(8, 10))
            axes = figure.subplots(3, sharex=True)
            for place, symptom in enumerate(chart.symptoms):
                axes[0].scatter(
                    [day for day, _grade in symptom.marks],
                    [place] * len(symptom.marks),
                    s=[20 + 20 * (grade or 0) for _day, grade in symptom.marks],
                    marker="s",
                )
            axes[0].set_yticks(
                range(len(chart.symptoms)), [s.label for s in chart.symptoms]
            )
            for axis, group in zip(
                axes[1:],
                ((chart.systolic, chart.pulse), (chart.hematocrit, chart.albumin)),
                strict=True,
            ):
                for series in filter(None, group):
                    xs, ys = zip(*series.points, strict=True)
                    axis.plot(xs, ys, marker="o", label=series.label)
                axis.legend()
            for axis in axes:
                for band, color in zip(
                    chart.bands, ("gold", "salmon", "green"), strict=True
                ):
                    axis.axvspan(band.start, band.end, color=color, alpha=0.2)
            axes[0].set_title(chart.title)
            axes[-1].set_xlabel(chart.day0_label)
            pages.savefig(figure)
    return out.getvalue()


def a_record(name: str) -> Any:
    """A record as its owner opens it, with nothing in it."""
    from bench.report_records import ZONE  # noqa: PLC0415
    from sharing.models import Patient, User  # noqa: PLC0415

    owner = User.objects.create_user(f"{name}@example.org", name=name)
    patient = Patient.objects.create(owner=owner, name=name, zone=ZONE)
    return Patient.objects.visible_to(owner).get(pk=patient.pk)


def everything() -> Any:
    from bench.report_records import ZONE  # noqa: PLC0415
    from capleak.period import Period  # noqa: PLC0415

    return Period(None, None, ZoneInfo(ZONE))


if __name__ == "__main__":
    sys.exit(main())
