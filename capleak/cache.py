"""A shared cache that outlives Redis, and charts kept in it by data version."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache, caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.redis import RedisCache
from django.db import connection
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from redis import Redis
from redis.exceptions import RedisError

from sharing.models import Patient

log = logging.getLogger(__name__)

REST_SECONDS = 5.0  # how long Redis is left alone after it failed


class FallbackCache(BaseCache):
    """Redis, and the database's cache table whenever Redis does not answer.

    Sign-in limits live in here. They fail closed: with Redis away they are counted in
    PostgreSQL instead, shared by every process, and never simply forgotten.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._redis = RedisCache(server, params)
        self._rest_until = 0.0

    def _call(self, method: str, *args: Any, **kwargs: Any) -> Any:
        if time.monotonic() >= self._rest_until:
            try:
                return getattr(self._redis, method)(*args, **kwargs)
            except (RedisError, OSError):
                self._rest_until = time.monotonic() + REST_SECONDS
        return getattr(caches["database"], method)(*args, **kwargs)

    def add(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        return bool(self._call("add", key, value, timeout, version=version))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._call("get", key, default, version=version)

    def set(
        self,
        key: Any,
        value: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        self._call("set", key, value, timeout, version=version)

    def touch(
        self,
        key: Any,
        timeout: float | None = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        return bool(self._call("touch", key, timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("delete", key, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._call("has_key", key, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._call("incr", key, delta, version=version))

    def clear(self) -> None:
        self._call("clear")


def forget_record(number: int) -> None:
    """Remove what is cached of a record; if Redis is away, it ends within the hour."""
    found = f"{caches['default'].key_prefix}:*:chart:{number}:*"
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=5) as redis:
            for key in redis.scan_iter(found, count=1000):
                redis.delete(key)
    except (RedisError, OSError) as error:
        log.warning("cache not emptied", extra={"problem": type(error).__name__})
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM capleak_cache WHERE cache_key LIKE %s",
            [found.replace("_", r"\_").replace("*", "%")],
        )


CHART_SECONDS = 3600  # also the longest that a chart outlives new drawing code


def cached_chart(patient: Patient, name: str, draw: Callable[[], str]) -> SafeString:
    """The SVG, or the part of a page with it, that `draw` makes, until a change.

    What the reader may see is part of the key: nobody gets another reader's chart.
    `draw` is one of capleak.charts, which write every text of people as text, or
    renders a template; what else it depends on than the record stands in `name`.
    """
    hidden = ",".join(sorted(patient.hidden or ()))
    key = f"chart:{patient.pk}:{patient.version}:{hidden}:{get_language()}:{name}"
    svg: str | None = cache.get(key)
    if svg is None:
        svg = draw()
        cache.set(key, svg, CHART_SECONDS)
    return mark_safe(svg)  # noqa: S308 - drawn by us, see above
