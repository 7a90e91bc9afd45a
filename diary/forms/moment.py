"""When something was felt or measured, as people say it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diary.forms.record import RecordForm
from sharing.fields import LocalMomentField, ZoneField
from sharing.zones import zone_names

NOW, EARLIER = "0", "earlier"
AGO = [
    (NOW, gettext_lazy("Now")),
    ("30", gettext_lazy("30 min ago")),
    ("120", gettext_lazy("2 h ago")),
    (EARLIER, gettext_lazy("Earlier")),
]


class ZoneSelect(forms.Select):
    """All time zones by continent, drawn at once: 500 templates would be slow."""

    def render(
        self, name: str, value: Any, attrs: Any = None, renderer: Any = None
    ) -> SafeString:
        drawn = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        zones = cast("Iterable[tuple[str, str]]", self.choices)
        groups = groupby(zones, lambda zone: zone[0].partition("/")[0])
        return format_html(
            "<select{}>{}</select>",
            format_html_join("", ' {}="{}"', drawn.items()),
            format_html_join(
                "",
                '<optgroup label="{}">{}</optgroup>',
                ((area, self._places(places, value)) for area, places in groups),
            ),
        )

    def _places(self, zones: Iterable[tuple[str, str]], chosen: Any) -> SafeString:
        options = (
            (
                zone,
                SafeString(" selected") if zone == chosen else "",
                label.partition("/")[2] or label,
            )
            for zone, label in zones
        )
        return format_html_join("", '<option value="{}"{}>{}', options)


class MomentForm(RecordForm):
    """Now, a while ago, or a date and a time, on the clock of the patient or of a trip.

    A typed date and time count whatever is chosen above them: without JavaScript they
    are simply there.
    """

    ago = forms.ChoiceField(
        choices=AGO,
        required=False,
        initial=NOW,
        widget=forms.RadioSelect,
        label=gettext_lazy("When was it?"),
    )
    at = LocalMomentField(required=False, label=gettext_lazy("Date and time"))
    zone = ZoneField(
        required=False, widget=ZoneSelect, label=gettext_lazy("Time zone of this entry")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["zone"] = self.patient.zone
        if self.editing is not None:
            self.initial.update(ago=EARLIER, at=self.editing.at, zone=self.editing.zone)
        moment = self.fields["at"]
        assert isinstance(moment, LocalMomentField)
        moment.zone = ZoneInfo(self.clock)

    @property
    def clock(self) -> str:
        """The zone that the times of this form are on."""
        typed = str(self["zone"].value())
        return typed if typed in zone_names() else self.patient.zone

    @property
    def zone_open(self) -> bool:
        return self.clock != self.patient.zone or "zone" in self.errors

    @property
    def moment_open(self) -> bool:
        chosen = self["ago"].value() not in {None, "", NOW}
        return chosen or self.zone_open or "ago" in self.errors or self.opens("at")

    def clean(self) -> dict[str, Any]:
        # First: the other parts ask for the moment, which must be one by then.
        data = self.cleaned_data
        if data.get("ago") == EARLIER and "at" in data and data["at"] is None:
            self.add_error("at", _("Enter the date and the time."))
        return super().clean() or {}

    def moment(self) -> datetime:
        """The aware instant that a valid form means; without an answer it is now."""
        typed: datetime | None = self.cleaned_data["at"]
        if typed is None:
            ago = int(self.cleaned_data["ago"] or NOW)
            return timezone.now() - timedelta(minutes=ago)
        if self.editing is not None and self._shown(self.editing.at) == self._shown(
            typed
        ):
            return self.editing.at  # a form knows no seconds, and no second 02:30
        return typed

    def _shown(self, at: datetime) -> str:
        return f"{at.astimezone(ZoneInfo(self.clock)):%Y-%m-%dT%H:%M}"
