"""What becomes of each table of a record that goes into another.

Every table that names a patient stands in one of the two lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from django.apps import apps
from django.db import models
from django.utils.translation import gettext as _
from pghistory.models import Event

from capleak.merging.shared import CannotMerge, column_to, event_models
from sharing.models import Patient

# All rows go over, as they are, when the parts have made room for them.
MOVED: Final = frozenset(
    {
        "sharing.BroughtLine",
        "sharing.Correction",
        "sharing.HandOver",
        "sharing.Merge",
        "sharing.User",  # names of people that were brought over with the record
        "notifications.Occurrence",
        "notifications.HospitalStay",
        "diary.CustomSymptom",
        "diary.Comment",
        "diary.ImportRun",
        "diary.CheckIn",
        "diary.Measurement",
        "diary.ProdromeFlag",
        "diary.FlagChange",
        "prophylaxis.Appointment",
        "prophylaxis.Plan",
        "prophylaxis.Infusion",
        "prophylaxis.MedicinePlan",
        "attacks.Attack",
        "attacks.PastCount",
    }
)

# What is left of these goes with the record, and why nothing is lost by that.
NOT_MOVED: Final[Mapping[str, str]] = {
    "sharing.EmergencyContact": "moved by merging.record, or noted",
    "sharing.Grant": "moved by merging.circle",
    "sharing.Deletion": "a record that waits to be deleted is not merged",
    "sharing.ExportItem": "a file of one record as it was, gone within a day",
    "diary.VisitSheet": "joined by merging.diary, or noted",
    "notifications.Preferences": "choices; the record that stays has its own",
    "notifications.Schedule": "made from the choices of the record that stays",
    "diary.Profile": "joined by merging.diary, or noted",
    "diary.Usual": "joined by merging.diary, or noted",
    "diary.FlagChoice": "choices; the record that stays has its own",
    "prophylaxis.RecallConsent": "consent was given for one record, not for both",
    "prophylaxis.CalendarFeed": "a link to what is no more; made anew for both",
}


def tables() -> Iterator[tuple[type[models.Model], str]]:
    """Every table whose rows name a patient, and by which column; no events."""
    for model in apps.get_models():
        if not issubclass(model, Event) and (column := column_to(model, Patient)):
            yield model, column


def move_all(source: Patient, target: Patient) -> None:
    """Let every row of one record name the other.

    CannotMerge for rows of a table without a rule: nothing may be lost, or come over
    another record, because a later table was forgotten here.
    """
    for model, column in tables():
        rows = model._meta.base_manager.filter(**{column: source.pk})
        if model._meta.label in MOVED:
            rows.update(**{column: target.pk})
        elif model._meta.label not in NOT_MOVED and rows.exists():
            raise CannotMerge(
                _("Something of the other diary cannot be brought over yet.")
            )


def move_events(source: Patient, target: Patient) -> None:
    """Let the history of every row name the record in which it stands now."""
    for model in event_models():
        if column := column_to(model, Patient):
            rows = model.objects.filter(**{column: source.pk})
            rows.update(**{column: target.pk})
