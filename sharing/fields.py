"""Form fields for what people type about time and text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sharing.zones import zone_names

EARLIEST_YEAR = 1900
GRACE = timedelta(minutes=1)  # a clock in a form shows whole minutes


class LocalMomentInput(forms.DateTimeInput):
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class LocalMomentField(forms.Field):
    """A moment on the clock of `zone`, as an aware UTC datetime.

    The form sets `zone` (and `future` where later moments make sense). A local time
    that exists twice means the first; one that was skipped is refused kindly.
    """

    widget = LocalMomentInput
    default_error_messages = {
        "invalid": _("Enter a date and a time, for example 2026-03-14 06:30."),
        "future": _("This is in the future. Enter a time that has passed."),
        "absurd": _("Enter a date between 1900 and now."),
        "skipped": _(
            "This time did not exist: the clocks went forward. Enter a time after it."
        ),
    }

    def __init__(self, *, future: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.zone = ZoneInfo("UTC")
        self.future = future

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M")
        return value

    def to_python(self, value: Any) -> datetime | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value
        try:
            # The parser overlooks a NUL at the end; we do not.
            naive = datetime.fromisoformat(str(value).strip().replace("\0", "?"))
        except ValueError:
            raise ValidationError(
                self.error_messages["invalid"], code="invalid"
            ) from None
        if naive.tzinfo is not None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        now = timezone.now()
        # Before any conversion: year 9999 overflows on its way to another zone.
        if not EARLIEST_YEAR <= naive.year <= now.year + (10 if self.future else 1):
            raise ValidationError(self.error_messages["absurd"], code="absurd")
        moment = naive.replace(tzinfo=self.zone).astimezone(UTC)
        if moment.astimezone(self.zone).replace(tzinfo=None) != naive:
            raise ValidationError(self.error_messages["skipped"], code="skipped")
        if not self.future and moment > now + GRACE:
            raise ValidationError(self.error_messages["future"], code="future")
        return moment


class NumberField(forms.DecimalField):
    """A number as people type it: a comma counts as the decimal point.

    A text input, because a number input silently drops what it cannot read.
    """

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "widget",
            forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        )
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.strip()[:40].replace(",", ".")
        return super().to_python(value)


class ZoneField(forms.ChoiceField):
    """An IANA time zone from the list of places."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            choices=lambda: [(name, name.replace("_", " ")) for name in zone_names()],
            **kwargs,
        )


def note_field(**kwargs: Any) -> forms.CharField:
    """A free note; long enough for a story, short enough for a page."""
    return forms.CharField(
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        **kwargs,
    )
