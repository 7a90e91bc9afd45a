"""The clock of one attack: order, phase at an instant, durations, legal moves.

Pure: standard library only, the time now is an argument. Every instant is turned into
UTC on the way in, so hours are hours that passed, whatever the clocks did meanwhile.

The rule. Four boundaries divide an attack: prodrome start, leak start, recovery start,
end. Any may be None, which says "not known", never "did not happen".

- A phase lasts from its start to the next boundary, if that one is known.
- If that one is not known but a later one is, a border was crossed unseen in between:
  that whole stretch is UNKNOWN. From a known leak start to a known end without a
  recovery start it may be leak or recovery, and calling it leak would make up the
  number that clinicians read first, how long the leak lasted.
- In an ongoing attack a boundary after the last known one is not yet crossed: the
  phase that began last lasts until now.
- A phase that did not happen is said by two equal boundaries: an attack that was only
  a leak has recovery start = end. A prodrome that came to nothing has
  `came_to_nothing`, because a leak that never was must not get a time.
- Attack and phases are closed at their start and open at their end. A last known
  boundary that begins a phase is a single instant in that phase; what followed is not
  known and lies outside.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final


def _(text: str) -> str:
    """Mark a text for makemessages and hand it back as it is."""
    return text


class Phase(StrEnum):
    """A phase of an attack, or UNKNOWN where it cannot be told."""

    PRODROME = "prodrome"
    LEAK = "leak"
    RECOVERY = "recovery"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """The name of this phase, to be translated."""
        return _PHASE_LABELS[self]


_PHASE_LABELS: Final = {
    Phase.PRODROME: _("Prodrome"),
    Phase.LEAK: _("Leak phase"),
    Phase.RECOVERY: _("Recovery phase"),
    Phase.UNKNOWN: _("Phase not known"),
}
_ORDER: Final = (Phase.PRODROME, Phase.LEAK, Phase.RECOVERY)
_BOUNDARIES: Final = ("prodrome_start", "leak_start", "recovery_start", "end")

# Nobody alive had an attack before; it catches a year typed with a slip.
_EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)


class Move(StrEnum):
    """What can happen next in an ongoing attack; all but the last name a boundary."""

    LEAK = "leak_start"
    RECOVERY = "recovery_start"
    END = "end"
    CAME_TO_NOTHING = "came_to_nothing"

    @property
    def label(self) -> str:
        """The words for this move, to be translated."""
        return _MOVE_LABELS[self]


_MOVE_LABELS: Final = {
    Move.LEAK: _("The leak began"),
    Move.RECOVERY: _("Recovery began"),
    Move.END: _("The attack is over"),
    Move.CAME_TO_NOTHING: _("It came to nothing"),
}


@dataclass(frozen=True, slots=True)
class Clock:
    """The boundaries of one attack, in UTC; ValueError for one without a zone."""

    prodrome_start: datetime | None = None
    leak_start: datetime | None = None
    recovery_start: datetime | None = None
    end: datetime | None = None
    ongoing: bool = False
    came_to_nothing: bool = False

    def __post_init__(self) -> None:
        for name in _BOUNDARIES:
            at = getattr(self, name)
            if at is not None:
                object.__setattr__(self, name, _utc(at))

    @property
    def boundaries(self) -> tuple[datetime | None, ...]:
        """Prodrome start, leak start, recovery start, end."""
        return (self.prodrome_start, self.leak_start, self.recovery_start, self.end)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a clock cannot be: the field to mend, and the other one in a wrong order."""

    field: str | None  # None: the clock as a whole
    code: str
    message: str  # to be translated
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of an attack in one phase, in UTC, with its end left out."""

    phase: Phase
    start: datetime
    end: datetime
    ongoing: bool = False  # lasts until now, so `end` is now

    @property
    def duration(self) -> timedelta:
        """Time that passed, whatever the clocks did."""
        return self.end - self.start


_WRONG_ORDER: Final = {
    ("prodrome_start", "leak_start"): _("The leak cannot begin before the prodrome."),
    ("prodrome_start", "recovery_start"): _(
        "Recovery cannot begin before the prodrome."
    ),
    ("prodrome_start", "end"): _("The end cannot be before the start of the prodrome."),
    ("leak_start", "recovery_start"): _("Recovery cannot begin before the leak."),
    ("leak_start", "end"): _("The end cannot be before the start of the leak."),
    ("recovery_start", "end"): _("The end cannot be before the start of recovery."),
}


def problems(clock: Clock, now: datetime) -> list[Problem]:
    """Everything that is wrong with a clock, or [] if it can be stored."""
    now = _utc(now)
    known = [(n, at) for n, at in zip(_BOUNDARIES, clock.boundaries, strict=True) if at]
    found: list[Problem] = []
    if not known:
        found.append(Problem(None, "none_known", _("Give at least one of the times.")))
    for name, at in known:
        if at > now:
            found.append(Problem(name, "future", _("This time is in the future.")))
        elif at < _EARLIEST:
            found.append(Problem(name, "too_early", _("This time is too long ago.")))
    # Every pair, not only neighbours: it is the rule that the database holds.
    for place, (later, at) in enumerate(known):
        for earlier, before in known[:place]:
            if at < before:
                text = _WRONG_ORDER[earlier, later]
                found.append(Problem(later, "order", text, other=earlier))
    if clock.ongoing and clock.end:
        text = _("An attack that is still going on has no end.")
        found.append(Problem("end", "ongoing_with_end", text))
    if clock.came_to_nothing:
        found += _problems_of_nothing(clock)
    return found


def _problems_of_nothing(clock: Clock) -> Iterator[Problem]:
    text = _("A prodrome that came to nothing has neither leak nor recovery.")
    for name in ("leak_start", "recovery_start"):
        if getattr(clock, name):
            yield Problem(name, "came_to_nothing", text)
    if clock.ongoing:
        text = _("What came to nothing is not still going on.")
        yield Problem("ongoing", "came_to_nothing", text)


def phase_at(clock: Clock, moment: datetime) -> Phase | None:
    """The phase of an instant, UNKNOWN if it cannot be told, None outside the attack.

    For a clock without problems. An ongoing attack covers all that comes: do not ask
    about the future.
    """
    moment = _utc(moment)
    for phase, start, until in _stretches(clock):
        if start <= moment and (until is None or moment < until):
            return phase
    last = _last_known(clock)
    if last and last[1] == moment and not clock.end:
        return _ORDER[last[0]]
    return None


def spans(clock: Clock, now: datetime) -> tuple[Span, ...]:
    """The attack cut into phases, oldest first, without gap or overlap.

    For a clock without problems. Covers its time from the first to the last known
    boundary, or until now while it goes on; nothing where that is a single instant.
    """
    now = _utc(now)
    cut = (
        Span(phase, start, now if until is None else until, ongoing=until is None)
        for phase, start, until in _stretches(clock)
    )
    return tuple(span for span in cut if span.start < span.end)


def duration(clock: Clock, phase: Phase, now: datetime) -> timedelta | None:
    """How long a phase lasted, or has lasted until now; None if it cannot be told.

    Zero says that the phase did not happen. UNKNOWN adds up all unknown stretches.
    """
    lasted = [
        (_utc(now) if until is None else until) - start
        for stretch, start, until in _stretches(clock)
        if stretch == phase
    ]
    return sum(lasted, timedelta()) if lasted else None


def duration_range(
    clock: Clock, phase: Phase, now: datetime, margins: Mapping[str, timedelta]
) -> tuple[timedelta, timedelta] | None:
    """The shortest and longest that a phase can have lasted; None if it has no time.

    For a clock without problems. `margins` says by boundary how far it may lie to
    either side; one that it leaves out is exact. What is known of the others narrows
    it: boundaries are in order and none is in the future.
    """
    now = _utc(now)
    early, late = _extremes(clock, now, margins)
    shortest = longest = timedelta()
    found = False
    for (is_in, from_early, to_early), (_same, from_late, to_late) in zip(
        _stretches(early), _stretches(late), strict=True
    ):
        if is_in == phase:
            found = True
            shortest += max((to_early or now) - from_late, timedelta())
            longest += max((to_late or now) - from_early, timedelta())
    return (shortest, longest) if found else None


def _extremes(
    clock: Clock, now: datetime, margins: Mapping[str, timedelta]
) -> tuple[Clock, Clock]:
    """The clock with every boundary as early, and as late, as it can be."""
    known = [(n, at) for n, at in zip(_BOUNDARIES, clock.boundaries, strict=True) if at]
    earliest: dict[str, datetime] = {}
    latest: dict[str, datetime] = {}
    edge = datetime.min.replace(tzinfo=UTC)
    for name, at in known:
        edge = earliest[name] = max(edge, _shifted(at, -margins.get(name, timedelta())))
    edge = max([now, *(at for _name, at in known)])
    for name, at in reversed(known):
        edge = latest[name] = min(edge, _shifted(at, margins.get(name, timedelta())))
    return _moved_to(clock, earliest), _moved_to(clock, latest)


def _moved_to(clock: Clock, times: Mapping[str, datetime]) -> Clock:
    """The clock with its known boundaries at other times."""
    return replace(
        clock,
        prodrome_start=times.get("prodrome_start"),
        leak_start=times.get("leak_start"),
        recovery_start=times.get("recovery_start"),
        end=times.get("end"),
    )


def next_moves(clock: Clock) -> tuple[Move, ...]:
    """What may come next in an ongoing attack; nothing in one that is over.

    An attack may skip phases. Only a prodrome can come to nothing.
    """
    last = _last_known(clock)
    if not clock.ongoing or last is None:
        return ()
    match last[0]:
        case 0:
            return (Move.LEAK, Move.RECOVERY, Move.END, Move.CAME_TO_NOTHING)
        case 1:
            return (Move.RECOVERY, Move.END)
        case 2:
            return (Move.END,)
        case _:
            return ()


def moved(clock: Clock, move: Move, at: datetime) -> Clock:
    """The clock after a move at an instant; no other boundary changes.

    ValueError for a move that is not legal. The instant itself is for `problems`.
    """
    if move not in next_moves(clock):
        raise ValueError(f"{move} cannot come next")
    match move:
        case Move.LEAK:
            return replace(clock, leak_start=at)
        case Move.RECOVERY:
            return replace(clock, recovery_start=at)
        case Move.END:
            return replace(clock, end=at, ongoing=False)
        case Move.CAME_TO_NOTHING:
            return replace(clock, end=at, ongoing=False, came_to_nothing=True)


def _stretches(clock: Clock) -> Iterator[tuple[Phase, datetime, datetime | None]]:
    """Phase, start and end between neighbouring known boundaries; None: until now."""
    known = [(place, at) for place, at in enumerate(clock.boundaries) if at]
    for (place, start), (next_place, until) in pairwise(known):
        told = next_place == place + 1 or clock.came_to_nothing
        yield (_ORDER[place] if told else Phase.UNKNOWN), start, until
    if clock.ongoing and known and known[-1][0] < len(_ORDER):
        place, start = known[-1]
        yield _ORDER[place], start, None


def _last_known(clock: Clock) -> tuple[int, datetime] | None:
    known = [(place, at) for place, at in enumerate(clock.boundaries) if at]
    return known[-1] if known else None


def _shifted(at: datetime, by: timedelta) -> datetime:
    try:
        return at + by
    except OverflowError:
        return at


def _utc(at: datetime) -> datetime:
    """The same instant in UTC. Aware datetimes of one zone compare by wall clock."""
    if at.utcoffset() is None:
        raise ValueError("an instant needs a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:  # the edge of year 1 or 9999: as early or late as can be
        edge = datetime.max if at.year > 1 else datetime.min
        return edge.replace(tzinfo=UTC)
