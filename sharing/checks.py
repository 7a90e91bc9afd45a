"""Whether the database lets this deployment rewrite what is only ever added to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps.config import AppConfig
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from sharing.models import AccessEvent, AccountEvent, Erasure

REFUSED = ("UPDATE", "DELETE", "TRUNCATE")
LOGS = {"access log": AccessEvent, "account log": AccountEvent, "erasures": Erasure}


@register(Tags.security, Tags.database, deploy=True)
def access_log_is_append_only(
    app_configs: Sequence[AppConfig] | None = None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Asked with `check --deploy --database default`, as the role that the app uses."""
    return [
        Error(
            f"The database role of {alias!r} may {', '.join(rights)} the {what}.",
            hint=(
                "Let the app connect as a member of the role that migration "
                "sharing.0002 makes, not as the owner of the tables."
            ),
            id="sharing.E001",
        )
        for alias in databases or ()
        for what, log in LOGS.items()
        if (rights := _rights(alias, log._meta.db_table))
    ]


def _rights(alias: str, table: str) -> list[str]:
    """Which of the refused rights the connected role has; none before migrating."""
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [table])
        if cursor.fetchone() == (None,):
            return []
        rights = []
        for right in REFUSED:
            cursor.execute("SELECT has_table_privilege(%s, %s)", [table, right])
            if cursor.fetchone() == (True,):
                rights.append(right)
        return rights
