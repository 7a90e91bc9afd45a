"""The tables of the prophylaxis: infusions with what belongs to each, medicines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.db.models import Q

from capleak.exports.tables.declared import (
    AT_ONCE,
    Column,
    Opened,
    Table,
    amount,
    author,
    day,
    kept,
    key,
    lived,
    on_days,
    read,
    words,
)
from capleak.period import Period
from prophylaxis.models import (
    Appointment,
    Cadence,
    Infusion,
    Lot,
    MedicinePlan,
    Plan,
    RateStep,
    Reaction,
    Route,
    Site,
)
from sharing.models import Patient


def _of_infusion(describes: str) -> Column:
    def cell(row: Any, _: Opened) -> str:
        return str(getattr(row, "infusion", row).client_id)

    return Column("infusion", describes, cell)


INFUSION: Final = _of_infusion("Id of the infusion; the same in all infusion files")


def _infusions(patient: Patient, period: Period) -> Iterator[Infusion]:
    rows = Infusion.objects.readable(patient)
    of_period = on_days(rows.prefetch_related("lots"), period, "day")
    return read(of_period.order_by("started_at", "pk"))


INFUSIONS: Final = Table(
    "infusions",
    "One row for each infusion that was begun.",
    (
        INFUSION,
        day("day", "Day on which it began"),
        lived("started_at", "When it began"),
        lived("finished_at", "When it was over"),
        words("zone", "Time zone of its times"),
        key("status", "What became of it", dict(Infusion.Status.choices)),
        words("product", "Product"),
        amount("dose_g", "Dose", "g"),
        amount("weight_kg", "Weight that the dose was worked out from", "kg"),
        amount("g_per_kg", "Dose for each kilogram", "g/kg"),
        amount("vials_g", "What its vials hold together", "g"),
        amount("course_day", "Day of the course, 1 is the first"),
        words("premedication", "Medicine given before"),
        amount("hydration_ml", "Fluid given along", "mL"),
        key("site", "Where", dict(Site.choices)),
        words("given_by", "Given by"),
        words("note", "Note", "shown_note"),
        amount("version", "1, and one more with every change of it"),
        kept("recorded_at", "When it was saved"),
        author(),
    ),
    _infusions,
)


def _details(model: Any, *, readable: bool = False) -> Any:
    """The rows that belong to the infusions of the period."""

    def rows(patient: Patient, period: Period) -> Iterator[Any]:
        of_record = model.objects.filter(infusion__patient=patient)
        found = model.objects.readable(patient) if readable else of_record
        found = on_days(found, period, "infusion__day")
        in_order = found.select_related("infusion").order_by(
            "infusion__started_at", "infusion", "pk"
        )
        for row in in_order.iterator(AT_ONCE):
            row.zone = row.infusion.zone
            yield row

    return rows


LOTS: Final = Table(
    "infusion_lots",
    "One row for each lot of an infusion.",
    (
        INFUSION,
        words("number", "Lot number"),
        words("product", "Product of these vials"),
        words("gtin", "Product number of the code on the vial", code="GTIN"),
        amount("vial_g", "What one vial holds", "g"),
        amount("count", "How many vials"),
        day("expires_on", "Use by"),
    ),
    _details(Lot),
)
RATES: Final = Table(
    "infusion_rates",
    "One row for each rate of an infusion, from one moment on.",
    (
        INFUSION,
        lived("at", "From"),
        words("zone", "Time zone of it"),
        amount("ml_per_h", "Rate", "mL/h"),
    ),
    _details(RateStep),
)
REACTIONS: Final = Table(
    "infusion_reactions",
    "One row for each thing felt or found during or after an infusion.",
    (
        INFUSION,
        key("kind", "What", dict(Reaction.Kind.choices)),
        words("other", "What else it was", "shown_other"),
        lived("onset_at", "When it began"),
        words("zone", "Time zone of it"),
        key("severity", "How bad", dict(Reaction.Severity.choices)),
        words("action", "What was done", "shown_action"),
    ),
    _details(Reaction, readable=True),
)


def _appointments(patient: Patient, period: Period) -> Iterator[Appointment]:
    rows = Appointment.objects.readable(patient)
    return read(on_days(rows, period, "day").order_by("at", "pk"))


APPOINTMENTS: Final = Table(
    "infusions_not_begun",
    "One row for each infusion that is planned for a day, was skipped or was missed.",
    (
        key("status", "What it is", dict(Appointment.Status.choices)),
        day("day", "Day that it is planned for or was due on"),
        lived("at", "When it is planned for or was due"),
        words("zone", "Time zone of it"),
        words("reason", "Reason", "shown_reason"),
        kept("recorded_at", "When it was saved"),
        author(),
    ),
    _appointments,
)


def _plans(patient: Patient, period: Period) -> Iterator[Plan]:
    """Those that were in force at any time of the period."""
    rows = Plan.objects.filter(patient=patient)
    if period.until:
        rows = rows.filter(valid_from__lte=period.until)
    if period.start:
        rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=period.start))
    return read(rows.order_by("began_at", "pk"))


PLANS: Final = Table(
    "infusion_plans",
    "One row for each plan; a changed plan is a row of its own.",
    (
        day("valid_from", "First day on which it is valid"),
        kept("began_at", "When it was entered"),
        kept("ended_at", "When it was changed or ended"),
        words("product", "Product"),
        key("route", "Where to", dict(Route.choices)),
        amount("dose_g_per_kg", "Dose for each kilogram", "g/kg"),
        amount("weight_kg", "Weight that it was worked out from", "kg"),
        key("cadence", "What the next day follows from", dict(Cadence.choices)),
        amount("interval_days", "Days between infusions", "d"),
        amount("weekday", "Weekday, 0 is Monday"),
        amount("month_day", "Day of the month, 31 is the last"),
        amount("course_days", "Days that one dose is split over", "d"),
        day("first_on", "Day of its first infusion"),
        Column(
            "local_time",
            "Time of day",
            lambda row, _: row.local_time.isoformat("minutes"),
            zone="column zone",
        ),
        words("zone", "Time zone of it"),
        key("site", "Where", dict(Site.choices)),
        words("premedication", "Medicine given before"),
        words("prescriber", "Prescribed by"),
        author(),
    ),
    _plans,
)


def _medicines(patient: Patient, period: Period) -> Iterator[MedicinePlan]:
    """Those that were taken at any time of the period, as planned."""
    rows = MedicinePlan.objects.filter(patient=patient)
    if period.until:
        rows = rows.filter(valid_from__lte=period.until)
    if period.since:
        rows = rows.filter(Q(valid_until=None) | Q(valid_until__gte=period.since))
    if period.start:
        rows = rows.filter(Q(ended_at=None) | Q(ended_at__gte=period.start))
    return read(rows.order_by("valid_from", "began_at", "pk"))


MEDICINES: Final = Table(
    "medicines",
    "One row for each medicine as planned; a change is a row of its own.",
    (
        Column(
            "medicine",
            "Id of the medicine; the same in all rows of it",
            lambda row, _: str(row.medicine),
        ),
        words("name", "Name"),
        words("dose", "Dose"),
        Column(
            "times",
            "Times of day, with spaces between",
            lambda row, _: " ".join(t.isoformat("minutes") for t in row.times),
            zone="column zone",
        ),
        words("zone", "Time zone of its times"),
        day("valid_from", "First day"),
        day("valid_until", "Last day"),
        words("prescriber", "Prescribed by"),
        kept("began_at", "When it was entered"),
        kept("ended_at", "When it was changed or ended"),
        author(),
    ),
    _medicines,
)

TABLES: Final = (
    INFUSIONS,
    LOTS,
    RATES,
    REACTIONS,
    APPOINTMENTS,
    PLANS,
    MEDICINES,
)
