"""The formats in which a record can be exported: one list for every page and job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy

from capleak.exports import csv_zip, fhir, pdf
from capleak.period import Period
from sharing.models import Patient

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# The record as the door handed it out, so that what is hidden stays out; what days;
# and the moment that the file says it was made at. It reads inside a transaction of its
# own, so write nothing to the database between two pieces.
Stream = Callable[[Patient, Period, datetime], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: what a person is told of it, and the bytes of it."""

    key: str  # in addresses and in the rows of jobs
    title: StrOrPromise
    describe: StrOrPromise
    extension: str  # without the dot
    content_type: str
    stream: Stream

    def file_name(self, now: datetime) -> str:
        """What the file is called; nothing in it says whose it is."""
        return f"capleak-{self.key}-{now:%Y-%m-%d}.{self.extension}"


_KNOWN: Final = (
    Format(
        key="summary",
        title=gettext_lazy("One-page summary (PDF)"),
        describe=gettext_lazy("For a visit: attacks, rates and infusions on a page."),
        extension="pdf",
        content_type="application/pdf",
        stream=pdf.stream_summary,
    ),
    Format(
        key="history",
        title=gettext_lazy("Full attack history (PDF)"),
        describe=gettext_lazy("Every attack in a section of its own, with its chart."),
        extension="pdf",
        content_type="application/pdf",
        stream=pdf.stream_history,
    ),
    Format(
        key="csv",
        title=gettext_lazy("Tables (CSV)"),
        describe=gettext_lazy(
            "Everything as tables in a ZIP, for a spreadsheet or for statistics. "
            "Begin with attacks.csv; dictionary.csv says what each column is."
        ),
        extension="zip",
        content_type=csv_zip.ZIP_TYPE,
        stream=csv_zip.stream,
    ),
    Format(
        key="fhir-summary",
        title=gettext_lazy("FHIR R4, summary for a visit"),
        describe=gettext_lazy(
            "A document for a clinic’s software, in the shape of the International "
            "Patient Summary. Base R4; not checked against its profiles."
        ),
        extension="json",
        content_type="application/fhir+json",
        stream=fhir.document,
    ),
    Format(
        key="fhir",
        title=gettext_lazy("FHIR R4, everything"),
        describe=gettext_lazy(
            "Every entry, attack and infusion as one Bundle, for software. Large."
        ),
        extension="json",
        content_type="application/fhir+json",
        stream=fhir.collection,
    ),
)

FORMATS: Final[Mapping[str, Format]] = {known.key: known for known in _KNOWN}
