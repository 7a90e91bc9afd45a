"""PostgreSQL and Redis for local mode: those that the environment names, or our own."""

from collections.abc import Mapping
from pathlib import Path

from capleak.local import postgres, redis
from capleak.local.processes import Supervisor


def start(
    data: Path,
    logs: Path,
    given: Mapping[str, str],
    supervisor: Supervisor,
    *,
    durable: bool = True,
) -> dict[str, str]:
    """Start what `given` has no address of; all three addresses, once they answer.

    A DATABASE_URL without DATABASE_OWNER_URL serves as both.
    """
    if url := given.get("DATABASE_URL"):
        owner_url = given.get("DATABASE_OWNER_URL") or url
    else:
        cluster = postgres.start(data, logs, supervisor, durable=durable)
        url, owner_url = cluster.url("capleak_web"), cluster.url("capleak_owner")
    redis_url = given.get("REDIS_URL") or redis.start(data / "redis", logs, supervisor)
    return {
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": owner_url,
        "REDIS_URL": redis_url,
    }
