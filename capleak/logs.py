"""Log lines as JSON, with ids only."""

from __future__ import annotations

import logging
import traceback
from typing import Any

from pythonjsonlogger.json import JsonFormatter

# Celery's loggers of what became of a task: their lines quote the exception.
TASKS = {"celery.app.trace", "celery.worker.request"}


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

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_of_task(record) if record.name in TASKS else record)

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


def _of_task(record: logging.LogRecord) -> logging.LogRecord:
    """The same with the ids of the task only: Celery tells its error and arguments."""
    fields = dict(record.__dict__)
    told = fields.pop("data", {})
    ids = {"task": told.get("name"), "id": told.get("id")}
    return logging.makeLogRecord(fields | ids | {"msg": "task failed", "args": ()})
