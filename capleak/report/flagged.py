"""The flags of a period, and what followed them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext as _

from capleak import flag_page
from diary.flag_history import History, history
from diary.flags import choice_of
from diary.models import ProdromeFlag
from sharing.models import Patient


@dataclass(frozen=True, slots=True)
class Flags:
    """Flags of these days, newest first, with the counts of what came after."""

    rows: list[flag_page.Past]
    counts: History | None  # None: the diary is not looked at for flags

    @property
    def told(self) -> str:
        """The counts in one line; they say nothing about other people."""
        found = self.counts
        if found is None:
            return _("the diary was not looked at for flags")
        told = [_("%(n)d opened") % {"n": len(self.rows)}]
        if found.settled:
            told.append(
                _("an attack followed %(n)d of %(of)d")
                % {"n": found.followed, "of": found.settled}
            )
        if found.in_attack:
            told.append(_("%(n)d during an attack") % {"n": found.in_attack})
        if found.too_early:
            told.append(_("%(n)d too early to say") % {"n": found.too_early})
        return ", ".join(told)

    @property
    def attacks_told(self) -> str:
        """Of the attacks in that time: with a flag before, without, and traceless."""
        found = self.counts
        if found is None or not found.attacks:
            return ""
        return _(
            "Of %(of)d attacks: %(caught)d with a flag in the 72 hours before, "
            "%(missed)d without, %(traceless)d that left nothing in the diary before."
        ) % {
            "of": found.attacks,
            "caught": found.caught,
            "missed": found.missed,
            "traceless": found.traceless,
        }


def flags(
    patient: Patient, start: datetime | None, end: datetime
) -> tuple[Flags, list[date]]:
    """The flags of an opened record that opened in [start, end), and the local days on
    which any was opened before `end`; five queries."""
    readable = ProdromeFlag.objects.readable(patient).prefetch_related("answers__by")
    stored = [flag for flag in readable if flag.opened_at < end]
    chosen = [flag for flag in stored if start is None or flag.opened_at >= start]
    attacks = [onset for onset in flag_page.onsets(patient) if onset.at < end]
    choice = choice_of(patient)
    since = max(filter(None, (start, choice.since if choice else None)), default=None)
    counts = None
    if choice and since and since < end:
        counts = history(flag_page.flagged(chosen), attacks, since, end)
    return (
        Flags(flag_page.past(chosen, attacks, patient, end), counts),
        [flag.opened_at.astimezone(patient.tz).date() for flag in stored],
    )
