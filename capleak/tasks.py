"""What the worker does across apps: exports of many records, erasing, retention.

Every task may run twice, by two workers, or never: rows say what is left to do.
"""

from __future__ import annotations

from celery import shared_task

from capleak import erasing, retention
from capleak.exports import many
from notifications.tasks import queue


@shared_task
def write_exports() -> None:
    """Write records that wait to be exported, and delete what nobody may fetch."""
    many.clear()
    if many.carry_on():
        queue(write_exports, [()])


@shared_task
def erase_due() -> None:
    """Erase records and accounts whose time of grace is over."""
    erasing.erase_due()


@shared_task
def retain() -> None:
    """Delete what is kept for a time only."""
    retention.retain()
