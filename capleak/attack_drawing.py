"""One attack as data for its chart: words and days here, the drawing in charts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from django.utils.translation import gettext as _

from attacks import words
from attacks.models import BOUNDARIES, Attack, Precision
from attacks.phases import Phase, phase_at, spans
from capleak.attack_entries import Row, day_of, unit_of
from capleak.charts import (
    AttackChart,
    AttackWords,
    Band,
    MarkRow,
    Series,
    SymptomRow,
    Threshold,
)
from diary.models import FlagChange
from diary.models.flags import Level
from diary.vocabulary import QUANTITIES, from_canonical

MOST_SYMPTOMS: Final = 16  # the worst; all are in the table
DRAWN: Final = (
    "systolic",
    "diastolic",
    "pulse",
    "hematocrit",
    "hemoglobin",
    "albumin",
    "weight",
    "urine_volume",
)
DAY: Final = timedelta(days=1)


def drawing(
    attack: Attack,
    rows: list[Row],
    now: datetime,
    units: Mapping[str, str],
    *,
    usual: Mapping[str, Decimal] = MappingProxyType({}),
    treatments: Sequence[float] = (),
    happened: Sequence[MarkRow] = (),
    flags: Sequence[FlagChange] = (),
) -> AttackChart:
    """The chart of one attack.

    `usual` is this person's usual value by quantity, canonical; `treatments` are the
    days on which a published report tells of one, `happened` what the record itself
    says of hospital and treatment; `flags` opened or rose then.
    """
    phases = tuple(bands(attack, now, attack.day_zero))
    series = {name: _series(name, rows, units, usual) for name in DRAWN}
    return AttackChart(
        title=_("Attack: %(dates)s") % {"dates": words.dates(attack)},
        desc=_desc(phases, series.values()),
        day0_label=_day_zero(attack),
        bands=phases,
        symptoms=tuple(_symptoms(rows)),
        marks=(
            *_marks(rows, treatments),
            *happened,
            *_flag_marks(attack, flags),
        ),
        words=AttackWords(
            mild=_("mild"),
            moderate=_("moderate"),
            severe=_("severe"),
            ungraded=_("present, not graded"),
            none=_("asked, none"),
            usual=_("usual"),
            right_scale=_("right"),
            uncertain=_("dashed edge: time uncertain or still open"),
            merged=_("Where entries lie close together, the most severe is shown."),
            empty=_("No check-ins or measurements in these days."),
        ),
        systolic=series["systolic"],
        diastolic=series["diastolic"],
        pulse=series["pulse"],
        hematocrit=series["hematocrit"],
        hemoglobin=series["hemoglobin"],
        albumin=series["albumin"],
        weight=series["weight"],
        urine=series["urine_volume"],
    )


def _day_zero(attack: Attack) -> str:
    """What day 0 is, for the axis."""
    texts = {
        "leak_start": _("Days from leak onset (%(time)s)"),
        "prodrome_start": _("Days from the first early signs (%(time)s)"),
        "recovery_start": _("Days from the start of recovery (%(time)s)"),
        "end": _("Days from the end (%(time)s)"),
    }
    name = next(name for name in texts if getattr(attack, name))
    return texts[name] % {"time": words.boundary(attack, name)}


def bands(attack: Attack, now: datetime, zero: datetime) -> Iterator[Band]:
    """Each stretch of the attack, and a last boundary that nothing is known after.

    In days from `zero`.
    """
    clock = attack.clock
    precisions = {
        at: Precision(getattr(attack, f"{name}_precision"))
        for name, at in zip(BOUNDARIES, clock.boundaries, strict=True)
        if at
    }
    short = {
        Phase.PRODROME: _("Prodrome"),
        Phase.LEAK: _("Leak"),
        Phase.RECOVERY: _("Recovery"),
        Phase.UNKNOWN: _("Phase not known"),
    }
    for span in spans(clock, now):
        ends = [precisions[at] for at in (span.start, span.end) if at in precisions]
        margin = sum((words.MARGIN[precision] for precision in ends), timedelta())
        length = _length(span.duration, margin)
        name = short[span.phase]
        yield Band(
            phase=span.phase.value,
            start=(span.start - zero) / DAY,
            end=(span.end - zero) / DAY,
            label=f"{name} · {length}" if length else name,
            soft_start=words.MARGIN[precisions[span.start]] >= DAY / 2,
            soft_end=span.ongoing or words.MARGIN[precisions[span.end]] >= DAY / 2,
        )
    last = max(precisions)
    phase = phase_at(clock, last)
    if phase and not attack.ongoing and not clock.end:
        day = (last - zero) / DAY
        yield Band(
            phase.value, day, day, _("%(phase)s begins") % {"phase": short[phase]}
        )


def _length(time: timedelta, margin: timedelta) -> str:
    """A length as short as a band's label needs it; blank if it is too rough to say."""
    if margin > time:
        return ""
    days, hours = time / DAY, time / timedelta(hours=1)
    if hours < 1:
        text = _("%(n)d min") % {"n": round(hours * 60)}
    elif days < 1:
        text = _("%(n)d h") % {"n": round(hours)}
    elif margin:
        text = _("%(n)d d") % {"n": round(days)}
    else:
        text = _("%(n).1f d") % {"n": days}
    return _("about %(time)s") % {"time": text} if margin else text


def _series(
    quantity: str,
    rows: Sequence[Row],
    units: Mapping[str, str],
    usual: Mapping[str, Decimal],
) -> Series | None:
    points = tuple(
        (row.day, float(value.amount))
        for row in rows
        for value in row.values
        if value.quantity == quantity
    )
    if not points:
        return None
    unit = unit_of(quantity, units)
    own = usual.get(quantity)
    short = {
        "systolic": _("Systolic"),
        "diastolic": _("Diastolic"),
        "urine_volume": _("Urine"),
    }
    return Series(
        label=short.get(quantity) or _(QUANTITIES[quantity].label),
        unit=unit,
        points=points,
        usual=None if own is None else float(from_canonical(quantity, own, unit)),
        thresholds=thresholds(quantity, units),
    )


def thresholds(quantity: str, units: Mapping[str, str]) -> tuple[Threshold, ...]:
    """Published limits of a quantity in the reader's unit, with their source.

    The triad of SCLS as Ebdrup et al. 2018 (BMJ Case Rep, PMC6119378) give it.
    """
    unit = unit_of(quantity, units)
    labels = {
        "systolic": [(90, _("below 90: hypotension (Ebdrup 2018)"))],
        "albumin": [(3, _("albumin below %(limit)s: low (Ebdrup 2018)"))],
        "hematocrit": [
            (49, _("above %(limit)s, men: raised (Ebdrup 2018)")),
            (43, _("above %(limit)s, women: raised")),
        ],
    }
    found = []
    for limit, label in labels.get(quantity, ()):
        value = float(from_canonical(quantity, Decimal(limit), unit))
        found.append(Threshold(value, label % {"limit": f"{value:g}"}))
    return tuple(found)


def _symptoms(rows: Sequence[Row]) -> Iterator[SymptomRow]:
    """A row each symptom that was present, in the order in which they came."""
    marks: dict[str, list[tuple[float, int | None]]] = {}
    labels: dict[str, str] = {}
    for row in rows:
        for symptom in row.symptoms:
            marks.setdefault(symptom.name, []).append((row.day, symptom.severity))
            labels[symptom.name] = str(symptom.label)
    burden = {
        code: sum(1 if severity is None else severity for _day, severity in of_code)
        for code, of_code in marks.items()
    }
    present = sorted((code for code in marks if burden[code]), key=lambda c: -burden[c])
    shown = set(present[:MOST_SYMPTOMS])
    for code, of_code in marks.items():
        if code in shown:
            yield SymptomRow(labels[code], tuple(of_code))


def _marks(rows: Sequence[Row], treatments: Sequence[float]) -> Iterator[MarkRow]:
    infusions = tuple(row.day for row in rows if row.infusion)
    if infusions:
        yield MarkRow(_("Infusion"), "infusion", infusions)
    if treatments:
        yield MarkRow(_("Treatment (report)"), "treatment", tuple(treatments))


def _flag_marks(attack: Attack, flags: Sequence[FlagChange]) -> Iterator[MarkRow]:
    """A row of flags for each level that was reached."""

    def times(level: Level) -> tuple[float, ...]:
        return tuple(day_of(attack, f.at) for f in flags if f.level == level)

    if watch := times(Level.WATCH):
        yield MarkRow(_("Flag: watch"), "watch", watch)
    if act := times(Level.ACT):
        yield MarkRow(_("Flag: act"), "act", act)


def _desc(bands: Sequence[Band], series: Iterable[Series | None]) -> str:
    """What the chart shows, for those who cannot see it."""
    told = [band.label for band in bands]
    for one in series:
        if one is not None:
            values = sorted(value for _day, value in one.points)
            low, high = f"{values[0]:g}", f"{values[-1]:g}"
            if low == high:
                told.append(f"{one.label} {low} {one.unit}")
            else:
                text = _("%(label)s %(low)s to %(high)s %(unit)s")
                told.append(
                    text
                    % {"label": one.label, "low": low, "high": high, "unit": one.unit}
                )
    return "; ".join(told) + "."
