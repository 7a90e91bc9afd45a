"""The sweep without Redis, for cron."""

from typing import Any

from django.core.management.base import BaseCommand

from notifications import channels, planners, services


class Command(BaseCommand):
    help = "Send all reminders that are due, without worker, beat or Redis."

    def handle(self, *args: Any, **options: Any) -> None:
        for delivery_id in services.sweep():
            services.deliver(delivery_id)
        planners.extend()
        channels.look_for_life()
