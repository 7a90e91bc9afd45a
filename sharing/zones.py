"""Time zones: which names count, and what day it is somewhere."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def zone_names() -> tuple[str, ...]:
    """IANA names that a person could pick, sorted: places, and UTC."""
    not_places = ("Etc/", "SystemV/", "US/", "posix/", "right/")
    return (
        "UTC",
        *sorted(
            name
            for name in available_timezones()
            if "/" in name and not name.startswith(not_places)
        ),
    )


def valid_zone(name: str) -> None:
    if name not in zone_names():
        raise ValidationError(_("Choose a time zone from the list."))


def local_day(at: datetime, zone: str) -> date:
    """The calendar day of an aware instant in `zone`."""
    return at.astimezone(ZoneInfo(zone)).date()
