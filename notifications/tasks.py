"""What the worker does. The broker carries hints: whatever it loses, a sweep finds."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from celery import Task, current_app, shared_task
from celery.signals import (
    beat_embedded_init,
    beat_init,
    before_task_publish,
    worker_ready,
)
from django.conf import settings
from django.db import DatabaseError, close_old_connections, transaction
from kombu.exceptions import KombuError
from redis.exceptions import RedisError

from notifications import channels, planners, services
from notifications.models import Heartbeat

log = logging.getLogger(__name__)

# A sweep waits for the broker at most this long. Celery's own pool of connections
# retries: 6 s with Redis away and 10 s with a Redis that hangs (measured).
BROKER_SECONDS: Final = 0.5
BROKER_IN_A_HURRY: Final = {
    "socket_connect_timeout": BROKER_SECONDS,
    "socket_timeout": BROKER_SECONDS,
    "max_retries": 0,
}


@shared_task
def sweep() -> None:
    """Dispatch what is due and hand the deliveries on; beat wakes it."""
    Heartbeat.objects.beat("worker")
    calls = [(pk,) for pk in services.sweep()]
    # What no worker got to until the next sweep is handed on again by that one.
    queue(deliver, calls, expires=settings.SWEEP_SECONDS)
    planners.extend()  # after what is due now
    channels.look_for_life()  # last: a server that hangs must not hold up a message


@shared_task
def deliver(delivery_id: int) -> None:
    """Send one delivery; safe to run twice, by two workers, or never."""
    services.deliver(delivery_id)


def queue(
    task: Task[Any, Any], calls: Iterable[tuple[int, ...]], **options: Any
) -> None:
    """Hand calls to the broker; if it is away, log that: the sweep is the retry.

    Arguments are ids, `options` are those of `apply_async`.
    """
    try:
        with current_app.connection_for_write(
            connect_timeout=BROKER_SECONDS, transport_options=BROKER_IN_A_HURRY
        ) as connection:
            producer = current_app.amqp.Producer(connection, auto_declare=False)
            for ids in calls:
                task.apply_async(ids, producer=producer, retry=False, **options)
    except (KombuError, RedisError, OSError) as error:
        log.warning(
            "broker away", extra={"task": task.name, "problem": type(error).__name__}
        )


def after_commit(task: Task[Any, Any], *ids: int) -> None:
    """Queue one call once the transaction holds; a dead broker never undoes a save."""
    transaction.on_commit(partial(queue, task, [ids]), robust=True)


# --- Signs of life ----------------------------------------------------------------

# Written by beat's own process, not by a task: if the worker dies, beat still shows.


@beat_init.connect
@beat_embedded_init.connect
def beat_started(**_: Any) -> None:
    """Sweep at once, too: a beat that dies each minute would never come to it."""
    queue(sweep, [()])
    beat_is_alive()
    before_task_publish.connect(beat_is_alive, sender=sweep.name, weak=False)


def beat_is_alive(**_: Any) -> None:
    try:
        close_old_connections()
        Heartbeat.objects.beat("beat")
    except DatabaseError as error:
        log.warning("no heartbeat", extra={"problem": type(error).__name__})


@worker_ready.connect
def worker_started(**_: Any) -> None:
    """Sweep at once: what came due while no worker ran has waited long enough."""
    queue(sweep, [()])
