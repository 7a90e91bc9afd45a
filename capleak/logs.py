"""Log lines as JSON, with ids only."""

from __future__ import annotations

import traceback
from typing import Any

from pythonjsonlogger.json import JsonFormatter


class IdsOnlyFormatter(JsonFormatter):
    """One JSON object a line.

    Of an exception only its class and the places it passed are written: its text can
    quote a row, and a row is somebody's health.
    """

    def __init__(self) -> None:
        super().__init__(
            "{levelname}{name}{message}",
            style="{",
            timestamp=True,
            rename_fields={"levelname": "level", "name": "logger"},
        )

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's own name
        kind, _, where = ei
        places = (
            f"{frame.filename.rsplit('/', 2)[-1]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(where)[-8:]
        )
        return f"{kind.__name__ if kind else 'error'} at " + " < ".join(places)

    def formatStack(self, stack_info: str) -> str:  # noqa: N802
        return ""

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        log_data.pop("request", None)  # django.request would write the address
        return super().process_log_record(log_data)
