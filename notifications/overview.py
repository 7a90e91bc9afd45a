"""How the engine is doing, for whoever runs it: numbers and times, and no person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Now

from notifications.channels import CHANNELS
from notifications.health import SILENCE
from notifications.models import Address, Delivery, Heartbeat, Occurrence

PARTS: Final = ("beat", "sweep", "worker", *CHANNELS)
LATELY: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Part:
    """A moving part, and for how long it has been silent; None: it never ran."""

    name: str
    silent_for: timedelta | None

    @property
    def alive(self) -> bool:
        return self.silent_for is not None and self.silent_for <= SILENCE

    @property
    def minutes(self) -> int:
        """Whole minutes of silence; 0 also for one that never ran."""
        return (self.silent_for or timedelta()) // timedelta(minutes=1)

    @property
    def seconds(self) -> int:
        return (self.silent_for or timedelta()) // timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Problem:
    """A reason for which messages were given up in the last day, and how often."""

    name: str
    times: int


@dataclass(frozen=True, slots=True)
class Overview:
    parts: list[Part]
    unsent: int  # due, and no sweep has begun with them
    waiting: int  # messages between two attempts, or before the first
    problems: list[Problem]
    bounced: int  # addresses
    declined: int  # addresses at which something was turned off

    @property
    def failed(self) -> int:
        return sum(problem.times for problem in self.problems)


def overview() -> Overview:
    """All of it, by the database’s clock; five queries."""
    seen = {name: ago for name, ago in _heartbeats() if name in PARTS}
    failed = Delivery.objects.filter(
        state=Delivery.State.FAILED, settled_at__gt=Now() - LATELY
    )
    problems = failed.values_list("problem").annotate(times=Count("pk"))
    addresses = Address.objects.aggregate(
        bounced=Count("pk", filter=Q(bounced_at__isnull=False)),
        declined=Count("pk", filter=~Q(declined=[])),
    )
    return Overview(
        parts=[Part(name, seen.get(name)) for name in PARTS],
        unsent=Occurrence.objects.filter(
            state=Occurrence.State.PENDING, due_at__lte=Now()
        ).count(),
        waiting=Delivery.objects.filter(
            state__in=[Delivery.State.WAITING, Delivery.State.SENDING]
        ).count(),
        problems=[Problem(name, times) for name, times in problems.order_by("-times")],
        **addresses,
    )


def _heartbeats() -> list[tuple[str, timedelta]]:
    ago = ExpressionWrapper(Now() - F("at"), output_field=DurationField())
    return list(Heartbeat.objects.values_list("name", ago))
