"""Keys for rows that are gone: their history names them, and no row will get them."""

from __future__ import annotations

from collections import defaultdict, deque
from typing import Any, Final

from django.db import connection
from django.db.models import Model

_AT_ONCE: Final = 100  # taken from a sequence; those left over are never used


class Keys:
    """Fresh keys of each table, fetched many at a time."""

    def __init__(self) -> None:
        self._free: dict[type[Model], deque[int]] = defaultdict(deque)

    def key(self, model: Any) -> int:
        """A key that no row has and none will get."""
        free = self._free[model]
        if not free:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) "
                    "FROM generate_series(1, %s)",
                    [model._meta.db_table, _AT_ONCE],
                )
                free.extend(key for (key,) in cursor.fetchall())
        return free.popleft()
