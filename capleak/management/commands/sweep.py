"""All that beat wakes a worker for, in one process and without Redis: for cron."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.module_loading import import_string

from notifications import channels, planners, services
from notifications.models import Heartbeat

# What stands in the schedule of beat beside the sweep itself comes round less often.
SWEEP = "sweep"


class Command(BaseCommand):
    help = "Send what is due and do all else that beat does, without worker or Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        for delivery_id in services.sweep():
            services.deliver(delivery_id)
        planners.extend()
        channels.look_for_life()
        for job in jobs_due():
            job()


def jobs_due() -> Iterator[Any]:
    """The other jobs of beat whose turn it is; each is noted as begun here.

    Two commands at once may both begin one: every job may run twice.
    """
    jobs: Mapping[str, Mapping[str, Any]] = settings.CELERY_BEAT_SCHEDULE
    for name, job in jobs.items():
        every = timedelta(seconds=job["schedule"])
        if name != SWEEP and not Heartbeat.objects.alive(name, every):
            Heartbeat.objects.beat(name)
            yield import_string(job["task"])
