"""What each kind of message is called, inside the app only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.models import Occurrence

Kind = Occurrence.Kind

# A reminder, as it is listed.
KINDS: Final[Mapping[str, Promise]] = {
    Kind.INFUSION: _("Infusion"),
    Kind.INFUSION_MISSED: _("Infusion not entered yet"),
    Kind.MEDICINE: _("Medicine"),
    Kind.CHECKIN: _("Check-in"),
    Kind.RECHECK: _("Check in again"),
    Kind.BLOODS: _("Yearly blood tests"),
    Kind.GRANT: _("Somebody’s access ends soon"),
    Kind.PLAN_TEXT: _("Is my plan still right?"),
    Kind.FLAG: _("The diary looked unusual"),
    Kind.HELP: _("Help was asked for"),
    Kind.HOSPITAL: _("Hospital mode"),
}

STILL_THERE: Final = _("Are you still in hospital?")

# A notice to the circle, as its readers see it on the pages of the record. Those pages
# show by themselves that hospital mode is on.
NOTICES: Final[Mapping[str, Promise]] = {
    Kind.INFUSION_MISSED: _("An infusion is overdue"),
    Kind.CHECKIN: _("No new entry after the diary looked unusual"),
    Kind.FLAG: _("The diary looked unusual"),
    Kind.HELP: _("Help was asked for"),
}

# Where the page of each kind is; the others are told of on the reminders page.
PAGES: Final[Mapping[str, str]] = {
    Kind.INFUSION: "prophylaxis:infusion_new",
    Kind.INFUSION_MISSED: "prophylaxis:infusion_new",
    Kind.MEDICINE: "prophylaxis:ivig",
    Kind.CHECKIN: "diary:checkin_new",
    Kind.RECHECK: "diary:checkin_new",
    Kind.GRANT: "sharing:people",
    Kind.PLAN_TEXT: "settings",
    Kind.HELP: "diary:help",
    Kind.HOSPITAL: "reminders:hospital",
}
# Who may only look is led to a page that they may see.
LOOKING: Final[Mapping[str, str]] = {
    Kind.INFUSION: "prophylaxis:ivig",
    Kind.INFUSION_MISSED: "prophylaxis:ivig",
    Kind.MEDICINE: "prophylaxis:ivig",
    Kind.HELP: "diary:help",
}
