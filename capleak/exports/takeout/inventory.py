"""What a take-out holds, table by table, and why it leaves out what it leaves out.

A test walks all tables that lead to a patient or a user and fails for one that stands
in none of these lists. A new table of a record is one line in ROWS.

- ROWS come along row by row, and are rows again when they are brought in.
- TOLD comes along as lines that are only told on: see sharing.models.BroughtLine.
- ACCOUNT is told in account.json and stays with the account.
- LEFT_OUT says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model

from attacks import models as attacks
from diary import models as diary
from notifications import models as notifications
from prophylaxis import models as prophylaxis
from sharing import models as sharing

# Names a row in an address on one site, where there may be another record of the same
# person; a new one is made.
MADE_ANEW: Final = "public_id"


@dataclass(frozen=True, slots=True)
class Kept:
    """A table whose rows come along: how to the patient, and which columns do not."""

    model: type[Model]
    path: str = "patient"
    leave: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.model._meta.label_lower

    @property
    def manager(self) -> Any:
        model: Any = self.model
        return model.objects

    @property
    def events(self) -> Any:
        """The table of its earlier versions, if it has any."""
        return getattr(self.model, "pgh_event_model", None)


# In this order, so that what a row names stands before it.
ROWS: Final = (
    # `version` counts changes for caches, and `owner` is whoever brings it in.
    Kept(sharing.Patient, "pk", leave=("owner", "version")),
    Kept(sharing.EmergencyContact),
    Kept(diary.CustomSymptom),
    Kept(diary.Profile),
    Kept(diary.Usual),
    # A file that waits for an answer is gone after a day; of the others it is gone.
    Kept(diary.ImportRun, leave=("content",)),
    Kept(diary.CheckIn),
    Kept(diary.Symptom, "checkin__patient"),
    Kept(diary.Measurement),
    Kept(diary.Comment),
    Kept(diary.VisitSheet),
    Kept(diary.FlagChoice),
    Kept(diary.ProdromeFlag),
    Kept(diary.FlagChange, "flag__patient"),
    Kept(diary.FlagAnswer, "flag__patient"),
    Kept(attacks.Attack),
    Kept(attacks.CaseReport, "attack__patient"),
    Kept(attacks.Facts, "attack__patient"),
    Kept(attacks.Trigger, "attack__patient"),
    Kept(attacks.Stay, "attack__patient"),
    Kept(attacks.Treatment, "attack__patient"),
    Kept(attacks.Complication, "attack__patient"),
    Kept(attacks.Grade, "attack__patient"),
    Kept(attacks.PastCount),
    Kept(prophylaxis.Plan),
    Kept(prophylaxis.Infusion),
    Kept(prophylaxis.Lot, "infusion__patient"),
    Kept(prophylaxis.RateStep, "infusion__patient"),
    Kept(prophylaxis.Reaction, "infusion__patient"),
    Kept(prophylaxis.Appointment),
    Kept(prophylaxis.MedicinePlan),
    # When to look at the plan again is decided anew.
    Kept(notifications.Preferences, leave=("keep_at",)),
    Kept(notifications.Schedule),
    Kept(notifications.HospitalStay),
)

# What acts on other people or proves something is told, and never stored as itself.
TOLD: Final[dict[str, tuple[type[Model], ...]]] = {
    "access": (sharing.Grant,),
    "look": (sharing.AccessEvent,),
    "message": (
        notifications.Occurrence,
        notifications.Delivery,
        notifications.Answer,
    ),
    "consent": (prophylaxis.RecallConsent,),
    "correction": (sharing.Correction,),
    "hand_over": (sharing.HandOver,),
    "merge": (sharing.Merge,),
    "brought": (sharing.BroughtLine,),
}

ACCOUNT: Final[tuple[type[Model], ...]] = (
    sharing.User,
    EmailAddress,
    Authenticator,
    UserSession,
    notifications.Address,
    sharing.Grant,
    sharing.Consent,
    sharing.AccountRecovery,
)

LEFT_OUT: Final[dict[str, str]] = {
    "account.EmailConfirmation": "a link that waits to be opened, gone soon",
    "prophylaxis.CalendarFeed": "a secret link to this site; make a new one",
    "pghistory.MiddlewareEvents": "a view of the events, no table",
    "sharing.Deletion": "that this site is to forget something, which it then does",
    "sharing.ExportJob": "a file that was asked for, gone within a day",
    "sharing.ExportItem": "a part of such a file",
    "sharing.GrantEvent": "told with the grant as it is; what it was before stays here",
    "sharing.User_groups": "rights of staff on this site",
    "sharing.User_user_permissions": "rights of staff on this site",
}

# Columns of TOLD and ACCOUNT that are not told, and why. A test walks all others.
_NUMBER: Final = "a number of this site"
_SENDING: Final = "how it was sent, nothing of what became of it"
_ADDRESS: Final = "an address of somebody else"
_PROOF: Final = "a secret, or what proves one"
_STAFF: Final = "rights of staff on this site"
_OTHERS: Final = "of somebody else, who decided it"
NOT_TOLD: Final[dict[str, str]] = {
    "sharing.Grant.invited_email": _ADDRESS,
    "sharing.Grant.token_hash": _PROOF,
    "sharing.AccessEvent.patient_pk": _NUMBER,
    "sharing.AccessEvent.grant_pk": _NUMBER,
    "notifications.Occurrence.subject": "ids of this site",
    "notifications.Occurrence.key": "ids of this site",
    "notifications.Delivery.occurrence": "told with it",
    "notifications.Delivery.endpoint": _ADDRESS,
    "notifications.Delivery.message_id": _SENDING,
    "notifications.Delivery.attempts": _SENDING,
    "notifications.Delivery.next_attempt_at": _SENDING,
    "notifications.Delivery.lease_until": _SENDING,
    "notifications.Delivery.problem": _SENDING,
    "notifications.Delivery.together_with": _SENDING,
    "notifications.Delivery.answer_hash": _PROOF,
    "notifications.Answer.occurrence": "told with it",
    "sharing.Correction.client_id": _NUMBER,
    "sharing.HandOver.email": _ADDRESS,
    "sharing.HandOver.token_hash": _PROOF,
    "sharing.Merge.source_pk": _NUMBER,
    "sharing.Merge.source_public_id": _NUMBER,
    "sharing.User.password": _PROOF,
    "sharing.User.is_superuser": _STAFF,
    "sharing.User.is_staff": _STAFF,
    "sharing.User.is_active": "an account that asks is active",
    "sharing.User.brought_for": "of those who cannot sign in, and so not ask",
    "mfa.Authenticator.data": _PROOF,
    "usersessions.UserSession.session_key": _PROOF,
    "usersessions.UserSession.data": "empty: nothing is kept there",
    "sharing.AccountRecovery.asked_by": _OTHERS,
    "sharing.AccountRecovery.done_by": _OTHERS,
}


def listed() -> set[str]:
    """The labels of all tables that are in one of the lists, events included."""
    rows = {kept.model._meta.label for kept in ROWS}
    events = {kept.events._meta.label for kept in ROWS if kept.events}
    told = {model._meta.label for models in TOLD.values() for model in models}
    account = {model._meta.label for model in ACCOUNT}
    return rows | events | told | account | LEFT_OUT.keys()
