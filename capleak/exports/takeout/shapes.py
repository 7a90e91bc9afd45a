"""What may stand in the columns that hold JSON, and words that must be known.

A page reads these without asking again, so a file must not bring in anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from math import isfinite
from typing import Any, Final

from capleak.demo import cases
from diary.models.entries import OWN
from diary.vocabulary import FINDINGS, QUANTITIES, SYMPTOMS
from sharing.models import Category
from sharing.zones import local_day

_NUMBERS: Final = ("now", "usual", "usual_days", "of_days")


def fits(table: str, row: Mapping[str, Any]) -> bool:
    """Whether the values of a row, read column by column, make sense to a page."""
    return all(
        check(row[name])
        for name, check in (*_ANYWHERE.items(), *_CHECKS.get(table, {}).items())
        if row.get(name) is not None
    ) and _is_day_of(row)


def _is_day_of(row: Mapping[str, Any]) -> bool:
    """Whether the stored day is the local one, give or take what zone files change."""
    at = row.get("at") or row.get("started_at")
    if not isinstance(at, datetime) or "day" not in row or "zone" not in row:
        return True
    apart: timedelta = row["day"] - local_day(at, row["zone"])
    return abs(apart.days) <= 1


def _reasons(value: Any) -> bool:
    """As the rule gives them: see diary.flag_entries."""
    return isinstance(value, list) and len(value) <= 100 and all(map(_reason, value))


def _reason(reason: Any) -> bool:
    if not isinstance(reason, dict) or not isinstance(reason.get("now"), int | float):
        return False
    numbers = [reason.get(name) for name in _NUMBERS]
    code, texts = reason.get("code"), (reason.get("kind"), reason.get("label", ""))
    return (
        isinstance(code, str)
        and (code in SYMPTOMS or code in QUANTITIES or code.startswith(OWN))
        and all(isinstance(text, str) and len(text) < 200 for text in texts)
        and all(n is None or _is_number(n) for n in numbers)
        and reason.get("hidden", "") in ("", *Category.values)
    )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and isfinite(value) and abs(value) < 1e9


def _usual_symptoms(value: Any) -> bool:
    return isinstance(value, dict) and all(
        key in SYMPTOMS and severity in (0, 1, 2, 3) for key, severity in value.items()
    )


def _units(value: Any) -> bool:
    return isinstance(value, dict) and all(
        key in QUANTITIES and unit in list(QUANTITIES[key].units)
        for key, unit in value.items()
    )


def _options(value: Any) -> bool:
    """Of a file that is in: only whether it called for help."""
    return isinstance(value, dict) and all(
        key == "help" and type(said) is bool for key, said in value.items()
    )


@cache
def _published() -> list[dict[str, Any]]:
    file = json.loads(cases.FILE.read_text(encoding="utf-8"))
    shared = {name: file[name] for name in ("about", "units")}
    return [{**shared, **case} for case in file["cases"]]


def _report(value: Any) -> bool:
    """A published report as CapLeak itself tells it, and no other."""
    return value in _published()


def _context(value: Any) -> bool:
    return isinstance(value, dict) and all(
        type(said) in (str, int, type(None)) and key in {"what", "by", "run"}
        for key, said in value.items()
    )


_Check = Callable[[Any], bool]
_ANYWHERE: Final[Mapping[str, _Check]] = {"reasons": _reasons}
_CHECKS: Final[Mapping[str, Mapping[str, _Check]]] = {
    "sharing.patient": {"units": _units},
    "diary.profile": {"usual_symptoms": _usual_symptoms},
    "diary.importrun": {"options": _options},
    "diary.symptom": {"code": lambda code: code in {"", *SYMPTOMS, *FINDINGS}},
    "diary.customsymptom": {"key": lambda key: key in {"", *SYMPTOMS}},
    "diary.measurement": {"quantity": lambda key: key in QUANTITIES},
    "diary.usual": {"quantity": lambda key: key in QUANTITIES},
    "attacks.casereport": {"told": _report},
    "changes": {"metadata": _context},
}
