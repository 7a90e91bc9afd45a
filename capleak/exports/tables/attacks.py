"""The tables of the attacks: one that reads well by itself, and one for each fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Least

from attacks.known import grade_of, touches
from attacks.models import (
    BOUNDARIES,
    Attack,
    Complication,
    Evidence,
    Grade,
    PastCount,
    Precision,
    Sequela,
    Site,
    Source,
    Stay,
    Treatment,
    Trigger,
    Unit,
)
from attacks.phases import Phase, spans
from capleak.exports.tables.declared import (
    AT_ONCE,
    Column,
    Opened,
    Table,
    amount,
    at_clock,
    author,
    day,
    figure,
    kept,
    key,
    lived,
    read,
    said,
    words,
    yes_no,
)
from capleak.period import Period
from sharing.models import Patient
from sharing.spreadsheet import defused

HOUR: Final = timedelta(hours=1)
BOUNDARY: Final = {
    "prodrome_start": "first early signs",
    "leak_start": "begin of the leak",
    "recovery_start": "begin of the recovery",
    "end": "end of the attack",
}
COURSE: Final = {
    "drank_at_home": "Whether drinking at home was enough",
    "iv_fluids": "Whether fluids went into a vein",
    "ward": "Whether it was a hospital ward",
    "icu": "Whether it was intensive care",
    "ventilated": "Whether a machine helped with breathing",
    "surgery": "Whether there was surgery",
}
ATTACK: Final = Column(
    "attack",
    "Number of the attack, the oldest of the diary is 1; the same in all files",
    lambda row, _: str(row.number),
)


def _numbers(patient: Patient) -> dict[int, int]:
    """The number of each attack by its key, whatever the period."""
    rows = Attack.objects.filter(patient=patient).order_by(Least(*BOUNDARIES), "pk")
    return {pk: n for n, pk in enumerate(rows.values_list("pk", flat=True), start=1)}


def _in_period(patient: Patient, period: Period) -> Any:
    """The keys of the attacks that can have any day in the period."""
    rows = Attack.objects.filter(patient=patient)
    if not period.since and not period.until:
        return rows.values("pk")
    return [row.pk for row in rows if touches(row, period.since, period.until)]


# --- Each attack in a row -----------------------------------------------------------


def _attacks(patient: Patient, period: Period) -> Iterator[Any]:
    numbers = _numbers(patient)
    told: tuple[tuple[str, Any], ...] = (
        ("triggers", Trigger),
        ("stays", Stay),
        ("treatments", Treatment),
        ("complications", Complication),
    )
    rows: QuerySet[Any] = (
        Attack.objects.readable(patient)
        .filter(pk__in=_in_period(patient, period))
        .select_related("facts")
        .prefetch_related("grades")
        .prefetch_related(
            *(Prefetch(n, m.objects.readable(patient).order_by("pk")) for n, m in told)
        )
    )
    for row in rows.order_by("began_at", "pk").iterator(AT_ONCE):
        row.number = numbers[row.pk]
        row.grade, row.provisional = grade_of(row)
        yield row


def _local_day(name: str, describes: str, moment: Any) -> Column:
    """A day as a spreadsheet knows it, in the zone of the attack."""

    def cell(row: Any, _: Opened) -> str:
        at: datetime | None = moment(row)
        return at.astimezone(row.tz).date().isoformat() if at else ""

    return Column(name, describes, cell, zone="column zone")


def _last(row: Attack) -> datetime:
    return max(at for at in row.clock.boundaries if at)


def _lasted(phase: Phase) -> Column:
    """How long a phase lasted that is over."""

    def cell(row: Attack, _: Opened) -> str:
        over = [
            s.duration
            for s in spans(row.clock, _last(row))
            if s.phase == phase and not s.ongoing
        ]
        if not over:
            return ""
        return figure(Decimal(round(sum(over, timedelta()) / HOUR, 2)).normalize())

    return Column(f"{phase}_hours", f"How long the {phase} lasted", cell, "h")


def _course(name: str) -> Column:
    def cell(row: Attack, _: Opened) -> str:
        facts = getattr(row, "facts", None)
        return said(getattr(facts, name)) if facts else ""

    return Column(name, f"{COURSE[name]} (yes, no)", cell)


def _listed(name: str, describes: str) -> Column:
    """What was told of one kind, in words."""

    def cell(row: Any, _: Opened) -> str:
        return defused("; ".join(_in_words(getattr(row, name).all())))

    return Column(name, describes, cell)


def _in_words(facts: Iterable[Any]) -> Iterator[str]:
    for fact in facts:
        parts = [str(fact.get_kind_display()), fact.detail]
        if getattr(fact, "amount", None) is not None:
            parts.append(f"{figure(fact.amount)} {fact.unit}")
        yield " ".join(filter(None, parts))


def _stay(name: str, describes: str, field: str, pick: Any) -> Column:
    def cell(row: Any, _: Opened) -> str:
        times = [at for stay in row.stays.all() if (at := getattr(stay, field))]
        return at_clock(pick(times, default=None), row.zone)

    return Column(name, describes, cell, zone="column zone")


def _sequelae(row: Attack, _: Opened) -> str:
    facts = getattr(row, "facts", None)
    if facts is None:
        return ""
    if facts.no_sequelae:
        return "none"
    return "; ".join(str(Sequela(kind).label) for kind in facts.sequelae)


def _boundaries() -> Iterator[Column]:
    for name, told in BOUNDARY.items():
        yield lived(name, f"Time of the {told}")
        yield key(f"{name}_precision", f"How well the {told} is known", PRECISIONS)


PRECISIONS: Final = dict(Precision.choices)

ATTACKS: Final = Table(
    "attacks",
    "One row for each attack, to be read in a spreadsheet.",
    (
        ATTACK,
        _local_day(
            "began_on", "Day of the first time that is known", lambda r: r.began_at
        ),
        _local_day(
            "last_on",
            "Day of the last time that is known; blank while it goes on",
            lambda row: None if row.ongoing else _last(row),
        ),
        key("outcome", "What it was", dict(Attack.Outcome.choices)),
        yes_no("ongoing", "Whether it goes on"),
        amount("grade", "Severity from 1 to 4"),
        yes_no("provisional", "Whether the severity follows from facts alone"),
        *_boundaries(),
        words("zone", "Time zone of its times"),
        *map(_lasted, (Phase.PRODROME, Phase.LEAK, Phase.RECOVERY)),
        *map(_course, COURSE),
        _stay("hospital_from", "First arrival in a hospital", "arrived_at", min),
        _stay("hospital_until", "Last way home from one", "discharged_at", max),
        _listed("triggers", "What may have set it off"),
        _listed("treatments", "What was given or done"),
        _listed("complications", "What went wrong"),
        Column("sequelae", "What stayed behind", _sequelae),
        key("certainty", "How sure it is", dict(Attack.Certainty.choices)),
        words("note", "Note", "shown_note"),
        kept("recorded_at", "When it was saved"),
        author(),
    ),
    _attacks,
)


# --- What is told of each -----------------------------------------------------------


def _facts(model: Any) -> Any:
    """The rows of one kind of fact, of the attacks of the period."""

    def rows(patient: Patient, period: Period) -> Iterator[Any]:
        numbers = _numbers(patient)
        found = model.objects.readable(patient).select_related("attack")
        of_period = found.filter(attack__in=_in_period(patient, period))
        for row in of_period.order_by("attack", "pk").iterator(AT_ONCE):
            row.number, row.zone = numbers[row.attack_id], row.attack.zone
            yield row

    return rows


def _told() -> tuple[Column, ...]:
    return (
        key("precision", "How well its time is known", PRECISIONS),
        key("source", "Who said it", dict(Source.choices)),
        words("note", "Note", "shown_note"),
        kept("recorded_at", "When it was saved"),
        author(),
    )


ZONE: Final = words("zone", "Time zone of its times")

TRIGGERS: Final = Table(
    "attack_triggers",
    "One row for each thing that may have set an attack off.",
    (
        ATTACK,
        key("kind", "What", dict(Trigger.Kind.choices)),
        words("detail", "Which"),
        key("evidence", "How it is known", dict(Evidence.choices)),
        lived("at", "When"),
        ZONE,
        *_told(),
    ),
    _facts(Trigger),
)
STAYS: Final = Table(
    "attack_stays",
    "One row for each stay in a hospital.",
    (
        ATTACK,
        lived("arrived_at", "Arrived"),
        lived("icu_from", "In intensive care from"),
        lived("icu_until", "In intensive care until"),
        lived("discharged_at", "Went home"),
        ZONE,
        words("first_called", "What it was first called there"),
        *_told(),
    ),
    _facts(Stay),
)
TREATMENTS: Final = Table(
    "attack_treatments",
    "One row for each thing that was given or done.",
    (
        ATTACK,
        key("kind", "What", dict(Treatment.Kind.choices)),
        words("detail", "Which"),
        amount("amount", "How much, in the unit beside it"),
        key("unit", "Unit of amount", dict(Unit.choices)),
        lived("at", "From"),
        lived("until", "Until"),
        ZONE,
        Column(
            "sites",
            "Where, with spaces between: " + ", ".join(Site.values),
            lambda row, _: " ".join(row.sites),
        ),
        *_told(),
    ),
    _facts(Treatment),
)
COMPLICATIONS: Final = Table(
    "attack_complications",
    "One row for each thing that went wrong.",
    (
        ATTACK,
        key("kind", "What", dict(Complication.Kind.choices)),
        words("detail", "Which, where"),
        lived("at", "When"),
        ZONE,
        *_told(),
    ),
    _facts(Complication),
)


def _grades(patient: Patient, period: Period) -> Iterator[Any]:
    numbers = _numbers(patient)
    row: Any
    found = Grade.objects.filter(attack__in=_in_period(patient, period))
    found = found.order_by("attack", "pk")
    for row in found.iterator(AT_ONCE):
        row.number = numbers[row.attack_id]
        yield row


GRADES: Final = Table(
    "attack_grades",
    "One row for each severity that somebody gave an attack.",
    (
        ATTACK,
        amount("value", "Severity from 1 to 4"),
        words("scale_name", "Name of the scale"),
        words("scale_version", "Whose words the scale has"),
        key("assigned_as", "Who gave it", dict(Source.choices)),
        kept("assigned_at", "When it was given"),
        author("assigned_by"),
    ),
    _grades,
)


def _past(patient: Patient, period: Period) -> Iterator[PastCount]:
    rows = PastCount.objects.readable(patient)
    if period.until:
        rows = rows.filter(from_on__lte=period.until)
    if period.since:
        rows = rows.filter(until_on__gte=period.since)
    return read(rows.order_by("from_on", "pk"))


PAST_COUNTS: Final = Table(
    "attacks_before_the_diary",
    "One row for each stretch of the past of which the number of attacks is known.",
    (
        day("from_on", "First day"),
        day("until_on", "Last day"),
        amount("count", "How many attacks, those with a row of their own included"),
        yes_no("complete", "Whether all attacks of that time are known"),
        key("precision", "How well its days are known", PRECISIONS),
        key("source", "Who said it", dict(Source.choices)),
        words("note", "Note", "shown_note"),
        kept("recorded_at", "When it was saved"),
        author(),
    ),
    _past,
)

TABLES: Final = (
    ATTACKS,
    TRIGGERS,
    STAYS,
    TREATMENTS,
    COMPLICATIONS,
    GRADES,
    PAST_COUNTS,
)
