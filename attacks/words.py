"""How the times of an attack read, never more exactly than they are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils import dateformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attacks.models import BOUNDARIES, Attack, Precision
from attacks.phases import Clock, Phase, duration, duration_range, phase_at

DAY: Final = "j F Y"
TIME: Final = "H:i"

# Half of what a precision leaves open (design choice).
MARGIN: Final = {
    Precision.EXACT: timedelta(),
    Precision.HOURS: timedelta(hours=3),
    Precision.DAY: timedelta(hours=12),
    Precision.WEEK: timedelta(days=3.5),
    Precision.MONTH: timedelta(days=15),
    Precision.YEAR: timedelta(days=183),
}
PHASES: Final = (Phase.PRODROME, Phase.LEAK, Phase.RECOVERY)


@dataclass(frozen=True, slots=True)
class Line:
    """One boundary of an attack and the phase that it begins, in words."""

    phase: str  # for a CSS class; "" for the end
    label: str
    at: str | None  # None: not known
    precision: str
    source: str
    lasted: str | None  # None: cannot be told, or the end, which lasts no time
    between: str | None  # the limits of that, where the times are rough
    to_come: bool  # an open attack has not come to it yet


@dataclass(frozen=True, slots=True)
class Now:
    """Where an ongoing attack stands in the diary."""

    phase: Phase
    label: str
    since: str
    lasted: str


def lines(attack: Attack, now: datetime) -> list[Line]:
    """The three phases and the end, in order, known or not."""
    known = [name for name in BOUNDARIES if getattr(attack, name)]
    still_open = BOUNDARIES.index(known[-1]) if attack.ongoing else len(BOUNDARIES)
    return [
        Line(
            phase=phase or "",
            label=_(phase.label) if phase else _("Over"),
            at=boundary(attack, name) if name in known else None,
            precision=getattr(attack, f"get_{name}_precision_display")(),
            source=getattr(attack, f"get_{name}_source_display")(),
            lasted=lasted(attack, phase, now) if phase else None,
            between=between(attack, phase, now) if phase else None,
            to_come=place > still_open,
        )
        for place, (name, phase) in enumerate(
            zip(BOUNDARIES, (*PHASES, None), strict=True)
        )
    ]


def standing(attack: Attack, now: datetime) -> Now | None:
    """The phase that an ongoing attack is in; None for one that is over."""
    known = [at for at in attack.clock.boundaries if at]
    if not attack.ongoing or not known:
        return None
    since = known[-1]
    phase = standing_phase(attack.clock, now)
    local, today = since.astimezone(attack.tz), now.astimezone(attack.tz).date()
    shown = TIME if local.date() == today else "j F, H:i"
    return Now(
        phase=phase,
        label=_(phase.label),
        since=dateformat.format(local, shown),
        lasted=spelled(max(now - since, timedelta())),
    )


def standing_phase(clock: Clock, now: datetime) -> Phase:
    """The phase now of an open attack; a time just typed may lie a minute ahead."""
    known = [at for at in clock.boundaries if at]
    return phase_at(clock, max([now, *known])) or Phase.UNKNOWN


def boundary(attack: Attack, name: str) -> str:
    """A known boundary on the clock of the attack's zone, as exactly as it is known."""
    return moment(
        getattr(attack, name), getattr(attack, f"{name}_precision"), attack.tz
    )


def moment(at: datetime, precision: str, zone: ZoneInfo) -> str:
    """An instant on the clock of a zone, never more exactly than it is known."""
    local = at.astimezone(zone)
    day, clock = (dateformat.format(local, shape) for shape in (DAY, TIME))
    match precision:
        case Precision.EXACT:
            return f"{day}, {clock}"
        case Precision.HOURS:
            return _("%(day)s, about %(time)s") % {"day": day, "time": clock}
        case _:
            return day_of(at, precision, zone)


def dates(attack: Attack) -> str:
    """From the first to the last known boundary, in days: "3 May to 9 May 2023"."""
    known = [name for name in BOUNDARIES if getattr(attack, name)]
    first, last = (_day(attack, known[index]) for index in (0, -1))
    if attack.ongoing:
        return _("since %(day)s") % {"day": first}
    span = first
    if first != last:
        if last.endswith(year := first[-5:]) and first[0].isdigit():
            first = first.removesuffix(year)  # the year once is enough
        span = _("%(first)s to %(last)s") % {"first": first, "last": last}
    return span if attack.end else _("%(span)s, end not known") % {"span": span}


def _day(attack: Attack, name: str) -> str:
    return day_of(
        getattr(attack, name), getattr(attack, f"{name}_precision"), attack.tz
    )


def day_of(at: datetime, precision: str, zone: ZoneInfo) -> str:
    """The day of an instant, or what is known of it: "about March 2024"."""
    local = at.astimezone(zone)
    match precision:
        case Precision.YEAR:
            return _("about %(time)s") % {"time": dateformat.format(local, "Y")}
        case Precision.MONTH:
            return _("about %(time)s") % {"time": dateformat.format(local, "F Y")}
        case Precision.WEEK:
            day = dateformat.format(local, DAY)
            return _("about the week of %(day)s") % {"day": day}
        case _:
            return dateformat.format(local, DAY)


def lasted(attack: Attack, phase: Phase, now: datetime) -> str | None:
    """How long a phase lasted or has lasted; None if that cannot be told."""
    clock = attack.clock
    time = duration(clock, phase, now)
    if time is None:
        nothing = clock.came_to_nothing and phase in {Phase.LEAK, Phase.RECOVERY}
        return _("did not take place") if nothing else None
    going_on = attack.ongoing and standing_phase(clock, now) == phase
    margin = sum((_margins(attack)[name] for name in _ends(attack, phase)), timedelta())
    time = max(time, timedelta())
    if margin > time:
        return _("not known, the times are too rough")
    if margin:
        text = _("about %(time)s") % {"time": spelled(time, parts=1)}
    else:
        text = spelled(time) if time or going_on else _("did not take place")
    return _("%(time)s so far") % {"time": text} if going_on else text


def between(attack: Attack, phase: Phase, now: datetime) -> str | None:
    """The shortest and longest that a phase can have lasted; None where it is exact."""
    limits = duration_range(attack.clock, phase, now, _margins(attack))
    if limits is None or not limits[1] - limits[0]:
        return None
    low, high = (spelled(limit, parts=1) for limit in limits)
    if low == high:
        return None
    if not limits[0]:
        return _("at most %(high)s") % {"high": high}
    return _("between %(low)s and %(high)s") % {"low": low, "high": high}


def unknown(attack: Attack, now: datetime) -> str | None:
    """How much of the attack is in no known phase; None if all of it is in one."""
    if not duration(attack.clock, Phase.UNKNOWN, now):
        return None
    return lasted(attack, Phase.UNKNOWN, now)


def _margins(attack: Attack) -> dict[str, timedelta]:
    return {n: MARGIN[getattr(attack, f"{n}_precision")] for n in BOUNDARIES}


def _ends(attack: Attack, phase: Phase) -> Iterator[str]:
    """The boundaries on which the length of a phase rests; the present is exact."""
    if phase not in PHASES:
        yield from (name for name in BOUNDARIES if getattr(attack, name))
        return
    place = PHASES.index(phase)
    yield BOUNDARIES[place]
    until = "end" if attack.clock.came_to_nothing else BOUNDARIES[place + 1]
    if getattr(attack, until):
        yield until


def spelled(time: timedelta, *, parts: int = 2) -> str:
    """A length of time in its one or two largest units: "2 days 4 hours"."""
    minutes = int(time.total_seconds() // 60)
    days, hours = minutes // 1440, round(minutes / 60)
    if parts == 1:
        minutes = 0 if hours else minutes
        days = round(hours / 24) if hours >= 24 else 0
        hours = 0 if days else hours
    elif days:
        hours, minutes = round(minutes % 1440 / 60), 0
        days, hours = days + hours // 24, hours % 24
    else:
        hours, minutes = minutes // 60, minutes % 60
    words = [
        ngettext("%(count)d day", "%(count)d days", days) % {"count": days},
        ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours},
        ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes},
    ]
    told = [w for n, w in zip((days, hours, minutes), words, strict=True) if n]
    return " ".join(told) or _("less than a minute")
