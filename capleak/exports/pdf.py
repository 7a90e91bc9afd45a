"""The two PDF documents of a record: one page for a visit, and the full history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from capleak.exports.history import history_data
from capleak.exports.moment import one_moment
from capleak.exports.summary import summary_data
from capleak.exports.typesetting import Paper, paper_of, typeset
from capleak.period import Period
from capleak.report.read import read
from sharing.models import Patient


def summary_pdf(
    patient: Patient, period: Period, now: datetime, *, paper: Paper | None = None
) -> bytes:
    """The one-page summary of an opened record; without a paper, that of its zone."""
    data = summary_data(read(patient, period, now))
    return typeset("summary", data, paper or paper_of(patient.zone), now)


def history_pdf(
    patient: Patient, period: Period, now: datetime, *, paper: Paper | None = None
) -> bytes:
    """Every attack of an opened record in a section of its own, with its chart."""
    data = history_data(read(patient, period, now))
    return typeset("history", data, paper or paper_of(patient.zone), now)


def stream_summary(patient: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """The one-page summary, as the exports want it."""
    with one_moment():
        made = summary_pdf(patient, period, now)
    yield made


def stream_history(patient: Patient, period: Period, now: datetime) -> Iterator[bytes]:
    """The full attack history, as the exports want it."""
    with one_moment():
        made = history_pdf(patient, period, now)
    yield made
