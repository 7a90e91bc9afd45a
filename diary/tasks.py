"""What the worker does for the diary."""

from __future__ import annotations

from celery import shared_task

from diary import flags, import_service


@shared_task
def store_import(run_id: int) -> None:
    """Store one queued file; safe to run twice, by two workers, or never."""
    import_service.store(run_id)


@shared_task
def reassess_flags() -> None:
    """Let open flags fall back or close where time alone does it; beat wakes it.

    Safe to run twice, by two workers, or never: the next save does the same.
    """
    flags.reassess_open()
