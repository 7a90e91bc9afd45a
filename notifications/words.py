"""What the kinds of messages are called on pages; never outside the app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from notifications.models import Occurrence

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Kind = Occurrence.Kind

KIND_NAMES: Final[Mapping[str, _StrPromise]] = {
    Kind.INFUSION: _("Infusion reminders"),
    Kind.INFUSION_MISSED: _("An infusion that is overdue"),
    Kind.MEDICINE: _("Medicine reminders"),
    Kind.CHECKIN: _("Check-in reminders"),
    Kind.RECHECK: _("“Check in again” reminders"),
    Kind.BLOODS: _("Yearly blood test reminders"),
    Kind.GRANT: _("Access that is about to end"),
    Kind.PLAN_TEXT: _("Looking through my plan"),
    Kind.FLAG: _("The diary looks unusual"),
    Kind.HELP: _("“Tell my caregivers”"),
    Kind.HOSPITAL: _("Going to and coming from hospital"),
}
