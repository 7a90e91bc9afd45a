"""Whether everything that must run is running."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from health_check.views import HealthCheckView

from notifications import health
from notifications.overview import PARTS


class Healthz(HealthCheckView):  # type: ignore[misc]  # the library is untyped
    """200 when web, database, Redis and every part that sends is alive, else 500."""

    checks = (
        health.Database,
        health.Redis,
        *((health.SignOfLife, {"name": name}) for name in PARTS),
    )

    @contextmanager
    def get_executor(self) -> Iterator[Executor]:
        """One thread for all that blocks; if it hangs, the answer does not wait for it.

        One, so that a stranger who asks often costs one connection at a time.
        """
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="healthz")
        try:
            yield executor
        finally:
            executor.shutdown(wait=False, cancel_futures=True)

    def render_to_response(
        self, context: dict[str, Any], status: int = 200, **_: Any
    ) -> HttpResponse:
        """Plain text instead of the library's page, which has styles of its own."""
        response: HttpResponse = self.render_to_response_text(status)
        return response


healthz = login_not_required(Healthz.as_view())
