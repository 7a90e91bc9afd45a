"""One cell of a file as a number with its unit, or as a moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from diary.drafts import Reading
from diary.importing.refusal import Refusal, _, quoted
from diary.quantities import (
    QUANTITIES,
    OutOfRange,
    check_range,
    from_canonical,
    to_canonical,
)

EMPTY: Final = frozenset({"", "-", "--", "–", "null", "none", "n/a", "na", "nan"})

# --- Numbers and units --------------------------------------------------------------

_NUMBER: Final = re.compile(r"([+-]?[0-9]{1,7})(?:[.,]([0-9]{1,12}))?(\s*[^0-9]*)")
_TYPED_STEP: Final = Decimal("0.0001")  # as many decimals as are stored

# fmt: off
_UNITS: Final = {
    "mmHg": ("mmhg",),
    "/min": ("bpm", "/min", "1/min", "min-1", "beats/min", "beatspermin",
             "beatsperminute", "perminute"),
    "kg": ("kg", "kgs", "kilo", "kilos", "kilogram", "kilograms"),
    "lb": ("lb", "lbs", "pound", "pounds"),
    "°C": ("c", "°c", "ºc", "℃", "degc", "celsius"),
    "°F": ("f", "°f", "ºf", "℉", "degf", "fahrenheit"),
    "%": ("%", "percent", "pct"),
}
# fmt: on
_UNIT_OF: Final = {alias: unit for unit, names in _UNITS.items() for alias in names}


def is_empty(cell: str) -> bool:
    """Whether a cell says nothing, also in the ways in which programs write that."""
    return cell.strip().casefold() in EMPTY


def unit_of(quantity: str, words: str) -> str | None:
    """The unit of a quantity that is meant; None if it is none that is known."""
    known = QUANTITIES[quantity].units
    if words.strip() in known:
        return words.strip()
    alias = _UNIT_OF.get(re.sub(r"[\s.]", "", words).casefold())
    return alias if alias in known else None


def has_unit(cell: str) -> bool:
    """Whether a unit stands behind the number, in the cell itself."""
    found = _NUMBER.fullmatch(cell.strip())
    return bool(found and found[3].strip())


@lru_cache(maxsize=4096)  # a file says the same few hundred values again and again
def reading(quantity: str, cell: str, unit: str, device: str = "") -> Reading:
    """A measured value; `unit` are words, and a unit in the cell itself counts more.

    A comma is a decimal point: nobody weighs a thousand. Refusal if the cell holds no
    number, if the unit is unknown and if the value cannot be true of a person.
    """
    label = QUANTITIES[quantity].label
    found = _NUMBER.fullmatch(cell.strip())
    if not found:
        raise Refusal(
            _("%(quantity)s: “%(cell)s” is not a number."),
            quantity=label,
            cell=quoted(cell),
        )
    whole, decimals, own_unit = found.groups()
    words = own_unit.strip() or unit
    known = unit_of(quantity, words)
    if known is None:
        raise Refusal(
            _("%(quantity)s: “%(unit)s” is not a unit that is known for it."),
            quantity=label,
            unit=quoted(words),
        )
    typed = Decimal(f"{whole}.{decimals or 0}").quantize(_TYPED_STEP, ROUND_HALF_UP)
    value = to_canonical(quantity, typed, known)
    try:
        check_range(quantity, value)
    except OutOfRange as limits:
        low, high = (
            f"{from_canonical(quantity, limit, known).normalize():f}"
            for limit in (limits.low, limits.high)
        )
        raise Refusal(
            _(
                "%(quantity)s: %(value)s %(unit)s is not possible. It is from %(low)s "
                "to %(high)s %(unit)s."
            ),
            quantity=label,
            value=f"{typed.normalize():f}",
            unit=known,
            low=low,
            high=high,
        ) from None
    return Reading(quantity, value, typed, known, device=device)


# --- Days and times -----------------------------------------------------------------

Order = Literal["dmy", "mdy"]

EARLIEST_YEAR: Final = 1900  # as everywhere a time is typed, see sharing.fields
GRACE: Final = timedelta(minutes=1)

_MONTHS: Final = (
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
)
_YEAR_FIRST: Final = re.compile(
    r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?![0-9])"
)
# A year of two digits stands last, and not behind a dash: 26-03-14 could be either way.
_NUMBERS: Final = re.compile(
    r"([0-9]{1,2})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{4})"
    r"|[/.]([0-9]{1,2})[/.]([0-9]{2}))(?![0-9])"
)
_MONTH_DAY: Final = re.compile(r"([A-Za-z]{3,9})\.?\s+([0-9]{1,2}),?\s+([0-9]{4})")
_DAY_MONTH: Final = re.compile(r"([0-9]{1,2})[-\s.]+([A-Za-z]{3,9})[-\s.,]+([0-9]{4})")
_WEEKDAY: Final = re.compile(r"[A-Za-z]{2,9}[,.]\s+(?=[0-9A-Za-z])")
_TIME: Final = re.compile(
    r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?:\s*([ap])\.?\s?m\.?)?"
    r"(?:\s*(Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Wall:
    """What a clock and a calendar on the wall showed, and the offset if it is said."""

    day: date
    time: time | None = None
    offset: timedelta | None = None


def orders(cells: Iterable[str]) -> set[Order]:
    """In which orders of day and month the dates of a file can be read.

    Both, if the dates leave it open or contradict each other; none, if no date is
    written in numbers with the year last.
    """
    any_dates = days = months = False
    for cell in cells:
        if found := _NUMBERS.match(cell.strip()):
            any_dates = True
            days = days or int(found[1]) > 12
            months = months or int(found[2] or found[4]) > 12
    if not any_dates:
        return set()
    if days == months:
        return {"dmy", "mdy"}
    return {"dmy"} if days else {"mdy"}


def wall(cell: str, order: Order | None = None) -> Wall:
    """What a cell with a date says, with a time or without. Refusal if it is none."""
    text = _WEEKDAY.sub("", cell.strip(), count=1) if "," in cell else cell.strip()
    found = _date(text, order)
    if found is None:
        raise Refusal(_("“%(cell)s” is not a date."), cell=quoted(cell))
    (year, month, day), rest = found
    try:
        said = date(year, month, day)
    except ValueError:
        raise Refusal(_("“%(cell)s” is not a date."), cell=quoted(cell)) from None
    rest = rest.lstrip("T, -\t\u00a0\u202f")
    if not rest:
        return Wall(said)
    clock, offset = time_of_day(rest)
    return Wall(said, clock, offset)


def _date(text: str, order: Order | None) -> tuple[tuple[int, int, int], str] | None:
    if found := _YEAR_FIRST.match(text):
        year, month, day = map(int, found.groups())
    elif found := _NUMBERS.match(text):
        first, second = int(found[1]), int(found[2] or found[4])
        day, month = (second, first) if order == "mdy" else (first, second)
        year = int(found[3] or f"20{found[5]}")
    elif found := _MONTH_DAY.match(text):
        month, day, year = _month(found[1]), int(found[2]), int(found[3])
    elif found := _DAY_MONTH.match(text):
        day, month, year = int(found[1]), _month(found[2]), int(found[3])
    else:
        return None
    return (year, month, day), text[found.end() :]


def _month(word: str) -> int:
    """1 to 12; 0, which no date has, for a word that is no English month."""
    start = word[:3].lower()
    return _MONTHS.index(start) + 1 if start in _MONTHS else 0


@lru_cache(maxsize=4096)
def time_of_day(cell: str) -> tuple[time, timedelta | None]:
    """A time of 12 or 24 hours, and its offset. Refusal if it is none."""
    found = _TIME.fullmatch(cell.strip())
    if not found:
        raise Refusal(_("“%(cell)s” is not a time."), cell=quoted(cell))
    hour, half = int(found[1]), found[5]
    if half and not 1 <= hour <= 12:
        raise Refusal(_("“%(cell)s” is not a time."), cell=quoted(cell))
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    micros = int((found[4] or "0")[:6].ljust(6, "0"))
    try:
        clock = time(hour, int(found[2]), int(found[3] or 0), micros)
    except ValueError:
        raise Refusal(_("“%(cell)s” is not a time."), cell=quoted(cell)) from None
    return clock, _offset(found[6])


def _offset(text: str | None) -> timedelta | None:
    if text is None:
        return None
    if text[0] not in "+-":
        return timedelta(0)
    digits = text[1:].replace(":", "").ljust(4, "0")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -size if text[0] == "-" else size


def instant(said: Wall, clock: time, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment in UTC that a clock in `zone` showed; a said offset counts more.

    As in every form: a time that exists twice means the first, and one that was
    skipped is refused, like what lies in the future or before 1900.
    """
    # Before any conversion: year 9999 overflows on its way to another zone.
    if not EARLIEST_YEAR <= said.day.year <= now.year + 1:
        raise Refusal(
            _("%(day)s is not between 1900 and now."), day=said.day.isoformat()
        )
    naive = datetime.combine(said.day, clock)
    if said.offset is not None:
        moment = (naive - said.offset).replace(tzinfo=UTC)
    else:
        moment = naive.replace(tzinfo=zone).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None) != naive:
            raise Refusal(
                _("%(time)s did not exist in %(zone)s: the clocks went forward."),
                time=f"{naive:%Y-%m-%d %H:%M}",
                zone=zone.key,
            )
    if moment > now + GRACE:
        raise Refusal(_("%(time)s is in the future."), time=f"{naive:%Y-%m-%d %H:%M}")
    return moment
