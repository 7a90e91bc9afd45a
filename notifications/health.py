"""Whether each moving part is alive, for /healthz: words only, no names or versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection
from health_check import checks
from health_check.base import HealthCheck
from health_check.exceptions import ServiceUnavailable
from redis.asyncio import Redis as RedisClient
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from notifications.models import Heartbeat

# Whoever watches hears of it within a minute; two sweeps may be late before that.
SILENCE: Final = timedelta(seconds=max(50, 2.5 * settings.SWEEP_SECONDS))
PATIENCE: Final = timedelta(seconds=1)  # for each answer; the library adds one more


class Database(checks.Database):  # type: ignore[misc]  # the library is untyped
    timeout = PATIENCE

    def __repr__(self) -> str:
        return "database"

    def run(self) -> None:
        try:
            super().run()
        except ServiceUnavailable as error:  # its text quotes host and port
            raise ServiceUnavailable("no answer") from error


class Redis(HealthCheck):  # type: ignore[misc]
    timeout = PATIENCE

    def __repr__(self) -> str:
        return "redis"

    async def run(self) -> None:
        seconds = PATIENCE.total_seconds()
        client = RedisClient.from_url(
            settings.REDIS_URL,
            socket_timeout=seconds,
            socket_connect_timeout=seconds,
            retry=Retry(NoBackoff(), 0),
        )
        try:
            await client.ping()
        except (RedisError, OSError) as error:
            raise ServiceUnavailable("no answer") from error
        finally:
            await client.aclose()


@dataclass(repr=False)
class SignOfLife(HealthCheck):  # type: ignore[misc]
    """A part that says now and then that it is alive."""

    name: str
    timeout = PATIENCE

    def __repr__(self) -> str:
        return self.name

    def run(self) -> None:
        try:
            alive = Heartbeat.objects.alive(self.name, SILENCE)
        except DatabaseError as error:
            raise ServiceUnavailable("not known") from error
        finally:
            connection.close()  # of a thread that ends with this request
        if not alive:
            raise ServiceUnavailable("no sign of life")
