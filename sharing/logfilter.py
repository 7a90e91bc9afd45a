"""Narrowing the access log down: to one person, one kind of look, some days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django import forms
from django.db.models import Q, QuerySet, TextChoices
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sharing.models import AccessEvent, Patient, User, record_numbers
from sharing.period_form import PeriodForm

GONE: Final = "gone"  # everybody whose account was deleted


class What(TextChoices):
    """The kinds of looks that the log can be narrowed to; they stand in addresses."""

    LISTED = "listed", gettext_lazy("Saw the diary in a list")
    OPENED = "opened", gettext_lazy("Opened a page, or searched")
    SENT = "sent", gettext_lazy("Sent or changed something")
    TAKEN = "taken", gettext_lazy("Took entries out: files, calendar")
    REFUSED = "refused", gettext_lazy("Was refused")


_LISTED: Final = Q(route__in=["home", "exports_many", "merge_choose", "move_to"])
# What left as a file, not what was asked for; of these routes a line is left only then.
_TAKEN: Final = Q(method=AccessEvent.FILE) | Q(
    route__in=["calendar", "recall_csv", "exports_job", "exports_file"]
)
# A search is sent, so that no address holds its words; it changes nothing.
_READS: Final = Q(method__in=["GET", "HEAD"]) | Q(
    route__in=["search", "prophylaxis:lots", "recall"]
)
KINDS: Final[Mapping[str, Q]] = {
    What.LISTED: _LISTED,
    What.OPENED: _READS & ~_LISTED & ~_TAKEN,
    What.SENT: ~_READS & ~_LISTED & ~_TAKEN,
    What.TAKEN: _TAKEN,
    What.REFUSED: Q(allowed=False),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines are asked for; nothing given means all."""

    who: str = ""  # the key of a user, or GONE
    what: str = ""  # one of What
    since: datetime | None = None
    until: datetime | None = None  # left out itself

    def lines(self, patient: Patient) -> QuerySet[AccessEvent]:
        """The lines of the record's log that are asked for, in no order."""
        events = AccessEvent.objects.filter(patient_pk__in=record_numbers(patient))
        if self.who == GONE:
            events = events.exclude(actor_pk__in=User.objects.values("pk"))
        elif self.who:
            events = events.filter(actor_pk=int(self.who))
        if self.what:
            events = events.filter(KINDS[self.what])
        if self.since:
            events = events.filter(at__gte=self.since)
        if self.until:
            events = events.filter(at__lt=self.until)
        return events


def readers(patient: Patient) -> list[tuple[str, str]]:
    """Everybody who stands in the log, by name, those who have left as one; two
    queries."""
    events = AccessEvent.objects.filter(patient_pk__in=record_numbers(patient))
    seen = set(events.order_by().values_list("actor_pk", flat=True).distinct())
    known = User.objects.filter(pk__in=seen)
    named = sorted((user.known_as, str(user.pk)) for user in known)
    gone = [(GONE, _("people who have since left"))] if len(named) < len(seen) else []
    return [(pk, name) for name, pk in named] + gone


class LogForm(PeriodForm):
    """What the reader of the log wants to see of it."""

    who = forms.ChoiceField(label=gettext_lazy("Who"), required=False)
    what = forms.ChoiceField(
        label=gettext_lazy("What"),
        required=False,
        choices=[("", gettext_lazy("everything")), *What.choices],
    )

    def __init__(self, data: Any = None, *, patient: Patient) -> None:
        super().__init__(data, use_required_attribute=False)
        self.patient = patient
        who = self.fields["who"]
        assert isinstance(who, forms.ChoiceField)
        self.people = dict(readers(patient))
        who.choices = [("", _("everybody")), *self.people.items()]

    def wanted(self) -> Wanted:
        """What is asked for; everything, if the form cannot be read."""
        if not self.is_valid():
            return Wanted()
        data = self.cleaned_data
        until = data["until"] and data["until"] + timedelta(days=1)
        return Wanted(
            who=data["who"],
            what=data["what"],
            since=self._midnight(data["since"]),
            until=self._midnight(until),
        )

    def _midnight(self, day: date | None) -> datetime | None:
        if day is None:
            return None
        return datetime.combine(day, time.min, tzinfo=self.patient.tz).astimezone(UTC)

    def in_words(self) -> list[str]:
        """What the log is narrowed to, a word for each choice that was made."""
        if not self.is_valid():
            return []
        data = self.cleaned_data
        words = [self.people[data["who"]]] if data["who"] else []
        if data["what"]:
            words.append(str(What(data["what"]).label))
        if data["since"]:
            words.append(_("from %(day)s") % {"day": _day(data["since"])})
        if data["until"]:
            words.append(_("until %(day)s") % {"day": _day(data["until"])})
        return words


def _day(day: date) -> str:
    return date_format(day, "j F Y")
