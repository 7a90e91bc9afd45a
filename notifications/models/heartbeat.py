"""When each moving part was last seen alive."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def beat(self, name: str) -> None:
        """Say that `name` is alive now, by the database's clock."""
        self.bulk_create(
            [Heartbeat(name=name, at=Now())],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["at"],
        )

    def alive(self, name: str, within: timedelta) -> bool:
        """Whether `name` was seen in that time, by the database's clock."""
        return self.filter(name=name, at__gt=Now() - within).exists()


class Heartbeat(models.Model):
    """When a moving part was last seen alive."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    objects = HeartbeatQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
