"""One column of a kept table as JSON and back, checked as strictly as a form would.

What comes in was written by anybody: a value is taken only if the column could hold it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.duration import duration_iso_string

FIRST_YEAR, LAST_YEAR = 1850, 2200  # what a diary can be about (design choice)

_JSON_TYPE: Final[tuple[tuple[type[models.Field[Any, Any]], type], ...]] = (
    (models.BooleanField, bool),
    (models.IntegerField, int),
    (models.FloatField, float),
)


class CannotBe(ValueError):
    """A value that its column cannot hold."""


def as_json(value: Any) -> Any:
    """A stored value in JSON; the same value gives the same text."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case date() | time():
            return value.isoformat()
        case timedelta():
            return duration_iso_string(value)
        case Decimal() | UUID():
            return str(value)
        case list():
            return [as_json(each) for each in value]
        case _:
            return value


def from_json(field: models.Field[Any, Any]) -> Callable[[Any], Any]:
    """What reads a value of this column; it raises CannotBe."""
    expected = next((kind for of, kind in _JSON_TYPE if isinstance(field, of)), str)

    def one(raw: Any) -> Any:
        if raw is None:
            if not field.null:
                raise CannotBe
            return None
        if type(raw) is not expected and not (expected is float and type(raw) is int):
            raise CannotBe
        value = _parsed(field, raw)
        _check(field, value)
        return value

    def several(raw: Any) -> Any:
        if not isinstance(raw, list):
            raise CannotBe
        value = [each(item) for item in raw]
        for validator in field.validators:
            validator(value)
        return value

    if isinstance(field, ArrayField):
        each = from_json(field.base_field)
        return _refusing(several)
    if isinstance(field, models.JSONField):
        return lambda raw: raw  # its shape is looked at by `shapes`
    return _refusing(one)


def _refusing(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def refusing(raw: Any) -> Any:
        try:
            return read(raw)
        except (ValidationError, OverflowError, ValueError) as error:
            raise CannotBe from error

    return refusing


def _parsed(field: models.Field[Any, Any], raw: Any) -> Any:
    value = field.to_python(raw)
    if isinstance(value, datetime) and value.tzinfo is None:
        raise CannotBe
    if isinstance(value, date) and not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise CannotBe
    return value


def _check(field: models.Field[Any, Any], value: Any) -> None:
    if value in field.empty_values:
        _check_blank(field, value)
        return
    field.validate(value, None)
    field.run_validators(value)


def _check_blank(field: models.Field[Any, Any], value: Any) -> None:
    """A blank may stand where words may be gone, not for a zone or one of few words.

    Whether anything else must say something is a rule of the database.
    """
    if value == "" and not field.blank:
        if field.choices:
            raise CannotBe
        for validator in field.validators:
            validator(value)
